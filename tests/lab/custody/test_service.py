"""What people do with items, on both databases."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from lab.custody import service
from lab.custody.errors import (
    AfterUnknownError,
    CorrectionInvalidError,
    EventDiffersError,
    EventInvalidError,
    ItemNotFoundError,
    MassInvalidError,
    NotAllowedError,
    NotSealedError,
    NotWeighedError,
    ReturnOffError,
    SealedError,
    SiteUnknownError,
    TooMuchError,
)
from lab.custody.models import Action, CustodyEvent, CustodyText, Item, ItemState, SealState
from lab.custody.texts import commitment, erase
from lab.errors import ForbiddenError
from lab.kit import ledger
from lab.kit.clock import frozen, now
from lab.kit.db import Database
from lab.kit.ids import new_id
from lab.network.models import Role
from tests.lab.custody.conftest import Network
from tests.lab.custody.walks import walk

NIGHT = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)


def collect(network: Network, mass_mg: float | None = 100) -> Item:
    return service.register_item(
        network.session,
        actor=network.worker,
        sample_id=network.sample(),
        site_id=network.north.id,
        mass_mg=mass_mg,
    )


def at_bench(network: Network, mass_mg: float | None = 100) -> Item:
    """An item that the laboratory received and opened."""
    item = collect(network, mass_mg)
    service.seal(network.session, actor=network.worker, item_id=item.id, seal_number="N-1")
    event(network, item, Action.HANDED_OVER)
    event(network, item, Action.RECEIVED, actor=network.chemist, to_site_id=network.bench.id)
    service.open_item(network.session, actor=network.chemist, item_id=item.id)
    return item


def event(network: Network, item: Item, action: Action, **details: object) -> CustodyEvent:
    actor = details.pop("actor", network.worker)
    return service.record_event(network.session, actor=actor, item_id=item.id, action=action, **details)  # type: ignore[arg-type]  # an Actor


def test_a_sample_walks_from_the_counter_to_the_bench(session: Session, network: Network) -> None:
    sample_id = walk(network)
    actions = [entry.action.value for entry in service.timeline(session, sample_id=sample_id)]
    assert actions == [
        "collected", "sealed", "packed", "handed_over", "received", "opened", "aliquoted", "aliquoted",
        "consumed", "consumed",
    ]  # fmt: skip
    parent, child = service.items_of(session, sample_id=sample_id)
    assert (parent.state, parent.site_id, parent.held_mg) == (ItemState.AT_LABORATORY, network.bench.id, 100)
    assert (child.parent_id, child.held_mg) == (parent.id, 17.5)


def test_the_item_row_agrees_with_the_fold_of_its_events(session: Session, network: Network) -> None:
    for item in service.items_of(session, sample_id=walk(network)):
        status = service.state_of(session, item_id=item.id)
        assert (item.state, item.site_id, item.held_ug) == (status.state, status.standing.site, status.held_ug)
        assert (item.events, item.head_event_id, item.conflict) == (status.events, status.head, False)


def test_the_balance_closes_over_the_tree(session: Session, network: Network) -> None:
    balance = service.balance(session, sample_id=walk(network))
    assert (balance.collected_ug, balance.held_ug, balance.consumed_ug) == (120_000, 117_500, 2_500)
    assert balance.difference_ug == 0


def test_no_more_is_taken_than_is_held(session: Session, network: Network) -> None:
    item = at_bench(network, mass_mg=10)
    service.consume(session, actor=network.chemist, item_id=item.id, mass_mg=9.999)
    with pytest.raises(TooMuchError) as refused:
        service.consume(session, actor=network.chemist, item_id=item.id, mass_mg=0.002)
    assert refused.value.message.params["held_mg"] == 0.001
    with pytest.raises(TooMuchError):
        service.aliquot(session, actor=network.chemist, item_id=item.id, mass_mg=0.002)
    assert service.state_of(session, item_id=item.id).held_ug == 1
    assert len(service.items_of(session, sample_id=item.sample_id)) == 1


def test_two_who_take_at_once_do_not_take_more_than_is_held(database: Database) -> None:
    with database.session() as session:
        network = Network(session)
        item_id = at_bench(network, mass_mg=10).id
    outcomes: list[str] = []

    def take() -> None:
        for _ in range(4):
            try:
                with database.session() as session:
                    service.consume(session, actor=network.chemist, item_id=item_id, mass_mg=1.5)
                outcomes.append("taken")
            except TooMuchError:
                outcomes.append("refused")

    threads = [Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.count("taken"), outcomes.count("refused")) == (6, 6)
    with database.reading() as session:
        assert service.state_of(session, item_id=item_id).held_ug == 1_000


def test_what_was_never_weighed_cannot_be_divided(session: Session, network: Network) -> None:
    item = at_bench(network, mass_mg=None)
    with pytest.raises(NotWeighedError):
        service.consume(session, actor=network.chemist, item_id=item.id, mass_mg=1)
    event(network, item, Action.STORED, actor=network.chemist, mass_mg=5, place="fridge 2")
    service.consume(session, actor=network.chemist, item_id=item.id, mass_mg=1)
    assert service.state_of(session, item_id=item.id).held_ug == 4_000


def test_a_second_weighing_is_compared_and_changes_no_books(session: Session, network: Network) -> None:
    item = at_bench(network, mass_mg=10)
    event(network, item, Action.STORED, actor=network.chemist, mass_mg=9.8)
    status = service.state_of(session, item_id=item.id)
    assert (status.held_ug, status.discrepancy_ug) == (10_000, -200)


@pytest.mark.parametrize("mass_mg", [-1, float("nan"), float("inf"), 1e12])
def test_what_is_no_mass_is_refused(network: Network, mass_mg: float) -> None:
    with pytest.raises(MassInvalidError):
        collect(network, mass_mg=mass_mg)


def test_only_a_sealed_item_travels_and_only_an_opened_one_is_divided(session: Session, network: Network) -> None:
    item = collect(network)
    with pytest.raises(NotSealedError):
        event(network, item, Action.HANDED_OVER)
    service.seal(session, actor=network.worker, item_id=item.id, seal_number="N-1")
    bench_worker = network.actor(Role.CHEMIST, network.north)
    with pytest.raises(SealedError):
        service.consume(session, actor=bench_worker, item_id=item.id, mass_mg=1)


def test_a_broken_seal_leaves_the_item_unsealed(session: Session, network: Network) -> None:
    item = collect(network)
    service.seal(session, actor=network.worker, item_id=item.id, seal_number="N-1")
    event(network, item, Action.HANDED_OVER)
    event(network, item, Action.RECEIVED, actor=network.chemist, to_site_id=network.bench.id, seal_state="broken")
    assert item.seal_number is None


def test_roles_hold_at_their_own_site(session: Session, network: Network) -> None:
    item = collect(network)
    with pytest.raises(ForbiddenError):
        service.seal(session, actor=network.chemist, item_id=item.id, seal_number="N-1")
    with pytest.raises(ForbiddenError):  # a worker does not open
        service.open_item(session, actor=network.worker, item_id=item.id)
    with pytest.raises(ForbiddenError):
        service.register_item(session, actor=network.worker, sample_id=network.sample(), site_id=network.south.id)


def test_nothing_is_returned_unless_the_network_declared_why(session: Session, network: Network) -> None:
    item = collect(network)
    with pytest.raises(ReturnOffError):
        event(network, item, Action.RETURNED)
    with pytest.raises(ForbiddenError):
        service.declare_return_basis(session, actor=network.worker, text="because")
    service.declare_return_basis(session, actor=network.administrator, text="Ministerial circular")
    event(network, item, Action.RETURNED)
    assert (item.state, item.held_ug) == (ItemState.RETURNED, 0)
    service.withdraw_return_basis(session, actor=network.administrator)
    with pytest.raises(ReturnOffError):
        event(network, collect(network), Action.RETURNED)


def test_what_is_destroyed_takes_all_that_is_left_and_stays_so(session: Session, network: Network) -> None:
    item = at_bench(network)
    service.consume(session, actor=network.chemist, item_id=item.id, mass_mg=1)
    event(network, item, Action.DESTROYED, actor=network.chemist, method="incineration", witness_id=network.account.id)
    balance = service.balance(session, sample_id=item.sample_id)
    assert (balance.destroyed_ug, balance.held_ug, balance.difference_ug) == (99_000, 0, 0)
    with pytest.raises(NotAllowedError):
        service.open_item(session, actor=network.chemist, item_id=item.id)


def test_what_is_lost_is_missing_until_found(session: Session, network: Network) -> None:
    item = collect(network)
    event(network, item, Action.LOST)
    assert service.balance(session, sample_id=item.sample_id).missing_ug == 100_000
    event(network, item, Action.FOUND, to_site_id=network.north.id)
    balance = service.balance(session, sample_id=item.sample_id)
    assert (balance.missing_ug, balance.held_ug, balance.difference_ug) == (0, 100_000, 0)
    assert item.state is ItemState.AT_SITE


def test_more_than_was_lost_is_not_found(network: Network) -> None:
    item = collect(network)
    event(network, item, Action.LOST)
    with pytest.raises(TooMuchError):
        event(network, item, Action.FOUND, to_site_id=network.north.id, amount_mg=100.001)


def test_a_handover_that_syncs_late_does_not_move_a_received_item_back(session: Session, network: Network) -> None:
    item = collect(network)
    collected = item.head_event_id
    event(network, item, Action.RECEIVED, actor=network.chemist, to_site_id=network.bench.id)
    assert item.state is ItemState.AT_LABORATORY
    sealed = event(network, item, Action.SEALED, seal_number="N-1", after=collected)
    event(network, item, Action.HANDED_OVER, after=sealed.id)
    assert item.state is ItemState.AT_LABORATORY
    assert item.conflict


def test_a_person_closes_a_fork(session: Session, network: Network) -> None:
    item = collect(network)
    collected = item.head_event_id
    received = event(network, item, Action.RECEIVED, actor=network.chemist, to_site_id=network.bench.id)
    event(network, item, Action.SEALED, seal_number="N-1", after=collected)
    service.resolve_conflict(session, actor=network.chemist, item_id=item.id, head_id=received.id, note="label swapped")
    assert (item.state, item.conflict) == (ItemState.AT_LABORATORY, False)
    off = [entry for entry in service.timeline(session, sample_id=item.sample_id) if not entry.on_main_line]
    assert [entry.action for entry in off] == [Action.SEALED]
    with pytest.raises(NotAllowedError):
        service.resolve_conflict(session, actor=network.chemist, item_id=item.id, head_id=received.id)


def test_the_weaker_branch_can_be_declared_the_true_one(session: Session, network: Network) -> None:
    item = collect(network)
    collected = item.head_event_id
    event(network, item, Action.RECEIVED, actor=network.chemist, to_site_id=network.bench.id)
    sealed = event(network, item, Action.SEALED, seal_number="N-1", after=collected)
    service.resolve_conflict(session, actor=network.worker, item_id=item.id, head_id=sealed.id)
    assert (item.state, item.site_id, item.conflict) == (ItemState.AT_SITE, network.north.id, False)


def test_an_event_sent_twice_is_recorded_once(session: Session, network: Network) -> None:
    item, key, device = collect(network), new_id(), new_id()
    details = {"id": key, "seal_number": "N-1", "occurred_at": NIGHT - timedelta(days=300), "device": device}
    first = event(network, item, Action.SEALED, device_seq=7, **details)
    again = event(network, item, Action.SEALED, device_seq=7, **details)
    assert first.seq == again.seq
    assert ledger.size(session) == 2
    with pytest.raises(EventDiffersError):
        event(network, item, Action.SEALED, device_seq=7, **(details | {"seal_number": "N-2"}))
    with pytest.raises(EventDiffersError):
        event(network, item, Action.SEALED, device_seq=7, **(details | {"id": new_id()}))


def test_an_aliquot_sent_twice_is_taken_once(session: Session, network: Network) -> None:
    item, child_id, key = at_bench(network), new_id(), new_id()
    for _ in range(2):
        child = service.aliquot(session, actor=network.chemist, item_id=item.id, mass_mg=5, child_id=child_id, id=key)
        assert child.id == child_id
    assert (item.held_ug, child.held_ug) == (95_000, 5_000)


def test_an_event_that_follows_an_unknown_one_waits_for_it(network: Network) -> None:
    with pytest.raises(AfterUnknownError):
        event(network, collect(network), Action.SEALED, seal_number="N-1", after=new_id())


def test_a_clock_that_runs_far_ahead_is_not_believed(network: Network) -> None:
    item = collect(network)
    with pytest.raises(EventInvalidError) as refused:
        event(network, item, Action.SEALED, seal_number="N-1", occurred_at=now() + timedelta(hours=1))
    assert refused.value.field == "occurred_at"


def test_moments_are_kept_to_the_second_in_utc(session: Session, network: Network) -> None:
    with frozen(NIGHT + timedelta(microseconds=999_999)):
        item = collect(network)
    entry = service.timeline(session, sample_id=item.sample_id)[0]
    assert (entry.occurred_at, entry.recorded_at) == (NIGHT, NIGHT)


@pytest.mark.parametrize(
    ("action", "details", "field"),
    [
        (Action.SEALED, {}, "seal_number"),
        (Action.SEALED, {"seal_number": "<script>"}, "seal_number"),
        (Action.RECEIVED, {}, "to"),
        (Action.SEALED, {"seal_number": "N-1", "mood": "good"}, "mood"),
        (Action.SEALED, {"seal_number": "N-1", "witness_id": "11111111-1111-4111-8111-111111111111"}, "witness_id"),
        (Action.STORED, {"occurred_at": "2026-07-01T10:00:00"}, "occurred_at"),
    ],
)
def test_an_event_needs_what_it_needs_and_takes_nothing_else(
    network: Network, action: Action, details: dict[str, object], field: str
) -> None:
    item = collect(network)
    anywhere = network.actor(Role.WORKER, network.north)
    with pytest.raises((EventInvalidError, ForbiddenError)) as refused:
        event(network, item, action, actor=anywhere, **details)
    assert refused.value.field in {field, None}
    assert service.state_of(network.session, item_id=item.id).events == 1


def test_an_event_cannot_begin_an_item_or_pack_it_on_the_side(network: Network) -> None:
    item = collect(network)
    for action in (Action.COLLECTED, Action.PACKED):
        with pytest.raises(NotAllowedError):
            event(network, item, action)


def test_unknown_items_and_sites_are_refused(session: Session, network: Network) -> None:
    with pytest.raises(ItemNotFoundError):
        service.state_of(session, item_id=new_id())
    everywhere = network.actor(Role.WORKER, network.north)
    item = collect(network)
    service.seal(session, actor=network.worker, item_id=item.id, seal_number="N-1")
    event(network, item, Action.HANDED_OVER)
    with pytest.raises((SiteUnknownError, ForbiddenError)):
        event(network, item, Action.RECEIVED, actor=everywhere, to_site_id=new_id())


def test_a_corrected_mass_counts_and_both_stay_readable(session: Session, network: Network) -> None:
    item = collect(network, mass_mg=1200)
    wrong = item.head_event_id
    event(network, item, Action.CORRECTED, corrects_id=wrong, mass_mg=120, note="typed a zero too much")
    assert item.held_ug == 120_000
    first, correction = service.timeline(session, sample_id=item.sample_id)
    assert (first.mass_mg, first.corrected_by_id) == (1200, correction.id)
    assert (correction.corrects_id, correction.texts) == (wrong, {"note": "typed a zero too much"})


def test_a_correction_cannot_take_away_what_was_used(session: Session, network: Network) -> None:
    item = at_bench(network, mass_mg=100)
    first = service.timeline(session, sample_id=item.sample_id)[0].id
    service.consume(session, actor=network.chemist, item_id=item.id, mass_mg=50)
    with pytest.raises(TooMuchError):
        event(network, item, Action.CORRECTED, actor=network.chemist, corrects_id=first, mass_mg=49)


def test_a_corrected_aliquot_is_corrected_in_both_items(session: Session, network: Network) -> None:
    item = at_bench(network, mass_mg=100)
    child = service.aliquot(session, actor=network.chemist, item_id=item.id, mass_mg=20)
    taken = session.get(Item, item.id)
    assert taken is not None
    event(network, item, Action.CORRECTED, actor=network.chemist, corrects_id=taken.head_event_id, amount_mg=2)
    assert (item.held_ug, child.held_ug) == (98_000, 2_000)
    assert service.balance(session, sample_id=item.sample_id).difference_ug == 0


def test_an_event_declared_erroneous_moves_nothing(session: Session, network: Network) -> None:
    item = collect(network)
    service.seal(session, actor=network.worker, item_id=item.id, seal_number="N-1")
    handed = event(network, item, Action.HANDED_OVER)
    event(network, item, Action.CORRECTED, corrects_id=handed.id, note="wrong item scanned")
    assert (item.state, item.seal_number) == (ItemState.AT_SITE, "N-1")


def test_corrections_that_would_leave_no_history_are_refused(session: Session, network: Network) -> None:
    item = at_bench(network)
    first = service.timeline(session, sample_id=item.sample_id)[0].id
    for details in ({"corrects_id": first}, {"corrects_id": new_id()}, {"corrects_id": first, "amount_mg": 3}, {}):
        with pytest.raises(CorrectionInvalidError):
            event(network, item, Action.CORRECTED, actor=network.chemist, **details)


def test_words_can_be_erased_and_the_log_still_holds(session: Session, network: Network) -> None:
    item = collect(network)
    service.seal(session, actor=network.worker, item_id=item.id, seal_number="N-1", note="said her name")
    stored = session.exec(select(CustodyText)).one()
    assert commitment(stored.salt, "said her name") == stored.commitment
    assert len(stored.salt) == 16
    assert not [body for body in ledger.bodies(session, range(2)).values() if b"her name" in body]
    erase(session, [stored.commitment])
    assert service.timeline(session, sample_id=item.sample_id)[1].texts == {"note": None}


def test_words_changed_behind_the_commitment_are_not_shown(session: Session, network: Network) -> None:
    item = collect(network)
    service.seal(session, actor=network.worker, item_id=item.id, seal_number="N-1", note="one gram")
    session.exec(select(CustodyText)).one().value = "two grams"
    session.flush()
    assert service.timeline(session, sample_id=item.sample_id)[1].texts == {"note": None}


@pytest.mark.parametrize("statement", ["update custody_event set item_seq = 9", "delete from custody_event"])
def test_the_database_refuses_to_change_or_delete_an_event(session: Session, network: Network, statement: str) -> None:
    collect(network)
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(sa.text(statement))


def test_an_event_points_at_its_entry_in_the_log(session: Session, network: Network) -> None:
    walk(network)
    for row in session.exec(select(CustodyEvent)):
        entry = session.get(ledger.LedgerEntry, row.seq)
        assert entry is not None
        assert entry.leaf_hash == row.leaf_hash
        assert str(row.id).encode() in entry.body


def test_a_replayed_registration_gives_the_same_item(session: Session, network: Network) -> None:
    sample_id, key = network.sample(), new_id()
    items = {
        service.register_item(session, actor=network.worker, sample_id=sample_id, site_id=network.north.id, id=key).id
        for _ in range(2)
    }
    assert len(items) == 1


def test_seal_states_are_those_of_the_field() -> None:
    assert [state.value for state in SealState] == ["intact", "broken", "missing"]
