"""Dead letters: deliveries that were given up, and putting them back once their cause is mended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from alerts.deliveries.fanout import DISPATCH
from alerts.deliveries.models import Delivery, DeliveryAttempt, DeliveryState, Lane
from alerts.errors import DeliveryNotFoundError
from alerts.vocabulary import ChannelKind
from lab.kit.clock import now
from lab.kit.jobs import enqueue
from lab.network.access import Actor, Permission

LISTED = 200


@dataclass(frozen=True)
class DeadLetter:
    """A delivery that was given up, and the kind of its last fault. Its address is not told."""

    delivery: Delivery
    fault: str | None


def dead_letters(session: Session, *, actor: Actor) -> list[DeadLetter]:
    """What was given up, newest first, at most :data:`LISTED`."""
    actor.require(Permission.SUBSCRIPTION_MANAGE)
    return find_dead(session, limit=LISTED)


def replay_dead(session: Session, *, actor: Actor, delivery_id: UUID) -> Delivery:
    """Try a dead delivery again, under the same message id, with all its attempts before it."""
    actor.require(Permission.SUBSCRIPTION_MANAGE)
    row = session.exec(select(Delivery).where(Delivery.id == delivery_id).with_for_update()).first()
    if row is None or row.state is not DeliveryState.DEAD:
        raise DeliveryNotFoundError
    put_back(session, delivery_ids=[row.id])
    session.refresh(row)
    return row


def find_dead(
    session: Session, *, channel: ChannelKind | None = None, fault: str | None = None, limit: int | None = None
) -> list[DeadLetter]:
    """As :func:`dead_letters`, for whoever sits at the machine itself; of one road, of one kind of fault."""
    said = (
        sa.select(col(DeliveryAttempt.error))
        .where(col(DeliveryAttempt.delivery_id) == col(Delivery.id), col(DeliveryAttempt.error).is_not(None))
        .order_by(col(DeliveryAttempt.number).desc())
        .limit(1)
        .correlate(Delivery)
        .scalar_subquery()
    )
    query = sa.select(Delivery, said).where(col(Delivery.state) == DeliveryState.DEAD)
    if channel is not None:
        query = query.where(col(Delivery.channel) == channel)
    if fault is not None:
        query = query.where(said == fault)
    rows = session.execute(query.order_by(col(Delivery.ended_at).desc(), col(Delivery.id)).limit(limit))
    return [DeadLetter(row, fault) for row, fault in rows]


def put_back(session: Session, *, delivery_ids: Collection[UUID]) -> int:
    """Try these again as if for the first time, under the same message ids; how many were dead still.

    Apart from what goes out for the first time: it failed until just now. A call-back keeps its own lane.
    """
    ids = list(delivery_ids)
    put = sum(_put_back(session, ids[start : start + LISTED]) for start in range(0, len(ids), LISTED))
    if put:
        enqueue(session, DISPATCH, "retry")
    return put


def _put_back(session: Session, ids: Sequence[UUID]) -> int:
    done = session.execute(
        sa.update(Delivery)
        .where(col(Delivery.id).in_(ids), col(Delivery.state) == DeliveryState.DEAD)
        .values(
            state=DeliveryState.WAITING, due_at=now(), ended_at=None, uncounted=col(Delivery.attempts), died=0,
            lane=sa.case((col(Delivery.lane) == Lane.PERSON, Lane.PERSON), else_=Lane.SLOW),
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return int(done.rowcount)  # type: ignore[attr-defined]  # Session.execute is typed Result; an UPDATE gives a CursorResult
