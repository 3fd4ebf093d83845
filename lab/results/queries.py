"""Finding results, holding one still, and the laboratories it belongs to."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.errors import ForbiddenError
from lab.kit.clock import now
from lab.network.access import Actor, Permission
from lab.results.errors import ResultNotFoundError
from lab.results.models import Analysis, Result, ResultAnalysis, ResultState, ResultTransition
from lab.samples import visibility
from lab.samples.models import Sample

STANDING = frozenset({ResultState.VERIFIED, ResultState.REPORTED})
OPEN = frozenset({ResultState.DRAFT, ResultState.SUBMITTED})


def get_result(session: Session, *, actor: Actor, result_id: UUID) -> Result:
    """The result with this key; raises :class:`ResultNotFoundError` also where ``actor`` may not see it."""
    result = session.get(Result, result_id)
    if result is None:
        raise ResultNotFoundError
    sample = session.get_one(Sample, result.sample_id)
    if not actor.may_at_any(Permission.RESULT_READ, visibility.sites_of(session, sample=sample)):
        raise ResultNotFoundError
    return result


def results_of(session: Session, *, sample_id: UUID) -> Sequence[Result]:
    """Every version of the answer for a sample, oldest first."""
    return session.exec(select(Result).where(Result.sample_id == sample_id).order_by(col(Result.version))).all()


def current_result(session: Session, *, sample_id: UUID) -> Result | None:
    """The version that holds now: the newest one verified or reported; None while there is none."""
    standing = select(Result).where(Result.sample_id == sample_id, col(Result.state).in_(STANDING))
    return session.exec(standing.order_by(col(Result.version).desc())).first()


def transitions_of(session: Session, *, result_id: UUID) -> Sequence[ResultTransition]:
    """What happened to a result, in order."""
    moves = select(ResultTransition).where(ResultTransition.result_id == result_id)
    return session.exec(moves.order_by(col(ResultTransition.at))).all()


def locked(session: Session, result_id: UUID) -> Result:
    """The result as it is now, held against everybody else until this transaction ends."""
    statement = select(Result).where(Result.id == result_id).with_for_update()
    result = session.exec(statement, execution_options={"populate_existing": True}).one_or_none()
    if result is None:
        raise ResultNotFoundError
    return result


def laboratories_of(session: Session, result: Result) -> set[UUID]:
    """Where the analyses were made that a result rests on: whoever acts on it acts for one of these laboratories."""
    statement = (
        select(Analysis.site_id)
        .join(ResultAnalysis, col(ResultAnalysis.analysis_id) == col(Analysis.id))
        .where(ResultAnalysis.result_id == result.id)
    )
    return set(session.exec(statement).all())


def require_at(actor: Actor, permission: Permission, site_ids: set[UUID]) -> None:
    """Raise :class:`~lab.errors.ForbiddenError` unless ``actor`` has ``permission`` at one of these sites."""
    if not actor.may_at_any(permission, site_ids):
        raise ForbiddenError(permission=permission.value)


def next_moment(session: Session, result: Result) -> datetime:
    """Now, and never before the last move, so that the order of moves is the order of their times."""
    last = session.exec(select(sa.func.max(ResultTransition.at)).where(ResultTransition.result_id == result.id)).one()
    return max(now(), last) if last is not None else now()


def rests_on(session: Session, *, result_id: UUID) -> frozenset[UUID]:
    """The keys of the analyses that a version rests on."""
    statement = select(ResultAnalysis.analysis_id).where(ResultAnalysis.result_id == result_id)
    return frozenset(session.exec(statement).all())
