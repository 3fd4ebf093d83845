"""Answers that wait for somebody, for the lists that people work from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from lab.network.access import Actor, Permission
from lab.results.models import Result, ResultState
from lab.samples.models import Sample
from lab.samples.visibility import reachable


@dataclass(frozen=True)
class OpenResult:
    """A version of an answer with its sample."""

    result: Result
    sample: Sample


def results_in(session: Session, *, actor: Actor, states: Collection[ResultState]) -> Sequence[OpenResult]:
    """The versions in these states that ``actor`` may read, the oldest first."""
    actor.require(Permission.RESULT_READ)
    rows = session.exec(
        select(Result, Sample)
        .join(Sample, col(Sample.id) == col(Result.sample_id))
        .where(col(Result.state).in_(states), reachable(actor, Permission.RESULT_READ))
        .order_by(col(Result.created_at))
    )
    return [OpenResult(result, sample) for result, sample in rows.all()]
