"""The outbox: a fact and the wish that somebody acts on it are written in one transaction.

``lab`` emits; ``alerts`` (composed by ``api``) subscribes. What the handlers of an entry write and the mark that
the entry is consumed are one transaction too, so each fact is acted on once; a handler that does anything
outside the database must be idempotent, since its transaction may fail after it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id
from lab.kit.jobs import enqueue, without_job
from lab.kit.messages import Param
from lab.kit.tasks import Context, Task

CONSUME = "outbox.consume"
SWEEP = "outbox.sweep"


class Topic(StrEnum):
    """The facts that may raise a warning (DESIGN.md, Alerts)."""

    ADVERSE_EVENT = "adverse_event"  # subject: sample
    RESULT_SUBMITTED = "result_submitted"  # subject: result
    RESULT_VERIFIED = "result_verified"
    RESULT_AMENDED = "result_amended"  # subject: the newer version
    RESULT_RETRACTED = "result_retracted"
    ANALYSIS_IMPORTED = "analysis_imported"  # subject: analysis; imported or made on the spot, no result rests on it


class OutboxEntry(SQLModel, table=True):
    """One fact waiting to be acted on, or the record that it was."""

    __tablename__ = "outbox"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    topic: Topic = Field(sa_type=enum_type(Topic))
    subject_id: UUID = Field(index=True)
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    consumed_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)


Handler = Callable[[Session, OutboxEntry], None]
Handlers = Mapping[Topic, Sequence[Handler]]


def emit(session: Session, topic: Topic, subject_id: UUID, **payload: Param) -> OutboxEntry:
    """Write the fact and queue its consumption, in the transaction of ``session``."""
    entry = OutboxEntry(topic=topic, subject_id=subject_id, payload=payload)
    session.add(entry)
    session.flush()
    enqueue(session, CONSUME, str(entry.id))
    return entry


def _locked(session: Session, entry_id: UUID) -> OutboxEntry | None:
    """The entry if it is still to be consumed, held against another run until this transaction ends."""
    statement = select(OutboxEntry).where(OutboxEntry.id == entry_id, col(OutboxEntry.consumed_at).is_(None))
    return session.exec(statement.with_for_update()).one_or_none()


def _consume(handlers: Handlers, context: Context, key: str) -> None:
    with context.database.session() as session:
        entry = _locked(session, UUID(key))
        if entry is None:
            return
        for handle in handlers.get(entry.topic, ()):
            handle(session, entry)
        entry.consumed_at = now()


def _sweep(context: Context, _key: str) -> None:
    """Queue every entry that nobody works on. Dead jobs are left to a person: they would only die again."""
    with context.database.session() as session:
        unconsumed = session.exec(select(OutboxEntry.id).where(col(OutboxEntry.consumed_at).is_(None))).all()
        for key in without_job(session, CONSUME, [str(entry_id) for entry_id in unconsumed]):
            enqueue(session, CONSUME, key)


def consumer(handlers: Handlers) -> tuple[Task, ...]:
    """The tasks that act on the outbox: one entry at a time, and the sweep for entries whose job vanished.

    Handlers of a topic run in their order, in one transaction with the mark that the entry is consumed.
    """
    return (Task(CONSUME, partial(_consume, handlers)), Task(SWEEP, _sweep, every_s=15.0))
