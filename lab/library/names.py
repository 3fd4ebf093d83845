"""Names of substances, folded so that spelling habits do not matter."""

import re
import unicodedata

_GREEK = str.maketrans(
    {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "Δ": "delta", "ω": "omega", "µ": "mu", "μ": "mu"}
)
_NOT_WORD = re.compile(r"[^0-9a-z]+")


def fold(text: str) -> str:
    """Lower case, without accents, Greek letters written out, everything but letters and digits one space."""
    spelled = text.translate(_GREEK)
    bare = "".join(c for c in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(c))
    return _NOT_WORD.sub(" ", bare.casefold()).strip()


def squeeze(key: str) -> str:
    """A folded name without its spaces: ``4-FMC``, ``4 fmc`` and ``4FMC`` are one."""
    return key.replace(" ", "")
