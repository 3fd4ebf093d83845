"""Who is sent the checkpoint of each day, and sending it: once a day and witness, whichever worker gets there first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, select

from alerts.channels.base import Outgoing, TransportError
from alerts.services import AlertServices
from alerts.vocabulary import ChannelKind
from alerts.witnesses.models import CheckpointMail, CheckpointWitness
from lab.errors import NotFoundError
from lab.kit import ledger
from lab.kit.apart import run_apart
from lab.kit.clock import now, today
from lab.kit.db import Database
from lab.kit.messages import Message, Param
from lab.kit.notes import PublicKey
from lab.network.access import Actor, Permission

LEASE = timedelta(minutes=5)  # longer than any attempt takes
PAUSE = timedelta(minutes=30)  # between attempts of one day
MAX_ATTEMPTS = 20
_ADDRESS = r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$"


class WitnessNotFoundError(NotFoundError):
    """No such witness."""

    message_id = "error.witness.not_found"


class WitnessIn(BaseModel):
    """Who is to be sent checkpoints."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=120)
    email: str = Field(pattern=_ADDRESS, max_length=254)
    language: str = Field(pattern="^(en|fr|nl)$")


@dataclass(frozen=True)
class WitnessRow:
    """A witness, and what they were sent last."""

    witness: CheckpointWitness
    last: CheckpointMail | None


def add(session: Session, *, actor: Actor, data: WitnessIn) -> CheckpointWitness:
    """Name a witness. They are sent a checkpoint from the next day's run on."""
    actor.require(Permission.NETWORK_MANAGE)
    witness = CheckpointWitness(name=data.name, email=data.email, language=data.language, added_by=actor.account_id)
    session.add(witness)
    session.flush()
    return witness


def remove(session: Session, *, actor: Actor, witness_id: UUID) -> None:
    """Send no more to this witness; what was sent stays on record."""
    actor.require(Permission.NETWORK_MANAGE)
    witness = session.get(CheckpointWitness, witness_id)
    if witness is None:
        raise WitnessNotFoundError
    if witness.removed_at is None:
        witness.removed_at = now()
        session.add(witness)
        session.flush()


def witnesses(session: Session) -> Sequence[WitnessRow]:
    """Those who are sent checkpoints, the first named first."""
    current = session.exec(
        select(CheckpointWitness)
        .where(col(CheckpointWitness.removed_at).is_(None))
        .order_by(col(CheckpointWitness.added_at), col(CheckpointWitness.id))
    ).all()
    return [WitnessRow(one, _last(session, one.id)) for one in current]


def _last(session: Session, witness_id: UUID) -> CheckpointMail | None:
    query = select(CheckpointMail).where(CheckpointMail.witness_id == witness_id)
    return session.exec(query.order_by(col(CheckpointMail.day).desc())).first()


def mail_checkpoints(database: Database, *, services: AlertServices) -> int:
    """Send the newest checkpoint to every witness who has not had today's; how many were sent.

    The row of a day is claimed before the message leaves, and its time kept: two workers never send at once, and a
    day that was sent stays sent. A worker that dies between sending and noting it costs a second copy, under the
    same message id.
    """
    day = today()
    with database.reading() as session:
        mails = {row.witness.id: session.get(CheckpointMail, (row.witness.id, day)) for row in witnesses(session)}
    waiting = [witness_id for witness_id, mail in mails.items() if _is_due(mail)]
    return sum(_mail(database, services=services, witness_id=witness_id, day=day) for witness_id in waiting)


def _is_due(mail: CheckpointMail | None) -> bool:
    if mail is None:
        return True
    pause = PAUSE if mail.error else LEASE
    return mail.sent_at is None and mail.attempts < MAX_ATTEMPTS and mail.claimed_at + pause <= now()


def _mail(database: Database, *, services: AlertServices, witness_id: UUID, day: date) -> bool:
    channel = services.channels.get(ChannelKind.EMAIL)
    if channel is None:
        return False
    with database.session() as session:
        message = _claim(session, services=services, witness_id=witness_id, day=day)
    if message is None:
        return False
    error = None
    try:
        run_apart(channel.notify, message)
    except TransportError as failed:
        error = failed.kind
    with database.session() as session:
        mail = session.get_one(CheckpointMail, (witness_id, day))
        mail.error, mail.sent_at = error, None if error else now()
        session.add(mail)
    return error is None


def _claim(session: Session, *, services: AlertServices, witness_id: UUID, day: date) -> Outgoing | None:
    """Take this day's message, unless another worker has; its words."""
    ledger.lock(session)  # one claim at a time, on either database
    witness = session.get(CheckpointWitness, witness_id)
    checkpoint = ledger.latest_checkpoint(session)
    mail = session.get(CheckpointMail, (witness_id, day), populate_existing=True)
    if witness is None or witness.removed_at is not None or checkpoint is None or not _is_due(mail):
        return None
    mail = mail or CheckpointMail(witness_id=witness_id, day=day, size=checkpoint.size)
    mail.size, mail.attempts, mail.claimed_at, mail.error = checkpoint.size, mail.attempts + 1, now(), None
    session.add(mail)
    return _words(services, witness, checkpoint, day)


def _words(
    services: AlertServices, witness: CheckpointWitness, checkpoint: ledger.LedgerCheckpoint, day: date
) -> Outgoing:
    text = services.renderer.text
    said: dict[str, Param] = {
        "date": services.renderer.date(day, language=witness.language),
        "size": checkpoint.size,
        "fingerprint": PublicKey.parse(checkpoint.key_id).fingerprint,
        "url": f"{services.base_url}/proof",
    }
    subject = text(Message("proof.mail.subject", said), language=witness.language)
    before, after = (text(Message(f"proof.mail.{part}", said), language=witness.language) for part in ("text", "end"))
    return Outgoing(
        message_id=f"checkpoint-{day.isoformat()}-{witness.id.hex}",
        address=witness.email,
        language=witness.language,
        subject=subject,
        text=f"{before}\n\n{checkpoint.note}\n{after}\n",
        event="custody.checkpoint",
        at=now(),
    )
