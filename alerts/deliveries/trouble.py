"""What does not go out, and why: said aloud, for a warning that waits in a table warns nobody."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from alerts.deliveries.models import Delivery, DeliveryState
from alerts.vocabulary import ChannelKind
from lab.kit.clock import now

LATE = timedelta(minutes=5)
"""A channel that works has sent what was written five minutes ago."""

_UNSENT = (DeliveryState.WAITING, DeliveryState.SENDING)


@dataclass(frozen=True)
class Trouble:
    """A channel that is not set up though messages need it, or that has not sent for a while.

    ``channel`` None: the keys of people's contacts are not kept as they must be.
    """

    channel: ChannelKind | None
    configured: bool
    waiting: int = 0
    oldest: datetime | None = None


def find_trouble(session: Session, *, channels: Collection[ChannelKind]) -> Sequence[Trouble]:
    """What an operator must mend. E-mail is always needed: it is the road to everybody who works here."""
    rows = session.execute(
        sa.select(col(Delivery.channel), sa.func.count(), sa.func.min(col(Delivery.created_at)))
        .where(col(Delivery.state).in_(_UNSENT))
        .where(col(Delivery.channel).not_in(channels) | (col(Delivery.created_at) < now() - LATE))
        .group_by(col(Delivery.channel))
        .order_by(col(Delivery.channel))
    ).all()
    found = [Trouble(channel, channel in channels, count, oldest) for channel, count, oldest in rows]
    if ChannelKind.EMAIL not in channels and all(one.channel is not ChannelKind.EMAIL for one in found):
        found.insert(0, Trouble(ChannelKind.EMAIL, configured=False))
    return found
