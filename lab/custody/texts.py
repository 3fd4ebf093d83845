"""People's words beside an event: the ledger commits to them, and they can still be erased.

The commitment is HMAC-SHA256 over the text under a random salt of 128 bits. The salt lives beside the text: while
both are there anybody can check that the words are the ones committed to; once the row is deleted the commitment
tells nothing, since the salt cannot be guessed.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping

from sqlmodel import Session

from lab.custody.models import CustodyText

SALT_SIZE = 16


def commitment(salt: bytes, value: str) -> str:
    """What the ledger holds of ``value``, in hexadecimal."""
    return hmac.new(salt, value.encode(), hashlib.sha256).hexdigest()


def commit(session: Session, value: str) -> str:
    """Keep ``value`` under a fresh salt; its commitment."""
    salt = secrets.token_bytes(SALT_SIZE)
    committed = commitment(salt, value)
    session.add(CustodyText(commitment=committed, salt=salt, value=value))
    return committed


def reveal(session: Session, commitments: Mapping[str, str]) -> dict[str, str | None]:
    """The words behind each commitment; None where they were erased, or are no longer the ones committed to."""
    return {name: _value(session.get(CustodyText, committed)) for name, committed in commitments.items()}


def _value(row: CustodyText | None) -> str | None:
    if row is None or commitment(row.salt, row.value) != row.commitment:
        return None
    return row.value


def erase(session: Session, commitments: Iterable[str]) -> None:
    """Forget the words behind these commitments; the ledger stays whole and verifiable."""
    for committed in commitments:
        row = session.get(CustodyText, committed)
        if row is not None:
            session.delete(row)
    session.flush()
