"""Retrospective hits, and how far each analysis has been looked back at."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class HitState(StrEnum):
    """What a person made of a hit."""

    OPEN = "open"
    FOLLOWED = "followed"  # taken up: the answer is amended, or another technique asked
    DISMISSED = "dismissed"


class LookBackMark(SQLModel, table=True):
    """Up to when an analysis has been compared with the library as it grew."""

    __tablename__ = "look_back_mark"

    analysis_id: UUID = Field(foreign_key="analysis.id", primary_key=True)
    looked_at: datetime = Field(sa_type=UTCDateTime)


class LookBackHit(SQLModel, table=True):
    """A band of an old plate that a substance new to the library is compatible with: a task for a person, no finding.

    ``hrf`` is what was read (corrected where the plate was), ``expected_hrf`` and ``spread_hrf`` what the library
    expected of a plate when it looked.
    """

    __tablename__ = "look_back_hit"
    __table_args__ = (sa.UniqueConstraint("analysis_id", "substance_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    analysis_id: UUID = Field(foreign_key="analysis.id")
    sample_id: UUID = Field(foreign_key="sample.id", index=True)
    substance_id: UUID = Field(foreign_key="substance.id")
    plate_id: UUID = Field(foreign_key="plate.id")
    lane_index: int
    letter: str = Field(max_length=4)
    hrf: float
    expected_hrf: float
    spread_hrf: float
    state: HitState = Field(default=HitState.OPEN, sa_type=enum_type(HitState), index=True)
    opened_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    decided_by: UUID | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    reason: str | None = Field(default=None, max_length=300)
