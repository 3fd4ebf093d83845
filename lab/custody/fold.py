"""From an item's events to where it is and what it holds. Pure: the same events give the same answer everywhere.

State follows the causal order (each event's ``after``), never the order of arrival; the books are sums, which
no order can change. Where two events follow the same one the history forks: that is a conflict for a person,
closed by a correction that follows one end and joins the other. Until then the branch that took the item
furthest tells where it is (:func:`lab.custody.transitions.reach`); between equals, the one that arrived first.
A branch that only tells late how the item came to where it had been received meanwhile contradicts nothing, and
is no conflict (:func:`_told_late`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from lab.custody.body import BodyError, Event
from lab.custody.models import Action, ItemState, SealState
from lab.custody.transitions import REACH_IN_HAND, next_state, reach

_TAKES_OUT = frozenset({Action.ALIQUOTED, Action.CONSUMED, Action.DESTROYED, Action.RETURNED, Action.LOST})


@dataclass(frozen=True)
class Standing:
    """Where an item is after one event, going back along that event's own past."""

    state: ItemState
    site: UUID
    laboratory: bool
    seal_number: str | None
    place: str | None = None  # of storage, where somebody said so since it came


@dataclass(frozen=True)
class Books:
    """What came into an item and where it went, in micrograms. Always ``entered + found`` = all the others."""

    entered_ug: int = 0
    aliquoted_ug: int = 0
    consumed_ug: int = 0
    destroyed_ug: int = 0
    returned_ug: int = 0
    lost_ug: int = 0
    found_ug: int = 0
    weighed: bool = False  # False: nothing ever entered, the mass is unknown

    @property
    def held_ug(self) -> int:
        gone = self.aliquoted_ug + self.consumed_ug + self.destroyed_ug + self.returned_ug + self.lost_ug
        return self.entered_ug + self.found_ug - gone

    @property
    def missing_ug(self) -> int:
        return self.lost_ug - self.found_ug


@dataclass(frozen=True)
class ItemStatus:
    """An item as its events tell it."""

    item: UUID
    sample: UUID
    standing: Standing
    books: Books
    head: UUID  # the event that the standing rests on
    heads: tuple[UUID, ...]  # every event that nothing follows
    told_late: tuple[UUID, ...]  # those of them that end a branch of sending that agrees with what followed
    main_line: tuple[UUID, ...]  # from the first event to ``head``
    events: int
    discrepancy_ug: int | None  # last weighing less the books at that moment; None when weighed once or never
    on_hold: bool = False  # an authority's hold was placed and not released

    @property
    def state(self) -> ItemState:
        return self.standing.state

    @property
    def conflict(self) -> bool:
        return len(self.heads) - len(self.told_late) > 1

    @property
    def held_ug(self) -> int | None:
        return self.books.held_ug if self.books.weighed else None


def fold(events: Collection[Event]) -> ItemStatus:
    """The status of the item that all ``events`` (at least one) belong to, given in any order."""
    history = sorted(events, key=lambda event: event.seq)  # nothing arrives before what it follows
    voided = _voided(history)
    standings = _standings(history, voided)
    followers = _followers(history)
    line = _main_line(history, followers)
    heads = _heads(history, followers)
    return ItemStatus(
        item=history[0].item,
        sample=history[0].sample,
        standing=standings[line[-1]],
        books=books(history),
        head=line[-1],
        heads=heads,
        told_late=tuple(head for head in heads if _told_late(history, line, head)),
        main_line=tuple(line),
        events=len(history),
        discrepancy_ug=_discrepancy(history, voided),
        on_hold=_on_hold(history, voided),
    )


def standing_after(events: Collection[Event], event_id: UUID) -> Standing:
    """Where the item was as far as ``event_id`` and its past know; KeyError when it is not among ``events``."""
    history = sorted(events, key=lambda event: event.seq)
    return _standings(history, _voided(history))[event_id]


def books(events: Collection[Event]) -> Books:
    """The sums of all ``events``, each taken as its last correction says."""
    corrections = _corrections(events)
    totals: dict[str, int] = {}
    weighed = False
    for event in events:
        correction = corrections.get(event.id)
        if event.action is Action.CORRECTED or (correction and _voids(correction)):
            continue
        entered_ug, amount_ug = event.entered_ug, event.amount_ug
        if correction:
            entered_ug, amount_ug = correction.entered_ug, correction.amount_ug
        if entered_ug is not None:
            weighed = True
            totals["entered_ug"] = totals.get("entered_ug", 0) + entered_ug
        if amount_ug is not None:
            name = f"{event.action.value}_ug"
            totals[name] = totals.get(name, 0) + amount_ug
    return Books(**totals, weighed=weighed)


def _corrections(events: Collection[Event]) -> dict[UUID, Event]:
    """The correction in force for each corrected event: the last that arrived."""
    found = [event for event in events if event.action is Action.CORRECTED and event.corrects]
    return {event.corrects: event for event in sorted(found, key=lambda event: event.seq) if event.corrects}


