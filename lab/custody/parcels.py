"""Parcels: sealed items that travel together under one seal, one manifest and one legal basis."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from lab.custody import texts
from lab.custody.errors import (
    InOtherParcelError,
    ParcelEmptyError,
    ParcelNotFoundError,
    ParcelStateError,
    SealUsedError,
    SiteUnknownError,
)
from lab.custody.models import Action, Item, ItemState, Manifest, Parcel, ParcelItem, ParcelState, SealState
from lab.custody.recording import details, get_item, record
from lab.kit import canonical, ledger
from lab.kit.clock import now
from lab.network.access import Actor, Permission
from lab.network.models import Site

MANIFEST_SCHEMA = "custody-manifest/1"


@dataclass(frozen=True)
class ParcelReceipt:
    """What was in a parcel, against its manifest."""

    parcel: Parcel
    received: tuple[UUID, ...]
    missing: tuple[UUID, ...]  # on the manifest, not in the parcel: still in transit, for somebody to look into
    unexpected: tuple[UUID, ...]  # in the parcel, not on the manifest; received all the same
    broken: tuple[UUID, ...]  # received with a broken or missing seal

    @property
    def deviates(self) -> bool:
        return bool(self.missing or self.unexpected or self.broken) or self.parcel.seal_state is not SealState.INTACT


def get_parcel(session: Session, *, parcel_id: UUID) -> Parcel:
    """The parcel; raises :class:`ParcelNotFoundError`."""
    parcel = session.get(Parcel, parcel_id)
    if parcel is None:
        raise ParcelNotFoundError(parcel=str(parcel_id))
    return parcel


def pack(
    session: Session,
    *,
    actor: Actor,
    item_ids: Sequence[UUID],
    seal_number: str,
    from_site_id: UUID,
    to_site_id: UUID,
    legal_basis: str,
    **more: Any,
) -> Parcel:
    """Put sealed items that are at ``from_site_id`` into one parcel.

    ``legal_basis``: what permits the transport (authorisation, circular, judicial district). The hash of the
    manifest stands in each item's event, so that a manifest changed later is found out.
    """
    actor.require(Permission.CUSTODY_HANDLE, from_site_id)
    ledger.lock(session)
    items = _packable(session, item_ids, from_site_id)
    if session.get(Site, to_site_id) is None:
        raise SiteUnknownError(field="to_site_id", site=str(to_site_id))
    if not legal_basis.strip():
        raise ParcelEmptyError(field="legal_basis")
    details({"seal_number": seal_number})  # refuses what no seal carries
    if parcel_on_its_way(session, seal_number=seal_number) is not None:
        raise SealUsedError(seal_number=seal_number)
    basis = texts.commit(session, legal_basis.strip())
    parcel = Parcel(
        seal_number=seal_number,
        from_site_id=from_site_id,
        to_site_id=to_site_id,
        legal_basis=legal_basis.strip(),
        manifest=b"",
        packed_at=now(),
    )
    parcel.manifest = build_manifest(parcel, items, basis)
    session.add(parcel)
    session.flush()
    data = details({"parcel_id": parcel.id, "to_site_id": to_site_id, **more})
    digest = hashlib.sha256(parcel.manifest).hexdigest()
    extra = {"manifest": digest, "parcel_seal": seal_number, "texts": {"legal_basis": basis}}
    for item in items:
        session.add(ParcelItem(parcel_id=parcel.id, item_id=item.id))
        record(session, actor=actor, item=item, action=Action.PACKED, data=data, extra=extra)
    return parcel


def parcel_on_its_way(session: Session, *, seal_number: str, but: UUID | None = None) -> Parcel | None:
    """A parcel other than ``but`` that carries this seal and has not been received: a seal is used once."""
    same = select(Parcel).where(Parcel.seal_number == seal_number, Parcel.state != ParcelState.RECEIVED)
    return next((parcel for parcel in session.exec(same) if parcel.id != but), None)


def _packable(session: Session, item_ids: Sequence[UUID], from_site_id: UUID) -> list[Item]:
    items = [get_item(session, item_id) for item_id in item_ids]
    here = {ItemState.AT_SITE, ItemState.AT_LABORATORY}
    if not items or len(set(item_ids)) != len(item_ids):
        raise ParcelEmptyError
    if any(item.site_id != from_site_id or item.state not in here for item in items):
        raise ParcelEmptyError
    for item in items:
        other = session.exec(
            select(Parcel.seal_number)
            .join(ParcelItem, col(ParcelItem.parcel_id) == col(Parcel.id))
            .where(ParcelItem.item_id == item.id, Parcel.state == ParcelState.PACKED)
        ).first()
        if other is not None:
            raise InOtherParcelError(seal_number=other)
    return items


def build_manifest(parcel: Parcel, items: Sequence[Item], basis: str) -> bytes:
    """The list that travels with a parcel, as canonical JSON; ``basis`` is the commitment to its legal basis."""
    lines = [{"item": str(item.id), "seal_number": item.seal_number, "held_ug": item.held_ug} for item in items]
    return canonical.dumps(
        {
            "schema": MANIFEST_SCHEMA,
            "parcel": str(parcel.id),
            "seal_number": parcel.seal_number,
            "from": str(parcel.from_site_id),
            "to": str(parcel.to_site_id),
            "legal_basis": basis,
            "items": lines,
        }
    )


def packed_seals(parcel: Parcel) -> dict[UUID, str | None]:
    """The seal that each container had when it was packed, as the manifest says."""
    return {UUID(line["item"]): line["seal_number"] for line in canonical.loads(bytes(parcel.manifest))["items"]}


def hand_over_parcel(session: Session, *, actor: Actor, parcel_id: UUID, **more: Any) -> Parcel:
    """Give the parcel to whoever carries it: every item in it is in transit. Again, from courier to courier."""
    ledger.lock(session)
    parcel = get_parcel(session, parcel_id=parcel_id)
    if not actor.may_at_any(Permission.CUSTODY_HANDLE, parcel.ends):
        raise ParcelNotFoundError(parcel=str(parcel_id))  # nor is its state told to other sites
    if parcel.state is ParcelState.RECEIVED:
        raise ParcelStateError(state=parcel.state.value)
    data = details({"parcel_id": parcel.id, "to_site_id": parcel.to_site_id, **more})
    for item in _items(session, parcel, {Manifest.EXPECTED}):
        leaves_laboratory = item.state is ItemState.AT_LABORATORY
        action = Action.DISPATCHED if leaves_laboratory else Action.HANDED_OVER
        record(session, actor=actor, item=item, action=action, data=data, also_at=parcel.refused_site_id)
    parcel.state = ParcelState.IN_TRANSIT
    parcel.handed_over_at = parcel.handed_over_at or data.occurred_at or now()
    session.add(parcel)
    session.flush()
    return parcel


def _items(session: Session, parcel: Parcel, outcomes: Collection[Manifest]) -> list[Item]:
    lines = session.exec(select(ParcelItem).where(ParcelItem.parcel_id == parcel.id)).all()
    return [get_item(session, line.item_id) for line in lines if line.outcome in outcomes]


def receive_parcel(
    session: Session,
    *,
    actor: Actor,
    parcel_id: UUID,
    received_item_ids: Sequence[UUID],
    seal_state: SealState,
    item_seal_states: Mapping[UUID, SealState] | None = None,
    **more: Any,
) -> ParcelReceipt:
    """Receive the items that were truly in the parcel, and say what deviates from its manifest.

    ``seal_state`` is that of the parcel; ``item_seal_states`` names the items whose own seal is not intact.
    """
    ledger.lock(session)
    parcel = get_parcel(session, parcel_id=parcel_id)
    actor.require(Permission.CUSTODY_HANDLE, parcel.to_site_id)
    if parcel.state is ParcelState.RECEIVED:
        raise ParcelStateError(state=parcel.state.value)
    if len(set(received_item_ids)) != len(received_item_ids):
        raise ParcelEmptyError(field="received_item_ids")
    states = item_seal_states or {}
    for item_id in received_item_ids:
        state = states.get(item_id, SealState.INTACT)
        data = details({"parcel_id": parcel.id, "to_site_id": parcel.to_site_id, "seal_state": state, **more})
        extra = {"parcel_seal": parcel.seal_number, "parcel_seal_state": seal_state.value}
        item = get_item(session, item_id)
        record(session, actor=actor, item=item, action=Action.RECEIVED, data=data, extra=extra)
    receipt = _compare(session, parcel, received_item_ids, states)
    parcel.state, parcel.seal_state, parcel.received_at = ParcelState.RECEIVED, seal_state, now()
    session.add(parcel)
    session.flush()
    return receipt


def _compare(
    session: Session, parcel: Parcel, received: Sequence[UUID], states: Mapping[UUID, SealState]
) -> ParcelReceipt:
    lines = {line.item_id: line for line in session.exec(select(ParcelItem).where(ParcelItem.parcel_id == parcel.id))}
    unexpected = tuple(item_id for item_id in received if item_id not in lines)
    for item_id, line in lines.items():
        line.outcome = Manifest.RECEIVED if item_id in received else Manifest.MISSING
        session.add(line)
    for item_id in unexpected:
        session.add(ParcelItem(parcel_id=parcel.id, item_id=item_id, outcome=Manifest.UNEXPECTED))
    return ParcelReceipt(
        parcel=parcel,
        received=tuple(received),
        missing=tuple(item_id for item_id in lines if item_id not in received),
        unexpected=unexpected,
        broken=tuple(item_id for item_id in received if states.get(item_id, SealState.INTACT) is not SealState.INTACT),
    )
