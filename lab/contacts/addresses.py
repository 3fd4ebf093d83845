"""Whether something can be written to: an e-mail address, a telephone number with its country code (E.164)."""

import re

from lab.contacts.errors import ContactEmailInvalidError, ContactPhoneInvalidError

_NOT_IN_ADDRESSES = set('<>,;:"\\()[]')
_E164 = re.compile(r"\+[1-9][0-9]{7,14}")  # ITU-T E.164: at most 15 digits, the country code first
_FILLING = re.compile(r"[\s./()\u2010-\u2015-]")


def parse_email(text: str) -> str:
    """The address as it is written to; raises :class:`ContactEmailInvalidError`."""
    address = text.strip()
    local, at, domain = address.rpartition("@")
    host, dot, top = domain.rpartition(".")
    fits = bool(local and at and host and dot and top) and "@" not in local and len(address) <= 254
    if not fits or any(one in _NOT_IN_ADDRESSES or one.isspace() or not one.isprintable() for one in address):
        raise ContactEmailInvalidError
    return f"{local}@{domain.lower()}"


def parse_phone(text: str) -> str:
    """The number as ``+`` and digits; raises :class:`ContactPhoneInvalidError`.

    A number without its country code is refused: guessed wrongly, the message reaches a stranger.
    """
    number = _FILLING.sub("", text.replace("(0)", ""))
    if number.startswith("00"):
        number = "+" + number[2:]
    if not _E164.fullmatch(number):
        raise ContactPhoneInvalidError
    return number
