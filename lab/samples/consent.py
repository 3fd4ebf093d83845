"""Which text people agree to.

A text that was agreed to is never changed: a new wording gets a new version, and its own message ids
(``consent.<version>.…`` in ``counter.po``); the older ones stay, for what was agreed to must stay readable.
"""

CURRENT_TEXT = "1"
TEXT_VERSIONS = ("1",)
