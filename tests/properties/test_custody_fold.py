"""Whatever happens to an item, the fold gives one answer, and late news never moves it back."""

from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from lab.custody.body import Event
from lab.custody.fold import fold
from lab.custody.models import Action, ItemState
from lab.custody.transitions import REACH_IN_HAND, reach

MOMENT = datetime(2026, 7, 1, tzinfo=UTC)
ITEM, SAMPLE, ACTOR = UUID(int=1), UUID(int=2), UUID(int=3)
SITES = [UUID(int=10), UUID(int=11), UUID(int=12)]  # the last one is a laboratory
LATER = [action for action in Action if action not in {Action.COLLECTED, Action.ALIQUOTED}]
STEPS = st.lists(
    st.tuples(st.sampled_from(LATER), st.integers(0, 10**6), st.sampled_from(range(3)), st.integers(0, 500)),
    max_size=25,
)


def make(seq: int, action: Action, after: UUID | None, site: int, amount_ug: int | None) -> Event:
    arrives = after is None or reach(action) == REACH_IN_HAND
    takes = action in {Action.CONSUMED, Action.LOST, Action.DESTROYED, Action.RETURNED, Action.FOUND}
    return Event(
        seq=seq, id=UUID(int=100 + seq), sample=SAMPLE, item=ITEM, item_seq=seq + 1, action=action, actor=ACTOR,
        occurred_at=MOMENT, recorded_at=MOMENT, after=after,
        to_site=SITES[site] if arrives else None, to_laboratory=arrives and site == 2,
        seal_number="N-1" if action is Action.SEALED else None,
        entered_ug=10_000 if after is None else None, amount_ug=amount_ug if takes else None,
        corrects=after if action is Action.CORRECTED and amount_ug and amount_ug % 2 else None,
        joins=() if action is not Action.CORRECTED or not amount_ug or amount_ug % 2 else (UUID(int=99),),
    )  # fmt: skip


def history(steps: list[tuple[Action, int, int, int]], *, straight: bool = False) -> list[Event]:
    """Events of which each follows a random earlier one, or the one before it."""
    events = [make(0, Action.COLLECTED, None, 0, None)]
    for action, choice, site, amount_ug in steps:
        after = events[-1] if straight else events[choice % len(events)]
        if action is Action.CORRECTED and after.after is None:
            continue  # the service refuses to void a beginning
        events.append(make(len(events), action, after.id, site, amount_ug))
    return events


@given(STEPS, st.randoms(use_true_random=False))
def test_every_device_that_has_all_events_sees_the_same(
    steps: list[tuple[Action, int, int, int]], random: Random
) -> None:
    events = history(steps)
    shuffled = random.sample(events, len(events))
    assert fold(shuffled) == fold(events)


@given(STEPS)
def test_the_books_lose_nothing(steps: list[tuple[Action, int, int, int]]) -> None:
    books = fold(history(steps)).books
    out = books.aliquoted_ug + books.consumed_ug + books.destroyed_ug + books.returned_ug + books.lost_ug
    assert books.entered_ug + books.found_ug == out + books.held_ug


@given(STEPS)
def test_the_main_line_is_one_past_from_the_beginning_to_a_head(steps: list[tuple[Action, int, int, int]]) -> None:
    events = {event.id: event for event in history(steps)}
    status = fold(events.values())
    line = status.main_line
    assert all(events[later].after == earlier for earlier, later in pairwise(line))
    assert events[line[0]].after is None
    assert status.head in status.heads


@given(STEPS)
def test_a_history_without_forks_is_no_conflict(steps: list[tuple[Action, int, int, int]]) -> None:
    assert not fold(history(steps, straight=True)).conflict


@given(STEPS, st.lists(st.sampled_from([Action.SEALED, Action.HANDED_OVER, Action.DISPATCHED]), min_size=1, max_size=4),
       st.integers(0, 10**6))  # fmt: skip
def test_sending_that_syncs_late_never_moves_a_received_item_back(
    steps: list[tuple[Action, int, int, int]], late: list[Action], choice: int
) -> None:
    events = history([step for step in steps if step[0] is not Action.CORRECTED], straight=True)
    arrivals = [event for event in events[1:] if reach(event.action) == REACH_IN_HAND]
    if not arrivals:
        return
    before = fold(events)
    known = next(event.after for event in arrivals[choice % len(arrivals) :])
    for action in late:  # a device that last heard of the item before it arrived
        events.append(make(len(events), action, known, 0, None))
        known = events[-1].id
    after = fold(events)
    assert (after.state, after.standing) == (before.state, before.standing)
    assert after.conflict
    assert after.state is not ItemState.IN_TRANSIT or before.state is ItemState.IN_TRANSIT
