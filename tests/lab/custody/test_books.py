"""The books of items: what is held, taken, lost and found; on both databases."""

from threading import Thread

import pytest
from sqlmodel import Session

from lab.custody import service
from lab.custody.errors import (
    MassInvalidError,
    NotAllowedError,
    NotWeighedError,
    TooMuchError,
)
from lab.custody.models import Action, ItemState
from lab.kit.db import Database
from tests.lab.custody.conftest import Network
from tests.lab.custody.counter import at_bench, collect, event
from tests.lab.custody.walks import walk


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
