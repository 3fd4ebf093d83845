"""What was sent, when, to how many."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from alerts.deliveries.models import Delivery, DeliveryState
from alerts.vocabulary import ChannelKind


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
