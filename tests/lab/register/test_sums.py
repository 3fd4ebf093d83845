"""Little by little is seen too: weighings that are within the tolerance one by one, and not when added up."""

import pytest
from sqlmodel import Session, select

from lab.custody import service
from lab.custody.models import Action, Item, SealState
from lab.network.access import Actor
from lab.network.models import Role
from lab.register import rules, settling, storage, tasks
from lab.register.balances import parcel_masses, place_masses
from lab.register.models import CustodyTask, CustodyTaskKind, Settlement
from lab.register.rules import RulesIn
from lab.register.storage import PlaceIn
from tests.lab.custody.conftest import Network


@pytest.fixture
def network(session: Session) -> Network:
    """One that allows a weighing to be off by one milligram."""
    network = Network(session)
    desk = Actor(network.account.id, frozenset({(None, Role.COORDINATOR)}))
    rules.declare(session, actor=desk, site_id=None, data=RulesIn(tolerance_mg=1, basis="SOP 7"))
    return network


@pytest.fixture
def both(network: Network) -> Actor:
    return Actor(network.account.id, frozenset({(None, Role.WORKER), (None, Role.CHEMIST)}))


def found(network: Network) -> list[CustodyTask]:
    tasks.examine(network.session)
    return list(network.session.exec(select(CustodyTask)).all())


def weigh(network: Network, item: Item, mass_mg: float, place: str | None = None) -> None:
    service.record_event(
        network.session, actor=network.chemist, item_id=item.id, action=Action.STORED, mass_mg=mass_mg,
        **({"place": place} if place else {}),
    )  # fmt: skip


def at_bench(network: Network, both: Actor, mass_mg: float = 100) -> Item:
    return service.register_item(
        network.session, actor=both, sample_id=network.sample(), site_id=network.bench.id, mass_mg=mass_mg
    )


def test_the_parts_of_a_sample_are_weighed_together(network: Network, both: Actor) -> None:
    item = at_bench(network, both)
    parts = [service.aliquot(network.session, actor=both, item_id=item.id, mass_mg=20) for _ in range(3)]
    for part in parts[:2]:
        weigh(network, part, 19.6)
    assert found(network) == []  # 0.4 and 0.4
    weigh(network, parts[2], 19.6)
    [task] = found(network)
    assert (task.kind, task.difference_ug, task.tolerance_ug) == (CustodyTaskKind.SUM_DIFFERS, -1200, 1000)
    assert settling.possible(task) == (Settlement.EXPLAINED,)  # no one entry is the wrong one
    weigh(network, item, 39.9)
    assert len(found(network)) == 1  # told once, until somebody has looked
    settling.resolve(network.session, actor=both, task_id=task.id, reason="sticks to the vials")
    weigh(network, item, 39.8)
    assert len(found(network)) == 2


def test_what_is_off_by_itself_is_told_once(network: Network, both: Actor) -> None:
    item = at_bench(network, both)
    part = service.aliquot(network.session, actor=both, item_id=item.id, mass_mg=20)
    weigh(network, item, 79.5)
    weigh(network, part, 15)
    assert [task.kind for task in found(network)] == [CustodyTaskKind.MASS_DIFFERS]


def test_a_place_is_balanced_over_all_its_containers(network: Network, both: Actor) -> None:
    for code in ("SAFE-1", "SAFE-2"):
        storage.add_place(network.session, actor=both, site_id=network.bench.id, data=PlaceIn(code=code, name="safe"))
    for _ in range(3):
        weigh(network, at_bench(network, both), 99.6, "SAFE-1")
    weigh(network, at_bench(network, both), 99.6, "SAFE-2")
    at_bench(network, both)
    rows = place_masses(network.session, actor=both, site_id=network.bench.id)
    assert [(row.place, row.containers, row.held_ug, row.total.difference_ug, row.total.differs) for row in rows] == [
        ("SAFE-1", 3, 300_000, -1200, True), ("SAFE-2", 1, 100_000, -400, False), (None, 1, 100_000, 0, False),
    ]  # fmt: skip
    [task] = found(network)
    assert (task.kind, task.text, task.item_id) == (CustodyTaskKind.SUM_DIFFERS, "SAFE-1", None)


def test_a_parcel_is_balanced_as_packed_and_as_it_came(network: Network, both: Actor) -> None:
    session, items = network.session, []
    for number in range(4):
        mass_mg = None if number == 3 else 10
        items.append(
            service.register_item(
                session, actor=both, sample_id=network.sample(), site_id=network.north.id, mass_mg=mass_mg
            )
        )
        service.seal(session, actor=both, item_id=items[-1].id, seal_number=f"N-{number}")
    parcel = service.pack(
        session, actor=both, item_ids=[item.id for item in items], seal_number="P-1",
        from_site_id=network.north.id, to_site_id=network.bench.id, legal_basis="circular",
    )  # fmt: skip
    service.hand_over_parcel(session, actor=both, parcel_id=parcel.id)
    for item in items[:2]:
        service.record_event(
            session, actor=both, item_id=item.id, action=Action.RECEIVED, to_site_id=network.bench.id,
            parcel_id=parcel.id, mass_mg=9.4,
        )  # fmt: skip
    service.receive_parcel(session, actor=both, parcel_id=parcel.id, received_item_ids=[], seal_state=SealState.INTACT)
    masses = parcel_masses(session, parcel)
    assert (masses.packed_ug, masses.unweighed, masses.missing_ug) == (30_000, 1, 30_000)
    assert masses.weighed == {item.id: 9400 for item in items[:2]}
    assert (masses.total.difference_ug, masses.total.differs) == (-1200, True)
    assert CustodyTaskKind.SUM_DIFFERS in {task.kind for task in found(network)}
