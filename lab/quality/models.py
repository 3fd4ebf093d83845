"""What a laboratory demands of its plates, what its standards measured, and plates that were used in spite of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime
from lab.kit.ids import new_id


class QualityCriteria(SQLModel, table=True):
    """What one laboratory demands of every plate from a moment on; the newest number holds, older ones stay readable.

    A limit that is None is not judged. ``source``: where the figures come from, in the laboratory's own words.
    """

    __tablename__ = "quality_criteria"
    __table_args__ = (sa.UniqueConstraint("site_id", "number"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    site_id: UUID = Field(foreign_key="site.id", index=True)
    number: int  # from 1, per site
    standards_required: bool
    blank_required: bool
    blank_clean: bool
    window_hrf: float | None = None  # how far a standard may lie from where it is expected
    duplicate_limit: float | None = None  # how many standard uncertainties of their difference two runs may differ
    westgard: bool
    baseline_runs: int  # how many runs of a standard make its mean and standard deviation
    source: str = Field(max_length=500)
    declared_by: UUID = Field(foreign_key="account.id")
    declared_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class ControlPoint(SQLModel, table=True):
    """Where one standard ran on one lane of one plate, as read on an accepted reading.

    ``hrf`` is as read, before any correction: a standard that a plate is corrected with has its reference value by
    construction. ``replaced_at``: a later reading of that lane speaks instead.
    """

    __tablename__ = "control_point"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    site_id: UUID = Field(foreign_key="site.id", index=True)
    system_id: UUID = Field(foreign_key="tlc_system.id", index=True)
    layer: str = Field(max_length=200)
    substance_id: UUID = Field(foreign_key="substance.id", index=True)
    plate_id: UUID = Field(foreign_key="plate.id", index=True)
    lane_id: UUID = Field(foreign_key="plate_lane.id", index=True)
    reading_id: UUID = Field(foreign_key="reading.id", index=True)
    hrf: float
    u_hrf: float  # of reading this picture
    run_at: datetime = Field(sa_type=UTCDateTime)  # when the plate was laid out: the order of runs
    recorded_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    replaced_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class QualityException(SQLModel, table=True):
    """A result was verified although a plate it rests on failed: what failed, who verified it, and why."""

    __tablename__ = "quality_exception"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    result_id: UUID = Field(foreign_key="result.id", index=True)
    reading_id: UUID | None = Field(default=None, foreign_key="reading.id")  # None: an analysis that names no reading
    criteria_id: UUID | None = Field(default=None, foreign_key="quality_criteria.id")  # None: the shipped ones
    failures: list[dict[str, Any]] = Field(sa_type=sa.JSON)  # message ids with their parameters, as they were then
    reason: str = Field(max_length=500)
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
