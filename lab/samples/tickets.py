"""The person's ticket: a random token that opens one answer, and of which only the hash is kept.

128 bits from the operating system, written as 26 Crockford characters and a check character: the QR and the typed
form are the same token, and a typo is told before anything is asked. A fast hash is enough for 128 random bits.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from lab.kit.clock import now
from lab.samples import codes
from lab.samples.models import Sample, Ticket

TOKEN_BYTES = 16
TOKEN_BODY_LENGTH = 26  # 130 bits: the first character carries 3
VALID_DAYS = 90


def encode(token: bytes) -> str:
    """The 27 characters of a 16-byte token."""
    number = int.from_bytes(token)
    places = range(5 * (TOKEN_BODY_LENGTH - 1), -1, -5)
    return codes.with_check("".join(codes.ALPHABET[number >> place & 31] for place in places))


def hash_of(text: str) -> bytes:
    """The stored hash of a token as typed or scanned; raises as :func:`lab.samples.codes.read` does."""
    return hashlib.sha256(codes.read(text, body_length=TOKEN_BODY_LENGTH).encode("ascii")).digest()


def issue_ticket(session: Session, *, sample_id: UUID, valid_days: int = VALID_DAYS) -> str:
    """A new token for ``sample_id``, grouped for reading. It is never seen again: only its hash is stored."""
    text = encode(secrets.token_bytes(TOKEN_BYTES))
    session.add(Ticket(token_hash=hash_of(text), sample_id=sample_id, expires_at=now() + timedelta(days=valid_days)))
    session.flush()
    return codes.format_code(text)


def sample_behind(session: Session, *, token: str, at: datetime | None = None) -> Sample | None:
    """The sample a ticket opens; None when it is unknown, revoked or expired. A typo raises, as in :func:`hash_of`."""
    ticket = session.get(Ticket, hash_of(token))
    if ticket is None or ticket.revoked_at is not None or ticket.expires_at <= (at or now()):
        return None
    return session.get(Sample, ticket.sample_id)


def revoke_tickets(session: Session, *, sample_id: UUID) -> int:
    """Close every open ticket of a sample; how many there were."""
    tickets = session.exec(select(Ticket).where(Ticket.sample_id == sample_id, col(Ticket.revoked_at).is_(None))).all()
    for ticket in tickets:
        ticket.revoked_at = now()
        session.add(ticket)
    session.flush()
    return len(tickets)
