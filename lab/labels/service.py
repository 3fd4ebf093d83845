"""Printing batches of labels, and what is known of the code on one."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from lab.kit.clock import now
from lab.labels.errors import BatchNotFoundError, LabelCountError, LabelVoidError, TicketsPrintedOnceError
from lab.labels.formats import Format, format_named
from lab.labels.models import LabelBatch, PrintedLabel
from lab.network.access import Actor, Permission
from lab.samples import tickets
from lab.samples.codes import format_code, new_code
from lab.samples.models import Sample
from lab.samples.schemas import LabelStanding

MAX_SHEETS = 20  # more codes at once than a summer needs would only wait to be lost


@dataclass(frozen=True)
class Printed:
    """A batch with what goes on paper. ``tokens``: one per label, seen this once; empty without tickets."""

    batch: LabelBatch
    format: Format
    codes: tuple[str, ...]
    tokens: tuple[str, ...] = ()


def print_batch(
    session: Session,
    *,
    actor: Actor,
    site_id: UUID | None,
    format: str,
    sheets: int,
    language: str,
    with_tickets: bool = False,
) -> Printed:
    """Draw and keep the codes of ``sheets`` full sheets, each with a ticket of its own where that is wished.

    Raises :class:`~lab.errors.ForbiddenError`, :class:`~lab.labels.errors.LabelFormatUnknownError` and
    :class:`LabelCountError`. A batch for all of the network (``site_id`` None) takes a network-wide role.
    """
    _require(actor, site_id)
    chosen = format_named(format, with_tickets=with_tickets)
    if not 1 <= sheets <= MAX_SHEETS:
        raise LabelCountError(most=MAX_SHEETS)
    size = sheets * chosen.per_sheet(with_tickets=with_tickets)
    batch = LabelBatch(
        site_id=site_id, format=chosen.name, size=size, with_tickets=with_tickets, language=language,
        printed_by=actor.account_id,
    )  # fmt: skip
    session.add(batch)
    session.flush()
    drawn = _draw(session, size)
    tokens = tuple(tickets.new_token() for _ in drawn) if with_tickets else ()
    hashes: Sequence[bytes | None] = [tickets.hash_of(token) for token in tokens] or [None] * size
    for place, (code, token_hash) in enumerate(zip(drawn, hashes, strict=True), start=1):
        session.add(PrintedLabel(code=code, batch_id=batch.id, place=place, ticket_hash=token_hash))
    session.flush()
    return Printed(batch, chosen, drawn, tuple(format_code(token) for token in tokens))


def _draw(session: Session, size: int) -> tuple[str, ...]:
    drawn: dict[str, None] = {}
    while len(drawn) < size:
        drawn[new_code(lambda code: code in drawn or is_reserved(session, code=code))] = None
    return tuple(drawn)


def _require(actor: Actor, site_id: UUID | None) -> None:
    sites = actor.sites(Permission.SAMPLE_REGISTER)
    if site_id is not None or sites is not None:
        actor.require(Permission.SAMPLE_REGISTER, site_id or UUID(int=0))  # no site of ours: network-wide roles only


def print_again(session: Session, *, actor: Actor, batch_id: UUID) -> Printed:
    """The same sheet once more, for a printer that jammed.

    Raises :class:`BatchNotFoundError`, :class:`LabelVoidError`, and :class:`TicketsPrintedOnceError` for pairs.
    """
    batch = _get(session, actor=actor, batch_id=batch_id)
    if batch.voided_at is not None:
        raise LabelVoidError
    if batch.with_tickets:
        raise TicketsPrintedOnceError
    ordered = select(PrintedLabel.code).where(PrintedLabel.batch_id == batch.id).order_by(col(PrintedLabel.place))
    return Printed(batch, format_named(batch.format), tuple(session.exec(ordered).all()))


def declare_lost(session: Session, *, actor: Actor, batch_id: UUID) -> LabelBatch:
    """Void what is left of a batch: none of its labels can be used any more. Samples registered keep theirs."""
    batch = _get(session, actor=actor, batch_id=batch_id)
    if batch.voided_at is None:
        batch.voided_at, batch.voided_by = now(), actor.account_id
        session.add(batch)
        session.flush()
    return batch


def _get(session: Session, *, actor: Actor, batch_id: UUID) -> LabelBatch:
    batch = session.get(LabelBatch, batch_id)
    if batch is None or not _is_seen(actor, batch):
        raise BatchNotFoundError
    return batch


def _is_seen(actor: Actor, batch: LabelBatch) -> bool:
    sites = actor.sites(Permission.SAMPLE_REGISTER)
    return sites is None or batch.site_id in sites


@dataclass(frozen=True)
class BatchView:
    """A batch and how many of its labels stand on a sample."""

    batch: LabelBatch
    used: int


def list_batches(session: Session, *, actor: Actor, limit: int = 100) -> list[BatchView]:
    """The newest batches for the sites of ``actor``; raises :class:`~lab.errors.ForbiddenError`."""
    actor.require(Permission.SAMPLE_REGISTER)
    newest = session.exec(select(LabelBatch).order_by(col(LabelBatch.printed_at).desc(), col(LabelBatch.id))).all()
    seen = [batch for batch in newest if _is_seen(actor, batch)][:limit]
    used = _used(session, [batch.id for batch in seen])
    return [BatchView(batch, used.get(batch.id, 0)) for batch in seen]


def _used(session: Session, batch_ids: Sequence[UUID]) -> dict[UUID, int]:
    statement = (
        select(PrintedLabel.batch_id)
        .join(Sample, col(Sample.code) == col(PrintedLabel.code))
        .where(col(PrintedLabel.batch_id).in_(batch_ids))
    )
    counts: dict[UUID, int] = {}
    for batch_id in session.exec(statement).all():
        counts[batch_id] = counts.get(batch_id, 0) + 1
    return counts


def is_reserved(session: Session, *, code: str) -> bool:
    """Whether ``code`` stands on a sample or waits on a printed sheet."""
    known = session.get(PrintedLabel, code) is not None
    return known or session.exec(select(Sample.id).where(Sample.code == code)).first() is not None


def label_of(session: Session, *, code: str) -> PrintedLabel | None:
    """The printed label with this code; raises :class:`LabelVoidError` for one of a sheet declared lost."""
    label = session.get(PrintedLabel, code)
    if label is not None and session.get_one(LabelBatch, label.batch_id).voided_at is not None:
        raise LabelVoidError
    return label


def standing_for(session: Session, *, label: PrintedLabel | None, site_id: UUID) -> LabelStanding:
    """Whether a label is of this site, of another, or of no sheet known here. All three can be used."""
    if label is None:
        return LabelStanding.UNKNOWN
    batch = session.get_one(LabelBatch, label.batch_id)
    return LabelStanding.PRINTED_HERE if batch.site_id in {None, site_id} else LabelStanding.PRINTED_ELSEWHERE


def look_at(session: Session, *, code: str, site_id: UUID) -> LabelStanding:
    """What is known of ``code`` (in its stored form) before it is used at a site."""
    if session.exec(select(Sample.id).where(Sample.code == code)).first() is not None:
        return LabelStanding.USED
    try:
        label = label_of(session, code=code)
    except LabelVoidError:
        return LabelStanding.VOID
    return standing_for(session, label=label, site_id=site_id)
