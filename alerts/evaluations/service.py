"""Remembering that the rules have looked, and finding what they have not looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from alerts.evaluations.models import Evaluation, Stage
from alerts.rules.evaluation import Firing
from lab.kit.clock import now
from lab.results.models import Result, ResultAction, ResultState, ResultTransition

GRACE = timedelta(seconds=60)
"""How long a trigger may take before its absence is a gap."""


def record(
    session: Session, *, subject_id: UUID, stage: Stage, rules_version: str, firings: Sequence[Firing],
    found_by_sweep: bool = False,
) -> Evaluation:  # fmt: skip
    """Write down what fired. A subject that comes by again (sent back, submitted anew) keeps its newest evaluation."""
    evaluation = session.exec(
        select(Evaluation).where(Evaluation.subject_id == subject_id, Evaluation.stage == stage)
    ).first() or Evaluation(subject_id=subject_id, stage=stage, rules_version=rules_version)
    evaluation.rules_version = rules_version
    evaluation.firings = [_as_json(firing) for firing in firings]
    evaluation.found_by_sweep = found_by_sweep
    evaluation.at = now()
    session.add(evaluation)
    session.flush()
    return evaluation


def _as_json(firing: Firing) -> dict[str, object]:
    return {
        "rule": firing.rule_id,
        "tier": firing.tier.value if firing.tier else None,
        "substances": list(firing.substances),
        "evidence": firing.evidence.value if firing.evidence else None,
    }


@dataclass(frozen=True)
class Gap:
    """A version of a result that the rules should have looked at, and did not."""

    result_id: UUID
    stage: Stage


_NEEDS: dict[ResultState, tuple[tuple[Stage, ResultAction], ...]] = {
    ResultState.SUBMITTED: ((Stage.SUBMITTED, ResultAction.SUBMIT),),
    ResultState.VERIFIED: ((Stage.VERIFIED, ResultAction.VERIFY),),
    ResultState.REPORTED: ((Stage.VERIFIED, ResultAction.VERIFY),),
    ResultState.AMENDED: ((Stage.AMENDED, ResultAction.SUPERSEDE),),
    ResultState.RETRACTED: ((Stage.RETRACTED, ResultAction.RETRACT),),
}


def gaps(session: Session, *, grace: timedelta = GRACE, limit: int = 100) -> list[Gap]:
    """Versions whose newest change of state is older than ``grace`` and has no evaluation after it, oldest first."""
    found: list[tuple[datetime, Gap]] = []
    for state, needs in _NEEDS.items():
        for stage, action in needs:
            found += _gaps(session, state, stage, action, before=now() - grace, limit=limit)
    return [gap for _, gap in sorted(found, key=lambda pair: pair[0])][:limit]


def _gaps(
    session: Session, state: ResultState, stage: Stage, action: ResultAction, *, before: datetime, limit: int
) -> list[tuple[datetime, Gap]]:
    changed = sa.func.max(col(ResultTransition.at))
    looked = (
        sa.select(sa.literal(1))
        .where(
            col(Evaluation.subject_id) == col(Result.id),
            col(Evaluation.stage) == stage,
            col(Evaluation.at)
            >= sa.select(changed)
            .where(col(ResultTransition.result_id) == col(Result.id), col(ResultTransition.action) == action)
            .correlate(Result)
            .scalar_subquery(),
        )
        .correlate(Result)
        .exists()
    )
    rows = session.execute(
        sa.select(col(Result.id), changed)
        .join(ResultTransition, col(ResultTransition.result_id) == col(Result.id))
        .where(col(Result.state) == state, col(ResultTransition.action) == action, ~looked)
        .group_by(col(Result.id))
        .having(changed <= before)
        .order_by(changed)
        .limit(limit)
    )
    return [(at, Gap(result_id, stage)) for result_id, at in rows]
