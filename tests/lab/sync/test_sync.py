"""A device's outbox arrives: once, twice, in any order, late."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.custody import receiving, unpacking
from lab.custody import service as custody
from lab.custody.models import (
    CustodyEvent,
    Handover,
    Item,
    ItemState,
    Manifest,
    Parcel,
    ParcelItem,
    ParcelState,
    ScanKind,
    SealState,
)
from lab.network.access import Actor
from lab.samples import service as samples
from lab.samples.models import Sample
from lab.samples.schemas import SampleIn
from lab.sync import service
from lab.sync.models import SyncConflict
from lab.sync.schemas import RegisterOperation
from lab.sync.service import Outcome
from tests.lab.sync.phones import Phone, label
from tests.network import Network


def send(session: Session, actor: Actor, phone: Phone) -> list[Outcome]:
    return service.apply_all(session, actor=actor, operations=phone.sent)


def count(session: Session, table: type) -> int:
    return session.exec(select(sa.func.count()).select_from(table)).one()


def items(session: Session, parcel_id: UUID) -> list[Item]:
    lines = (
        select(Item).join(ParcelItem, col(ParcelItem.item_id) == col(Item.id)).where(ParcelItem.parcel_id == parcel_id)
    )
    return list(session.exec(lines))


def test_a_night_without_network_arrives_whole_and_only_once(session: Session, network: Network, phone: Phone) -> None:
    parcel_id = phone.night(3, "P-77")
    first = send(session, network.actors["worker"], phone)
    assert all(one.ok for one in first), first
    before = {table: count(session, table) for table in (Sample, CustodyEvent, Parcel, Handover, SyncConflict)}
    again = send(session, network.actors["worker"], phone)
    assert all(one.ok for one in again)
    assert [(one.code, one.event_id, one.parcel_id) for one in again] == [
        (one.code, one.event_id, one.parcel_id) for one in first
    ]
    assert {table: count(session, table) for table in before} == before
    assert before[SyncConflict] == 0
    assert {item.state for item in items(session, parcel_id)} == {ItemState.IN_TRANSIT}
    assert len({item.sample_id for item in items(session, parcel_id)}) == 3


def test_operations_are_applied_in_the_order_of_their_device(session: Session, network: Network, phone: Phone) -> None:
    phone.night(2, "P-78")
    outcomes = service.apply_all(session, actor=network.actors["worker"], operations=phone.sent[::-1])
    assert all(one.ok for one in outcomes)
    assert outcomes[-1].code  # the registration came last in the batch, and its outcome stands there


def test_what_builds_on_something_that_has_not_arrived_is_told_to_come_again(
    session: Session, network: Network, phone: Phone
) -> None:
    phone.night(1, "P-79")
    actor = network.actors["worker"]
    [early] = service.apply_all(session, actor=actor, operations=phone.sent[-1:])
    assert (early.ok, early.conflict_id) == (False, None)
    assert early.error is not None
    assert early.error.message_id == "sync.too_early"
    assert all(one.ok for one in send(session, actor, phone))


def test_a_label_taken_gives_the_sample_a_fresh_code_and_everything_after_it_goes_on(
    session: Session, network: Network, phone: Phone
) -> None:
    printed = label()
    theirs = samples.register(
        session, actor=network.actors["worker"],
        data=SampleIn(site_id=network.sites["north"].id, code=printed, consent_analyse=True),
    )  # fmt: skip
    key = phone.register(printed)
    phone.event(key, "sealed", seal_number="N-1")
    parcel_id = phone.pack([key], "P-80")
    phone.hand_over(parcel_id)
    outcomes = send(session, network.actors["worker"], phone)
    assert all(one.ok for one in outcomes)
    registered = outcomes[0]
    assert registered.code not in {None, printed}
    assert registered.conflict_id is not None
    conflict = session.get_one(SyncConflict, registered.conflict_id)
    assert (conflict.label, conflict.applied, conflict.other_sample_id) == (printed, True, theirs.sample.id)
    again = send(session, network.actors["worker"], phone)
    assert (again[0].code, again[0].conflict_id) == (registered.code, registered.conflict_id)
    assert [one.reason for one in session.exec(select(SyncConflict))] == ["sync.label_taken"]


def test_news_of_sending_that_comes_after_the_receipt_moves_nothing_back_and_asks_nobody(
    session: Session, network: Network, phone: Phone
) -> None:
    parcel_id = phone.night(2, "P-81")
    worker, chemist = network.actors["worker"], network.actors["chemist"]
    registered, late = phone.sent[:4], phone.sent[4:]
    service.apply_all(session, actor=worker, operations=registered)
    known = session.exec(select(Sample)).all()
    opened = receiving.open_by_seal(session, actor=chemist, site_id=network.sites["laboratory"].id, seal="PARCEL:P-81")
    for sample in known:
        receiving.add_scan(session, actor=chemist, receiving_id=opened.id, text=sample.code)
    unpacking.close(session, actor=chemist, receiving_id=opened.id, seal_state=SealState.INTACT)
    outcomes = service.apply_all(session, actor=worker, operations=late)
    assert [(one.ok, one.conflict_id) for one in outcomes] == [(True, None)] * 2
    assert {item.state for item in items(session, parcel_id)} == {ItemState.AT_LABORATORY}
    assert not any(item.conflict for item in items(session, parcel_id))
    parcel = session.get_one(Parcel, parcel_id)
    assert (parcel.state, parcel.handed_over_at is not None) == (ParcelState.RECEIVED, True)
    outcomes_of = session.exec(select(ParcelItem.outcome).where(ParcelItem.parcel_id == parcel_id)).all()
    assert set(outcomes_of) == {Manifest.RECEIVED}


def test_codes_unknown_when_scanned_are_received_once_their_phone_has_told_of_them(
    session: Session, network: Network, phone: Phone
) -> None:
    parcel_id = phone.night(2, "P-82")
    chemist = network.actors["chemist"]
    opened = receiving.open_by_seal(session, actor=chemist, site_id=network.sites["laboratory"].id, seal="P-82")
    for operation in phone.sent[:2]:
        assert isinstance(operation, RegisterOperation)
        scan = receiving.add_scan(session, actor=chemist, receiving_id=opened.id, text=operation.sample.code).scan
        assert scan.kind is ScanKind.UNKNOWN
    unpacking.close(session, actor=chemist, receiving_id=opened.id, seal_state=SealState.INTACT)
    assert all(one.ok for one in send(session, network.actors["worker"], phone))
    assert {item.state for item in items(session, parcel_id)} == {ItemState.AT_LABORATORY}
    assert not any(item.conflict for item in items(session, parcel_id))


def test_a_seal_number_used_twice_is_kept_and_shown(session: Session, network: Network, phone: Phone) -> None:
    phone.night(1, "P-83")
    other = Phone(network.sites["north"].id, network.sites["laboratory"].id)
    other.night(1, "P-83")
    worker = network.actors["worker"]
    send(session, worker, phone)
    outcomes = send(session, worker, other)
    assert all(one.ok for one in outcomes)
    reasons = sorted(conflict.reason for conflict in session.exec(select(SyncConflict)))
    assert reasons == ["error.custody.seal_used", "error.custody.seal_used"]  # the bag's and the parcel's


def test_a_container_in_two_parcels_stays_in_the_first_and_is_said_of_the_second(
    session: Session, network: Network, phone: Phone
) -> None:
    keys = [phone.register(), phone.register()]
    for place, key in enumerate(keys):
        phone.event(key, "sealed", seal_number=f"N-{place}")
    phone.pack(keys[:1], "P-84")
    second = phone.pack(keys, "P-85")
    outcomes = send(session, network.actors["worker"], phone)
    assert all(one.ok for one in outcomes)
    conflict = session.get_one(SyncConflict, outcomes[-1].conflict_id)
    assert (conflict.reason, conflict.parcel_id) == ("error.custody.in_other_parcel", second)
    assert len(items(session, second)) == 1


def test_what_cannot_be_applied_is_kept_whole_for_a_person(session: Session, network: Network, phone: Phone) -> None:
    key = phone.register()
    phone.event(key, "handed_over", note="given to the courier in a bag without a seal")
    [_, refused] = send(session, network.actors["worker"], phone)
    assert not refused.ok
    kept = session.get_one(SyncConflict, refused.conflict_id)
    assert (kept.reason, kept.applied) == ("error.custody.not_sealed", False)
    assert kept.operation is not None
    assert kept.operation["event"]["note"] == "given to the courier in a bag without a seal"
    again = send(session, network.actors["worker"], phone)
    assert again[1].conflict_id == kept.id


def test_a_phone_alone_destroys_nothing(session: Session, network: Network, phone: Phone) -> None:
    sample = phone.register()
    phone.event(sample, "destroyed", purpose="burnt")
    *_, told = send(session, network.actors["worker"], phone)
    assert not told.ok
    assert told.conflict_id is not None
    item = session.exec(select(Item)).one()
    assert item.state is ItemState.AT_SITE


def test_a_stranger_puts_nothing_before_the_people_of_a_site(session: Session, network: Network, phone: Phone) -> None:
    phone.register()
    [outcome] = send(session, network.actors["south_worker"], phone)
    assert (outcome.ok, outcome.conflict_id) == (False, None)
    assert count(session, SyncConflict) == 0


def test_receiving_by_phone_keeps_every_scan_once(session: Session, network: Network, phone: Phone) -> None:
    parcel_id = phone.night(3, "P-86")
    send(session, network.actors["worker"], phone)
    codes = [session.get_one(Sample, item.sample_id).code for item in items(session, parcel_id)]
    bench = Phone(network.sites["laboratory"].id, network.sites["laboratory"].id)
    bench.at = phone.at
    one = {"code": codes[0], "seal_state": "broken", "condition": "torn", "entry": "scanned"}
    bench.do(kind="receive", id=UUID(int=7), parcel_id=parcel_id, scans=[one], occurred_at=bench.at)
    bench.do(
        kind="receive", id=UUID(int=8), parcel_id=parcel_id, scans=[{"code": codes[1]}, {"code": codes[0]}],
        seal_state="intact", close=True, occurred_at=bench.at,
    )  # fmt: skip
    chemist = network.actors["chemist"]
    assert all(result.ok for result in send(session, chemist, bench))
    assert [result.ok for result in send(session, chemist, bench)] == [True, True]
    states = sorted(item.state.value for item in items(session, parcel_id))
    assert states == ["at_laboratory", "at_laboratory", "in_transit"]
    received = session.exec(select(CustodyEvent).where(CustodyEvent.action == "received")).all()
    assert len(received) == 2
    assert session.get_one(Parcel, parcel_id).seal_state is SealState.INTACT
    assert custody.get_parcel(session, parcel_id=parcel_id).state is ParcelState.RECEIVED
