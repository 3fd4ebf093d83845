"""What was scanned or typed: a sample's code, the label of a parcel, a person's ticket, the seal of a bag. Pure.

A parcel's label holds ``PARCEL:`` and its seal number, a ticket an address with the token behind ``#``, a sample's
label its code alone.
"""

import re

from lab.custody.body import CODE
from lab.custody.errors import EventInvalidError, NothingScannedError, ParcelScannedError, TicketScannedError

PARCEL_PREFIX = "PARCEL:"
_seal = re.compile(CODE).fullmatch
_looks_like_an_address = re.compile(r"(?i)https?://|www\.|.*/lookup").match
MAX_LENGTH = 80


def parcel_label(seal_number: str) -> str:
    """The text of a parcel's QR code."""
    return PARCEL_PREFIX + seal_number


def parcel_seal_of(text: str) -> str:
    """The seal number that was read off a parcel, from its label or its seal.

    Raises :class:`NothingScannedError`, :class:`TicketScannedError`, :class:`EventInvalidError`.
    """
    bare = text.strip()
    if bare.upper().startswith(PARCEL_PREFIX):
        bare = bare[len(PARCEL_PREFIX) :].strip()
    if not bare:
        raise NothingScannedError(field="seal_number")
    if _looks_like_an_address(bare):
        raise TicketScannedError(field="seal_number")
    if not _seal(bare):
        raise EventInvalidError(field="seal_number", name="seal_number")
    return bare


def container_text_of(text: str) -> str:
    """What was read off a container, in one line.

    Raises :class:`NothingScannedError`, :class:`ParcelScannedError`, :class:`TicketScannedError`.
    """
    bare = " ".join(text.split())
    if not bare:
        raise NothingScannedError
    if bare.upper().startswith(PARCEL_PREFIX):
        raise ParcelScannedError(seal_number=bare[len(PARCEL_PREFIX) :])
    if _looks_like_an_address(bare) or len(bare) > MAX_LENGTH:
        raise TicketScannedError
    return bare
