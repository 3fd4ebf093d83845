"""Tables of subscriptions."""

from datetime import datetime, time
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from alerts.vocabulary import Audience, ChannelKind
from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class EndpointState(StrEnum):
    """Whether an endpoint is sent anything."""

    UNCONFIRMED = "unconfirmed"  # first opt-in; nothing but the question is sent
    ACTIVE = "active"  # second opt-in
    UNSUBSCRIBED = "unsubscribed"
    GONE = "gone"  # the endpoint said so (410), or never worked for 75 hours


class Subscription(SQLModel, table=True):
    """What somebody wants to receive. Where it goes stands in its endpoints."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    audience: Audience = Field(sa_type=enum_type(Audience))
    label: str | None = Field(default=None, max_length=100)  # whose it is, by whoever opened it: a ward, a team
    language: str = Field(max_length=2)
    tiers: list[str] = Field(default_factory=list, sa_type=sa.JSON)  # vocabulary.Tier, within the audience's
    areas: list[str] = Field(default_factory=list, sa_type=sa.JSON)  # empty: everywhere
    substances: list[str] = Field(default_factory=list, sa_type=sa.JSON, sa_column_kwargs={"server_default": "[]"})
    # Hours without messages, on the clock of the subscriber's own zone; nothing holds back T3.
    quiet_from: time | None = Field(default=None, sa_type=sa.Time)
    quiet_until: time | None = Field(default=None, sa_type=sa.Time)
    timezone: str = Field(default="UTC", max_length=64, sa_column_kwargs={"server_default": "UTC"})
    created_by: UUID | None = Field(default=None, foreign_key="account.id")  # None: by themselves
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class SubscriptionEndpoint(SQLModel, table=True):
    """One address of a subscription. Tokens are kept as SHA-256 alone; see ``tokens.py`` for how they are made."""

    __tablename__ = "subscription_endpoint"
    __table_args__ = (sa.UniqueConstraint("subscription_id", "channel"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    subscription_id: UUID = Field(foreign_key="subscription.id", index=True)
    channel: ChannelKind = Field(sa_type=enum_type(ChannelKind))
    address: str = Field(max_length=1000)  # an e-mail address, a number, an https URL, or the name of a chat room
    secret: bytes | None = Field(default=None, max_length=81)  # a browser's key and its secret, one after the other
    state: EndpointState = Field(default=EndpointState.UNCONFIRMED, sa_type=enum_type(EndpointState), index=True)
    confirm_hash: bytes = Field(max_length=32, unique=True)
    confirm_until: datetime = Field(sa_type=UTCDateTime)
    unsubscribe_hash: bytes = Field(max_length=32, unique=True)
    failing_since: datetime | None = Field(default=None, sa_type=UTCDateTime)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    confirmed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
