"""Tables of deliveries and the attempts at them."""

from datetime import datetime
from enum import IntEnum, StrEnum
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


class Lane(IntEnum):
    """What waits beside what. Each has slots of its own, so that none waits for another; the first goes first."""

    PERSON = 0  # one person at risk: a call-back, or a word to whoever brought the sample (T0)
    PUBLIC = 1  # a public alert (T3)
    ORDINARY = 2
    SLOW = 3  # to endpoints that failed lately, or let others wait
    SUSPECT = 4  # its senders died with it, again and again: one at a time


class Delivery(SQLModel, table=True):
    """One message to one address. Its id makes the message id, the same at every attempt."""

    __table_args__ = (
        sa.UniqueConstraint("version_id", "endpoint_id"),  # an endpoint is one (subscription, channel)
        sa.UniqueConstraint("task_id", "step", "account_id", "target"),
        sa.UniqueConstraint("contact_id", "cause"),
        # Only what may still be sent: the index stays small however long the history is.
        sa.Index(
            "ix_delivery_due",
            "channel",
            "lane",
            "due_at",
            sqlite_where=sa.text("state IN ('waiting', 'sending')"),
            postgresql_where=sa.text("state IN ('waiting', 'sending')"),
        ),
        sa.Index(
            "ix_delivery_sender_id",
            "sender_id",
            sqlite_where=sa.text("state = 'sending'"),
            postgresql_where=sa.text("state = 'sending'"),
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
    lane: int = Field(
        default=Lane.ORDINARY, sa_type=sa.SmallInteger, sa_column_kwargs={"server_default": str(int(Lane.ORDINARY))}
    )
    host: int | None = None  # a number for the host that it goes to: no host may take all slots
    attempts: int = 0  # all of them: it fences what came of one, and no attempt means that it cannot have arrived
    # Attempts that say nothing about the receiver (its sender died, it was never begun, cut short, before a person
    # put it back): the back-off does not count them.
    uncounted: int = 0
    sender_id: UUID | None = None  # who took it last; no foreign key, for senders come and go
    died: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # how many senders died with it in a row
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    due_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)  # while sending: when the lease ends
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class DeliverySender(SQLModel, table=True):
    """A round of sending that goes on somewhere, and when it last gave a sign of life."""

    __tablename__ = "delivery_sender"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    seen_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


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
