"""Samples as JSON: registering, finding, listing."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict

from api.deps import ActorDep, Offset, SessionDep, SettingsDep
from api.routing import GuardedRouter, needs
from lab.network.access import Permission
from lab.samples import service
from lab.samples.models import AdverseEvent, Reason, Sample, SampleForm, TicketSource
from lab.samples.schemas import LabelStanding, SampleIn, SampleStatus
from lab.samples.status import status_of

router = GuardedRouter(tags=["samples"])


class SampleOut(BaseModel):
    """A sample. What is null was not stated."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    code: str
    client_id: UUID
    site_id: UUID
    form_version: str
    registered_at: datetime
    collected_on: date
    area: str
    sold_as_substance_id: UUID | None
    sold_as_raw: str | None
    form: SampleForm | None
    colours: list[str]
    texture: str | None
    mass_mg: float | None
    route: str | None
    effects: str | None
    adverse_event: AdverseEvent
    reason: Reason
    tablet_shape: str | None
    tablet_logo: str | None
    tablet_score: bool | None
    tablet_length_mm: float | None
    tablet_width_mm: float | None
    tablet_thickness_mm: float | None
    tablet_mass_mg: float | None
    consent_analyse: bool
    consent_notify: bool
    consent_open_data: bool
    consent_keep_photo: bool


class SampleDetail(SampleOut):
    """A sample and how far it is, from custody and result together."""

    status: SampleStatus


class RegisteredOut(BaseModel):
    """A registration: the sample, its sealed container to be, and the person's ticket, shown this once.

    ``ticket`` is null where the person holds one already; ``ticket_source`` says from where. ``label``: what is known
    of a pre-printed label's code.
    """

    sample: SampleOut
    item_id: UUID
    ticket: str | None
    ticket_source: TicketSource | None = None
    label: LabelStanding | None = None


class SamplesOut(BaseModel):
    """Some samples, newest first, and how many there are in all."""

    samples: list[SampleOut]
    total: int


def _detail(session: SessionDep, sample: Sample) -> SampleDetail:
    return SampleDetail(**SampleOut.model_validate(sample).model_dump(), status=status_of(session, sample=sample))


@router.post("/samples", access=needs(Permission.SAMPLE_REGISTER), status_code=201)
def register(
    data: SampleIn, session: SessionDep, actor: ActorDep, settings: SettingsDep, response: Response
) -> RegisteredOut:
    """Register a sample. The same ``client_id`` again answers 200 with the sample already there."""
    registered = service.register(session, actor=actor, data=data, ticket_days=settings.ticket_days)
    if not registered.is_new:
        response.status_code = 200
    return RegisteredOut(
        sample=SampleOut.model_validate(registered.sample),
        item_id=registered.item.id,
        ticket=registered.ticket,
        ticket_source=registered.ticket_source,
        label=registered.label,
    )


@router.get("/samples", access=needs(Permission.SAMPLE_READ))
def list_samples(
    session: SessionDep,
    actor: ActorDep,
    site_id: UUID | None = None,
    collected_from: date | None = None,
    offset: Offset = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SamplesOut:
    """The samples that this account may see."""
    page = service.list_samples(
        session, actor=actor, site_id=site_id, collected_from=collected_from, offset=offset, limit=limit
    )
    return SamplesOut(samples=[SampleOut.model_validate(sample) for sample in page.samples], total=page.total)


@router.get("/samples/{code}", access=needs(Permission.SAMPLE_READ))
def get_sample(code: str, session: SessionDep, actor: ActorDep) -> SampleDetail:
    """One sample by its code, as printed or typed."""
    return _detail(session, service.get_by_code(session, actor=actor, code=code))
