"""Canonical JSON (RFC 8785), narrowed to what a ledger needs: one value has one sequence of bytes.

Numbers are integers within ±(2^53 - 1): a quantity is written in a unit in which it is whole, so that sums are
exact and no reader's floating point can disagree. Names of members are ASCII, whose order is the same by code
point (Python) and by UTF-16 code unit (RFC 8785, section 3.2.3).
"""

import json
from typing import Any

import orjson
import rfc8785

MAX_INTEGER = 2**53 - 1  # RFC 8785, section 3.2.2.3, after I-JSON (RFC 7493)


class CanonicalError(ValueError):
    """Not canonical JSON, or not a value that has a canonical form here. The text is for programmers."""


def _refuse_number(text: str) -> Any:
    message = f"{text[:20]} is not an integer"
    raise CanonicalError(message)


def _refuse_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        message = "a member stands twice in one object"
        raise CanonicalError(message)
    return members


_decoder = json.JSONDecoder(parse_float=_refuse_number, parse_constant=_refuse_number)
_strict_decoder = json.JSONDecoder(
    parse_float=_refuse_number, parse_constant=_refuse_number, object_pairs_hook=_refuse_repeats
)
# For values that `dumps` takes, this C encoder writes what RFC 8785 asks (a property test holds it to that).
_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def dumps(value: Any) -> bytes:
    """The canonical bytes of ``value``; raises :class:`CanonicalError` for floats, large integers, odd names."""
    _check(value)
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise CanonicalError(str(error)) from error


def _check(value: Any) -> None:
    if isinstance(value, dict):
        for name, member in value.items():
            if not (isinstance(name, str) and name.isascii()):
                message = f"the name {name!r} is not ASCII"
                raise CanonicalError(message)
            _check(member)
    elif isinstance(value, list | tuple):
        for member in value:
            _check(member)
    elif not (value is None or isinstance(value, str | int)) or (isinstance(value, int) and abs(value) > MAX_INTEGER):
        message = f"{value!r} has no canonical form here"
        raise CanonicalError(message)


def loads(content: bytes) -> Any:
    """The value of canonical bytes; raises :class:`CanonicalError` when they are not the canonical ones.

    Bytes are canonical when writing their value again gives them back. That finds spaces, another order of
    members, repeated members, other escapes and other ways to write a number.
    """
    value = _decode(_decoder, content)
    if not is_canonical(value, content):
        message = "the bytes are not the canonical form of their value"
        raise CanonicalError(message)
    return value


def is_canonical(value: Any, content: bytes) -> bool:
    """Whether ``content`` is the canonical form of ``value``, which was read from it."""
    try:
        return _encoder.encode(value).encode() == content
    except (UnicodeEncodeError, RecursionError):  # half of a surrogate pair; nesting without end
        return False


def read_plain(content: bytes) -> Any:
    """The value of canonical bytes, several times faster than :func:`loads`; None where it cannot vouch for them.

    It vouches when writing the value again, in the C of orjson, gives the bytes back: so there are no spaces, no
    repeated members, no other order and no other escapes. Unlike :func:`loads` it lets fractions and integers up to
    64 bits pass: for readers that check the type and range of every value themselves. None says nothing against the
    bytes; ask :func:`loads`.
    """
    try:
        value = orjson.loads(content)
        return value if orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == content else None
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None


def read(content: bytes) -> Any:
    """The value of any JSON without repeated members and fractions, spaced as it may be."""
    return _decode(_strict_decoder, content)


def _decode(decoder: json.JSONDecoder, content: bytes) -> Any:
    try:
        return decoder.decode(content.decode())
    except CanonicalError:
        raise
    except (ValueError, RecursionError) as error:  # bad UTF-8, bad JSON, a number of thousands of digits
        raise CanonicalError(str(error)) from error
