"""Tables of the call-back tasks."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id
from lab.network.models import Role


class TaskState(StrEnum):
    """Whether the person at risk has been told."""

    OPEN = "open"
    DONE = "done"


class TaskEventKind(StrEnum):
    """What happened to a task, in the order it happened."""

    OPENED = "opened"
    FACT = "fact"  # a later fact about the same sample and cause
    ACKNOWLEDGED = "acknowledged"  # somebody is on it; escalation goes on until the call is confirmed
    ESCALATED = "escalated"
    NOT_REACHED = "not_reached"  # somebody tried
    HANDED_OVER = "handed_over"  # somebody else is asked to call
    MESSAGED = "messaged"  # what became of the message to the person's own contact
    CONFIRMED = "confirmed"


class CallbackTask(SQLModel, table=True):
    """Tell the person who brought this sample, now. At most one is open per sample and cause."""

    __tablename__ = "callback_task"
    __table_args__ = (
        sa.Index(
            "uq_callback_task_open",
            "sample_id",
            "cause",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    sample_id: UUID = Field(foreign_key="sample.id", index=True)
    site_id: UUID = Field(foreign_key="site.id", index=True)
    cause: str = Field(max_length=60)  # the id of the rule that fired
    state: TaskState = Field(default=TaskState.OPEN, sa_type=enum_type(TaskState), index=True)
    verified: bool = False  # whether a second person has verified the result it rests on
    evidence: str | None = Field(default=None, max_length=20)  # lab.results Evidence of the strongest finding
    message_id: str = Field(max_length=120)  # what to say, rendered by api in the reader's language
    message_params: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    opened_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    acknowledged_by: UUID | None = Field(default=None, foreign_key="account.id")
    acknowledged_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    escalations: int = 0  # steps of the schedule already taken
    escalate_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)  # None: done
    confirmed_by: UUID | None = Field(default=None, foreign_key="account.id")
    confirmed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    handed_to: UUID | None = Field(default=None, foreign_key="account.id")  # who is asked to call
    said: str | None = Field(default=None, max_length=1000)
    reached: bool | None = None


class CallbackTaskEvent(SQLModel, table=True):
    """One line of a task's history. ``source_key`` makes a repeated fact harmless."""

    __tablename__ = "callback_task_event"
    __table_args__ = (sa.UniqueConstraint("task_id", "source_key"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    task_id: UUID = Field(foreign_key="callback_task.id", index=True)
    kind: TaskEventKind = Field(sa_type=enum_type(TaskEventKind))
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    account_id: UUID | None = Field(default=None, foreign_key="account.id")
    source_key: str = Field(max_length=120)  # such as "result_amended:<id>"
    message_id: str = Field(max_length=120)
    message_params: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)


class EscalationStep(SQLModel, table=True):
    """One step of a site's own escalation schedule; without any, the network's default in ``rules.toml`` holds."""

    __tablename__ = "escalation_step"
    __table_args__ = (sa.CheckConstraint("(role IS NULL) <> (account_id IS NULL)", name="role_or_person"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    site_id: UUID = Field(foreign_key="site.id", index=True)
    after_min: int = Field(ge=0)  # minutes after the task was opened
    role: Role | None = Field(default=None, sa_type=enum_type(Role))  # whoever holds it here or in the whole network
    account_id: UUID | None = Field(default=None, foreign_key="account.id")  # or one person
    channels: list[str] = Field(default_factory=list, sa_type=sa.JSON)  # vocabulary.ChannelKind; empty: all there are
