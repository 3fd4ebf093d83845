"""Tables of encounters: questionnaires by version, and what was answered under which."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class QuestionnaireOrigin(StrEnum):
    """Who wrote a questionnaire: it came with Drugcheck, or the network put it in place."""

    SHIPPED = "shipped"
    NETWORK = "network"


class Questionnaire(SQLModel, table=True):
    """One version of one module (core, festive, …), whole and as it was asked. Versions are added, never changed."""

    __table_args__ = (sa.UniqueConstraint("name", "version", "origin"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=40)
    version: int
    origin: QuestionnaireOrigin = Field(sa_type=enum_type(QuestionnaireOrigin))
    definition: dict[str, Any] = Field(sa_type=sa.JSON)
    placed_by: UUID | None = Field(default=None, foreign_key="account.id")
    placed_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class Encounter(SQLModel, table=True):
    """One counselling contact. ``answers`` holds what was answered; a question asked and left out is "not stated"."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    client_id: UUID = Field(default_factory=new_id, unique=True)  # the device's own key: sent again, nothing doubles
    site_id: UUID = Field(foreign_key="site.id", index=True)
    met_on: date = Field(index=True)
    answers: dict[str, Any] = Field(sa_type=sa.JSON)  # "core.first_time": value
    corrects_id: UUID | None = Field(default=None, foreign_key="encounter.id", unique=True)
    recorded_by: UUID = Field(foreign_key="account.id")
    recorded_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class EncounterModule(SQLModel, table=True):
    """Under which version of which module an encounter was asked."""

    __tablename__ = "encounter_module"

    encounter_id: UUID = Field(foreign_key="encounter.id", primary_key=True)
    questionnaire_id: UUID = Field(foreign_key="questionnaire.id", primary_key=True)


class EncounterSample(SQLModel, table=True):
    """That an encounter was about a sample."""

    __tablename__ = "encounter_sample"

    encounter_id: UUID = Field(foreign_key="encounter.id", primary_key=True)
    sample_id: UUID = Field(foreign_key="sample.id", primary_key=True, index=True)


class EncounterOrientation(SQLModel, table=True):
    """That the person was told of a service of the directory."""

    __tablename__ = "encounter_orientation"

    encounter_id: UUID = Field(foreign_key="encounter.id", primary_key=True)
    entry_id: UUID = Field(foreign_key="service_entry.id", primary_key=True)
