"""What lies at a laboratory and waits for its answer: since when, how urgent, and whether it is overdue."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.bench.models import LaboratoryTerms
from lab.bench.terms import terms_of
from lab.custody.models import Action, CustodyEvent
from lab.custody.overview import items_at
from lab.kit.clock import now
from lab.network.access import Actor, Permission
from lab.results.models import Analysis, Outcome, Result, ResultState
from lab.samples.models import AdverseEvent, Sample

_SERIOUS = frozenset({AdverseEvent.SERIOUS, AdverseEvent.OVERDOSE})
_DONE = frozenset({ResultState.VERIFIED, ResultState.REPORTED})


class BenchStage(StrEnum):
    """What is to be done next."""

    WAITING = "waiting"
    ANALYSED = "analysed"
    DRAFT = "draft"
    SUBMITTED = "submitted"


@dataclass(frozen=True)
class Job:
    """One sample that waits. ``due_at`` is None where the laboratory declared no time."""

    sample: Sample
    stage: BenchStage
    arrived_at: datetime
    due_at: datetime | None
    serious: bool
    called_back: bool  # somebody is being called back about it
    result_id: UUID | None

    @property
    def urgent(self) -> bool:
        return self.serious or self.called_back

    def late_by(self, moment: datetime) -> timedelta | None:
        """How long it is overdue at ``moment``."""
        return moment - self.due_at if self.due_at is not None and self.due_at < moment else None


def worklist(session: Session, *, actor: Actor, site_id: UUID, calls: Collection[UUID] = ()) -> Sequence[Job]:
    """Samples held at ``site_id`` without an answer that stands: what is due first comes first, then by arrival.

    ``calls``: samples about which a call-back is open. Raises :class:`~lab.errors.ForbiddenError`.
    """
    actor.require(Permission.ANALYSIS_RECORD, site_id)
    held = {one.sample.id: one.sample for one in items_at(session, actor=actor, site_id=site_id)}
    arrived, analysed = _arrivals(session, held), _analysed(session, held)
    newest = _newest(session, held)
    terms = terms_of(session, site_id=site_id)
    jobs = [
        _job(sample, newest.get(key), arrived.get(key, sample.registered_at), key in analysed, key in calls, terms)
        for key, sample in held.items()
        if key not in newest or newest[key].state not in _DONE
    ]
    last = now() + timedelta(days=10_000)
    return sorted(jobs, key=lambda one: (not one.urgent, one.due_at or last, one.arrived_at, one.sample.code))


def _job(
    sample: Sample, result: Result | None, arrived_at: datetime, analysed: bool, called: bool,
    terms: LaboratoryTerms | None,
) -> Job:  # fmt: skip
    stage = BenchStage.ANALYSED if analysed else BenchStage.WAITING
    if result is not None and result.state in {ResultState.DRAFT, ResultState.SUBMITTED}:
        stage = BenchStage(result.state.value)
    serious = sample.adverse_event in _SERIOUS
    within = _within(terms, urgent=serious or called)
    return Job(
        sample, stage, arrived_at, None if within is None else arrived_at + within, serious, called,
        result.id if result is not None and stage in {BenchStage.DRAFT, BenchStage.SUBMITTED} else None,
    )  # fmt: skip


def _within(terms: LaboratoryTerms | None, *, urgent: bool) -> timedelta | None:
    if terms is None:
        return None
    if urgent and terms.urgent_hours is not None:
        return timedelta(hours=terms.urgent_hours)
    return None if terms.turnaround_days is None else timedelta(days=terms.turnaround_days)


def _arrivals(session: Session, ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When each sample was first received from a parcel."""
    rows = session.execute(
        sa.select(col(CustodyEvent.sample_id), sa.func.min(col(CustodyEvent.occurred_at)))
        .where(col(CustodyEvent.sample_id).in_(ids), col(CustodyEvent.action) == Action.RECEIVED)
        .group_by(col(CustodyEvent.sample_id))
    )
    return {row[0]: row[1] for row in rows}


def _analysed(session: Session, ids: Collection[UUID]) -> set[UUID]:
    told = select(Analysis.sample_id).where(
        col(Analysis.sample_id).in_(ids), Analysis.outcome != Outcome.NOT_TESTED
    )  # fmt: skip
    return set(session.exec(told).all())


def _newest(session: Session, ids: Collection[UUID]) -> dict[UUID, Result]:
    """The newest version of each sample's answer."""
    rows = session.exec(select(Result).where(col(Result.sample_id).in_(ids)).order_by(col(Result.version))).all()
    return {row.sample_id: row for row in rows}
