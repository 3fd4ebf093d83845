"""State from the causal order, books from sums: small histories with the answer worked out by hand."""

from datetime import UTC, datetime
from itertools import permutations
from uuid import UUID, uuid4

import pytest

from lab.custody.body import BodyError, Event
from lab.custody.fold import books, fold, standing_after
from lab.custody.models import Action, ItemState, SealState
from lab.custody.transitions import FINAL, TRANSITIONS, Next, find, next_state, reach
from lab.network.access import GRANTS
from lab.network.models import Role

ITEM, SAMPLE, ACTOR, FIELD, BENCH = (uuid4() for _ in range(5))
MOMENT = datetime(2026, 7, 1, tzinfo=UTC)


class History:
    """Builds events one after the other."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, action: Action, after: UUID | None = None, **members: object) -> UUID:
        seq = len(self.events)
        event = Event(
            seq=seq, id=uuid4(), sample=SAMPLE, item=ITEM, item_seq=seq + 1, action=action, actor=ACTOR,
            occurred_at=MOMENT, recorded_at=MOMENT, after=after, **members,  # type: ignore[arg-type]  # by name
        )  # fmt: skip
        self.events.append(event)
        return event.id

    def begin(self, entered_ug: int | None = 1000) -> UUID:
        return self.add(Action.COLLECTED, to_site=FIELD, entered_ug=entered_ug)

    def receive(self, after: UUID) -> UUID:
        return self.add(Action.RECEIVED, after, to_site=BENCH, to_laboratory=True)


@pytest.fixture
def history() -> History:
    return History()


def test_a_straight_history_ends_where_its_last_event_leaves_it(history: History) -> None:
    sealed = history.add(Action.SEALED, history.begin(), seal_number="N-1")
    handed = history.add(Action.HANDED_OVER, sealed)
    assert fold(history.events).state is ItemState.IN_TRANSIT
    history.receive(handed)
    status = fold(history.events)
    assert (status.state, status.standing.site, status.standing.seal_number) == (ItemState.AT_LABORATORY, BENCH, "N-1")
    assert not status.conflict


def test_the_order_in_which_events_are_given_does_not_matter(history: History) -> None:
    first = history.begin()
    history.receive(first)
    history.add(Action.HANDED_OVER, history.add(Action.SEALED, first, seal_number="N-1"))
    expected = fold(history.events)
    assert all(fold(order) == expected for order in permutations(history.events))


@pytest.mark.parametrize("received_first", [True, False])
def test_who_received_it_has_it_whichever_branch_arrived_first(history: History, received_first: bool) -> None:
    first = history.begin()
    if received_first:
        history.receive(first)
    history.add(Action.HANDED_OVER, history.add(Action.SEALED, first, seal_number="N-1"))
    if not received_first:
        history.receive(first)
    status = fold(history.events)
    assert (status.state, status.conflict, len(status.heads)) == (ItemState.AT_LABORATORY, True, 2)


def test_between_equal_branches_the_first_that_arrived_tells_where_the_item_is(history: History) -> None:
    first = history.begin()
    history.add(Action.SEALED, first, seal_number="first")
    history.add(Action.SEALED, first, seal_number="second")
    assert fold(history.events).standing.seal_number == "first"


def test_a_join_makes_its_branch_the_true_one(history: History) -> None:
    first = history.begin()
    received = history.receive(first)
    sealed = history.add(Action.SEALED, first, seal_number="N-1")
    history.add(Action.CORRECTED, sealed, joins=(received,))
    status = fold(history.events)
    assert (status.state, status.conflict) == (ItemState.AT_SITE, False)


def test_an_event_declared_erroneous_is_passed_over(history: History) -> None:
    handed = history.add(Action.HANDED_OVER, history.add(Action.SEALED, history.begin(), seal_number="N-1"))
    history.add(Action.CORRECTED, handed, corrects=handed)
    assert fold(history.events).state is ItemState.AT_SITE


def test_the_past_of_an_event_is_its_own_branch(history: History) -> None:
    first = history.begin()
    history.receive(first)
    sealed = history.add(Action.SEALED, first, seal_number="N-1")
    assert standing_after(history.events, sealed).state is ItemState.AT_SITE


@pytest.mark.parametrize("seal_state", [SealState.BROKEN, SealState.MISSING])
def test_a_seal_found_broken_seals_nothing(history: History, seal_state: SealState) -> None:
    sealed = history.add(Action.SEALED, history.begin(), seal_number="N-1")
    history.add(Action.RECEIVED, sealed, to_site=BENCH, to_laboratory=True, seal_state=seal_state)
    assert fold(history.events).standing.seal_number is None


def test_books_are_sums_over_all_branches(history: History) -> None:
    first = history.begin(1000)
    history.add(Action.CONSUMED, first, amount_ug=100)
    history.add(Action.CONSUMED, first, amount_ug=30)
    taken = history.add(Action.ALIQUOTED, first, amount_ug=200, child=uuid4())
    assert books(history.events).held_ug == 670
    history.add(Action.CORRECTED, taken, corrects=taken, amount_ug=20)
    assert books(history.events).held_ug == 850
    history.add(Action.CORRECTED, taken, corrects=taken, amount_ug=25)  # the last correction counts
    assert books(history.events).held_ug == 845


def test_a_voided_amount_is_not_taken(history: History) -> None:
    consumed = history.add(Action.CONSUMED, history.begin(1000), amount_ug=100)
    history.add(Action.CORRECTED, consumed, corrects=consumed)
    assert books(history.events).held_ug == 1000


def test_what_was_never_weighed_holds_an_unknown_mass(history: History) -> None:
    history.begin(None)
    assert fold(history.events).held_ug is None


def test_an_arrival_without_a_place_is_no_history(history: History) -> None:
    history.add(Action.RECEIVED, history.begin())
    with pytest.raises(BodyError):
        fold(history.events)


def test_every_action_has_a_row_and_no_row_stands_twice() -> None:
    assert {row.action for row in TRANSITIONS} == set(Action)
    assert len({(row.state, row.action) for row in TRANSITIONS}) == len(TRANSITIONS)


def test_what_is_gone_for_good_can_only_be_corrected() -> None:
    for state in FINAL:
        assert [row.action for row in TRANSITIONS if row.state is state] == [Action.CORRECTED]


def test_every_permission_of_the_table_is_held_by_some_role() -> None:
    held = set().union(*(GRANTS[role] for role in Role))
    assert {row.permission for row in TRANSITIONS} <= held


def test_the_next_state_is_defined_for_every_state_and_action() -> None:
    for state in ItemState:
        for action in Action:
            after = next_state(state, action, place=ItemState.AT_SITE)
            row = find(state, action)
            if row is not None and row.next is Next.SAME:
                assert after is state


def test_every_state_can_be_reached() -> None:
    states: set[ItemState | None] = {None}
    for _ in TRANSITIONS:
        for row in TRANSITIONS:
            if row.state in states:
                places = (ItemState.AT_SITE, ItemState.AT_LABORATORY)
                states |= {next_state(row.state, row.action, place=place) for place in places}
    assert states == {None, *ItemState}


def test_being_received_reaches_further_than_being_sent() -> None:
    assert reach(Action.SEALED) < reach(Action.HANDED_OVER) == reach(Action.DISPATCHED) < reach(Action.RECEIVED)
    assert reach(Action.RECEIVED) < reach(Action.DESTROYED)
