"""What a person may say, in a few taps."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from lab.kit.text import PlainText


class Need(StrEnum):
    """What somebody would like to have. None of it says who they are."""

    TALK = "talk"
    HEALTH = "health"
    MATERIAL = "material"
    NALOXONE = "naloxone"
    RIGHTS = "rights"
    OTHER_HOURS = "other_hours"


class RatingIn(BaseModel):
    """A rating as the public page sends it. Everything may be left out."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    answer: int | None = Field(default=None, ge=1, le=5)
    contact: int | None = Field(default=None, ge=1, le=5)
    needs: list[Need] = Field(default_factory=list, max_length=len(Need))
    remark: PlainText | None = Field(default=None, max_length=500)


@dataclass(frozen=True)
class Counts:
    """The ratings of one site in one month. ``answers`` and ``contacts``: how many gave 1, 2, 3, 4 and 5."""

    site_id: UUID
    month: date
    ratings: int
    answers: tuple[int, ...]
    contacts: tuple[int, ...]
    needs: dict[Need, int]
