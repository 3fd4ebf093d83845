"""Finds words that call something safe, in English, French and Dutch.

One list for answers, alerts and the test that walks every text of the project. A word counts in a negation too: the
hurried reader remembers the word.
"""

import re

_PROMISE = re.compile(
    r"\b(?:safe|safely|safest|harmless|innocuous|risk[- ]free|danger[- ]free|no (?:risk|danger)"
    r"|(?<!bien )sûre?s?|sûrement|sécuritaires?|inoffensi(?:f|ve)s?|anodine?s?"
    r"|sans\s+(?:risque|danger)s?|aucun (?:risque|danger)"
    r"|veilige?r?|onschadelijke?|ongevaarlijke?|onschuldige?|risicoloo?s|risicoloze|geen (?:risico|gevaar))\b",
    re.IGNORECASE,
)


def promise_in(text: str) -> str | None:
    """The first word of ``text`` that calls something safe; None when none does."""
    match = _PROMISE.search(text)
    return match[0] if match else None