def _voids(correction: Event) -> bool:
    """A correction that states no quantity declares the whole event erroneous [EPCIS errorDeclaration]."""
    return correction.entered_ug is None and correction.amount_ug is None


def _voided(events: Collection[Event]) -> frozenset[UUID]:
    return frozenset(key for key, correction in _corrections(events).items() if _voids(correction))


def _standings(history: Sequence[Event], voided: Collection[UUID]) -> dict[UUID, Standing]:
    standings: dict[UUID, Standing] = {}
    for event in history:
        before = standings[event.after] if event.after is not None and event.after in standings else None
        standings[event.id] = before if before and event.id in voided else _step(before, event)
    return standings


def _step(before: Standing | None, event: Event) -> Standing:
    if before is None or reach(event.action) == REACH_IN_HAND:
        if event.to_site is None:
            raise BodyError("to")
        site, laboratory = event.to_site, event.to_laboratory
    else:
        site, laboratory = before.site, before.laboratory
    place = ItemState.AT_LABORATORY if laboratory else ItemState.AT_SITE
    state = next_state(before.state if before else None, event.action, place=place)
    return Standing(state, site, laboratory, _seal(before, event), _place(before, event, state))


_HERE = frozenset({ItemState.AT_SITE, ItemState.AT_LABORATORY})


def _place(before: Standing | None, event: Event, state: ItemState) -> str | None:
    if state not in _HERE:
        return None
    if event.place is not None or before is None or reach(event.action) == REACH_IN_HAND:
        return event.place
    return before.place


def _on_hold(history: Sequence[Event], voided: Collection[UUID]) -> bool:
    said = [event.action for event in history if event.action in _HOLDS and event.id not in voided]
    return bool(said) and said[-1] is Action.HELD


_HOLDS = frozenset({Action.HELD, Action.RELEASED})


def _seal(before: Standing | None, event: Event) -> str | None:
    if event.action is Action.SEALED:
        return event.seal_number
    if event.action is Action.OPENED or event.seal_state in {SealState.BROKEN, SealState.MISSING}:
        return None
    return before.seal_number if before else None


def _followers(history: Sequence[Event]) -> dict[UUID, list[Event]]:
    followers: dict[UUID, list[Event]] = {}
    for event in history:
        if event.after is not None:
            followers.setdefault(event.after, []).append(event)
    return followers


def _heads(history: Sequence[Event], followers: dict[UUID, list[Event]]) -> tuple[UUID, ...]:
    joined = {key for event in history for key in event.joins}
    return tuple(event.id for event in history if event.id not in followers and event.id not in joined)


_SENDING = frozenset({Action.SEALED, Action.PACKED, Action.HANDED_OVER, Action.DISPATCHED})
_LEAVING = _SENDING - {Action.SEALED}


def _told_late(history: Sequence[Event], line: Sequence[UUID], head: UUID) -> bool:
    """Whether the branch that ends in ``head`` agrees with the main line that it left.

    It does when it holds nothing but sending, to the very place where the main line received the item next, and
    all of it before that: a device without network that tells afterwards how the item came there.
    """
    events = {event.id: event for event in history}
    main = set(line)
    branch: list[Event] = []
    key: UUID | None = head
    while key is not None and key not in main:
        branch.append(events[key])
        key = events[key].after
    if not branch or key is None:
        return False
    followed = (events[later] for later in line[line.index(key) + 1 :])
    arrival = next((event for event in followed if event.action is Action.RECEIVED), None)
    leaving = [event for event in branch if event.action in _LEAVING]
    return (
        arrival is not None
        and bool(leaving)
        and all(event.action in _SENDING and event.occurred_at <= arrival.occurred_at for event in branch)
        and all(event.to_site == arrival.to_site for event in leaving)
    )


def _main_line(history: Sequence[Event], followers: dict[UUID, list[Event]]) -> list[UUID]:
    strength: dict[UUID, tuple[int, int]] = {}  # last event that joins, furthest reach: over an event's branch
    for event in reversed(history):
        own = (event.seq + 1 if event.joins else 0, reach(event.action))
        later = [strength[follower.id] for follower in followers.get(event.id, ())]
        strength[event.id] = (max(own[0], *(joins for joins, _ in later)), max(own[1], *(far for _, far in later))) \
            if later else own  # fmt: skip
    line = [history[0].id]
    while branches := followers.get(line[-1]):
        line.append(max(branches, key=lambda event: (*strength[event.id], -event.seq)).id)
    return line


def _discrepancy(history: Sequence[Event], voided: Collection[UUID]) -> int | None:
    last = [event for event in history if event.weighed_ug is not None and event.id not in voided]
    if not last or last[-1].weighed_ug is None or last[-1].before_ug is None:
        return None
    return last[-1].weighed_ug - last[-1].before_ug
