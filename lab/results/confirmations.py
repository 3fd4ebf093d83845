"""Requests to another technique or laboratory: opened by what TLC could not tell, closed by what can.

"Not identified by TLC" is an official reason to send a sample on (OFDT, SINTES).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from lab.kit.clock import today
from lab.network.access import Actor, Permission
from lab.results.errors import (
    ConfirmationNotFoundError,
    ConfirmationOpenError,
    DueOnError,
    SampleNotHereError,
)
from lab.results.models import Analysis, ConfirmationRequest, ConfirmationState, Outcome, Technique
from lab.results.schemas import FindingIn
from lab.results.techniques import FACTS, Category
from lab.samples.models import Reason, Sample
from lab.samples.visibility import reachable_ids, sites_of

DEFAULT_DAYS = 14
"""Until when a confirmation is due unless the deployment says otherwise."""
MOST_DAYS = 365


def follow(session: Session, *, analysis: Analysis, findings: Sequence[FindingIn], within: timedelta) -> None:
    """Open or answer requests as ``analysis`` demands."""
    open_requests = session.exec(
        select(ConfirmationRequest).where(
            ConfirmationRequest.sample_id == analysis.sample_id,
            ConfirmationRequest.state == ConfirmationState.OPEN,
        )
    ).all()
    unidentified = analysis.outcome is Outcome.UNABLE_TO_IDENTIFY or any(
        finding.substance_id is None and finding.substance_class is None for finding in findings
    )
    if analysis.technique is Technique.TLC:
        if unidentified and not open_requests:
            session.add(
                ConfirmationRequest(
                    sample_id=analysis.sample_id,
                    analysis_id=analysis.id,
                    reason=Reason.TLC_UNIDENTIFIED,
                    due_on=today() + within,
                    opened_by=analysis.operator_id,
                )
            )
    elif _can_answer(analysis) and not unidentified:
        for request in open_requests:
            request.state = ConfirmationState.ANSWERED
            request.answered_by_analysis_id = analysis.id
            session.add(request)
    session.flush()


def _can_answer(analysis: Analysis) -> bool:
    """A category A technique that came to something; a strip or a colour test leaves the question open."""
    told = analysis.outcome in {Outcome.DETECTED, Outcome.NONE_OF_INTEREST}
    return told and Category.A in FACTS[analysis.technique].categories


def ask(
    session: Session, *, actor: Actor, sample_id: UUID, site_id: UUID, reason: Reason, due_on: date
) -> ConfirmationRequest:
    """Ask another technique or laboratory about a sample, by a day.

    Raises :class:`~lab.errors.ForbiddenError`, :class:`ConfirmationOpenError` where somebody asked already,
    :class:`DueOnError`.
    """
    actor.require(Permission.ANALYSIS_RECORD, site_id)
    sample = session.get(Sample, sample_id, with_for_update=True)
    if sample is None or site_id not in sites_of(session, sample=sample):
        raise SampleNotHereError
    if not today() <= due_on <= today() + timedelta(days=MOST_DAYS):
        raise DueOnError
    waiting = select(ConfirmationRequest.id).where(
        ConfirmationRequest.sample_id == sample_id, ConfirmationRequest.state == ConfirmationState.OPEN
    )
    if session.exec(waiting).first() is not None:
        raise ConfirmationOpenError
    request = ConfirmationRequest(sample_id=sample_id, reason=reason, due_on=due_on, opened_by=actor.account_id)
    session.add(request)
    session.flush()
    return request


def list_open(session: Session, *, actor: Actor) -> Sequence[ConfirmationRequest]:
    """Open requests on samples that ``actor`` may see, the most urgent first."""
    actor.require(Permission.RESULT_READ)
    statement = select(ConfirmationRequest).where(
        ConfirmationRequest.state == ConfirmationState.OPEN,
        col(ConfirmationRequest.sample_id).in_(reachable_ids(actor, Permission.RESULT_READ)),
    )
    return session.exec(statement.order_by(col(ConfirmationRequest.due_on), col(ConfirmationRequest.opened_at))).all()


def withdraw(session: Session, *, actor: Actor, request_id: UUID) -> ConfirmationRequest:
    """Give up an open request. Raises :class:`ConfirmationNotFoundError`, :class:`~lab.errors.ForbiddenError`."""
    request = session.get(ConfirmationRequest, request_id, with_for_update=True)
    if request is None or request.state is not ConfirmationState.OPEN:
        raise ConfirmationNotFoundError
    analysis = session.get(Analysis, request.analysis_id)
    actor.require(Permission.RESULT_WRITE, analysis.site_id if analysis else None)
    request.state = ConfirmationState.WITHDRAWN
    session.add(request)
    session.flush()
    return request
