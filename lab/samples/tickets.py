"""The person's ticket: a random token that opens one answer, and of which only the hash is kept.

128 bits from the operating system, written as 26 Crockford characters and a check character: the QR and the typed
form are the same token, and a typo is told before anything is asked. A fast hash is enough for 128 random bits.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from lab.kit.clock import now
from lab.network.access import Actor, Permission
from lab.samples import codes
from lab.samples.errors import TicketNotAskedForError, TicketReusedError
from lab.samples.models import Sample, Ticket, TicketSource

TOKEN_BYTES = 16
TOKEN_BODY_LENGTH = 26  # 130 bits: the first character carries 3
VALID_DAYS = 90


def encode(token: bytes) -> str:
    """The 27 characters of a 16-byte token."""
    number = int.from_bytes(token)
    places = range(5 * (TOKEN_BODY_LENGTH - 1), -1, -5)
    return codes.with_check("".join(codes.ALPHABET[number >> place & 31] for place in places))


def stored_form(text: str) -> str:
    """The 27 characters of a token as typed or scanned; raises as :func:`lab.samples.codes.read` does."""
    return codes.read(text, body_length=TOKEN_BODY_LENGTH)


def hash_of(text: str) -> bytes:
    """The stored hash of a token as typed or scanned; raises as :func:`lab.samples.codes.read` does."""
    return hashlib.sha256(stored_form(text).encode("ascii")).digest()


def new_token() -> str:
    """A fresh token in its stored form: 27 characters, 128 bits from the operating system."""
    return encode(secrets.token_bytes(TOKEN_BYTES))


def issue_ticket(
    session: Session, *, sample_id: UUID, by: UUID | None = None, source: TicketSource = TicketSource.ISSUED,
    valid_days: int = VALID_DAYS,
) -> str:  # fmt: skip
    """A new token for ``sample_id``, grouped for reading. It is never seen again: only its hash is stored."""
    text = new_token()
    bind(session, token_hash=hash_of(text), sample_id=sample_id, source=source, by=by, valid_days=valid_days)
    return codes.format_code(text)


def bind(
    session: Session, *, token_hash: bytes, sample_id: UUID, source: TicketSource, by: UUID | None = None,
    valid_days: int = VALID_DAYS,
) -> Ticket:  # fmt: skip
    """Let the ticket behind ``token_hash`` open ``sample_id``; raises :class:`TicketReusedError` for a known one."""
    ticket = Ticket(
        token_hash=token_hash, sample_id=sample_id, expires_at=now() + timedelta(days=valid_days), source=source,
        issued_by=by,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(ticket)
    except IntegrityError:
        raise TicketReusedError from None
    return ticket


def is_of(session: Session, *, token_hash: bytes, sample_id: UUID) -> bool:
    """Whether this ticket was made for this sample, open or closed."""
    ticket = session.get(Ticket, token_hash)
    return ticket is not None and ticket.sample_id == sample_id


def sample_behind(session: Session, *, token: str, at: datetime | None = None) -> Sample | None:
    """The sample a ticket opens; None when it is unknown, revoked or expired. A typo raises, as in :func:`hash_of`."""
    ticket = session.get(Ticket, hash_of(token))
    if ticket is None or ticket.revoked_at is not None or ticket.expires_at <= (at or now()):
        return None
    return session.get(Sample, ticket.sample_id)


def revoke_tickets(session: Session, *, sample_id: UUID, by: UUID | None = None) -> int:
    """Close every open ticket of a sample; how many there were."""
    tickets = session.exec(select(Ticket).where(Ticket.sample_id == sample_id, col(Ticket.revoked_at).is_(None))).all()
    for ticket in tickets:
        ticket.revoked_at = now()
        ticket.revoked_by = by
        session.add(ticket)
    session.flush()
    return len(tickets)


def reissue(session: Session, *, actor: Actor, sample: Sample, asked: bool, valid_days: int = VALID_DAYS) -> str:
    """A new ticket in place of a lost one: every older one is closed, and whoever finds it learns nothing.

    ``asked``: the person is there and asks for it. Raises :class:`~lab.errors.ForbiddenError` and
    :class:`TicketNotAskedForError`.
    """
    _close_all(session, actor=actor, sample=sample, asked=asked)
    return issue_ticket(
        session, sample_id=sample.id, by=actor.account_id, source=TicketSource.REISSUED, valid_days=valid_days
    )


def close(session: Session, *, actor: Actor, sample: Sample, asked: bool) -> int:
    """Close every ticket and give out none; raises as :func:`reissue` does."""
    return _close_all(session, actor=actor, sample=sample, asked=asked)


def _close_all(session: Session, *, actor: Actor, sample: Sample, asked: bool) -> int:
    actor.require(Permission.SAMPLE_REGISTER, sample.site_id)
    if not asked:
        raise TicketNotAskedForError
    return revoke_tickets(session, sample_id=sample.id, by=actor.account_id)


def tickets_of(session: Session, *, sample_id: UUID) -> Sequence[Ticket]:
    """Every ticket of a sample, the newest first: when, from where, until when; never what they say."""
    query = select(Ticket).where(Ticket.sample_id == sample_id).order_by(col(Ticket.created_at).desc())
    return session.exec(query).all()
