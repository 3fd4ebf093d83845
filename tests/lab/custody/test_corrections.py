"""What was recorded wrongly is set right by a later event, and forks are closed; on both databases."""

import pytest
from sqlmodel import Session

from lab.custody import service
from lab.custody.errors import (
    CorrectionInvalidError,
    NotAllowedError,
    TooMuchError,
)
from lab.custody.models import Action, Item, ItemState
from lab.kit.ids import new_id
from tests.lab.custody.conftest import Network
from tests.lab.custody.counter import at_bench, collect, event


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
