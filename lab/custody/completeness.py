"""Whether a file leaves nothing out: each item's events are there from the first to the last. Pure.

Within an item ``item_seq`` counts without gaps. How many there are in all says the statement that the keeper wrote
into the log for the file, at the very end of the signed tree: of an extract, item by item; of the whole log, the
number of its entries.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    _known: dict[str, set[str]] = field(default_factory=dict)  # item -> its events
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
        events.add(key)

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
