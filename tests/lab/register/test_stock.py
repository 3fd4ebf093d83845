"""Deviations become tasks, destruction takes two, a hold forbids it, and limits warn before they are reached."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, select

from lab.custody import service
from lab.custody.errors import OnHoldError
from lab.custody.fold import fold
from lab.custody.models import Action, CustodyEvent, Item, ItemState, SealState
from lab.custody.recording import history
from lab.errors import ForbiddenError, LabError
from lab.kit.clock import frozen, now, today
from lab.network.access import Actor
from lab.network.models import Account, Role, RoleGrant
from lab.register import disposal, rules, settling, storage, tasks
from lab.register.errors import (
    BasisMissingError,
    DisposalEmptyError,
    DisposalTwiceError,
    OwnWitnessError,
    PlaceUnknownError,
    ReasonMissingError,
    SettlementInvalidError,
    TaskResolvedError,
)
from lab.register.models import CustodyTask, CustodyTaskKind, RetentionFrom, Settlement
from lab.register.rules import LimitIn, RouteIn, RulesIn
from lab.register.storage import Nearness, PlaceIn
from tests.lab.custody.conftest import Network


@pytest.fixture
def network(session: Session) -> Network:
    return Network(session)


@pytest.fixture
def desk(network: Network) -> Actor:
    return Actor(network.account.id, frozenset({(None, Role.COORDINATOR)}))


def at_bench(network: Network, mass_mg: float | None = 100) -> Item:
    """A container that came to the laboratory, opened."""
    both = Actor(network.account.id, frozenset({(None, Role.WORKER), (None, Role.CHEMIST)}))
    return service.register_item(
        network.session, actor=both, sample_id=network.sample(), site_id=network.bench.id, mass_mg=mass_mg
    )


def weigh(network: Network, item: Item, mass_mg: float) -> None:
    service.record_event(
        network.session, actor=network.chemist, item_id=item.id, action=Action.STORED, mass_mg=mass_mg
    )  # fmt: skip


def only(network: Network) -> CustodyTask:
    [task] = network.session.exec(select(CustodyTask)).all()
    return task


def test_a_difference_beyond_the_declared_tolerance_opens_one_task(network: Network, desk: Actor) -> None:
    rules.declare(network.session, actor=desk, site_id=None, data=RulesIn(tolerance_mg=0.5, basis="SOP 4"))
    within, beyond = at_bench(network), at_bench(network)
    weigh(network, within, 99.6)
    weigh(network, beyond, 99.4)
    assert tasks.examine(network.session) == 1
    assert tasks.examine(network.session) == 0
    task = only(network)
    assert (task.item_id, task.difference_ug, task.tolerance_ug) == (beyond.id, -600, 500)
    assert task.kind is CustodyTaskKind.MASS_DIFFERS


def test_without_a_declared_tolerance_every_difference_opens_a_task(network: Network) -> None:
    item = at_bench(network)
    weigh(network, item, 99.999)
    assert tasks.examine(network.session) == 1


def test_a_site_goes_by_its_own_tolerance(network: Network, desk: Actor) -> None:
    rules.declare(network.session, actor=desk, site_id=None, data=RulesIn(tolerance_mg=50, basis="SOP"))
    rules.declare(network.session, actor=desk, site_id=network.bench.id, data=RulesIn(tolerance_percent=1, basis="SOP"))
    assert rules.rules_for(network.session, site_id=network.bench.id).tolerance_of(100_000) == 1000
    assert rules.rules_for(network.session, site_id=network.north.id).tolerance_of(100_000) == 50_000
    with pytest.raises(BasisMissingError):
        rules.declare(network.session, actor=desk, site_id=None, data=RulesIn(tolerance_mg=1))


@pytest.mark.parametrize(
    ("way", "held_mg", "action"),
    [
        (Settlement.EXPLAINED, 100, None),
        (Settlement.USE_BOOKED, 90, Action.CONSUMED),
        (Settlement.BOOKS_CORRECTED, 90, Action.CORRECTED),
    ],
)
def test_a_task_is_settled_with_a_reason_and_what_sets_the_books_right(
    network: Network, way: Settlement, held_mg: float, action: Action | None
) -> None:
    item = at_bench(network)
    weigh(network, item, 90)
    tasks.examine(network.session)
    task = only(network)
    with pytest.raises(ReasonMissingError):
        settling.resolve(network.session, actor=network.chemist, task_id=task.id, reason=" ", settlement=way)
    settling.resolve(network.session, actor=network.chemist, task_id=task.id, reason="spilled", settlement=way)
    assert item.held_mg == held_mg
    event = network.session.get(CustodyEvent, task.correction_id) if task.correction_id else None
    assert (event.action if event else None) == action
    assert tasks.open_tasks(network.session, actor=network.chemist) == []
    with pytest.raises(TaskResolvedError):
        settling.resolve(network.session, actor=network.chemist, task_id=task.id, reason="again")


def test_an_aliquot_that_weighs_more_is_set_right_in_both_containers(network: Network) -> None:
    item = at_bench(network)
    part = service.aliquot(network.session, actor=network.chemist, item_id=item.id, mass_mg=20)
    weigh(network, part, 25)
    tasks.examine(network.session)
    with pytest.raises(SettlementInvalidError):
        settling.resolve(
            network.session, actor=network.chemist, task_id=only(network).id, reason="x",
            settlement=Settlement.USE_BOOKED,
        )  # fmt: skip
    settling.resolve(
        network.session, actor=network.chemist, task_id=only(network).id, reason="misread",
        settlement=Settlement.BOOKS_CORRECTED,
    )  # fmt: skip
    assert (item.held_mg, part.held_mg) == (75, 25)
    assert service.balance(network.session, sample_id=item.sample_id).difference_ug == 0


def test_a_parcel_overdue_lacking_and_too_full_opens_tasks(network: Network, desk: Actor) -> None:
    both = Actor(network.account.id, frozenset({(None, Role.WORKER), (None, Role.CHEMIST)}))
    items = [
        service.register_item(
            network.session, actor=both, sample_id=network.sample(), site_id=network.north.id, mass_mg=1
        )
        for _ in range(3)
    ]
    for number, item in enumerate(items):
        service.seal(network.session, actor=both, item_id=item.id, seal_number=f"N-{number}")
    parcel = service.pack(
        network.session, actor=both, item_ids=[one.id for one in items[:2]], seal_number="P-1",
        from_site_id=network.north.id, to_site_id=network.bench.id, legal_basis="circular",
    )  # fmt: skip
    service.hand_over_parcel(network.session, actor=both, parcel_id=parcel.id)
    with frozen(now() + timedelta(hours=6)):
        assert tasks.examine(network.session) == 0  # nobody declared how long it may take
        route = RouteIn(
            from_site_id=network.north.id, to_site_id=network.bench.id, judicial_district="Leuven", hours=5
        )  # fmt: skip
        rules.add_route(network.session, actor=desk, data=route)
        assert tasks.examine(network.session) == 1
    service.receive_parcel(
        network.session, actor=both, parcel_id=parcel.id, received_item_ids=[items[0].id, items[2].id],
        seal_state=SealState.BROKEN, item_seal_states={items[0].id: SealState.MISSING},
    )  # fmt: skip
    tasks.examine(network.session)
    kinds = sorted(task.kind for task in network.session.exec(select(CustodyTask)))
    assert kinds == ["missing", "overdue", "seal_broken", "seal_broken", "unexpected"]


def second(network: Network) -> Actor:
    """Another account at the bench."""
    other = Account(email="second@example.org", display_name="y")
    network.session.add(other)
    network.session.flush()
    return Actor(other.id, frozenset({(network.bench.id, Role.CHEMIST)}))


def chemist(network: Network) -> Actor:
    network.session.add(RoleGrant(account_id=network.account.id, site_id=network.bench.id, role=Role.CHEMIST))
    network.session.flush()
    return network.chemist


def test_destruction_takes_two_and_is_whole_or_not_at_all(network: Network) -> None:
    actor, witness = chemist(network), second(network)
    items = [at_bench(network), at_bench(network)]
    ids = [item.id for item in items]
    asked = disposal.propose(
        network.session, actor=actor, site_id=network.bench.id, item_ids=ids, method="incineration", place="oven 2"
    )  # fmt: skip
    assert {item.state for item in items} == {ItemState.AT_LABORATORY}
    with pytest.raises(OwnWitnessError):
        disposal.confirm(network.session, actor=actor, disposal_id=asked.id)
    with pytest.raises(DisposalTwiceError):
        disposal.propose(
            network.session, actor=actor, site_id=network.bench.id, item_ids=ids[:1], method="x", place="y"
        )  # fmt: skip
    disposal.confirm(network.session, actor=witness, disposal_id=asked.id)
    assert {item.state for item in items} == {ItemState.DESTROYED}
    last = history(network.session, ids[0])[-1]
    assert (last.actor, last.witness, last.place, last.amount_ug) == (
        actor.account_id, witness.account_id, "oven 2", 100_000,
    )  # fmt: skip
    with pytest.raises(DisposalEmptyError):
        disposal.propose(network.session, actor=actor, site_id=network.bench.id, item_ids=ids, method="x", place="y")


def test_a_hold_on_one_container_forbids_destroying_any_of_the_sample(network: Network, desk: Actor) -> None:
    actor, witness = chemist(network), second(network)
    item = at_bench(network)
    part = service.aliquot(network.session, actor=actor, item_id=item.id, mass_mg=5)
    asked = disposal.propose(
        network.session, actor=actor, site_id=network.bench.id, item_ids=[part.id], method="x", place="y"
    )  # fmt: skip
    with pytest.raises(ForbiddenError):
        storage.hold(network.session, actor=actor, item_id=item.id, basis="parquet")
    storage.hold(network.session, actor=desk, item_id=item.id, basis="parquet 12/26")
    assert fold(history(network.session, item.id)).on_hold
    refused(lambda: disposal.confirm(network.session, actor=witness, disposal_id=asked.id), OnHoldError)
    refused(
        lambda: service.record_event(network.session, actor=actor, item_id=part.id, action=Action.DESTROYED),
        OnHoldError,
    )
    assert fold(history(network.session, part.id)).state is ItemState.AT_LABORATORY
    storage.release(network.session, actor=desk, item_id=part.id, basis="parquet 12/26, closed")
    disposal.confirm(network.session, actor=witness, disposal_id=asked.id)
    assert part.state is ItemState.DESTROYED


def refused(action: Callable[[], object], error: type[LabError]) -> None:
    with pytest.raises(error):
        action()


def test_a_container_lies_where_it_was_put_until_it_leaves(network: Network) -> None:
    item = at_bench(network)
    refused(lambda: put(network, item.id, "SAFE-1"), PlaceUnknownError)
    storage.add_place(
        network.session, actor=network.chemist, site_id=network.bench.id, data=PlaceIn(code="SAFE-1", name="safe")
    )  # fmt: skip
    put(network, item.id, "SAFE-1")
    assert item.place == "SAFE-1"
    weigh(network, item, 100)
    assert item.place == "SAFE-1"
    service.record_event(network.session, actor=network.chemist, item_id=item.id, action=Action.LOST)
    assert item.place is None


def put(network: Network, item_id: UUID, place: str) -> None:
    storage.store(network.session, actor=network.chemist, item_id=item_id, place=place)


def test_remainders_are_due_by_the_declared_rule_alone(network: Network, desk: Actor) -> None:
    item = at_bench(network)
    [kept] = storage.kept_at(network.session, actor=network.chemist, site_id=network.bench.id)
    assert kept.due_on is None
    data = RulesIn(retention_days=1, retention_from=RetentionFrom.COLLECTED, basis="decision 3")
    rules.declare(network.session, actor=desk, site_id=None, data=data)
    [kept] = storage.kept_at(network.session, actor=network.chemist, site_id=network.bench.id)
    assert kept.item.id == item.id
    assert kept.is_due is (kept.sample.collected_on + timedelta(days=1) <= today())


def test_a_limit_warns_before_it_is_reached(network: Network, desk: Actor) -> None:
    limit = LimitIn(site_id=network.bench.id, limit_mg=1000, warn_percent=80, basis="permit 7")
    rules.set_limit(network.session, actor=desk, data=limit)
    seen = []
    for mass_mg in (700, None, 100, 300):
        at_bench(network, mass_mg)
        [one] = storage.standing_of(network.session, site_id=network.bench.id)
        seen.append((one.nearness, one.unweighed))
    assert seen == [(Nearness.BELOW, 0), (Nearness.BELOW, 1), (Nearness.NEAR, 1), (Nearness.OVER, 1)]
