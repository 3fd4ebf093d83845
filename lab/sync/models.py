"""The table of what devices and the server hold against each other, for a person to decide."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class SyncKind(StrEnum):
    """What an operation of a device is about."""

    REGISTER = "register"
    EVENT = "event"
    PACK = "pack"
    HAND_OVER = "hand_over"
    RECEIVE = "receive"


class Decision(StrEnum):
    """What a person made of a conflict."""

    KEEP_SERVER = "keep_server"  # what stands here is right
    APPLY_DEVICE = "apply_device"  # what the device says is right
    DISCARD = "discard"  # the device's operation is put aside, for the reason given


class SyncConflict(SQLModel, table=True):
    """An operation of a device that does not fit what is known here, with both versions.

    ``applied``: it was taken in all the same (under a fresh code, as a branch of an item's history), so that
    nothing that builds on it waits; otherwise ``operation`` holds it until somebody decides, and is emptied then.
    """

    __tablename__ = "sync_conflict"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    operation_id: UUID = Field(unique=True)  # made by the device: the same again is the same conflict
    kind: SyncKind = Field(sa_type=enum_type(SyncKind, name="synckind"))
    reason: str = Field(max_length=80)  # a message id
    site_id: UUID = Field(foreign_key="site.id", index=True)
    account_id: UUID = Field(foreign_key="account.id")  # who sent it
    device_id: UUID | None = None
    happened_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    received_at: datetime = Field(default_factory=now, sa_type=UTCDateTime, index=True)
    applied: bool
    sample_id: UUID | None = Field(default=None, foreign_key="sample.id", index=True)
    other_sample_id: UUID | None = Field(default=None, foreign_key="sample.id")  # the one that has the label
    parcel_id: UUID | None = Field(default=None, foreign_key="custody_parcel.id")
    label: str | None = Field(default=None, max_length=9, index=True)  # what is printed on the bag
    items: list[dict[str, Any]] = Field(default_factory=list, sa_type=sa.JSON)  # {"item", "code", "reason", ends}
    device_says: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    server_says: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    operation: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
    decided_by: UUID | None = Field(default=None, foreign_key="account.id")
    decision: Decision | None = Field(default=None, sa_type=enum_type(Decision, name="syncdecision"))
    decision_reason: str | None = Field(default=None, max_length=500)
