"""Taking deliveries to send, and writing down what came of it.

A claim is a lease: the attempt's row is written and committed before the call, and a sender that dies leaves a row that
another takes up when the lease ends. At least once, then, and always under the same message id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from alerts.channels.base import TransportError
from alerts.deliveries.backoff import MAX_ATTEMPTS, delay
from alerts.deliveries.models import Delivery, DeliveryAttempt, DeliveryState, Purpose
from alerts.subscriptions.models import EndpointState, SubscriptionEndpoint
from alerts.subscriptions.service import end_endpoint
from alerts.vocabulary import ChannelKind
from alerts.warnings.models import AlertProposal, AlertVersion, ProposalState, VersionKind
from lab.kit.clock import now

ENDED = (DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.WITHDRAWN)


@dataclass(frozen=True)
class Claim:
    """One delivery, ours to send until the lease ends; ``number`` is the attempt's, and fences the outcome."""

    delivery_id: UUID
    number: int
    purpose: Purpose
    channel: ChannelKind


def claim_due(session: Session, *, leases_s: Mapping[ChannelKind, float], limit: int) -> list[Claim]:
    """Take up to ``limit`` deliveries that are due, the longest due first. Commit before sending.

    A delivery waits while an earlier version is under way to the same endpoint. One whose lease ended counts as an
    attempt that failed; after the last it is given up. What goes by a channel that this process has not waits.
    """
    rows = session.exec(_due(limit, channels=tuple(leases_s))).all()
    claims = [claim for claim in (_take(session, row, leases_s) for row in rows) if claim is not None]
    session.flush()
    return claims


def _due(limit: int, *, channels: Sequence[ChannelKind]) -> SelectOfScalar[Delivery]:
    earlier = aliased(Delivery)
    held = (
        sa.select(sa.literal(1))
        .select_from(earlier)
        .where(col(Delivery.after_id) == earlier.id, col(earlier.state).not_in(ENDED))
        .correlate(Delivery)
        .exists()
    )
    return (
        select(Delivery)
        .where(
            sa.text("delivery.state IN ('waiting', 'sending')"),  # in the words of the partial index, so that it serves
            col(Delivery.due_at) <= now(),
            col(Delivery.channel).in_(channels),
            col(Delivery.after_id).is_(None) | ~held,
        )
        .order_by(col(Delivery.due_at))
        .limit(limit)
        .with_for_update(of=Delivery, skip_locked=True)
        .execution_options(populate_existing=True)
    )


def _take(session: Session, row: Delivery, leases_s: Mapping[ChannelKind, float]) -> Claim | None:
    if row.state is DeliveryState.SENDING and row.attempts - row.replayed_at >= MAX_ATTEMPTS:
        _end(session, row, DeliveryState.DEAD)
        return None
    row.state = DeliveryState.SENDING
    row.attempts += 1
    row.due_at = now() + timedelta(seconds=leases_s[row.channel])
    session.add(row)
    session.add(DeliveryAttempt(delivery_id=row.id, number=row.attempts))
    return Claim(row.id, row.attempts, row.purpose, row.channel)


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


def record_failed(session: Session, *, claim: Claim, error: TransportError) -> None:
    """It did not go out: another attempt later, or none."""
    _finish_attempt(session, claim, ok=False, status=error.status, error=error.kind)
    row = _still_ours(session, claim)
    if row is None:
        return
    wait = None if error.permanent else delay(row.attempts - row.replayed_at, wish_s=error.retry_after_s)
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
    if error.gone and endpoint is not None:
        _close(session, endpoint)


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


def next_due(session: Session) -> datetime | None:
    """When the next delivery is due; None when none waits."""
    return session.scalar(
        sa.select(sa.func.min(col(Delivery.due_at))).where(
            col(Delivery.state).in_((DeliveryState.WAITING, DeliveryState.SENDING))
        )
    )
