"""Tables of what happens when nobody acknowledges an alert."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from alerts.vocabulary import Tier
from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id
from lab.network.models import Role


class UnreadStep(SQLModel, table=True):
    """One step that the network declared: whom to tell so long after an alert of ``tier`` that nobody acknowledged.

    Without any, nobody is told: how long is too long has no source, and is each network's own to say.
    """

    __tablename__ = "unread_step"
    __table_args__ = (sa.CheckConstraint("(role IS NULL) <> (account_id IS NULL)", name="role_or_person"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tier: Tier = Field(sa_type=enum_type(Tier))
    after_min: int = Field(ge=1)  # minutes after it was issued
    role: Role | None = Field(default=None, sa_type=enum_type(Role))  # whoever holds it, anywhere in the network
    account_id: UUID | None = Field(default=None, foreign_key="account.id")  # or one person


class UnreadNotice(SQLModel, table=True):
    """A step that was taken for one version. The pair is unique: however many sweeps look, each is taken once."""

    __tablename__ = "unread_notice"
    __table_args__ = (sa.UniqueConstraint("version_id", "after_min"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version_id: UUID = Field(foreign_key="alert_version.id", index=True)
    after_min: int
    told: int  # how many people a message was written to
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
