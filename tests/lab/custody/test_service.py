"""What people do with items, on both databases."""

import pytest
from sqlmodel import Session

from lab.custody import service
from lab.custody.errors import (
    NotSealedError,
    ReturnOffError,
    SealedError,
)
from lab.custody.models import Action, ItemState, SealState
from lab.errors import ForbiddenError
from lab.kit.ids import new_id
from lab.network.models import Role
from tests.lab.custody.conftest import Network
from tests.lab.custody.counter import collect, event
from tests.lab.custody.walks import walk


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


def test_a_handover_that_syncs_late_does_not_move_a_received_item_back(session: Session, network: Network) -> None:
    item = collect(network)
    collected = item.head_event_id
    event(network, item, Action.RECEIVED, actor=network.chemist, to_site_id=network.bench.id)
    assert item.state is ItemState.AT_LABORATORY
    sealed = event(network, item, Action.SEALED, seal_number="N-1", after=collected)
    event(network, item, Action.HANDED_OVER, after=sealed.id)
    assert item.state is ItemState.AT_LABORATORY
    assert item.conflict


def test_a_replayed_registration_gives_the_same_item(session: Session, network: Network) -> None:
    sample_id, key = network.sample(), new_id()
    items = {
        service.register_item(session, actor=network.worker, sample_id=sample_id, site_id=network.north.id, id=key).id
        for _ in range(2)
    }
    assert len(items) == 1


def test_seal_states_are_those_of_the_field() -> None:
    assert [state.value for state in SealState] == ["intact", "broken", "missing"]
