"""The outbox: a fact and the wish that somebody acts on it are written in one transaction.

``lab`` emits; ``alerts`` (composed by ``api``) subscribes. Handlers must be idempotent: a job may run again
after a crash.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class Topic(StrEnum):
    """The facts that may raise a warning (DESIGN.md, Alerts)."""

    ADVERSE_EVENT = "adverse_event"  # subject: sample
    RESULT_SUBMITTED = "result_submitted"  # subject: result
    RESULT_VERIFIED = "result_verified"
    RESULT_AMENDED = "result_amended"  # subject: the newer version
    RESULT_RETRACTED = "result_retracted"
    ANALYSIS_IMPORTED = "analysis_imported"  # subject: analysis


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
