"""What was sent, when, to how many; and putting dead deliveries back."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from alerts.deliveries.fanout import DISPATCH
from alerts.deliveries.models import Delivery, DeliveryAttempt, DeliveryState
from alerts.errors import DeliveryNotFoundError
from alerts.vocabulary import ChannelKind
from lab.kit.clock import now
from lab.kit.jobs import enqueue
from lab.network.access import Actor, Permission

LISTED = 200


@dataclass(frozen=True)
class Tally:
    """How many deliveries of a version are in one state on one channel."""

    channel: ChannelKind
    state: DeliveryState
    count: int


def tally(session: Session, *, version_id: UUID) -> list[Tally]:
    """What was sent of a version, by channel and state."""
    rows = session.execute(
        sa.select(col(Delivery.channel), col(Delivery.state), sa.func.count())
        .where(col(Delivery.version_id) == version_id)
        .group_by(col(Delivery.channel), col(Delivery.state))
        .order_by(col(Delivery.channel), col(Delivery.state))
    )
    return [Tally(channel, state, count) for channel, state, count in rows]


def attempts_of(session: Session, *, delivery_id: UUID) -> list[DeliveryAttempt]:
    """The attempts at a delivery, first to last."""
    query = select(DeliveryAttempt).where(DeliveryAttempt.delivery_id == delivery_id)
    return list(session.exec(query.order_by(col(DeliveryAttempt.number))))


def list_dead(session: Session, *, actor: Actor) -> list[Delivery]:
    """Deliveries that were given up, newest first."""
    actor.require(Permission.SUBSCRIPTION_MANAGE)
    query = select(Delivery).where(Delivery.state == DeliveryState.DEAD)
    return list(session.exec(query.order_by(col(Delivery.ended_at).desc()).limit(LISTED)))


def replay_dead(session: Session, *, actor: Actor, delivery_id: UUID) -> Delivery:
    """Try a dead delivery again, under the same message id, with all its attempts before it."""
    actor.require(Permission.SUBSCRIPTION_MANAGE)
    row = session.exec(select(Delivery).where(Delivery.id == delivery_id).with_for_update()).first()
    if row is None or row.state is not DeliveryState.DEAD:
        raise DeliveryNotFoundError
    row.state = DeliveryState.WAITING
    row.due_at = now()
    row.ended_at = None
    row.uncounted, row.died = row.attempts, 0
    session.add(row)
    session.flush()
    enqueue(session, DISPATCH, str(row.id))
    return row


@dataclass(frozen=True)
class DeadLetter:
    """A delivery that was given up, and the kind of its last fault. Its address is not told."""

    delivery: Delivery
    fault: str | None


def dead_letters(session: Session, *, actor: Actor) -> list[DeadLetter]:
    """What was given up, newest first, each with its last fault."""
    return [
        DeadLetter(row, next((one.error for one in reversed(attempts_of(session, delivery_id=row.id))), None))
        for row in list_dead(session, actor=actor)
    ]
