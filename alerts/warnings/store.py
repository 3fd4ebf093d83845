"""Reading alerts, locking them, and writing down every change of state."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from alerts.errors import AlertNotFoundError, TransitionError
from alerts.rules.active import active_rules
from alerts.vocabulary import Tier
from alerts.warnings.guards import Situation, choose
from alerts.warnings.lifecycle import OPEN, Transition, rows
from alerts.warnings.models import (
    Alert,
    AlertAction,
    AlertApproval,
    AlertBasis,
    AlertProposal,
    AlertState,
    AlertTransition,
    AlertVersion,
    ProposalState,
    VersionKind,
)
from lab.kit.clock import now
from lab.network.access import Actor, Permission
from lab.photos.models import SamplePhoto


def lock_alert(session: Session, alert_id: UUID) -> Alert:
    """The alert, held until this transaction ends: whoever changes a version holds its alert."""
    alert = session.exec(
        select(Alert).where(Alert.id == alert_id).with_for_update().execution_options(populate_existing=True)
    ).first()
    if alert is None:
        raise AlertNotFoundError
    return alert


def lock_version(session: Session, version_id: UUID) -> tuple[Alert, AlertVersion]:
    """A version and its alert, both held and read afresh."""
    alert_id = session.scalar(sa.select(col(AlertVersion.alert_id)).where(col(AlertVersion.id) == version_id))
    if alert_id is None:
        raise AlertNotFoundError
    alert = lock_alert(session, alert_id)
    version = session.exec(
        select(AlertVersion).where(AlertVersion.id == version_id).execution_options(populate_existing=True)
    ).one()
    return alert, version


def get_alert(session: Session, *, actor: Actor, alert_id: UUID) -> Alert:
    """An alert, for an account that may read alerts; raises :class:`AlertNotFoundError`."""
    actor.require(Permission.ALERT_READ)
    alert = session.get(Alert, alert_id)
    if alert is None:
        raise AlertNotFoundError
    return alert


def versions_of(session: Session, *, alert_id: UUID) -> list[AlertVersion]:
    """All versions, oldest first."""
    query = select(AlertVersion).where(AlertVersion.alert_id == alert_id)
    return list(session.exec(query.order_by(col(AlertVersion.number))))


def latest_version(session: Session, *, alert_id: UUID) -> AlertVersion:
    """The newest version, whatever its state."""
    return versions_of(session, alert_id=alert_id)[-1]


def open_version(session: Session, *, alert_id: UUID) -> AlertVersion | None:
    """The version that people work on, if there is one."""
    return next((one for one in versions_of(session, alert_id=alert_id) if one.state in OPEN), None)


def live_version(session: Session, *, alert_id: UUID) -> AlertVersion | None:
    """The version that the world has: issued, or expired and not replaced."""
    standing = {AlertState.ISSUED, AlertState.EXPIRED}
    return next((one for one in reversed(versions_of(session, alert_id=alert_id)) if one.state in standing), None)


def list_alerts(session: Session, *, actor: Actor, tier: Tier | None = None, limit: int = 200) -> list[Alert]:
    """Alerts, newest first."""
    actor.require(Permission.ALERT_READ)
    query = select(Alert).order_by(col(Alert.created_at).desc()).limit(limit)
    return list(session.exec(query if tier is None else query.where(Alert.tier == tier)))


def basis_of(session: Session, *, alert_id: UUID) -> list[AlertBasis]:
    """The results that this alert rests on, withdrawn ones included."""
    return list(session.exec(select(AlertBasis).where(AlertBasis.alert_id == alert_id)))


def proposals_of(session: Session, *, alert_id: UUID) -> list[AlertProposal]:
    """What the machine proposes, open ones only, oldest first."""
    query = select(AlertProposal).where(AlertProposal.alert_id == alert_id, AlertProposal.state == ProposalState.OPEN)
    return list(session.exec(query.order_by(col(AlertProposal.opened_at))))


def transitions_of(session: Session, *, version_id: UUID) -> list[AlertTransition]:
    """The history of a version."""
    query = select(AlertTransition).where(AlertTransition.version_id == version_id)
    return list(session.exec(query.order_by(col(AlertTransition.at))))


def situation(
    session: Session,
    alert: Alert,
    version: AlertVersion,
    *,
    account_id: UUID | None = None,
    reason: str = "",
    replaced_by: VersionKind | None = None,
) -> Situation:
    """All that the guards look at, read now."""
    approvers = session.scalars(
        sa.select(col(AlertApproval.account_id)).where(
            col(AlertApproval.version_id) == version.id, col(AlertApproval.edition) == version.edition
        )
    )
    photo = session.get(SamplePhoto, version.photo_id) if version.photo_id else None
    standing = [basis for basis in basis_of(session, alert_id=alert.id) if basis.withdrawn_at is None]
    return Situation(
        alert=alert,
        version=version,
        settings=active_rules(session).settings,
        at=now(),
        account_id=account_id,
        reason=reason,
        approvers=frozenset(approvers),
        standing=bool(standing),
        confirmed=any(basis.confirmed for basis in standing),
        in_doubt=bool(proposals_of(session, alert_id=alert.id)),
        replaced_by=replaced_by,
        photo_by=photo.taken_by if photo else None,
    )


def decide(action: AlertAction, it: Situation, *, actor: Actor | None) -> Transition:
    """The row of the table for this action now. Raises what the state, the permission or a guard forbids."""
    found = rows(it.version.state, action)
    permission = found[0].permission
    if permission is not None:
        if actor is None:
            raise TransitionError(state=it.version.state.value, action=action.value)
        actor.require(permission)
    return choose(found, it)


def move(session: Session, version: AlertVersion, row: Transition, it: Situation) -> None:
    """Write the new state, only if the old one still stands, and the line of history."""
    moved = session.execute(
        sa.update(AlertVersion)
        .where(
            col(AlertVersion.id) == version.id,
            col(AlertVersion.state) == row.state,
            col(AlertVersion.edition) == version.edition,
        )
        .values(state=row.next)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]  # Session.execute is typed Result; an UPDATE gives a CursorResult
        raise TransitionError(state=row.state.value, action=row.action.value)
    session.add(
        AlertTransition(
            version_id=version.id, action=row.action, from_state=row.state, to_state=row.next,
            account_id=it.account_id, reason=it.reason.strip() or None,
        )
    )  # fmt: skip
    session.flush()
    session.refresh(version)
