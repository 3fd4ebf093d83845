"""Writing down what came of one delivery; ``outcomes.py`` does it for many at once."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from alerts.channels.base import TransportError, UncountedError
from alerts.contacts.outcomes import record_outcome
from alerts.deliveries.backoff import NOT_BEGUN_WAIT, delay, urgent_delay
from alerts.deliveries.claiming import Claim
from alerts.deliveries.models import Delivery, DeliveryAttempt, DeliveryState
from alerts.reach.models import PushDevice
from alerts.subscriptions.models import EndpointState, SubscriptionEndpoint
from alerts.subscriptions.service import end_endpoint
from alerts.vocabulary import ChannelKind
from alerts.warnings.models import AlertProposal, AlertVersion, ProposalState, VersionKind
from lab.kit.clock import now


def _end(session: Session, row: Delivery, state: DeliveryState) -> None:
    row.state = state
    row.ended_at = now()
    session.add(row)


def record_sent(session: Session, *, claim: Claim, status: int | None) -> None:
    """It went out."""
    _finish_attempt(session, claim, ok=True, status=status, error=None)
    row = _still_ours(session, claim)
    if row is None:
        return
    _end(session, row, DeliveryState.SENT)
    record_outcome(session, row=row)
    device = _device(session, row)
    if device is not None:
        device.reached_at = now()
        session.add(device)
    endpoint = _endpoint(session, row)
    if endpoint is not None and endpoint.failing_since is not None:
        endpoint.failing_since = None
        session.add(endpoint)


def record_withdrawn(session: Session, *, claim: Claim, why: str) -> None:
    """There was nothing to send any more."""
    _finish_attempt(session, claim, ok=None, status=None, error=why)
    row = _still_ours(session, claim)
    if row is not None:
        row.attempts -= 1  # no call was made: a later withdrawal need not reach this endpoint on its account
        _end(session, row, DeliveryState.WITHDRAWN)
        record_outcome(session, row=row)


def record_failed(session: Session, *, claim: Claim, error: TransportError) -> None:
    """It did not go out: another attempt later, or none."""
    _finish_attempt(session, claim, ok=False, status=error.status, error=error.kind)
    row = _still_ours(session, claim)
    if row is None:
        return
    row.died = 0
    if isinstance(error, UncountedError):
        _put_back(session, row)
        return
    waiting = urgent_delay if row.task_id is not None else delay
    wait = None if error.permanent else waiting(row.attempts - row.uncounted, wish_s=error.retry_after_s)
    endpoint = _endpoint(session, row)
    if endpoint is not None:
        endpoint.failing_since = endpoint.failing_since or now()
        session.add(endpoint)
    if _overtaken(session, row):
        _end(session, row, DeliveryState.WITHDRAWN)
    elif wait is None:
        _end(session, row, DeliveryState.DEAD)
    else:
        row.state = DeliveryState.PAUSED if _in_doubt(session, row) else DeliveryState.WAITING
        row.due_at = now() + wait
        session.add(row)
    record_outcome(session, row=row)
    if error.gone and endpoint is not None:
        _close(session, endpoint)
    device = _device(session, row)
    if error.gone and device is not None:
        session.delete(device)


def _put_back(session: Session, row: Delivery) -> None:
    """The call says nothing about the other side: it is made again, and not counted."""
    row.uncounted += 1
    row.state = DeliveryState.WAITING
    row.due_at = now() + NOT_BEGUN_WAIT
    session.add(row)


def _finish_attempt(session: Session, claim: Claim, *, ok: bool | None, status: int | None, error: str | None) -> None:
    session.execute(
        sa.update(DeliveryAttempt)
        .where(col(DeliveryAttempt.delivery_id) == claim.delivery_id, col(DeliveryAttempt.number) == claim.number)
        .values(ended_at=now(), ok=ok, status=status, error=error[:200] if error else None)
    )


def _still_ours(session: Session, claim: Claim) -> Delivery | None:
    """The row, unless the lease ended meanwhile and somebody else took it up."""
    return session.exec(
        select(Delivery)
        .where(
            Delivery.id == claim.delivery_id,
            Delivery.state == DeliveryState.SENDING,
            Delivery.attempts == claim.number,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def _endpoint(session: Session, row: Delivery) -> SubscriptionEndpoint | None:
    return session.get(SubscriptionEndpoint, row.endpoint_id) if row.endpoint_id else None


def _device(session: Session, row: Delivery) -> PushDevice | None:
    return session.get(PushDevice, UUID(row.target)) if row.channel is ChannelKind.PUSH and row.target else None


def _overtaken(session: Session, row: Delivery) -> bool:
    """A later version for the same endpoint waits for this one: it says more than another attempt would."""
    return session.exec(select(Delivery.id).where(Delivery.after_id == row.id)).first() is not None


def _in_doubt(session: Session, row: Delivery) -> bool:
    query = (
        select(AlertProposal.id)
        .join(AlertVersion, col(AlertVersion.alert_id) == col(AlertProposal.alert_id))
        .where(
            AlertVersion.id == row.version_id,
            AlertProposal.state == ProposalState.OPEN,
            col(AlertVersion.kind).in_((VersionKind.ALERT, VersionKind.UPDATE)),
        )
    )
    return session.exec(query).first() is not None


def _close(session: Session, endpoint: SubscriptionEndpoint) -> None:
    """410 Gone: nothing more is sent here."""
    end_endpoint(session, endpoint=endpoint, state=EndpointState.GONE)
    session.execute(
        sa.update(Delivery)
        .where(
            col(Delivery.endpoint_id) == endpoint.id,
            col(Delivery.state).in_((DeliveryState.WAITING, DeliveryState.PAUSED)),
        )
        .values(state=DeliveryState.WITHDRAWN, ended_at=now())
    )
