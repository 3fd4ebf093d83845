"""Tables of deliveries and the attempts at them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from alerts.vocabulary import ChannelKind
from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class Purpose(StrEnum):
    """Why something is sent."""

    ALERT = "alert"
    CONFIRMATION = "confirmation"  # second opt-in
    CALLBACK = "callback"  # a T0 task escalates
    CONTACT = "contact"  # the person who brought a sample is told that something waits for them
    UNREAD = "unread"  # somebody who answers for an alert hears that nobody has acknowledged it


class DeliveryState(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"  # for its moment, or for an earlier version to be through
    PAUSED = "paused"  # what it says is in doubt
    SENDING = "sending"  # claimed, until the lease ends
    SENT = "sent"
    DEAD = "dead"  # given up
    WITHDRAWN = "withdrawn"  # overtaken by a later version before it arrived


class Delivery(SQLModel, table=True):
    """One message to one address. Its id makes the message id, the same at every attempt."""

    __table_args__ = (
        sa.UniqueConstraint("version_id", "endpoint_id"),  # an endpoint is one (subscription, channel)
        sa.UniqueConstraint("task_id", "step", "account_id", "target"),
        sa.UniqueConstraint("contact_id", "cause"),
        # Only what may still be sent: the index stays small however long the history is.
        sa.Index(
            "ix_delivery_due",
            "due_at",
            sqlite_where=sa.text("state IN ('waiting', 'sending')"),
            postgresql_where=sa.text("state IN ('waiting', 'sending')"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    purpose: Purpose = Field(sa_type=enum_type(Purpose))
    channel: ChannelKind = Field(sa_type=enum_type(ChannelKind))
    # alert and confirmation
    version_id: UUID | None = Field(default=None, foreign_key="alert_version.id", index=True)
    endpoint_id: UUID | None = Field(default=None, foreign_key="subscription_endpoint.id", index=True)
    after_id: UUID | None = Field(default=None, foreign_key="delivery.id", index=True)  # never overtakes that one
    # call-back
    task_id: UUID | None = Field(default=None, foreign_key="callback_task.id", index=True)
    step: int | None = None
    account_id: UUID | None = Field(default=None, foreign_key="account.id")
    target: str | None = Field(default=None, max_length=40)  # which of the account's roads: a channel, a device's id
    # contact: no foreign key, for the contact is erased and this stays
    contact_id: UUID | None = Field(default=None, index=True)
    cause: str | None = Field(default=None, max_length=60)  # "ready:<result>" (told once), "unread:<alert's version>"
    content: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)  # {"subject", "body"} as sent

    state: DeliveryState = Field(default=DeliveryState.WAITING, sa_type=enum_type(DeliveryState))
    attempts: int = 0
    replayed_at: int = 0  # how many attempts there were when a person put it back: the back-off counts from there
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    due_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)  # while sending: when the lease ends
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class DeliveryAttempt(SQLModel, table=True):
    """Written before the call; what came of it is added afterwards. Without an outcome the sender died."""

    __tablename__ = "delivery_attempt"
    __table_args__ = (sa.UniqueConstraint("delivery_id", "number"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    delivery_id: UUID = Field(foreign_key="delivery.id", index=True)
    number: int  # from 1
    started_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    ok: bool | None = None
    status: int | None = None  # the HTTP or SMTP status
    error: str | None = Field(default=None, max_length=200)  # its kind; never an address or a body


class AlertAcknowledgement(SQLModel, table=True):
    """Whoever got a delivery said that they read it."""

    __tablename__ = "alert_acknowledgement"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    delivery_id: UUID = Field(foreign_key="delivery.id", unique=True)
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
