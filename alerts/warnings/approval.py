"""Approval, emergency release, countersigning, and the issue that follows: one transaction with the whole fan-out."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from alerts.deliveries.fanout import fan_out
from alerts.errors import AlreadyApprovedError
from alerts.warnings.editing import require_edition
from alerts.warnings.lifecycle import WITHDRAWALS
from alerts.warnings.models import Alert, AlertAction, AlertApproval, AlertState, AlertVersion
from alerts.warnings.store import decide, lock_version, move, situation, versions_of
from lab.kit.clock import now
from lab.network.access import Actor


def approve(session: Session, *, actor: Actor, version_id: UUID, edition: int) -> AlertVersion:
    """Approve the edition that was read. With the last approval needed, the version is issued and fanned out.

    Raises :class:`OwnTextError`, :class:`AlreadyApprovedError`, :class:`EditionError`, :class:`UnconfirmedError`,
    :class:`ProposalOpenError`, :class:`TextsMissingError`, :class:`ExpiryError` or :class:`TransitionError`.
    """
    alert, version = lock_version(session, version_id)
    it = situation(session, alert, version, account_id=actor.account_id)
    row = decide(AlertAction.APPROVE, it, actor=actor)
    require_edition(version, edition)
    _record(session, version, actor)
    move(session, version, row, it)
    if row.next is AlertState.ISSUED:
        issue(session, alert, version)
    return version


def _record(session: Session, version: AlertVersion, actor: Actor) -> None:
    try:
        with session.begin_nested():
            session.add(AlertApproval(version_id=version.id, edition=version.edition, account_id=actor.account_id))
    except IntegrityError as error:  # the table holds it even if the guard should ever fail
        raise AlreadyApprovedError from error


def release(session: Session, *, actor: Actor, version_id: UUID, edition: int, reason: str) -> AlertVersion:
    """Send a T2 alone, in an emergency, with the reason in writing. Uncountersigned, the clock cancels it."""
    alert, version = lock_version(session, version_id)
    it = situation(session, alert, version, account_id=actor.account_id, reason=reason)
    row = decide(AlertAction.RELEASE, it, actor=actor)
    require_edition(version, edition)
    move(session, version, row, it)
    version.release_reason = reason.strip()
    version.released_by = actor.account_id
    version.countersign_by = now() + it.settings.countersign_within
    session.add(version)
    issue(session, alert, version)
    return version


def countersign(session: Session, *, actor: Actor, version_id: UUID) -> AlertVersion:
    """A second person stands behind an emergency release, within its deadline."""
    alert, version = lock_version(session, version_id)
    it = situation(session, alert, version, account_id=actor.account_id)
    move(session, version, decide(AlertAction.COUNTERSIGN, it, actor=actor), it)
    version.countersigned_by = actor.account_id
    session.add(version)
    session.flush()
    return version


def issue(session: Session, alert: Alert, version: AlertVersion) -> None:
    """What follows from a version being issued: the older one is replaced, everybody concerned gets a delivery."""
    version.issued_at = now()
    session.add(version)
    session.flush()
    for older in versions_of(session, alert_id=alert.id):
        if older.id != version.id and older.state in {AlertState.ISSUED, AlertState.EXPIRED}:
            it = situation(session, alert, older, replaced_by=version.kind)
            move(session, older, decide(AlertAction.REPLACE, it, actor=None), it)
    fan_out(session, alert=alert, version=version, withdrawal=version.kind in WITHDRAWALS)
