"""One line of time for a sample: what happened to its material, what was found out, what was answered, its seals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from lab.custody import handover, service
from lab.custody.models import Handover
from lab.custody.schemas import Balance, TimelineEntry
from lab.network.access import Actor, Permission
from lab.network.models import Account
from lab.photos.models import SamplePhoto
from lab.photos.service import photos_of
from lab.results.models import Analysis, Result, ResultTransition
from lab.samples.models import Sample


@dataclass(frozen=True)
class Moment:
    """One thing that happened: exactly one of the four is there. ``carrier`` took what an event hands over."""

    at: datetime
    entry: TimelineEntry | None = None
    carrier: str | None = None
    analysis: Analysis | None = None
    step: ResultTransition | None = None
    version: int = 0
    photo: SamplePhoto | None = None


@dataclass(frozen=True)
class SampleTimeline:
    """The moments, the first one first, who did what, and what is left."""

    moments: Sequence[Moment]
    names: dict[UUID, str]
    balance: Balance


def timeline_of(session: Session, *, actor: Actor, sample: Sample) -> SampleTimeline:
    """Everything that ``actor`` may see of a sample, in the order in which it happened as far as is known."""
    moments = list(_custody(session, sample))
    if actor.may(Permission.RESULT_READ, sample.site_id) or actor.may(Permission.ANALYSIS_RECORD):
        moments += _answers(session, sample)
    moments += [
        Moment(photo.added_at, photo=photo) for photo in photos_of(session, sample_id=sample.id) if photo.of_seal
    ]
    return SampleTimeline(
        moments=sorted(moments, key=lambda moment: (moment.at, moment.entry.seq if moment.entry else 0)),
        names=_names(session, moments),
        balance=service.balance(session, sample_id=sample.id),
    )


def _custody(session: Session, sample: Sample) -> Iterator[Moment]:
    entries = service.timeline(session, sample_id=sample.id)
    given: dict[UUID, Sequence[Handover]] = {}
    for entry in entries:
        carrier = None
        if entry.action in {"handed_over", "dispatched"} and entry.parcel_id is not None:
            known = given.setdefault(entry.parcel_id, handover.confirmed(session, parcel_id=entry.parcel_id))
            carrier = _carrier(session, known, entry)
        yield Moment(entry.occurred_at, entry=entry, carrier=carrier)


def _carrier(session: Session, given: Sequence[Handover], entry: TimelineEntry) -> str | None:
    """The name of whoever took the parcel in this event; the witness of the event where there is one."""
    taker = entry.witness_id or next(
        (one.receiver_id for one in given if one.giver_id == entry.actor_id and one.receiver_id), None
    )
    account = session.get(Account, taker) if taker else None
    return account.display_name if account else None


def _answers(session: Session, sample: Sample) -> Iterator[Moment]:
    for analysis in session.exec(select(Analysis).where(Analysis.sample_id == sample.id)):
        yield Moment(analysis.created_at, analysis=analysis)
    steps = select(ResultTransition, Result).join(Result, col(Result.id) == col(ResultTransition.result_id))
    for step, result in session.exec(steps.where(Result.sample_id == sample.id)):
        yield Moment(step.at, step=step, version=result.version)


def _names(session: Session, moments: Sequence[Moment]) -> dict[UUID, str]:
    people: set[UUID] = set()
    for one in moments:
        if one.entry is not None:
            people |= {one.entry.actor_id} | ({one.entry.witness_id} if one.entry.witness_id else set())
        for key in (one.analysis and one.analysis.operator_id, one.step and one.step.account_id):
            people |= {key} if key else set()
        people |= {one.photo.taken_by} if one.photo else set()
    rows = session.exec(select(Account.id, Account.display_name).where(col(Account.id).in_(people)))
    return dict(rows.all())
