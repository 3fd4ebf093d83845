"""When a result changes: every alert that rests on it gets a proposal, and what is unsent waits for a person."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from alerts.deliveries.fanout import pause_unsent, resume_paused
from alerts.errors import ProposalNotFoundError, ReasonMissingError
from alerts.warnings.drafts import start_version
from alerts.warnings.lifecycle import WITHDRAWALS
from alerts.warnings.models import (
    AlertBasis,
    AlertProposal,
    AlertVersion,
    ProposalKind,
    ProposalState,
    VersionKind,
)
from alerts.warnings.store import live_version, lock_alert, open_version, proposals_of
from lab.kit.clock import now
from lab.network.access import Actor, Permission


def doubt_result(session: Session, *, result_id: UUID) -> list[AlertProposal]:
    """A version of a result no longer stands. Propose what to do about every alert that rests on it.

    Cancel where nothing else carries the alert, update otherwise; deliveries not yet sent are paused.
    """
    alert_ids = session.scalars(
        sa.select(col(AlertBasis.alert_id))
        .where(col(AlertBasis.result_id) == result_id, col(AlertBasis.withdrawn_at).is_(None))
        .order_by(col(AlertBasis.alert_id))  # always in one order, so that two of these never wait for each other
    ).all()
    proposals = [_doubt(session, alert_id=alert_id, result_id=result_id) for alert_id in alert_ids]
    return [proposal for proposal in proposals if proposal is not None]


def _doubt(session: Session, *, alert_id: UUID, result_id: UUID) -> AlertProposal | None:
    lock_alert(session, alert_id)
    basis = session.get_one(AlertBasis, (alert_id, result_id))
    basis.withdrawn_at = now()
    session.add(basis)
    session.flush()
    if _is_over(session, alert_id):
        return None
    others = session.exec(
        select(AlertBasis).where(AlertBasis.alert_id == alert_id, col(AlertBasis.withdrawn_at).is_(None))
    ).first()
    kind = ProposalKind.CANCEL if others is None else ProposalKind.UPDATE
    proposal = session.exec(
        select(AlertProposal).where(AlertProposal.alert_id == alert_id, AlertProposal.result_id == result_id)
    ).first() or AlertProposal(alert_id=alert_id, result_id=result_id, kind=kind)
    proposal.kind, proposal.state = kind, ProposalState.OPEN
    session.add(proposal)
    session.flush()
    pause_unsent(session, alert_id=alert_id)
    return proposal


def _is_over(session: Session, alert_id: UUID) -> bool:
    """Nothing is out in the world and nothing is being prepared. What expired still counts as out."""
    live = live_version(session, alert_id=alert_id)
    out = live is not None and live.kind not in WITHDRAWALS
    return not out and open_version(session, alert_id=alert_id) is None


def take_proposal(session: Session, *, actor: Actor, proposal_id: UUID, reason: str) -> AlertVersion | None:
    """Do what is proposed: begin the update or the cancel. A mere draft needs none; edit or discard it (None)."""
    proposal = _decided(session, actor=actor, proposal_id=proposal_id, reason=reason, state=ProposalState.TAKEN)
    if live_version(session, alert_id=proposal.alert_id) is None:
        return None
    kind = VersionKind.CANCEL if proposal.kind is ProposalKind.CANCEL else VersionKind.UPDATE
    return start_version(session, actor=actor, alert_id=proposal.alert_id, kind=kind, reason=reason)


def dismiss_proposal(session: Session, *, actor: Actor, proposal_id: UUID, reason: str) -> AlertProposal:
    """Say in writing why the alert stands as it is; what was paused goes out."""
    actor.require(Permission.ALERT_APPROVE)
    proposal = _decided(session, actor=actor, proposal_id=proposal_id, reason=reason, state=ProposalState.DISMISSED)
    if not proposals_of(session, alert_id=proposal.alert_id):
        resume_paused(session, alert_id=proposal.alert_id)
    return proposal


def _decided(session: Session, *, actor: Actor, proposal_id: UUID, reason: str, state: ProposalState) -> AlertProposal:
    actor.require(Permission.ALERT_EDIT)
    if not reason.strip():
        raise ReasonMissingError
    proposal = session.get(AlertProposal, proposal_id)
    if proposal is None:
        raise ProposalNotFoundError
    lock_alert(session, proposal.alert_id)
    session.refresh(proposal)
    if proposal.state is not ProposalState.OPEN:
        raise ProposalNotFoundError
    proposal.state = state
    proposal.decided_by = actor.account_id
    proposal.decided_at = now()
    proposal.reason = reason.strip()[:1000]
    session.add(proposal)
    session.flush()
    return proposal
