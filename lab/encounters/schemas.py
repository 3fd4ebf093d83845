"""What goes into an encounter and what comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from lab.directory.models import ServiceEntry
from lab.encounters.definition import Definition, Question
from lab.encounters.models import Encounter
from lab.kit.ids import new_id
from lab.samples.models import Sample


class EncounterIn(BaseModel):
    """An encounter as the worker's form sends it: ``answers`` maps ``module.question`` to a value."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    client_id: UUID = Field(default_factory=new_id)
    site_id: UUID
    met_on: date | None = None  # today
    sample_codes: list[str] = Field(default_factory=list, max_length=20)
    answers: dict[str, Any] = Field(default_factory=dict, max_length=200)
    orientation: list[UUID] = Field(default_factory=list, max_length=20)
    corrects_id: UUID | None = None


@dataclass(frozen=True)
class Asked:
    """One question of an encounter with its answer; None: it was asked and not stated."""

    question: Question
    key: str
    value: Any


@dataclass(frozen=True)
class EncounterView:
    """An encounter whole: its modules with what was asked, its samples, the services named."""

    encounter: Encounter
    modules: Sequence[tuple[Definition, Sequence[Asked]]]
    samples: Sequence[Sample]
    orientation: Sequence[ServiceEntry]
    corrected_by: UUID | None

    @property
    def not_stated(self) -> int:
        """How many questions were asked and left out."""
        return sum(one.value is None for _, asked in self.modules for one in asked)

    @property
    def answers(self) -> Mapping[str, Any]:
        return self.encounter.answers
