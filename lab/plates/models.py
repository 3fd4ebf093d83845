"""Plates: what was applied to which lane, the pictures taken, every reading of them, and what was ordered."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class LaneKind(StrEnum):
    """What a lane carries."""

    SAMPLE = "sample"
    STANDARD = "standard"
    INTERNAL_STANDARD = "internal_standard"
    BLANK = "blank"


class PictureLight(StrEnum):
    """Under which light a picture was taken."""

    UV254 = "uv254"
    UV366 = "uv366"
    VISIBLE = "visible"


class PictureState(StrEnum):
    """How far the reading of a picture is."""

    WAITING = "waiting"
    READ = "read"
    FAILED = "failed"


class ReadingStep(StrEnum):
    """What the reader is doing, in this order."""

    DECODE = "decode"
    PLATE = "plate"
    LINES = "lines"
    BANDS = "bands"
    LANES = "lanes"
    STORE = "store"


class AlignmentState(StrEnum):
    """How far the laying of one picture over another is."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class OrderState(StrEnum):
    """How far an ordered reading is."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Plate(SQLModel, table=True):
    """One plate as laid out at the bench."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    number: str = Field(max_length=20, unique=True)  # "26-118": year and running number of the laboratory's bench book
    site_id: UUID = Field(foreign_key="site.id", index=True)
    system_id: UUID = Field(foreign_key="tlc_system.id")
    layer: str = Field(max_length=200)
    width_mm: float | None = None
    height_mm: float | None = None
    created_by: UUID = Field(foreign_key="account.id")
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class PlateLane(SQLModel, table=True):
    """What was applied to one lane; ``index`` counts from 1, left to right.

    A standard lane without a substance carries the mixture of the system's correction standards.
    """

    __tablename__ = "plate_lane"
    __table_args__ = (sa.UniqueConstraint("plate_id", "index"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    plate_id: UUID = Field(foreign_key="plate.id", index=True)
    index: int
    kind: LaneKind = Field(sa_type=enum_type(LaneKind))
    sample_id: UUID | None = Field(default=None, foreign_key="sample.id", index=True)
    substance_id: UUID | None = Field(default=None, foreign_key="substance.id")


class PlatePicture(SQLModel, table=True):
    """One photograph or scan of a plate, stored without its metadata and with its pixels exactly as they came."""

    __tablename__ = "plate_picture"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    plate_id: UUID = Field(foreign_key="plate.id", index=True)
    light: PictureLight | None = Field(default=None, sa_type=enum_type(PictureLight))  # None: to be inferred
    reagent: str | None = Field(default=None, max_length=120)
    file_key: str = Field(max_length=120)
    media_type: str = Field(max_length=40)
    sha256: str = Field(max_length=64)
    size_bytes: int
    uploaded_by: UUID = Field(foreign_key="account.id")
    uploaded_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    state: PictureState = Field(default=PictureState.WAITING, sa_type=enum_type(PictureState))
    failure: str | None = Field(default=None, max_length=80)  # a message id


class Reading(SQLModel, table=True):
    """What was measured on a picture, by a method version. A person's corrections are a later reading."""

    __table_args__ = (sa.UniqueConstraint("picture_id", "number"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    picture_id: UUID = Field(foreign_key="plate_picture.id", index=True)
    number: int  # from 1, per picture
    supersedes_id: UUID | None = Field(default=None, foreign_key="reading.id", unique=True)
    method_version: str = Field(max_length=40)
    document: dict[str, Any] = Field(sa_type=sa.JSON)  # plate-reading/1
    hints: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    edits: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))  # tlc_analysis.edits
    created_by: UUID | None = Field(default=None, foreign_key="account.id")  # None: the machine's own reading
    reason: str | None = Field(default=None, max_length=300)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class ReadingOrder(SQLModel, table=True):
    """A reading that a worker is to make: the first of a picture, or one with a person's corrections."""

    __tablename__ = "reading_order"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    picture_id: UUID = Field(foreign_key="plate_picture.id", index=True)
    supersedes_id: UUID | None = Field(default=None, foreign_key="reading.id")
    hints: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    edits: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))  # of the one superseded
    reason: str | None = Field(default=None, max_length=300)
    ordered_by: UUID | None = Field(default=None, foreign_key="account.id")  # None: nobody corrected anything
    ordered_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    state: OrderState = Field(default=OrderState.WAITING, sa_type=enum_type(OrderState), index=True)
    step: ReadingStep | None = Field(default=None, sa_type=enum_type(ReadingStep))  # None: in the queue
    failure: str | None = Field(default=None, max_length=80)  # a message id
    reading_id: UUID | None = Field(default=None, foreign_key="reading.id")


class ReadingAcceptance(SQLModel, table=True):
    """A chemist takes a reading as the basis of an answer; from then on its standards speak in the library."""

    __tablename__ = "reading_acceptance"

    reading_id: UUID = Field(foreign_key="reading.id", primary_key=True)
    accepted_by: UUID = Field(foreign_key="account.id")
    accepted_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class StandardRun(SQLModel, table=True):
    """Which own run of the library came from which lane of which accepted reading."""

    __tablename__ = "standard_run"
    __table_args__ = (sa.UniqueConstraint("reading_id", "lane_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    reading_id: UUID = Field(foreign_key="reading.id", index=True)
    lane_id: UUID = Field(foreign_key="plate_lane.id", index=True)
    retention_value_id: UUID = Field(foreign_key="retention_value.id")


class PictureAlignment(SQLModel, table=True):
    """How one picture of a plate lies over its reference, the plate's first picture that was read.

    ``matrix``: (3, 3), pixels of this picture to pixels of the reference. ``basis``: the corners of both plates that
    it was found from; other corners ask for it anew. ``turned``: this picture shows the plate upside down.
    """

    __tablename__ = "picture_alignment"

    picture_id: UUID = Field(foreign_key="plate_picture.id", primary_key=True)
    reference_id: UUID = Field(foreign_key="plate_picture.id", index=True)
    state: AlignmentState = Field(default=AlignmentState.WAITING, sa_type=enum_type(AlignmentState), index=True)
    basis: list[Any] = Field(default_factory=list, sa_type=sa.JSON)
    matrix: list[list[float]] | None = Field(default=None, sa_type=sa.JSON)
    likeness: float | None = None
    turned: bool = False
    failure: str | None = Field(default=None, max_length=80)  # a message id
    ordered_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class PlateLayout(SQLModel, table=True):
    """A layout that a laboratory remembers under a name: which lane carries what. It names no sample."""

    __tablename__ = "plate_layout"
    __table_args__ = (sa.UniqueConstraint("site_id", "name"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    site_id: UUID = Field(foreign_key="site.id", index=True)
    name: str = Field(max_length=80)
    system_id: UUID | None = Field(default=None, foreign_key="tlc_system.id")
    lanes: list[dict[str, Any]] = Field(sa_type=sa.JSON)  # [{"kind", "substance"}], left to right
    width_mm: float | None = None
    height_mm: float | None = None
    created_by: UUID = Field(foreign_key="account.id")
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
