"""Who made an answer, and so may not verify it.

The author of a result is whoever made its findings (DESIGN.md, Two small state machines); whoever ran an analysis that
found nothing, drafted the version, chose anew what it rests on or submitted it has made it no less.
"""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from lab.results.models import (
    Analysis,
    Finding,
    Result,
    ResultAction,
    ResultAnalysis,
    ResultFinding,
    ResultTransition,
)

_SHAPING = (ResultAction.REVISE, ResultAction.SUBMIT)


def _accounts(result_id: UUID) -> sa.CompoundSelect[tuple[UUID]]:
    return sa.union(
        sa.select(col(Result.created_by)).where(col(Result.id) == result_id),
        sa.select(col(Finding.created_by))
        .join(ResultFinding, col(ResultFinding.finding_id) == col(Finding.id))
        .where(col(ResultFinding.result_id) == result_id),
        sa.select(col(Analysis.operator_id))
        .join(ResultAnalysis, col(ResultAnalysis.analysis_id) == col(Analysis.id))
        .where(col(ResultAnalysis.result_id) == result_id),
        sa.select(col(ResultTransition.account_id)).where(
            col(ResultTransition.result_id) == result_id, col(ResultTransition.action).in_(_SHAPING)
        ),
    )


def authors_of(session: Session, *, result: Result) -> frozenset[UUID]:
    """The accounts that made ``result``."""
    return frozenset(session.execute(_accounts(result.id)).scalars().all())


def is_author(*, result_id: UUID, account_id: UUID) -> sa.ColumnElement[bool]:
    """The condition that ``account_id`` is among the authors, for the update itself to repeat."""
    return sa.literal(account_id, sa.Uuid()).in_(_accounts(result_id))
