"""Who is sending, and what was left behind by whoever stopped.

A round of sending gives a sign of life every second or two, in one row of its own. When it falls silent, what it had
under way is taken up by the next process that looks, long before the lease of each call would end: a call may take
fifteen seconds, and a message whose senders die twice must not wait for two such leases.
"""

import time
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from alerts.deliveries.models import Delivery, DeliverySender, DeliveryState
from lab.kit.clock import now
from lab.kit.db import Database
from lab.kit.ids import new_id

SHOWN_EVERY_S = 1.5
SILENT = timedelta(seconds=5)
"""After it a round counts as dead: three signs of life and a bit. The clocks of all machines must agree better."""


class Life:
    """The signs of life of one round; written first when it has something to send."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._shown_s = 0.0
        self.sender_id: UUID = new_id()
        self._known = False

    def show(self) -> None:
        """Say that this round goes on, if it has not said so a moment ago."""
        moment_s = time.monotonic()
        if moment_s - self._shown_s < SHOWN_EVERY_S:
            return
        with self._database.session() as session:
            if not self._known or not self._touch(session):
                # Another took this round for dead meanwhile: what it claims from now on is its own again.
                session.add(DeliverySender(id=self.sender_id))
        self._known = True
        self._shown_s = moment_s

    def _touch(self, session: Session) -> bool:
        done = session.execute(
            sa.update(DeliverySender)
            .where(col(DeliverySender.id) == self.sender_id)
            .values(seen_at=now())
            .execution_options(synchronize_session=False)
        )
        return bool(done.rowcount)  # type: ignore[attr-defined]  # Session.execute is typed Result; an UPDATE gives a CursorResult

    def end(self) -> None:
        """The round is over, and has nothing under way."""
        if self._known:
            with self._database.session() as session:
                session.execute(sa.delete(DeliverySender).where(col(DeliverySender.id) == self.sender_id))


def is_any_silent(session: Session) -> bool:
    """Whether a sender has fallen silent."""
    query = sa.select(col(DeliverySender.id)).where(col(DeliverySender.seen_at) < now() - SILENT).limit(1)
    return session.execute(query).first() is not None


def take_up(database: Database) -> int:
    """End the leases of senders that fell silent, so that what they had is due; how many deliveries that were."""
    with database.reading() as reading:  # mostly everybody lives
        if not is_any_silent(reading):
            return 0
    with database.session() as session:
        silent = sa.select(col(DeliverySender.id)).where(col(DeliverySender.seen_at) < now() - SILENT)
        ids = list(session.scalars(silent.with_for_update(skip_locked=True)))
        done = session.execute(
            sa.update(Delivery)
            .where(col(Delivery.sender_id).in_(ids), col(Delivery.state) == DeliveryState.SENDING)
            .values(due_at=now(), sender_id=None)
            .execution_options(synchronize_session=False)
        )
        session.execute(sa.delete(DeliverySender).where(col(DeliverySender.id).in_(ids)))
    return int(done.rowcount)  # type: ignore[attr-defined]  # as above
