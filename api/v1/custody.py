"""Custody as JSON: what happened to items, and the parcels they travel in."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.deps import ActorDep, SessionDep
from api.routing import GuardedRouter, needs
from lab.custody import service
from lab.custody.errors import ItemNotFoundError, ParcelNotFoundError
from lab.custody.models import Action, EntryMode, ItemState, Parcel, ParcelState, SealState
from lab.custody.parcels import ParcelReceipt
from lab.custody.schemas import EventRequest, TimelineEntry
from lab.kit.text import PlainText
from lab.network.access import Actor, Permission
from lab.register.errors import WitnessNeededError
from lab.register.refusal import refuse_parcel
from lab.samples import service as samples
from lab.samples.errors import SampleNotFoundError

router = GuardedRouter(tags=["custody"])


class EventOut(BaseModel):
    """An event as recorded; ``seq`` is its place in the log."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    seq: int
    item_id: UUID
    action: Action
    occurred_at: datetime
    recorded_at: datetime
    actor_id: UUID


class ItemOut(BaseModel):
    """A container, where it is, and what it holds."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    sample_id: UUID
    parent_id: UUID | None
    state: ItemState
    site_id: UUID
    seal_number: str | None
    held_mg: float | None
    conflict: bool


class TimelineOut(BaseModel):
    """The items of a sample and everything that happened to them."""

    items: list[ItemOut]
    events: list[TimelineEntry]


class ParcelIn(BaseModel):
    """Sealed items to travel under one seal."""

    model_config = ConfigDict(extra="forbid")

    item_ids: Annotated[list[UUID], Field(min_length=1, max_length=500)]
    seal_number: str
    from_site_id: UUID
    to_site_id: UUID
    legal_basis: Annotated[str, Field(max_length=300)]


class HandoverIn(BaseModel):
    """The parcel leaves whoever packed it."""

    model_config = ConfigDict(extra="forbid")

    witness_id: UUID | None = None
    note: Annotated[str | None, Field(max_length=2000)] = None


class ReceiptIn(BaseModel):
    """What was truly in the parcel, and the state of the seals."""

    model_config = ConfigDict(extra="forbid")

    received_item_ids: list[UUID]
    seal_state: SealState
    item_seal_states: dict[UUID, SealState] = {}
    condition: Annotated[str | None, Field(max_length=500)] = None
    entry: EntryMode | None = None


class RefusalIn(BaseModel):
    """Why a parcel is turned away at the door, and what its seal looked like."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: Annotated[PlainText, Field(max_length=500)]
    seal_state: SealState
    witness_id: UUID | None = None


class ParcelOut(BaseModel):
    """A parcel on its way."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    seal_number: str
    from_site_id: UUID
    to_site_id: UUID
    legal_basis: str
    state: ParcelState
    packed_at: datetime
    handed_over_at: datetime | None
    received_at: datetime | None
    seal_state: SealState | None
    refused_at: datetime | None  # then it is on its way back, to where it left
    refused_site_id: UUID | None
    refused_why: str | None


class ReceiptOut(BaseModel):
    """The parcel against its manifest."""

    model_config = ConfigDict(from_attributes=True)

    parcel: ParcelOut
    received: list[UUID]
    missing: list[UUID]
    unexpected: list[UUID]
    broken: list[UUID]
    deviates: bool


def _require_sight(session: SessionDep, actor: Actor, item_id: UUID) -> None:
    """An item of a sample that this account may not see is not there for it."""
    item = service.get_item(session, item_id)
    try:
        samples.get(session, actor=actor, sample_id=item.sample_id)
    except SampleNotFoundError as error:
        raise ItemNotFoundError(item=str(item_id)) from error


def _parcel(session: SessionDep, actor: Actor, parcel_id: UUID) -> Parcel:
    parcel = service.get_parcel(session, parcel_id=parcel_id)
    if not actor.may_at_any(Permission.CUSTODY_HANDLE, parcel.ends):
        raise ParcelNotFoundError(parcel=str(parcel_id))
    return parcel


def _details(data: BaseModel, *without: str) -> dict[str, Any]:
    return data.model_dump(exclude_unset=True, exclude=set(without))


@router.post("/items/{item_id}/events", access=needs(Permission.CUSTODY_HANDLE), status_code=201)
def record_event(item_id: UUID, event: EventRequest, session: SessionDep, actor: ActorDep) -> EventOut:
    """Record what happened to an item. The same ``id`` again answers with the event already there."""
    if event.action is Action.DESTROYED:
        raise WitnessNeededError
    recorded = service.record_event(
        session, actor=actor, item_id=item_id, action=event.action, **_details(event, "action")
    )
    return EventOut.model_validate(recorded)


@router.get("/items/{item_id}", access=needs(Permission.SAMPLE_READ))
def get_item(item_id: UUID, session: SessionDep, actor: ActorDep) -> ItemOut:
    """One container."""
    _require_sight(session, actor, item_id)
    return ItemOut.model_validate(service.get_item(session, item_id))


@router.get("/samples/{code}/custody", access=needs(Permission.SAMPLE_READ))
def timeline(code: str, session: SessionDep, actor: ActorDep) -> TimelineOut:
    """Who held a sample when, and what is left of it."""
    sample = samples.get_by_code(session, actor=actor, code=code)
    return TimelineOut(
        items=[ItemOut.model_validate(item) for item in service.items_of(session, sample_id=sample.id)],
        events=service.timeline(session, sample_id=sample.id),
    )


@router.post("/parcels", access=needs(Permission.CUSTODY_HANDLE), status_code=201)
def pack(data: ParcelIn, session: SessionDep, actor: ActorDep) -> ParcelOut:
    """Pack sealed items into a parcel with its manifest and the legal basis of the transport."""
    return ParcelOut.model_validate(service.pack(session, actor=actor, **data.model_dump()))


@router.get("/parcels/{parcel_id}", access=needs(Permission.CUSTODY_HANDLE))
def get_parcel(parcel_id: UUID, session: SessionDep, actor: ActorDep) -> ParcelOut:
    """One parcel."""
    return ParcelOut.model_validate(_parcel(session, actor, parcel_id))


@router.post("/parcels/{parcel_id}/hand-over", access=needs(Permission.CUSTODY_HANDLE))
def hand_over(parcel_id: UUID, data: HandoverIn, session: SessionDep, actor: ActorDep) -> ParcelOut:
    """Give the parcel to whoever carries it."""
    parcel = service.hand_over_parcel(session, actor=actor, parcel_id=parcel_id, **_details(data))
    return ParcelOut.model_validate(parcel)


@router.post("/parcels/{parcel_id}/receive", access=needs(Permission.CUSTODY_HANDLE))
def receive(parcel_id: UUID, data: ReceiptIn, session: SessionDep, actor: ActorDep) -> ReceiptOut:
    """Receive what was truly in the parcel; what deviates from the manifest is in the answer."""
    receipt: ParcelReceipt = service.receive_parcel(session, actor=actor, parcel_id=parcel_id, **_details(data))
    return ReceiptOut.model_validate(receipt)


@router.post("/parcels/{parcel_id}/refuse", access=needs(Permission.CUSTODY_HANDLE))
def refuse(parcel_id: UUID, data: RefusalIn, session: SessionDep, actor: ActorDep) -> ParcelOut:
    """Refuse a parcel at the door: nothing of it is taken in, and it goes back to where it left."""
    return ParcelOut.model_validate(refuse_parcel(session, actor=actor, parcel_id=parcel_id, **_details(data)))
