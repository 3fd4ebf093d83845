"""Taking deliveries to send: many in one transaction, each by one sender.

A claim is a lease: the attempt's row is written and committed before the call, and a sender that dies leaves a row that
another takes up when the lease ends. At least once, then, and always under the same message id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from alerts.contacts.outcomes import record_outcome
from alerts.deliveries.backoff import MAX_ATTEMPTS
from alerts.deliveries.models import Delivery, DeliveryAttempt, DeliveryState, Purpose
from alerts.vocabulary import ChannelKind
from lab.kit.clock import now
from lab.kit.ids import new_id

ENDED = (DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.WITHDRAWN)
# In the words of the partial index, so that it serves.
_OPEN = sa.text("delivery.state IN ('waiting', 'sending')")


@dataclass(frozen=True)
class Claim:
    """One delivery, ours to send until the lease ends; ``number`` is the attempt's, and fences the outcome.

    ``tried``: how many attempts there were since the last time that a person put it back, this one included.
    """

    delivery_id: UUID
    number: int
    tried: int
    purpose: Purpose
    channel: ChannelKind


def claim_due(session: Session, *, leases_s: Mapping[ChannelKind, float], limit: int) -> list[Claim]:
    """Take up to ``limit`` deliveries that are due, the longest due first. Commit before sending.

    A delivery waits while an earlier version is under way to the same endpoint. One whose lease ended counts as an
    attempt that failed; after the last it is given up. What goes by a channel that this process has not waits.
    """
    session.flush()
    rows = session.execute(_due(limit, channels=tuple(leases_s))).all()
    spent = [row for row in rows if row.state is DeliveryState.SENDING and _tried(row) >= MAX_ATTEMPTS]
    for row in spent:
        _give_up(session, row.id)
    ours = [row for row in rows if row not in spent]
    if not ours:
        return []
    _lease(session, ours, leases_s)
    return [Claim(row.id, row.attempts + 1, _tried(row) + 1, row.purpose, row.channel) for row in ours]


def _tried(row: Any) -> int:
    return int(row.attempts - row.replayed_at)


def _due(
    limit: int, *, channels: Sequence[ChannelKind]
) -> sa.Select[UUID, DeliveryState, int, int, Purpose, ChannelKind]:
    earlier = aliased(Delivery)
    held = (
        sa.select(sa.literal(1))
        .select_from(earlier)
        .where(col(Delivery.after_id) == earlier.id, col(earlier.state).not_in(ENDED))
        .correlate(Delivery)
        .exists()
    )
    return (
        sa.select(
            col(Delivery.id), col(Delivery.state), col(Delivery.attempts), col(Delivery.replayed_at),
            col(Delivery.purpose), col(Delivery.channel),
        )
        .where(
            _OPEN,
            col(Delivery.due_at) <= now(),
            col(Delivery.channel).in_(channels),
            col(Delivery.after_id).is_(None) | ~held,
        )
        .order_by(col(Delivery.due_at))
        .limit(limit)
        .with_for_update(of=Delivery, skip_locked=True)
    )  # fmt: skip


def _lease(session: Session, rows: Sequence[Any], leases_s: Mapping[ChannelKind, float]) -> None:
    moment = now()
    for channel, lease_s in leases_s.items():
        ids = [row.id for row in rows if row.channel is channel]
        if ids:
            session.execute(
                sa.update(Delivery)
                .where(col(Delivery.id).in_(ids))
                .values(
                    state=DeliveryState.SENDING, attempts=col(Delivery.attempts) + 1,
                    due_at=moment + timedelta(seconds=lease_s),
                )
                .execution_options(synchronize_session=False)
            )  # fmt: skip
    session.execute(
        sa.insert(DeliveryAttempt),
        [{"id": new_id(), "delivery_id": row.id, "number": row.attempts + 1, "started_at": moment} for row in rows],
    )


def _give_up(session: Session, delivery_id: UUID) -> None:
    row = session.get_one(Delivery, delivery_id, populate_existing=True)
    row.state = DeliveryState.DEAD
    row.ended_at = now()
    session.add(row)
    record_outcome(session, row=row)


def due_channels(session: Session) -> set[ChannelKind]:
    """By which roads something may have to go out now: looked at before anything is locked."""
    query = sa.select(col(Delivery.channel)).where(_OPEN, col(Delivery.due_at) <= now()).distinct()
    return set(session.scalars(query))


def next_due(session: Session) -> datetime | None:
    """When the next delivery is due; None when none waits."""
    return session.scalar(
        sa.select(sa.func.min(col(Delivery.due_at))).where(
            col(Delivery.state).in_((DeliveryState.WAITING, DeliveryState.SENDING))
        )
    )
