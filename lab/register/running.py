"""What each event of a container changed at the places where it was. Pure.

Each event is given the difference that it made to where the item is and what it holds *as the log tells it up to
there*. So the differences of all events always sum up to what the item's status says now, whatever was corrected,
told late or forked. A history without any of that, and nearly all are, is walked in one pass over its bodies.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lab.custody.body import event_of
from lab.custody.fold import fold
from lab.custody.models import ItemState

Entry = tuple[int, Mapping[str, Any]]  # place in the log, body
_ARRIVES = frozenset({"collected", "received", "found"})
_LEAVES = frozenset({"handed_over", "dispatched", "destroyed", "returned", "lost"})
_TAKES = frozenset({"aliquoted", "consumed", "destroyed", "returned", "lost"})
_HERE = frozenset({ItemState.AT_SITE, ItemState.AT_LABORATORY})


class At(NamedTuple):
    """Where an item is in somebody's hands (None: nowhere), and what it holds (None: never weighed)."""

    site: str | None
    held_ug: int | None


class Change(NamedTuple):
    """One event and what it changed."""

    seq: int
    body: Mapping[str, Any]
    before: At
    after: At


def changes(history: Sequence[Entry]) -> Iterator[Change]:
    """The changes of one item's events, which are given in the order of arrival."""
    return _straight(history) if _is_straight(history) else _folded(history)


def _is_straight(history: Sequence[Entry]) -> bool:
    """Whether each event follows the one before it, and none corrects another."""
    before: str | None = None
    for _, body in history:
        if body["action"] == "corrected" or body.get("after") != before:
            return False
        before = body["id"]
    return True


def _straight(history: Sequence[Entry]) -> Iterator[Change]:
    site: str | None = None
    held_ug: int | None = None
    for seq, body in history:
        before = At(site, held_ug)
        action = body["action"]
        if action in _ARRIVES or (action == "aliquoted" and "parent" in body):
            site = body["to"]
        elif action in _LEAVES:
            site = None
        held_ug = _held(held_ug, action, body)
        yield Change(seq, body, before, At(site, held_ug))


def _held(held_ug: int | None, action: str, body: Mapping[str, Any]) -> int | None:
    if "entered_ug" in body:
        held_ug = (held_ug or 0) + body["entered_ug"]
    if "amount_ug" in body and held_ug is not None:
        if action in _TAKES:
            held_ug -= body["amount_ug"]
        elif action == "found":
            held_ug += body["amount_ug"]
    return held_ug


def _folded(history: Sequence[Entry]) -> Iterator[Change]:
    events = [event_of(seq, body) for seq, body in history]
    before = At(None, None)
    for place, (seq, body) in enumerate(history, 1):
        status = fold(events[:place])
        site = str(status.standing.site) if status.state in _HERE else None
        after = At(site, status.held_ug)
        yield Change(seq, body, before, after)
        before = after
