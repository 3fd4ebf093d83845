"""Table of evaluations."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class Stage(StrEnum):
    """How far a fact was when the rules looked at it."""

    REGISTERED = "registered"  # subject: sample
    IMPORTED = "imported"  # subject: analysis
    SUBMITTED = "submitted"  # subject: result, as are those below
    VERIFIED = "verified"
    AMENDED = "amended"  # the older version, superseded
    RETRACTED = "retracted"


class Evaluation(SQLModel, table=True):
    """The rules have looked at this subject at this stage, and this is what fired."""

    __table_args__ = (sa.UniqueConstraint("subject_id", "stage"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    subject_id: UUID = Field(index=True)
    stage: Stage = Field(sa_type=enum_type(Stage))
    rules_version: str = Field(max_length=40)
    firings: list[dict[str, Any]] = Field(default_factory=list, sa_type=sa.JSON)
    found_by_sweep: bool = False  # no trigger came; the sweep found the gap
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
