"""Closes a receiving: what was scanned goes into the ledger and is compared with the manifest."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from sqlmodel import Session, col, select

from lab.custody.containers import find_container
from lab.custody.errors import ParcelNotFoundError, ParcelRefusedError
from lab.custody.models import (
    Action,
    Item,
    ItemState,
    Manifest,
    Parcel,
    ParcelItem,
    ParcelState,
    Receiving,
    ReceivingScan,
    ScanKind,
    SealState,
)
from lab.custody.receiving import get_receiving, require_ready
from lab.custody.recording import details, get_item, record
from lab.errors import LabError
from lab.kit import ledger
from lab.kit.clock import now
from lab.network import accounts
from lab.network.access import Actor, Permission

_HERE = frozenset({ItemState.AT_SITE, ItemState.AT_LABORATORY})


def close(
    session: Session,
    *,
    actor: Actor,
    receiving_id: UUID,
    seal_state: SealState | None = None,
    condition: str | None = None,
) -> Receiving:
    """End a receiving: every container scanned is received, every other one of the manifest is missing.

    A container whose history does not allow it (destroyed, lost at another place) holds up no other: its scan
    keeps why. Raises what :func:`~lab.custody.receiving.require_ready` raises.
    """
    ledger.lock(session)
    receiving = get_receiving(session, actor=actor, receiving_id=receiving_id, lock=True)
    receiving.seal_state = require_ready(session, receiving, seal_state)
    receiving.condition = (condition or "").strip()[:500] or None
    receiving.closed_at, receiving.closed_by = now(), actor.account_id
    session.add(receiving)
    book(session, receiving, actor=actor)
    return receiving


def book(session: Session, receiving: Receiving, *, actor: Actor) -> None:
    """Record what has not been recorded yet of a closed receiving. ``actor`` closed it."""
    parcel = session.get(Parcel, receiving.parcel_id) if receiving.parcel_id else None
    scans = _kept(session, receiving)
    for scan in scans:
        if scan.item_id is not None and scan.booked_at is None:
            _book(session, actor, receiving, parcel, scan)
    if parcel is not None:
        _compare(session, parcel, {scan.item_id for scan in scans if scan.item_id})
        parcel.state, parcel.seal_state = ParcelState.RECEIVED, receiving.seal_state
        parcel.received_at = parcel.received_at or receiving.closed_at
        session.add(parcel)
    session.flush()


def _kept(session: Session, receiving: Receiving) -> Sequence[ReceivingScan]:
    kept = select(ReceivingScan).where(
        ReceivingScan.receiving_id == receiving.id, col(ReceivingScan.undone_at).is_(None)
    )
    return session.exec(kept.order_by(col(ReceivingScan.scanned_at), col(ReceivingScan.id))).all()


def _book(session: Session, actor: Actor, receiving: Receiving, parcel: Parcel | None, scan: ReceivingScan) -> None:
    item = get_item(session, scan.item_id) if scan.item_id else None
    if item is None:
        return
    try:
        with session.begin_nested():
            _receive(session, Actor(scan.scanned_by, actor.grants), receiving, parcel, scan, item)
    except LabError as error:
        scan.refused = error.message_id
    else:
        scan.booked_at, scan.refused = now(), None
    session.add(scan)


def _receive(
    session: Session, actor: Actor, receiving: Receiving, parcel: Parcel | None, scan: ReceivingScan, item: Item
) -> None:
    if item.state in _HERE and item.site_id == receiving.site_id:
        return  # taken in here by another way already: the ledger says so
    details_of = {
        "id": uuid5(scan.id, "received"),
        "to_site_id": receiving.site_id,
        "parcel_id": parcel.id if parcel else None,
        "seal_state": scan.seal_state,
        "condition": scan.condition or receiving.condition,
        "entry": scan.entry,
        "occurred_at": scan.scanned_at,
        "device": scan.device_id,
        "mass_mg": None if scan.weighed_ug is None else scan.weighed_ug / 1000,
    }
    seal_state = (receiving.seal_state or SealState.MISSING).value
    action = Action.FOUND if item.state is ItemState.LOST else Action.RECEIVED
    extra = {"parcel_seal": receiving.seal_number, "parcel_seal_state": seal_state}
    record(session, actor=actor, item=item, action=action, data=details(details_of), extra=extra)


def _compare(session: Session, parcel: Parcel, received: set[UUID]) -> None:
    lines = {line.item_id: line for line in session.exec(select(ParcelItem).where(ParcelItem.parcel_id == parcel.id))}
    for item_id, line in lines.items():
        if line.outcome is not Manifest.UNEXPECTED:
            line.outcome = Manifest.RECEIVED if item_id in received else Manifest.MISSING
            session.add(line)
    for item_id in received - lines.keys():
        session.add(ParcelItem(parcel_id=parcel.id, item_id=item_id, outcome=Manifest.UNEXPECTED))
    session.flush()


def adopt(session: Session, *, parcel: Parcel) -> Receiving | None:
    """Join a parcel that its device reports late with the receiving that was done without it, if there was one.

    Codes that were unknown then are looked up again; what was closed is compared with the manifest now.
    """
    waiting = select(Receiving).where(
        Receiving.site_id == parcel.to_site_id,
        Receiving.seal_number == parcel.seal_number,
        col(Receiving.parcel_id).is_(None),
    )
    receiving = session.exec(waiting.order_by(col(Receiving.started_at).desc())).first()
    if receiving is None:
        return None
    receiving.parcel_id = parcel.id
    session.add(receiving)
    session.flush()
    lines = session.exec(select(ParcelItem.item_id).where(ParcelItem.parcel_id == parcel.id)).all()
    manifest = [get_item(session, item_id) for item_id in lines]
    for scan in _kept(session, receiving):
        if scan.item_id is None:
            scan.item_id = _now_known(session, scan.text, manifest)
        listed = scan.item_id in set(lines)
        if scan.item_id is not None:
            scan.kind = ScanKind.EXPECTED if listed else ScanKind.UNEXPECTED
        session.add(scan)
    if receiving.closed_at is not None and receiving.closed_by is not None:
        book(session, receiving, actor=accounts.actor_of(session, account_id=receiving.closed_by))
    return receiving


def _now_known(session: Session, text: str, manifest: Sequence[Item]) -> UUID | None:
    try:
        found = find_container(session, text=text, manifest=manifest, keep_unknown=True)
    except LabError:
        return None
    return found.item.id if found.item else None


def require_parcel(session: Session, *, actor: Actor, parcel_id: UUID) -> Parcel:
    """The parcel, for whoever handles custody where it arrives.

    Raises :class:`ParcelNotFoundError`, and :class:`ParcelRefusedError` where it was to arrive and was refused.
    """
    parcel = session.get(Parcel, parcel_id)
    if parcel is None or not actor.may_at_any(Permission.CUSTODY_HANDLE, parcel.ends):
        raise ParcelNotFoundError(parcel=str(parcel_id))
    if not actor.may(Permission.CUSTODY_HANDLE, parcel.to_site_id):
        if parcel.refused_site_id is not None and actor.may(Permission.CUSTODY_HANDLE, parcel.refused_site_id):
            raise ParcelRefusedError  # a telephone that says so late is kept for a person to decide
        raise ParcelNotFoundError(parcel=str(parcel_id))
    return parcel
