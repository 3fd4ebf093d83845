"""What may happen to an item in which state, who may do it, and where it is then. Data, and one look-up."""

from dataclasses import dataclass
from enum import StrEnum

from lab.custody.models import Action, ItemState
from lab.network.access import Permission


class Guard(StrEnum):
    """What must hold besides the state."""

    NONE = "none"
    SEALED = "sealed"  # material travels under a seal only
    OPEN = "open"  # nothing is taken out through a seal
    RETURN_BASIS = "return_basis"  # the network has declared why it may give material back


class Next(StrEnum):
    """A next state that the table cannot name: the same one, or the one of the site where the item now is."""

    SAME = "same"
    PLACE = "place"  # at_laboratory when the site is a laboratory, at_site when it is not


@dataclass(frozen=True)
class Transition:
    """One row of the table. ``state`` None: the item does not exist yet."""

    state: ItemState | None
    action: Action
    permission: Permission
    guard: Guard
    next: ItemState | Next


_COUNTER, _BENCH, _DESK = Permission.CUSTODY_HANDLE, Permission.CUSTODY_LABORATORY, Permission.NETWORK_COORDINATE
_SITE, _TRANSIT, _LABORATORY = ItemState.AT_SITE, ItemState.IN_TRANSIT, ItemState.AT_LABORATORY


def _at_place(state: ItemState, sending: Action) -> tuple[Transition, ...]:
    """What may happen where somebody has the item in hand. ``sending`` is how it leaves from there."""
    return (
        Transition(state, Action.SEALED, _COUNTER, Guard.NONE, Next.SAME),
        Transition(state, Action.PACKED, _COUNTER, Guard.SEALED, Next.SAME),
        Transition(state, sending, _COUNTER, Guard.SEALED, ItemState.IN_TRANSIT),
        Transition(state, Action.OPENED, _BENCH, Guard.NONE, Next.SAME),
        Transition(state, Action.ALIQUOTED, _BENCH, Guard.OPEN, Next.SAME),
        Transition(state, Action.CONSUMED, _BENCH, Guard.OPEN, Next.SAME),
        Transition(state, Action.STORED, _COUNTER, Guard.NONE, Next.SAME),
        Transition(state, Action.RETURNED, _COUNTER, Guard.RETURN_BASIS, ItemState.RETURNED),
        Transition(state, Action.DESTROYED, _BENCH, Guard.NONE, ItemState.DESTROYED),
        Transition(state, Action.LOST, _COUNTER, Guard.NONE, ItemState.LOST),
    )


TRANSITIONS: tuple[Transition, ...] = (
    Transition(None, Action.COLLECTED, Permission.SAMPLE_REGISTER, Guard.NONE, Next.PLACE),
    Transition(None, Action.ALIQUOTED, _BENCH, Guard.NONE, Next.PLACE),  # the new item's own first event
    *_at_place(_SITE, Action.HANDED_OVER),
    *_at_place(_LABORATORY, Action.DISPATCHED),
    # Whoever receives may not have heard of the handover yet, because its device has not synced: what lies on
    # the bench is a fact all the same.
    Transition(_SITE, Action.RECEIVED, _COUNTER, Guard.NONE, Next.PLACE),
    Transition(_TRANSIT, Action.HANDED_OVER, _COUNTER, Guard.SEALED, ItemState.IN_TRANSIT),  # from courier to courier
    Transition(_TRANSIT, Action.RECEIVED, _COUNTER, Guard.NONE, Next.PLACE),
    Transition(_TRANSIT, Action.REFUSED, _COUNTER, Guard.NONE, ItemState.IN_TRANSIT),  # whoever carries it keeps it
    Transition(_TRANSIT, Action.LOST, _COUNTER, Guard.NONE, ItemState.LOST),
    Transition(ItemState.LOST, Action.FOUND, _COUNTER, Guard.NONE, Next.PLACE),
    *(Transition(state, Action.CORRECTED, _COUNTER, Guard.NONE, Next.SAME) for state in ItemState),
    # A hold forbids destroying and giving back, for every container of the sample: see ``HELD_BACK``.
    *(
        Transition(state, action, _DESK, Guard.NONE, Next.SAME)
        for state in (_SITE, _TRANSIT, _LABORATORY, ItemState.LOST)
        for action in (Action.HELD, Action.RELEASED)
    ),
)

_BY_KEY = {(row.state, row.action): row for row in TRANSITIONS}
FINAL = frozenset({ItemState.RETURNED, ItemState.DESTROYED})
HELD_BACK = frozenset({Action.RETURNED, Action.DESTROYED})  # what a legal hold on any container of the sample forbids


def find(state: ItemState | None, action: Action) -> Transition | None:
    """The row for this action in this state; None when it is not allowed."""
    return _BY_KEY.get((state, action))


# How far an action takes an item. Where a history forks, the branch that got furthest tells where the item is:
# who received it has it in hand, whatever a device that syncs later says about sending it.
REACH_SENT, REACH_IN_HAND, REACH_GONE = 1, 2, 3
_REACH = {
    Action.HANDED_OVER: REACH_SENT,
    Action.DISPATCHED: REACH_SENT,
    Action.LOST: REACH_SENT,
    Action.RECEIVED: REACH_IN_HAND,
    Action.FOUND: REACH_IN_HAND,
    Action.RETURNED: REACH_GONE,
    Action.DESTROYED: REACH_GONE,
}


def reach(action: Action) -> int:
    """0 where the item does not move, 1 sent or lost, 2 in somebody's hands again, 3 gone for good."""
    return _REACH.get(action, 0)


def next_state(state: ItemState | None, action: Action, *, place: ItemState) -> ItemState:
    """The state after ``action``, for any state: a fold must not fail on a history that people got wrong.

    ``place`` is the state of the site where the item is after the action.
    """
    row = find(state, action) or next(row for row in TRANSITIONS if row.action is action)
    if row.next is Next.PLACE:
        return place
    if isinstance(row.next, ItemState):
        return row.next
    return place if state is None else state
