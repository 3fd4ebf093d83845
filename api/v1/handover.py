"""Parcels from hand to hand as JSON: what somebody carries, offers, and their confirmation on another device."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.deps import ActorDep, SessionDep
from api.routing import GuardedRouter, needs
from api.v1.custody import ParcelOut
from lab.custody import handover
from lab.custody.models import EntryMode, HandoverMode
from lab.custody.worklist import Waiting, worklist
from lab.kit.text import PlainText
from lab.network.access import Permission

router = GuardedRouter(tags=["custody"])
HANDLE = needs(Permission.CUSTODY_HANDLE)


class HandoverOut(BaseModel):
    """A parcel offered or given to somebody."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    parcel_id: UUID
    mode: HandoverMode
    giver_id: UUID
    receiver_id: UUID | None
    offered_at: datetime
    confirmed_at: datetime | None
    withdrawn_at: datetime | None


class WaitingOut(BaseModel):
    """A parcel in a list of what is to be done."""

    parcel: ParcelOut
    count: int
    since: datetime
    holder: HandoverOut | None
    offer: HandoverOut | None
    receiving_id: UUID | None


class WorklistOut(BaseModel):
    """Parcels by what is to be done with them, the oldest first in each list."""

    offered: list[WaitingOut]
    carrying: list[WaitingOut]
    to_hand_over: list[WaitingOut]
    under_way: list[WaitingOut]
    to_receive: list[WaitingOut]
    incomplete: list[WaitingOut]


class OfferIn(BaseModel):
    """To which colleague the parcel is offered."""

    model_config = ConfigDict(extra="forbid")

    receiver_id: UUID


class ConfirmIn(BaseModel):
    """The seal number read on the parcel in hand."""

    model_config = ConfigDict(extra="forbid")

    seal_number: Annotated[PlainText, Field(max_length=80)]
    entry: EntryMode | None = None


def _waiting(one: Waiting) -> WaitingOut:
    return WaitingOut(
        parcel=ParcelOut.model_validate(one.parcel),
        count=one.count,
        since=one.since,
        holder=HandoverOut.model_validate(one.holder) if one.holder else None,
        offer=HandoverOut.model_validate(one.offer) if one.offer else None,
        receiving_id=one.receiving.id if one.receiving else None,
    )


@router.get("/parcels", access=HANDLE)
def list_parcels(session: SessionDep, actor: ActorDep, site_id: UUID | None = None) -> WorklistOut:
    """What waits at this account's sites, and what it carries itself."""
    found = worklist(session, actor=actor, site_id=site_id)
    return WorklistOut(**{name: [_waiting(one) for one in getattr(found, name)] for name in WorklistOut.model_fields})


@router.post("/parcels/{parcel_id}/offer", access=HANDLE, status_code=201)
def offer(parcel_id: UUID, data: OfferIn, session: SessionDep, actor: ActorDep) -> HandoverOut:
    """Offer a parcel to a colleague, who confirms on their own device. A new offer replaces an open one."""
    return HandoverOut.model_validate(
        handover.offer(session, actor=actor, parcel_id=parcel_id, receiver_id=data.receiver_id)
    )


@router.post("/handovers/{handover_id}/confirm", access=HANDLE)
def confirm(handover_id: UUID, data: ConfirmIn, session: SessionDep, actor: ActorDep) -> HandoverOut:
    """Take the parcel offered to this account: it is on its way."""
    return HandoverOut.model_validate(
        handover.confirm(session, actor=actor, handover_id=handover_id, seal_number=data.seal_number, entry=data.entry)
    )


@router.post("/handovers/{handover_id}/withdraw", access=HANDLE)
def withdraw(handover_id: UUID, session: SessionDep, actor: ActorDep) -> HandoverOut:
    """Take an offer back, or decline it."""
    return HandoverOut.model_validate(handover.withdraw(session, actor=actor, handover_id=handover_id))
