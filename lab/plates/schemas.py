"""What goes into a plate."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from lab.plates.models import LaneKind

MAX_LANES = 40
MAX_SIDE_MM = 400.0


class LaneIn(BaseModel):
    """One lane: a sample, a standard (without a substance: the system's correction mixture), or nothing at all."""

    model_config = ConfigDict(extra="forbid")

    kind: LaneKind
    sample_id: UUID | None = None
    substance_id: UUID | None = None


class PlateIn(BaseModel):
    """A plate as laid out, its lanes from left to right. Without a number it gets the next of the year."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    site_id: UUID
    system_id: UUID
    number: str | None = Field(default=None, min_length=1, max_length=20)
    layer: str | None = Field(default=None, max_length=200)  # the system's own
    width_mm: float | None = Field(default=None, gt=0, le=MAX_SIDE_MM)
    height_mm: float | None = Field(default=None, gt=0, le=MAX_SIDE_MM)
    lanes: list[LaneIn] = Field(default_factory=list, max_length=MAX_LANES)


class CorrectionIn(BaseModel):
    """A chemist's corrections to a reading: all hints that shall hold, and why."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    hints: dict[str, Any]
    reason: str | None = Field(default=None, max_length=300)
