"""Reference library: substances, systems, retention values and colours, each with its source."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class ValueKind(StrEnum):
    """How a retention value was printed or obtained."""

    HRF = "hRf"
    HRFC = "hRfc"  # corrected by standards
    OWN = "own"  # a run of this laboratory's own standard


class ValueConfidence(StrEnum):
    """How far a literature value can be trusted (reference README)."""

    READ_DIRECTLY = "read-directly"
    SECOND_HAND = "second-hand"
    OCR_DOUBTFUL = "ocr-doubtful"


class Substance(SQLModel, table=True):
    """A substance of the vocabulary."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=200, unique=True)
    substance_class: str = Field(max_length=80, index=True)
    inchikey: str | None = Field(default=None, max_length=27)
    cas: str | None = Field(default=None, max_length=20)
    source: str
    inchikey_source: str | None = None
    cas_source: str | None = None
    active: bool = True
    edited_at: datetime | None = Field(default=None, sa_type=UTCDateTime)  # by a person: shipped data do not undo it


class SubstanceSynonym(SQLModel, table=True):
    """Another name of a substance; ``key`` is its folded form for search."""

    __tablename__ = "substance_synonym"
    __table_args__ = (sa.UniqueConstraint("substance_id", "key"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    substance_id: UUID = Field(foreign_key="substance.id", index=True)
    text: str = Field(max_length=300)
    key: str = Field(max_length=300, index=True)
    language: str | None = Field(default=None, max_length=2)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UTCDateTime)  # taken off by a person; not found by it


class TlcSystem(SQLModel, table=True):
    """A chromatographic system: mobile phase, layer, and its correction standards where they are known."""

    __tablename__ = "tlc_system"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    code: str = Field(max_length=60, unique=True)
    layer: str
    mobile_phase: str
    saturation: str
    correction_standards: list[dict[str, object]] = Field(
        default_factory=list, sa_type=sa.JSON
    )  # [{"substance", "hrfc"}]
    error_window: str
    # The spread between plates that a corrected literature value is given until a laboratory has its own, and why.
    literature_spread_hrf: float
    literature_spread_origin: str
    source: str
    source_url: str
    note: str
    edited_at: datetime | None = Field(default=None, sa_type=UTCDateTime)  # by a person: shipped data do not undo it


class RetentionValue(SQLModel, table=True):
    """One value of one substance in one system, with its source.

    Literature rows have no ``site_id``; runs of a laboratory's own standard carry it and the plate's lane.
    """

    __tablename__ = "retention_value"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    substance_id: UUID = Field(foreign_key="substance.id", index=True)
    system_id: UUID = Field(foreign_key="tlc_system.id", index=True)
    kind: ValueKind = Field(sa_type=enum_type(ValueKind))
    value_hrf: float
    sd_hrf: float | None = None  # as printed
    confidence: ValueConfidence | None = Field(default=None, sa_type=enum_type(ValueConfidence))
    corrected: bool = False  # by standards on the same plate (hRfc); the two kinds are never mixed
    layer: str
    mobile_phase: str = ""  # as printed with the value, where that differs within a system
    source: str
    source_url: str
    as_read: str
    note: str
    site_id: UUID | None = Field(default=None, foreign_key="site.id")
    plate_id: UUID | None = None  # own runs: the plate it was measured on
    reading_u_hrf: float | None = None
    recorded_by: UUID | None = Field(default=None, foreign_key="account.id")
    recorded_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UTCDateTime)  # kept and readable, no longer speaks
    import_id: UUID | None = None  # another laboratory's file: shown, never speaking


class ReagentColour(SQLModel, table=True):
    """A colour reaction, on the plate or as a spot test; of a class of substances where one was printed."""

    __tablename__ = "reagent_colour"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    substance_id: UUID | None = Field(default=None, foreign_key="substance.id", index=True)  # None: a class
    subject: str = Field(max_length=120)  # substance or class as printed
    reagent: str = Field(max_length=120, index=True)
    colour_text: str
    where: str = Field(max_length=40)
    source: str
    source_url: str
    note: str
    withdrawn_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    entered_by: UUID | None = None  # by hand; None: printed and shipped


class LibrarySubject(StrEnum):
    """What of the library was changed."""

    SUBSTANCE = "substance"
    SYSTEM = "system"
    COLOUR = "colour"


class LibraryChange(SQLModel, table=True):
    """One change that a person made to the library: what it was, what it is, who and why."""

    __tablename__ = "library_change"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    subject: LibrarySubject = Field(sa_type=enum_type(LibrarySubject))
    subject_id: UUID = Field(index=True)
    before: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)  # of what changed only; empty: it is new
    after: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    reason: str = Field(max_length=300)
    changed_by: UUID = Field(foreign_key="account.id")
    changed_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class LibraryImport(SQLModel, table=True):
    """A library file of another laboratory that was taken in."""

    __tablename__ = "library_import"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")  # whose chemist took it
    laboratory: str = Field(max_length=160)  # whose values they are, as the file says
    written_on: date
    sha256: str = Field(max_length=64)
    taken: int
    refused: int
    imported_by: UUID = Field(foreign_key="account.id")
    imported_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
