"""Parcels: packed, carried, received, and what deviates."""

import hashlib
import json

import pytest
from sqlmodel import Session, select

from lab.custody import service
from lab.custody.errors import (
    EventInvalidError,
    NotSealedError,
    ParcelEmptyError,
    ParcelNotFoundError,
    ParcelStateError,
    SiteUnknownError,
)
from lab.custody.models import Action, CustodyEvent, Item, ItemState, Manifest, Parcel, ParcelItem, SealState
from lab.custody.recording import history
from lab.errors import ForbiddenError
from lab.kit import ledger
from lab.kit.ids import new_id
from lab.network.models import Role
from tests.lab.custody.conftest import Network


def sealed(network: Network, number: int = 1) -> Item:
    item = service.register_item(
        network.session, actor=network.worker, sample_id=network.sample(), site_id=network.north.id, mass_mg=50
    )
    service.seal(network.session, actor=network.worker, item_id=item.id, seal_number=f"N-{number}")
    return item


def pack(network: Network, items: list[Item], **changes: object) -> Parcel:
    given = {
        "item_ids": [item.id for item in items],
        "seal_number": "P-1",
        "from_site_id": network.north.id,
        "to_site_id": network.bench.id,
        "legal_basis": "circular 12/2026",
    }
    return service.pack(network.session, actor=network.worker, **(given | changes))  # type: ignore[arg-type]  # as above


def test_a_parcel_arrives_with_one_missing_one_unexpected_and_one_broken_seal(
    session: Session, network: Network
) -> None:
    items = [sealed(network, number) for number in range(5)]
    parcel = pack(network, items[:4])
    service.hand_over_parcel(session, actor=network.worker, parcel_id=parcel.id)
    assert {item.state for item in items[:4]} == {ItemState.IN_TRANSIT}
    arrived = [items[0].id, items[1].id, items[2].id, items[4].id]
    receipt = service.receive_parcel(
        session,
        actor=network.chemist,
        parcel_id=parcel.id,
        received_item_ids=arrived,
        seal_state=SealState.INTACT,
        item_seal_states={items[1].id: SealState.BROKEN},
    )
    assert receipt.deviates
    assert (receipt.missing, receipt.unexpected, receipt.broken) == ((items[3].id,), (items[4].id,), (items[1].id,))
    assert [items[number].state for number in range(5)] == [
        ItemState.AT_LABORATORY, ItemState.AT_LABORATORY, ItemState.AT_LABORATORY, ItemState.IN_TRANSIT,
        ItemState.AT_LABORATORY,
    ]  # fmt: skip
    assert [items[number].seal_number for number in range(3)] == ["N-0", None, "N-2"]
    outcomes = {line.item_id: line.outcome for line in session.exec(select(ParcelItem))}
    assert outcomes[items[3].id] is Manifest.MISSING
    assert outcomes[items[4].id] is Manifest.UNEXPECTED


def test_a_parcel_that_arrives_as_it_left_does_not_deviate(session: Session, network: Network) -> None:
    item = sealed(network)
    parcel = pack(network, [item])
    service.hand_over_parcel(session, actor=network.worker, parcel_id=parcel.id)
    given = {"parcel_id": parcel.id, "received_item_ids": [item.id], "seal_state": SealState.INTACT}
    assert not service.receive_parcel(session, actor=network.chemist, **given).deviates  # type: ignore[arg-type]  # a mixed dict
    with pytest.raises(ParcelStateError):
        service.receive_parcel(session, actor=network.chemist, **given)  # type: ignore[arg-type]  # as above
    with pytest.raises(ParcelStateError):
        service.hand_over_parcel(session, actor=network.worker, parcel_id=parcel.id)


def test_a_broken_parcel_seal_deviates(session: Session, network: Network) -> None:
    item = sealed(network)
    parcel = pack(network, [item])
    service.hand_over_parcel(session, actor=network.worker, parcel_id=parcel.id)
    receipt = service.receive_parcel(
        session,
        actor=network.chemist,
        parcel_id=parcel.id,
        received_item_ids=[item.id],
        seal_state=SealState.BROKEN,
    )
    assert receipt.deviates


def test_the_manifest_stands_in_the_log_by_its_hash(session: Session, network: Network) -> None:
    item = sealed(network)
    parcel = pack(network, [item])
    manifest = json.loads(parcel.manifest)
    assert manifest["items"] == [{"item": str(item.id), "seal_number": "N-1", "held_ug": 50_000}]
    row = session.exec(select(CustodyEvent).where(CustodyEvent.action == Action.PACKED)).one()
    entry = service.timeline(session, sample_id=item.sample_id)[-1]
    assert entry.texts == {"legal_basis": "circular 12/2026"}
    event = history(session, item.id)[-1]
    assert manifest["legal_basis"] == event.texts["legal_basis"]
    assert hashlib.sha256(parcel.manifest).hexdigest().encode() in bodies(session, row.seq)


def bodies(session: Session, seq: int) -> bytes:
    return ledger.bodies(session, [seq])[seq]


def test_a_parcel_from_a_laboratory_is_dispatched(session: Session, network: Network) -> None:
    item = sealed(network)
    first = pack(network, [item])
    service.hand_over_parcel(session, actor=network.worker, parcel_id=first.id)
    service.receive_parcel(
        session, actor=network.chemist, parcel_id=first.id, received_item_ids=[item.id], seal_state=SealState.INTACT
    )
    back = service.pack(
        session,
        actor=network.chemist,
        item_ids=[item.id],
        seal_number="P-2",
        from_site_id=network.bench.id,
        to_site_id=network.south.id,
        legal_basis="circular 12/2026",
    )
    service.hand_over_parcel(session, actor=network.chemist, parcel_id=back.id)
    assert service.timeline(session, sample_id=item.sample_id)[-1].action is Action.DISPATCHED
    with pytest.raises(ForbiddenError):
        service.receive_parcel(
            session, actor=network.worker, parcel_id=back.id, received_item_ids=[item.id], seal_state=SealState.INTACT
        )
    south = network.actor(Role.WORKER, network.south)
    service.receive_parcel(
        session, actor=south, parcel_id=back.id, received_item_ids=[item.id], seal_state=SealState.INTACT
    )
    assert (item.state, item.site_id) == (ItemState.AT_SITE, network.south.id)


def test_a_courier_hands_a_parcel_to_the_next_one(session: Session, network: Network) -> None:
    item = sealed(network)
    parcel = pack(network, [item])
    courier = network.actor(Role.COURIER, network.bench)
    service.hand_over_parcel(session, actor=network.worker, parcel_id=parcel.id)
    service.hand_over_parcel(session, actor=courier, parcel_id=parcel.id)
    assert item.state is ItemState.IN_TRANSIT
    assert not item.conflict


def test_what_cannot_travel_is_refused_whole(session: Session, network: Network) -> None:
    item, other = sealed(network), sealed(network, 2)
    service.open_item(session, actor=network.actor(Role.CHEMIST, network.north), item_id=other.id)
    with pytest.raises(NotSealedError):
        pack(network, [other])
    with pytest.raises(ParcelEmptyError):
        pack(network, [])
    with pytest.raises(ParcelEmptyError):
        pack(network, [item, item])
    with pytest.raises(ParcelEmptyError):
        pack(network, [item], legal_basis="  ")
    with pytest.raises(SiteUnknownError):
        pack(network, [item], to_site_id=new_id())
    with pytest.raises(EventInvalidError):
        pack(network, [item], seal_number="")
    with pytest.raises(ParcelNotFoundError):
        service.hand_over_parcel(session, actor=network.worker, parcel_id=new_id())
