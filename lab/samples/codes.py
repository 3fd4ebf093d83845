"""Codes that people read, type and scan: Crockford base 32 with a check character.

The alphabet leaves out I, L, O and U; on the way in, lower case, spaces and dashes are welcome, O is read as 0, I and
L as 1 (Crockford, "Base 32", crockford.com/base32.html). The check character is ours: with the characters as
elements of GF(32) and g a generator, it makes the sum of ``g**i * x_i`` zero. All weights differ, so every single
wrong character and every swap of two characters is caught, and the check stays inside the alphabet (Crockford's own
needs five more signs, which phones hide).
"""

import secrets
from collections.abc import Callable

from lab.samples.errors import CodeCharacterError, CodeLengthError, CodeTypoError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BODY_LENGTH = 8
MAX_BODY_LENGTH = 30  # the weights repeat after 31 places, the check included
_VALUE = {character: value for value, character in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_REDUCTION = 0b100101  # x^5 + x^2 + 1, primitive over GF(2)
_IGNORED = str.maketrans("", "", " -\u2010\u2011\u2013\u00a0\t\r\n")


def _times_x(value: int) -> int:
    doubled = value << 1
    return doubled ^ _REDUCTION if doubled & 0b100000 else doubled


def check_character(body: str) -> str:
    """The check character of ``body`` (up to 30 characters of :data:`ALPHABET`)."""
    if len(body) > MAX_BODY_LENGTH:
        message = f"the check covers at most {MAX_BODY_LENGTH} characters"
        raise ValueError(message)
    total = 0
    for character in body:  # Horner's rule: the first character gets the highest power of g
        total = _times_x(total ^ _VALUE[character])
    return ALPHABET[total]


def with_check(body: str) -> str:
    """``body`` with its check character behind it."""
    return body + check_character(body)


def random_body(length: int) -> str:
    """``length`` random characters, 5 bits each, from the operating system's source."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def new_code(is_taken: Callable[[str], bool]) -> str:
    """A fresh sample code that ``is_taken`` does not know: random, so it tells nothing of when or how many."""
    while is_taken(code := with_check(random_body(BODY_LENGTH))):
        pass
    return code


def read(text: str, *, body_length: int) -> str:
    """A typed or scanned code in its stored form.

    Raises :class:`CodeCharacterError`, :class:`CodeLengthError`, or :class:`CodeTypoError` where only the check fails.
    """
    bare = text.translate(_IGNORED).upper()
    foreign = next((character for character in bare if character not in _VALUE), None)
    if foreign is not None:
        raise CodeCharacterError(character=foreign)
    if len(bare) != body_length + 1:
        raise CodeLengthError(given=len(bare), wanted=body_length + 1)
    code = "".join(ALPHABET[_VALUE[character]] for character in bare)
    if check_character(code[:-1]) != code[-1]:
        raise CodeTypoError
    return code


def parse_code(text: str) -> str:
    """A typed or scanned sample code in its stored form; raises as :func:`read` does."""
    return read(text, body_length=BODY_LENGTH)


def format_code(code: str) -> str:
    """Groups of four, as printed and shown: ``K7QM-2F4D-R``."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
