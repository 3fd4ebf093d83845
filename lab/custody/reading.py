"""Reads the entries of a large file in several processes. Pure: bytes in, hashes and facts out.

Only good entries are read here. On the first doubt a reader says so, and the caller reads in order, one by one, which
also finds the words for what is wrong.

Every reader does all of it for its run of entries: base64, form, every member, leaf hashes, the root over the run, and
that each item's events follow one another. A run is a perfect subtree, so what is left for one process is to hash the
roots of the runs together and to see that each item goes on in the next run where it stopped in the last.
"""

import multiprocessing
import threading
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lab.custody.body import STATEMENT_SCHEMA, BodyError, read_entry
from lab.custody.completeness import Completeness, Facts, ItemPart, facts_of, parts_of
from lab.kit.merkle import HASH_SIZE, leaf_hash, root_of
from lab.kit.notes import NoteError, decode

PARALLEL_FROM = 10_000  # entries; below, starting processes takes longer than it saves
_CHUNK = 4096  # entries in a run; a power of two, so that a run is a perfect subtree
EVENT_MEMBERS = {"seq", "body"}
Entries = list[Facts | Mapping[str, Any]]  # of each entry its facts, or the whole statement

_events: Sequence[Any] = ()  # what the forked readers see without being sent it


@dataclass(frozen=True)
class Run:
    """What a reader found of a run of entries."""

    start: int
    leaves: bytes  # their hashes, one behind the other
    root: bytes
    parts: list[ItemPart] | None  # None: there are statements among them
    entries: Entries  # instead of the parts


@dataclass(frozen=True)
class Read:
    """What all readers together found: the hash of each entry, and the root over them."""

    leaves: list[bytes]
    root: bytes


def can_read_parallel(count: int, processes: int) -> bool:
    """Whether several processes help with ``count`` entries, and can be had here safely."""
    return (
        processes > 1
        and count >= PARALLEL_FROM
        and "fork" in multiprocessing.get_all_start_methods()
        and threading.active_count() == 1  # a fork copies one thread alone, and the locks of all
    )


def read_parallel(events: Sequence[Any], processes: int, completeness: Completeness) -> Read | None:
    """Read ``events``, whose places must count from 0, into ``completeness``; None when any is in doubt.

    After None ``completeness`` is of no more use.
    """
    starts = range(0, len(events), _CHUNK)
    leaves: list[bytes] = []
    roots: list[bytes] = []
    with _shared(events), multiprocessing.get_context("fork").Pool(processes) as pool:
        for run in pool.imap(_read_run, starts):
            if run is None or not _take(completeness, run):
                return None
            leaves += [run.leaves[at : at + HASH_SIZE] for at in range(0, len(run.leaves), HASH_SIZE)]
            roots.append(run.root)
    return Read(leaves, root_of(roots))


def _take(completeness: Completeness, run: Run) -> bool:
    if run.parts is not None:
        return completeness.take_run(run.start + len(run.leaves) // HASH_SIZE - 1, run.parts)
    for seq, facts in enumerate(run.entries, run.start):
        if isinstance(facts, tuple):
            completeness.take_event(seq, facts)
        else:
            completeness.take_statement(seq, facts)
    return True


@contextmanager
def _shared(events: Sequence[Any]) -> Any:
    global _events  # noqa: PLW0603 -- read by forked processes alone
    _events = events
    try:
        yield
    finally:
        _events = ()


def _read_run(start: int) -> Run | None:
    leaves: list[bytes] = []
    entries: Entries = []
    events: list[Facts] = []
    try:
        for seq, event in enumerate(_events[start : start + _CHUNK], start):
            if (
                type(event) is not dict
                or event.keys() != EVENT_MEMBERS
                or type(event["seq"]) is not int
                or event["seq"] != seq
            ):
                return None
            content = decode(event["body"])
            body = read_entry(content)
            leaves.append(leaf_hash(content))
            if body["schema"] == STATEMENT_SCHEMA:
                entries.append(body)
            else:
                events.append(facts_of(body))
                entries.append(events[-1])
    except (NoteError, BodyError, TypeError):
        return None
    parts = parts_of(events) if len(events) == len(entries) else None
    if parts is None and len(events) == len(entries):
        return None
    return Run(start, b"".join(leaves), root_of(leaves), parts, [] if parts is not None else entries)
