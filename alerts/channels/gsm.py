"""How many text messages a text makes: the GSM alphabet and its extension, else UCS-2 (3GPP TS 23.038 and 23.040).

160 characters of the GSM alphabet are one message, or 70 of UCS-2. A longer text goes in parts that carry a header, 153
or 67 characters each; what takes two places (an extended character, a surrogate pair) is never cut in the middle.
"""

from dataclasses import dataclass
from enum import StrEnum

# TS 23.038, 6.2.1: the default alphabet without the escape; and the characters that its extension table adds.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_TYPOGRAPHY = str.maketrans({
    "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "‑": "-", "…": "...", "\u00a0": " ",
    "\u202f": " ", "\u2009": " ", "·": "-",
})  # fmt: skip
"""Signs of fine typography, for which a telephone has a plain one. Letters are left as they are."""


class Alphabet(StrEnum):
    """What a text message is written in."""

    GSM = "gsm"
    UCS2 = "ucs2"


_ROOM = {Alphabet.GSM: (160, 153), Alphabet.UCS2: (70, 67)}


@dataclass(frozen=True)
class Size:
    """How a text goes out: ``places`` that it takes in its ``alphabet``, ``parts`` that it makes."""

    alphabet: Alphabet
    places: int
    parts: int
    room: int  # places in these many parts


def plain(text: str) -> str:
    """``text`` with plain signs for those of fine typography: one curly apostrophe halves what fits a message."""
    return text.translate(_TYPOGRAPHY)


def size_of(text: str) -> Size:
    """How many messages ``text`` makes."""
    is_gsm = all(one in _BASIC or one in _EXTENDED for one in text)
    alphabet = Alphabet.GSM if is_gsm else Alphabet.UCS2
    widths = [_width(one, alphabet) for one in text]
    single, each = _ROOM[alphabet]
    if sum(widths) <= single:
        return Size(alphabet, sum(widths), 1, single)
    parts = _parts(widths, each)
    return Size(alphabet, sum(widths), parts, parts * each)


def _width(one: str, alphabet: Alphabet) -> int:
    if alphabet is Alphabet.GSM:
        return 2 if one in _EXTENDED else 1
    return 2 if ord(one) > 0xFFFF else 1


def _parts(widths: list[int], each: int) -> int:
    """Parts filled one after the other, nothing cut in the middle."""
    parts, used = 1, 0
    for width in widths:
        if used + width > each:
            parts, used = parts + 1, 0
        used += width
    return parts
