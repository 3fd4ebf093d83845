"""Table of signals."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class SignalState(StrEnum):
    """What a person made of a signal."""

    OPEN = "open"
    LOOKED_AT = "looked_at"  # worth following; what was done is in the reason
    DISMISSED = "dismissed"


class Signal(SQLModel, table=True):
    """In the weeks that end with ``week`` (its Monday), more samples held ``substance`` than expected."""

    __table_args__ = (sa.UniqueConstraint("substance", "sold_as", "week"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    substance: str = Field(max_length=200)
    sold_as: str = Field(default="", max_length=200)  # empty: among all samples
    week: date
    positive: int
    tested: int
    expected: float  # of as many samples, by what came before
    p_value: float
    q_value: float  # after correction for all series looked at
    series: int  # how many were looked at
    state: SignalState = Field(default=SignalState.OPEN, sa_type=enum_type(SignalState), index=True)
    found_at: datetime = Field(default_factory=now, sa_type=UTCDateTime, index=True)
    decided_by: UUID | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    reason: str | None = Field(default=None, max_length=1000)
