"""What time does to alerts: they expire, and an emergency release that nobody countersigned is cancelled."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from alerts.services import AlertServices
from alerts.warnings.approval import issue
from alerts.warnings.drafting import render_version
from alerts.warnings.drafts import next_version
from alerts.warnings.models import Alert, AlertAction, AlertState, AlertVersion, VersionKind
from alerts.warnings.store import decide, lock_version, move, open_version, situation
from lab.kit.clock import now

UNCOUNTERSIGNED = "An emergency release that no second person countersigned in time."


def expired_versions(session: Session) -> list[UUID]:
    """Issued versions whose time is over."""
    return _ids(session, col(AlertVersion.state) == AlertState.ISSUED, col(AlertVersion.expires_at) <= now())


def uncountersigned_versions(session: Session) -> list[UUID]:
    """Emergency releases whose deadline passed without a second person."""
    return _ids(
        session,
        col(AlertVersion.state) == AlertState.ISSUED,
        col(AlertVersion.countersign_by) <= now(),
        col(AlertVersion.countersigned_by).is_(None),
    )


def _ids(session: Session, *where: sa.ColumnElement[bool]) -> list[UUID]:
    return list(session.scalars(sa.select(col(AlertVersion.id)).where(*where).order_by(col(AlertVersion.id))))


def expire(session: Session, *, version_id: UUID) -> None:
    """Let one version expire, if it still has to."""
    alert, version = lock_version(session, version_id)
    if version.state is AlertState.ISSUED and version.expires_at <= now():
        it = situation(session, alert, version)
        move(session, version, decide(AlertAction.EXPIRE, it, actor=None), it)


def cancel_uncountersigned(session: Session, *, services: AlertServices, version_id: UUID) -> AlertVersion | None:
    """Withdraw one emergency release, if it still has to be; the withdrawing version. Nobody needs to approve that."""
    alert, version = lock_version(session, version_id)
    overdue = version.countersign_by is not None and version.countersign_by <= now()
    if version.state is not AlertState.ISSUED or not overdue or version.countersigned_by is not None:
        return None
    begun = open_version(session, alert_id=alert.id)
    if begun is not None:  # an update in preparation rests on a release that nobody stands behind
        _lapse(session, alert, begun)
    cancel = next_version(session, alert=alert, live=version, kind=VersionKind.CANCEL, reason=UNCOUNTERSIGNED)
    cancel.texts = render_version(alert, cancel, services)
    cancel.edition += 1
    session.add(cancel)
    session.flush()
    _lapse(session, alert, cancel)
    issue(session, alert, cancel)
    return cancel


def _lapse(session: Session, alert: Alert, version: AlertVersion) -> None:
    it = situation(session, alert, version, reason=UNCOUNTERSIGNED)
    move(session, version, decide(AlertAction.LAPSE, it, actor=None), it)
