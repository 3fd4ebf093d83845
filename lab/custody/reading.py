"""Reads the entries of a large file in several processes. Pure: bytes in, hashes and facts out.

Only good entries are read here. On the first doubt a reader says so, and the caller reads in order, one by one, which
also finds the words for what is wrong.
"""

import multiprocessing
import threading
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from lab.custody.body import STATEMENT_SCHEMA, BodyError, read_entry
from lab.custody.completeness import Facts, facts_of
from lab.kit.merkle import HASH_SIZE, leaf_hash
from lab.kit.notes import NoteError, decode

PARALLEL_FROM = 10_000  # entries; below, starting processes takes longer than it saves
_CHUNK = 2_500
EVENT_MEMBERS = {"seq", "body"}
Read = list[Facts | Mapping[str, Any]]  # of each entry its facts, or the whole statement

_events: Sequence[Any] = ()  # what the forked readers see without being sent it


def can_read_parallel(count: int, processes: int) -> bool:
    """Whether several processes help with ``count`` entries, and can be had here safely."""
    return (
        processes > 1
        and count >= PARALLEL_FROM
        and "fork" in multiprocessing.get_all_start_methods()
        and threading.active_count() == 1  # a fork copies one thread alone, and the locks of all
    )


def read_parallel(events: Sequence[Any], processes: int) -> tuple[list[bytes], Read] | None:
    """The leaf hashes and the facts of ``events``, whose places must count from 0; None when any is in doubt."""
    starts = range(0, len(events), _CHUNK)
    leaves: list[bytes] = []
    facts: Read = []
    with _shared(events), multiprocessing.get_context("fork").Pool(processes) as pool:
        for found in pool.imap(_read_chunk, starts):
            if found is None:
                return None
            hashes, part = found
            leaves += [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]
            facts += part
    return leaves, facts


@contextmanager
def _shared(events: Sequence[Any]) -> Any:
    global _events  # noqa: PLW0603 -- read by forked processes alone
    _events = events
    try:
        yield
    finally:
        _events = ()


def _read_chunk(start: int) -> tuple[bytes, Read] | None:
    hashes: list[bytes] = []
    facts: Read = []
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
            hashes.append(leaf_hash(content))
            facts.append(body if body["schema"] == STATEMENT_SCHEMA else facts_of(body))
    except (NoteError, BodyError, TypeError):
        return None
    return b"".join(hashes), facts
