"""What a device reports after the fact: parcels that were packed and given away without network.

What it says happened. So nothing is refused for what others did meanwhile: each event follows the last thing that
the device can have known, and the fold tells where the item is. Events get keys derived from the operation's own,
so that an operation that arrives twice is recorded once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlmodel import Session, col, select

from lab.custody import texts
from lab.custody.body import Event
from lab.custody.errors import (
    EventDiffersError,
    InOtherParcelError,
    NotSealedError,
    NotThereError,
    ParcelNotFoundError,
    SiteUnknownError,
)
from lab.custody.fold import Standing, fold, standing_after
from lab.custody.models import (
    Action,
    Handover,
    HandoverMode,
    Item,
    ItemState,
    Manifest,
    Parcel,
    ParcelItem,
    ParcelState,
)
from lab.custody.parcels import build_manifest, get_parcel
from lab.custody.recording import details, get_item, history, record
from lab.errors import LabError
from lab.kit import ledger
from lab.network.access import Actor, Permission
from lab.network.models import Site

_IN_HAND = frozenset({ItemState.AT_SITE, ItemState.AT_LABORATORY})


@dataclass(frozen=True)
class LeftOut:
    """An item of which the report could not be recorded, and why."""

    item: Item
    error: LabError


@dataclass(frozen=True)
class Reported:
    """A parcel as it now stands, and what of the report could not be recorded."""

    parcel: Parcel
    left_out: tuple[LeftOut, ...] = ()


def place_in_history(session: Session, *, item: Item, occurred_at: datetime) -> UUID | None:
    """The event that one reported as of ``occurred_at`` follows, where its device does not say.

    That is the last one known, unless things went on after ``occurred_at``: then the last one before.
    """
    past = history(session, item.id)
    line = {event.id: event for event in past}
    on_line = [line[key] for key in fold(past).main_line] if past else []
    before = [event for event in on_line if event.occurred_at <= occurred_at]
    return (before or on_line[:1])[-1].id if on_line else None


def pack_reported(
    session: Session,
    *,
    actor: Actor,
    parcel_id: UUID,
    item_ids: Sequence[UUID],
    seal_number: str,
    from_site_id: UUID,
    to_site_id: UUID,
    legal_basis: str,
    occurred_at: datetime,
    device: UUID | None = None,
) -> Reported:
    """The parcel that a device packed at ``occurred_at``; reported again it is the one already there.

    Items that cannot have been in it as far as is known here are left out, and said. Raises the first of their
    errors when that leaves nothing, :class:`EventDiffersError` for another parcel under the same key.
    """
    actor.require(Permission.CUSTODY_HANDLE, from_site_id)
    ledger.lock(session)
    known = session.get(Parcel, parcel_id)
    if known is not None:
        if (known.seal_number, known.from_site_id, known.to_site_id) != (seal_number, from_site_id, to_site_id):
            raise EventDiffersError(event=str(parcel_id), name="seal_number")
        return Reported(known)
    if session.get(Site, to_site_id) is None:
        raise SiteUnknownError(field="to_site_id", site=str(to_site_id))
    items = [get_item(session, item_id) for item_id in dict.fromkeys(item_ids)]
    known_then = {item.id: _packed_after(session, item, from_site_id, occurred_at) for item in items}
    left_out = tuple(LeftOut(item, error) for item in items if isinstance(error := known_then[item.id], LabError))
    packed = [item for item in items if not isinstance(known_then[item.id], LabError)]
    if not packed:
        raise left_out[0].error
    parcel = Parcel(
        id=parcel_id, seal_number=seal_number, from_site_id=from_site_id, to_site_id=to_site_id,
        legal_basis=legal_basis, manifest=b"", packed_at=occurred_at,
    )  # fmt: skip
    basis = texts.commit(session, legal_basis)
    parcel.manifest = build_manifest(parcel, packed, basis)
    session.add(parcel)
    session.flush()
    extra = {
        "manifest": hashlib.sha256(parcel.manifest).hexdigest(),
        "parcel_seal": seal_number,
        "texts": {"legal_basis": basis},
    }
    for item in packed:
        session.add(ParcelItem(parcel_id=parcel.id, item_id=item.id))
        data = details(
            {
                "id": uuid5(parcel_id, f"packed {item.id}"),
                "after": known_then[item.id],
                "parcel_id": parcel.id,
                "to_site_id": to_site_id,
                "occurred_at": occurred_at,
                "device": device,
            }
        )
        record(session, actor=actor, item=item, action=Action.PACKED, data=data, extra=extra)
    return Reported(parcel, left_out)


def _packed_after(session: Session, item: Item, site_id: UUID, occurred_at: datetime) -> UUID | LabError:
    """The event that packing follows: the last one known where the item still lies sealed at ``site_id``, otherwise
    the last one before ``occurred_at`` when it did."""
    packed_in = session.exec(
        select(Parcel.seal_number)
        .join(ParcelItem, col(ParcelItem.parcel_id) == col(Parcel.id))
        .where(ParcelItem.item_id == item.id, ParcelItem.outcome == Manifest.EXPECTED)
    ).first()
    if packed_in is not None:
        return InOtherParcelError(seal_number=packed_in)
    past = history(session, item.id)
    status = fold(past)
    if _sealed_at(status.standing, site_id):
        return status.head
    there = [(event, standing_after(past, event.id)) for event in past]
    fitting = [event for event, standing in there if _sealed_at(standing, site_id)]
    if fitting:
        return _latest(fitting, occurred_at).id
    was_here = any(standing.site == site_id and standing.state in _IN_HAND for _, standing in there)
    return NotSealedError(action=Action.PACKED.value) if was_here else NotThereError(action=Action.PACKED.value)


def _sealed_at(standing: Standing, site_id: UUID) -> bool:
    return standing.site == site_id and standing.state in _IN_HAND and standing.seal_number is not None


def _latest(events: Sequence[Event], occurred_at: datetime) -> Event:
    """The last of ``events`` at ``occurred_at``; by a clock that went wrong, the first of them."""
    before = [event for event in events if event.occurred_at <= occurred_at]
    return max(before, key=lambda event: (event.occurred_at, event.seq)) if before else events[0]


def hand_over_reported(
    session: Session,
    *,
    actor: Actor,
    handover_id: UUID,
    parcel_id: UUID,
    receiver_id: UUID | None,
    occurred_at: datetime,
    device: UUID | None = None,
) -> Reported:
    """The handover that both sides confirmed on one device at ``occurred_at``; reported again it changes nothing.

    A parcel received meanwhile stays received: what is told late joins its history where it belongs.
    """
    ledger.lock(session)
    parcel = get_parcel(session, parcel_id=parcel_id)
    if not actor.may_at_any(Permission.CUSTODY_HANDLE, (parcel.from_site_id, parcel.to_site_id)):
        raise ParcelNotFoundError(parcel=str(parcel_id))
    known = session.get(Handover, handover_id)
    if known is not None:
        if known.parcel_id != parcel_id:
            raise EventDiffersError(event=str(handover_id), name="parcel_id")
        return Reported(parcel)
    session.add(
        Handover(
            id=handover_id,
            parcel_id=parcel_id,
            mode=HandoverMode.ONE_DEVICE,
            giver_id=actor.account_id,
            receiver_id=receiver_id,
            offered_at=occurred_at,
            confirmed_at=occurred_at,
        )
    )
    session.flush()
    lines = session.exec(
        select(ParcelItem).where(ParcelItem.parcel_id == parcel_id, ParcelItem.outcome != Manifest.UNEXPECTED)
    ).all()
    left_out = []
    for item in (get_item(session, line.item_id) for line in lines):
        try:
            with session.begin_nested():
                _hand_over_item(session, actor, parcel, item, handover_id, receiver_id, occurred_at, device)
        except LabError as error:
            left_out.append(LeftOut(item, error))
    leaves(session, parcel, occurred_at)
    return Reported(parcel, tuple(left_out))


def _hand_over_item(
    session: Session,
    actor: Actor,
    parcel: Parcel,
    item: Item,
    handover_id: UUID,
    receiver_id: UUID | None,
    occurred_at: datetime,
    device: UUID | None,
) -> None:
    past = history(session, item.id)
    status = fold(past)
    of_parcel = [event for event in past if event.parcel == parcel.id and event.action is not Action.RECEIVED]
    still_on_its_way = status.head in {event.id for event in of_parcel}
    after = status.head if still_on_its_way or not of_parcel else _latest(of_parcel, occurred_at).id
    at_laboratory = standing_after(past, after).state is ItemState.AT_LABORATORY
    data = details(
        {
            "id": uuid5(handover_id, f"handed over {item.id}"),
            "after": after,
            "parcel_id": parcel.id,
            "to_site_id": parcel.to_site_id,
            "witness_id": receiver_id,
            "occurred_at": occurred_at,
            "device": device,
        }
    )
    action = Action.DISPATCHED if at_laboratory else Action.HANDED_OVER
    record(session, actor=actor, item=item, action=action, data=data)


def leaves(session: Session, parcel: Parcel, occurred_at: datetime) -> None:
    """The parcel is on its way since the first of its handovers, unless it has arrived."""
    if parcel.state is not ParcelState.RECEIVED:
        parcel.state = ParcelState.IN_TRANSIT
    earliest = parcel.handed_over_at is None or occurred_at < parcel.handed_over_at
    parcel.handed_over_at = occurred_at if earliest else parcel.handed_over_at
    session.add(parcel)
    session.flush()
