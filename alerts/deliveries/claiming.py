"""Taking deliveries to send: many in one transaction, each by one sender.

A claim is a lease: the attempt's row is written and committed before the call, and a sender that dies leaves a row that
another takes up when the lease ends. At least once, then, and always under the same message id.

That a sender died says nothing about the receiver: it neither counts towards the last attempt nor lengthens the wait.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from alerts.contacts.outcomes import record_outcome
from alerts.deliveries.backoff import MAX_DEATHS, SUSPECT_AFTER
from alerts.deliveries.models import Delivery, DeliveryAttempt, DeliveryState, Lane, Purpose
from alerts.vocabulary import ChannelKind
from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id

DIED = "sender_died"
ENDED = (DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.WITHDRAWN)
LANES = tuple(Lane)
# In the words of the partial index, so that it serves.
_OPEN = sa.text("delivery.state IN ('waiting', 'sending')")


@dataclass(frozen=True)
class Claim:
    """One delivery, ours to send until the lease ends; ``number`` is the attempt's, and fences the outcome.

    ``tried``: how many attempts have said something about the receiver, this one included.
    """

    delivery_id: UUID
    number: int
    tried: int
    purpose: Purpose
    channel: ChannelKind
    lane: Lane = Lane.ORDINARY
    host: int | None = None


def claim_due(
    session: Session, *, leases_s: Mapping[ChannelKind, float], limit: int, lanes: Collection[Lane] = LANES,
    hosts: Mapping[int, int] | None = None, most_per_host: int | None = None, sender_id: UUID | None = None,
) -> list[Claim]:  # fmt: skip
    """Take up to ``limit`` deliveries of ``lanes`` that are due, lane by lane, the longest due first. Commit before
    sending.

    A delivery waits while an earlier version is under way to the same endpoint. What goes by a channel that this
    process has not waits, and so does what would be more than ``most_per_host`` calls to one host (``hosts``: how many
    are under way to each). ``sender_id`` gives signs of life for what is taken (``liveness.py``). One whose senders
    died again and again is sent alone after :data:`~alerts.deliveries.backoff.SUSPECT_AFTER` of them, and given up
    after :data:`~alerts.deliveries.backoff.MAX_DEATHS`.
    """
    session.flush()
    full = {host for host, count in (hosts or {}).items() if most_per_host is not None and count >= most_per_host}
    rows = _spread(
        session.execute(_due(limit, channels=tuple(leases_s), lanes=lanes, full_hosts=full)), hosts, most_per_host
    )
    orphans = [row for row in rows if row.state is DeliveryState.SENDING]
    ours = [row for row in rows if row.state is not DeliveryState.SENDING]
    if orphans:
        ours += _take_over(session, orphans)
    if not ours:
        return []
    _lease(session, ours, leases_s, sender_id)
    return [_claim(row) for row in ours]


def _spread(rows: Iterable[Any], hosts: Mapping[int, int] | None, most_per_host: int | None) -> list[Any]:
    """Those of ``rows`` that no host has too many of."""
    if most_per_host is None:
        return list(rows)
    under_way, kept = Counter(hosts or {}), []
    for row in rows:
        if row.host is None or under_way[row.host] < most_per_host:
            under_way[row.host] += 1
            kept.append(row)
    return kept


def _claim(row: Any) -> Claim:
    uncounted = row.uncounted + (row.state is DeliveryState.SENDING)  # as it is since the dead sender was counted
    return Claim(
        row.id, row.attempts + 1, row.attempts + 1 - uncounted, row.purpose, row.channel, Lane(row.lane), row.host
    )


def _due(
    limit: int, *, channels: Sequence[ChannelKind], lanes: Collection[Lane], full_hosts: Collection[int]
) -> sa.Select[UUID, DeliveryState, int, int, int, Purpose, ChannelKind, int, int | None]:
    earlier = aliased(Delivery)
    held = (
        sa.select(sa.literal(1))
        .select_from(earlier)
        .where(col(Delivery.after_id) == earlier.id, col(earlier.state).not_in(ENDED))
        .correlate(Delivery)
        .exists()
    )
    query = sa.select(
        col(Delivery.id), col(Delivery.state), col(Delivery.attempts), col(Delivery.uncounted), col(Delivery.died),
        col(Delivery.purpose), col(Delivery.channel), col(Delivery.lane), col(Delivery.host),
    ).where(
        _OPEN,
        col(Delivery.channel).in_(channels),
        col(Delivery.lane).in_(sorted(lanes)),
        col(Delivery.due_at) <= now(),
        col(Delivery.after_id).is_(None) | ~held,
    )  # fmt: skip
    if full_hosts:
        query = query.where(col(Delivery.host).is_(None) | col(Delivery.host).not_in(sorted(full_hosts)))
    return (
        query.order_by(col(Delivery.lane), col(Delivery.due_at))
        .limit(limit)
        .with_for_update(of=Delivery, skip_locked=True)
    )


def _take_over(session: Session, orphans: Sequence[Any]) -> list[Any]:
    """Count the senders that died; those of ``orphans`` that may be sent beside others now."""
    ids = [row.id for row in orphans]
    session.execute(
        sa.update(Delivery)
        .where(col(Delivery.id).in_(ids))
        .values(died=col(Delivery.died) + 1, uncounted=col(Delivery.uncounted) + 1)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(DeliveryAttempt)
        .where(col(DeliveryAttempt.delivery_id).in_(ids), col(DeliveryAttempt.ended_at).is_(None))
        .where(col(DeliveryAttempt.error).is_(None))
        .values(error=DIED)
        .execution_options(synchronize_session=False)
    )
    for row in orphans:
        if row.died + 1 >= MAX_DEATHS:
            _give_up(session, row.id)
    suspects = [
        row for row in orphans if SUSPECT_AFTER <= row.died + 1 < MAX_DEATHS and Lane(row.lane) is not Lane.SUSPECT
    ]
    if suspects:
        session.execute(
            sa.update(Delivery)
            .where(col(Delivery.id).in_([row.id for row in suspects]))
            .values(state=DeliveryState.WAITING, lane=Lane.SUSPECT)
            .execution_options(synchronize_session=False)
        )
    return [row for row in orphans if row.died + 1 < MAX_DEATHS and row not in suspects]


def _lease(
    session: Session, rows: Sequence[Any], leases_s: Mapping[ChannelKind, float], sender_id: UUID | None
) -> None:
    moment = now()
    for channel, lease_s in leases_s.items():
        ids = [row.id for row in rows if row.channel is channel]
        if ids:
            session.execute(
                sa.update(Delivery)
                .where(col(Delivery.id).in_(ids))
                .values(
                    state=DeliveryState.SENDING, attempts=col(Delivery.attempts) + 1,
                    due_at=moment + timedelta(seconds=lease_s), sender_id=sender_id,
                )
                .execution_options(synchronize_session=False)
            )  # fmt: skip
    session.connection().execute(
        sa.insert(DeliveryAttempt.__table__),  # type: ignore[attr-defined]  # SQLModel hides what SQLAlchemy gives every table
        [{"id": new_id(), "delivery_id": row.id, "number": row.attempts + 1, "started_at": moment} for row in rows],
    )


def _give_up(session: Session, delivery_id: UUID) -> None:
    row = session.get_one(Delivery, delivery_id, populate_existing=True)
    row.state = DeliveryState.DEAD
    row.ended_at = now()
    session.add(row)
    record_outcome(session, row=row)


_LOOK = sa.text(
    " UNION ALL ".join(
        f"SELECT '{channel.value}' AS channel, {lane:d} AS lane WHERE EXISTS (SELECT 1 FROM delivery WHERE {_OPEN.text}"  # noqa: S608 -- our own words
        f" AND channel = '{channel.value}' AND lane = {lane:d} AND due_at <= :moment)"
        for channel in ChannelKind
        for lane in Lane
    )
).bindparams(sa.bindparam("moment", type_=UTCDateTime)).columns(
    sa.column("channel", enum_type(ChannelKind)), sa.column("lane", sa.SmallInteger)
)  # fmt: skip
"""One look at the index for each road and lane: to list what is due would read all of it."""


def due_lanes(session: Session) -> list[tuple[ChannelKind, Lane]]:
    """By which roads and lanes something may have to go out now: looked at before anything is locked."""
    return [(channel, Lane(lane)) for channel, lane in session.execute(_LOOK, {"moment": now()})]
