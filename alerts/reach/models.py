"""Tables of how workers are reached. What stands here is the worker's own, and theirs to remove."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime
from lab.kit.ids import new_id


class PushDevice(SQLModel, table=True):
    """A browser that takes Web Push for an account (RFC 8030, RFC 8291)."""

    __tablename__ = "push_device"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    endpoint: str = Field(max_length=1000, unique=True)  # an address at the browser's own push service
    p256dh: bytes = Field(max_length=65)  # the browser's public key, an uncompressed point on P-256
    auth: bytes = Field(max_length=16)
    label: str = Field(max_length=60)  # as its owner calls it
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    reached_at: datetime | None = Field(default=None, sa_type=UTCDateTime)  # when a push was last taken


class StaffPhone(SQLModel, table=True):
    """The number at which an account takes text messages about call-backs."""

    __tablename__ = "staff_phone"

    account_id: UUID = Field(primary_key=True, foreign_key="account.id")
    number: str = Field(max_length=16)  # E.164
    updated_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
