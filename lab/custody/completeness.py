"""Whether a file leaves nothing out: each item's events are there from the first to the last. Pure.

Within an item ``item_seq`` counts without gaps. How many there are in all says the statement that the keeper wrote
into the log for the file, at the very end of the signed tree: of an extract, item by item; of the whole log, the
number of its entries.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from lab.custody.body import STATEMENT_SCHEMA
from lab.kit.messages import Message, Param

_MAX_PROBLEMS = 20  # a wholly different file need not be described event by event


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong; ``seq`` is the event's place in the log where it is about one."""

    message: Message
    seq: int | None = None


class StopError(Exception):
    """Nothing behind this problem can be checked."""


class Problems:
    """What was found wrong, in the order of finding."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, name: str, seq: int | None = None, /, **params: Param) -> None:
        """Note one; raises :class:`StopError` when there are enough."""
        if seq is not None:
            params["seq"] = seq
        self.found.append(Problem(Message(f"custody.problem.{name}", params), seq))
        if len(self.found) >= _MAX_PROBLEMS:
            raise StopError

    def stop(self, name: str, seq: int | None = None, /, **params: Param) -> StopError:
        """Note one that ends the check; the exception to raise."""
        self.add(name, seq, **params)
        return StopError()


Facts = tuple[str, str, int, str | None, str]
"""Of an event, what completeness asks: id, item, item_seq, after, sample."""


def facts_of(body: Mapping[str, Any]) -> Facts:
    """The facts of a well-formed event."""
    return body["id"], body["item"], body["item_seq"], body.get("after"), body["sample"]


@dataclass(frozen=True)
class ItemPart:
    """One item's events in a run of entries, which were seen to follow one another without a gap."""

    item: str
    sample: str
    first: int  # the ``item_seq`` of the first of them
    ids: str  # of its events, separated by spaces
    before: tuple[str, ...]  # events that they follow and that stand before the run
    after: str | None  # what the first of them follows
    last: str
    line: bool  # each of them follows the one before


def parts_of(facts: Iterable[Facts]) -> list[ItemPart] | None:
    """The items of a run of events, in the order of their first one; None where an item's events leave a gap."""
    runs: dict[str, tuple[str, int, dict[str, str | None], list[str]]] = {}
    for key, item, item_seq, after, sample in facts:
        run = runs.get(item)
        if run is None:
            run = runs[item] = (sample, item_seq, {}, [])
        of, first, ids, before = run
        if item_seq != first + len(ids) or of != sample or key in ids:
            return None
        if after is not None and after not in ids:
            before.append(after)
        ids[key] = after
    return [_part(item, *run) for item, run in runs.items()]


def _part(item: str, sample: str, first: int, ids: dict[str, str | None], before: list[str]) -> ItemPart:
    keys = list(ids)
    line = all(ids[later] == earlier for earlier, later in pairwise(keys))
    return ItemPart(item, sample, first, " ".join(keys), tuple(before), ids[keys[0]], keys[-1], line)


@dataclass
class Completeness:
    """Takes the entries of a file in order and keeps, of each, what later ones are held against.

    What it finds wrong waits in ``problems``: it means nothing unless the entries are the signed ones.
    """

    whole: bool
    problems: Problems = field(default_factory=Problems)
    last_seq: int = -1
    _last: Mapping[str, Any] | None = None  # the last entry, if it is a statement
    _stopped: bool = False
    branched: set[str] = field(default_factory=set)  # items in which an event does not follow the one before it
    _known: dict[str, set[str]] = field(default_factory=dict)  # item -> its events
    _newest: dict[str, str] = field(default_factory=dict)  # item -> its last event
    _samples: dict[str, set[str]] = field(default_factory=dict)  # sample -> its items

    def take(self, seq: int, entry: Mapping[str, Any]) -> None:
        """The next entry, as :func:`lab.custody.body.read_entry` gives it."""
        if entry["schema"] == STATEMENT_SCHEMA:
            self.take_statement(seq, entry)
        else:
            self.take_event(seq, facts_of(entry))

    def take_event(self, seq: int, facts: Facts) -> None:
        """The next entry, an event."""
        self.last_seq, self._last = seq, None
        if self._stopped:
            return
        key, item, item_seq, after, sample = facts
        events = self._known.get(item)
        if events is None:
            events = self._known[item] = set()
        items = self._samples.get(sample)
        if items is None:
            items = self._samples[sample] = set()
        items.add(item)
        if item_seq != len(events) + 1:
            self._stop("item_gap", seq, item=item, expected=len(events) + 1, found=item_seq)
        elif after is not None and after not in events:
            self._stop("after", seq, after=after)
        elif events and after != self._newest[item]:
            self.branched.add(item)
        self._newest[item] = key
        events.add(key)

    def take_run(self, last_seq: int, parts: Iterable[ItemPart]) -> bool:
        """The next entries, all events, up to ``last_seq``, as :func:`parts_of` gives them.

        The same as taking them one by one; False where that would find something wrong, which it then must say.
        """
        self.last_seq, self._last = last_seq, None
        if self._stopped:
            return True
        for part in parts:
            events = self._known.setdefault(part.item, set())
            if part.first != len(events) + 1 or not events.issuperset(part.before):
                return False
            if not part.line or (events and part.after != self._newest[part.item]):
                self.branched.add(part.item)
            events.update(part.ids.split(" "))
            self._newest[part.item] = part.last
            self._samples.setdefault(part.sample, set()).add(part.item)
        return True

    def take_statement(self, seq: int, statement: Mapping[str, Any]) -> None:
        """The next entry, a statement: what it says is held against what was there before it."""
        self.last_seq, self._last = seq, statement
        if self._stopped:
            return
        try:
            self._check_statement(seq, statement)
        except StopError:
            self._stopped = True

    def finish(self, *, size: int) -> None:
        """All entries of a log of ``size`` were taken: is the last one the statement that closes this kind of file?"""
        if self.last_seq != size - 1 or self._last is None or self.whole != ("entries" in self._last):
            self.problems.found.clear()  # what an unfinished file lacks besides need not be told
            self._stop("no_statement", None)

    def _stop(self, name: str, seq: int | None, **params: Param) -> None:
        self._stopped = True
        self.problems.found.append(self._problem(name, seq, **params))

    @staticmethod
    def _problem(name: str, seq: int | None, **params: Param) -> Problem:
        if seq is not None:
            params["seq"] = seq
        return Problem(Message(f"custody.problem.{name}", params), seq)

    def _check_statement(self, seq: int, statement: Mapping[str, Any]) -> None:
        if "entries" in statement and statement["entries"] != seq:
            self.problems.add("entries", seq, stated=statement["entries"])
        stated = statement.get("items", {})
        for item, count in stated.items():
            found = len(self._known.get(item, ()))
            if found != count:
                self.problems.add("left_out", seq, item=item, stated=count, found=found)
        here = self._samples.get(statement.get("sample", ""), set()) if self.whole else set(self._known)
        for item in sorted(here - stated.keys() if stated else ()):
            self.problems.add("not_stated", seq, item=item)
        if not self.whole and not {statement.get("sample", sample) for sample in self._samples} >= set(self._samples):
            self.problems.add("other_sample", seq)
