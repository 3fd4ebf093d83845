"""The directory's table: services that people are oriented to, each with a day after which it is not shown."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class ServiceKind(StrEnum):
    """Kinds of service: CSAPA, CAARUD and HSA are the French ones (Code de la santé publique), by their own names."""

    CSAPA = "csapa"
    CAARUD = "caarud"
    HSA = "hsa"
    HELPLINE = "helpline"
    EMERGENCY = "emergency"
    POISON_CENTRE = "poison_centre"
    SELF_SUPPORT = "self_support"
    OTHER = "other"


class ServiceEntry(SQLModel, table=True):
    """One service. Shown to a person only once somebody of the network confirmed it, and until ``valid_until``."""

    __tablename__ = "service_entry"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: ServiceKind = Field(sa_type=enum_type(ServiceKind))
    name: str = Field(max_length=160)
    country: str | None = Field(default=None, max_length=2)  # ISO 3166-1; None: in every country
    area: str = Field(default="", max_length=200)  # towns or districts, commas between; empty: the whole country
    languages: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    telephone: str | None = Field(default=None, max_length=40)
    web: str | None = Field(default=None, max_length=300)
    hours: str = Field(default="", max_length=200)
    purpose: str = Field(default="", max_length=400)  # what for
    valid_until: date = Field(index=True)
    source_url: str | None = Field(default=None, max_length=300)
    source_read_on: date | None = None
    starter_key: str | None = Field(default=None, max_length=40, unique=True)  # from the list that ships with Drugcheck
    confirmed_by: UUID | None = Field(default=None, foreign_key="account.id")
    confirmed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    created_by: UUID = Field(foreign_key="account.id")
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    changed_by: UUID = Field(foreign_key="account.id")
    changed_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
