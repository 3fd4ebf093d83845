"""The reference library as JSON, every value with its source."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from api.deps import ActorDep, SessionDep
from api.routing import GuardedRouter, needs
from lab.library import service
from lab.library.models import Substance, ValueConfidence, ValueKind
from lab.network.access import Permission

router = GuardedRouter(prefix="/library", tags=["library"])


class SubstanceHit(BaseModel):
    """A substance found, by which of its names, and how well (0 to 1)."""

    id: UUID
    name: str
    substance_class: str
    matched: str
    score: float


class SystemOut(BaseModel):
    """A chromatographic system and where it is described."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    code: str
    layer: str
    mobile_phase: str
    saturation: str
    correction_standards: list[dict[str, object]]
    error_window: str
    source: str
    source_url: str
    note: str


class ValueOut(BaseModel):
    """One retention value. ``kind`` own: a run of the laboratory's own standard."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    system_id: UUID
    kind: ValueKind
    value_hrf: float
    sd_hrf: float | None
    confidence: ValueConfidence | None
    layer: str
    source: str
    source_url: str
    as_read: str
    note: str
    site_id: UUID | None


class ColourOut(BaseModel):
    """A colour reaction as printed."""

    model_config = ConfigDict(from_attributes=True)

    reagent: str
    colour_text: str
    where: str
    source: str
    source_url: str
    note: str


class SubstanceOut(BaseModel):
    """A substance with everything known of how it runs and colours."""

    id: UUID
    name: str
    substance_class: str
    inchikey: str | None
    cas: str | None
    source: str
    values: list[ValueOut]
    colours: list[ColourOut]


class StandardIn(BaseModel):
    """A run of the laboratory's own standard."""

    model_config = ConfigDict(extra="forbid")

    site_id: UUID
    substance_id: UUID
    system_id: UUID
    value_hrf: float
    corrected: bool
    reading_u_hrf: float | None = None
    plate_id: UUID | None = None
    note: str = ""


class StandardOut(ValueOut):
    """The run as recorded."""

    recorded_at: datetime


@router.get("/substances", access=needs(Permission.LIBRARY_READ))
def search(
    session: SessionDep,
    query: Annotated[str, Query(min_length=1, max_length=100)],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> list[SubstanceHit]:
    """Find substances by name or synonym, slips of the finger forgiven."""
    return [
        SubstanceHit(
            id=hit.substance.id,
            name=hit.substance.name,
            substance_class=hit.substance.substance_class,
            matched=hit.matched,
            score=hit.score,
        )
        for hit in service.search_substances(session, query=query, limit=limit)
    ]


@router.get("/substances/{name}", access=needs(Permission.LIBRARY_READ))
def get_substance(name: str, session: SessionDep) -> SubstanceOut:
    """One substance by its name, with its values, colours and their sources."""
    substance: Substance = service.find_substance(session, name=name)
    values = service.values_of(session, substance_id=substance.id)
    return SubstanceOut(
        **substance.model_dump(include={"id", "name", "substance_class", "inchikey", "cas", "source"}),
        values=[ValueOut.model_validate(value) for value in values],
        colours=[ColourOut.model_validate(colour) for colour in service.colours_of(session, substance_id=substance.id)],
    )


@router.get("/systems", access=needs(Permission.LIBRARY_READ))
def list_systems(session: SessionDep) -> list[SystemOut]:
    """Every chromatographic system."""
    return [SystemOut.model_validate(system) for system in service.list_systems(session)]


@router.post("/standards", access=needs(Permission.LIBRARY_EDIT), status_code=201)
def record_standard(data: StandardIn, session: SessionDep, actor: ActorDep) -> StandardOut:
    """Add a run of an own standard; from here on it speaks for this laboratory."""
    return StandardOut.model_validate(service.record_own_standard(session, actor=actor, **data.model_dump()))
