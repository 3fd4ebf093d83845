"""A signed log of 1,000 events and everything that can be done to it: under the published key nothing passes.

Two ways, one checking the other. What changes whole entries goes through the public verifier each time. Single bytes
of the file, at every place, go through the verifier's own steps for the one entry that they touch, since reading the
thousand others again a million times would take days; what that rests on is checked through the public verifier for
every entry, and for a sample of the bytes.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from lab.custody.body import STATEMENT_SCHEMA
from lab.custody.bundle import UnreadableError, bundle_bytes, verify_bundle, verify_file
from lab.custody.reading import EVENT_MEMBERS
from lab.kit import canonical, merkle
from lab.kit.notes import NoteError, decode
from tests.lab.custody.logs import SIGNER, bodies, whole_log
from tests.properties.test_custody_bundles import KINDS, forge

KEY = SIGNER.public_key
ENTRIES = 1001  # a thousand events and the statement that closes the file
SAMPLED = 500  # bytes of the file that go through the public verifier too, for each way of changing one
pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]
CHANGES = ("edit", "delete", "insert")


@pytest.fixture(scope="module")
def contents() -> list[bytes]:
    return list(bodies(ENTRIES))


@pytest.fixture(scope="module")
def log(contents: list[bytes]) -> dict[str, Any]:
    made = whole_log(contents)
    assert verify_bundle(made, key=KEY).verified
    return made


def say(line: str) -> None:
    print(f"\ncustody: {line}")  # noqa: T201 -- a figure


def refused(content: bytes) -> bool:
    try:
        return not verify_file(content, key=KEY).verified
    except UnreadableError:
        return True


@pytest.mark.parametrize("kind", KINDS)
def test_no_change_of_any_entry_passes(log: dict[str, Any], kind: str) -> None:
    random = Random(7)  # noqa: S311 -- a test's own dice
    for at in range(ENTRIES):
        assert not verify_bundle(forge(log, kind, at, random), key=KEY).verified, at
    say(f"{ENTRIES:,} logs with one entry changed ({kind}), none passes")


def numbered(log: dict[str, Any], entries: list[bytes]) -> dict[str, Any]:
    """The log with these entries, in this order, under the checkpoint that it had."""
    events = [{"seq": seq, "body": base64.b64encode(content).decode()} for seq, content in enumerate(entries)]
    return log | {"events": events}


def test_no_other_order_passes(log: dict[str, Any], contents: list[bytes]) -> None:
    random, moved = Random(11), 2000  # noqa: S311 -- a test's own dice
    for _ in range(moved):
        entries = list(contents)
        here, there = random.sample(range(ENTRIES), 2)
        entries.insert(there, entries.pop(here))
        assert not verify_bundle(numbered(log, entries), key=KEY).verified, (here, there)
    say(f"{moved:,} logs with one entry moved elsewhere, none passes")


def test_no_log_cut_short_passes_against_a_checkpoint_that_somebody_kept(
    log: dict[str, Any], contents: list[bytes]
) -> None:
    """By the keeper of the log itself: closed anew and signed with the true key, at every length."""
    kept = log["checkpoint"].encode()
    for length in range(1, ENTRIES):
        statement = {"schema": STATEMENT_SCHEMA, "recorded_at": "2026-07-03T00:00:00Z", "entries": length}
        shorter = bundle_bytes(whole_log([*contents[:length], canonical.dumps(statement)]))
        assert verify_file(shorter, key=KEY).verified, length  # by itself it is a good log: that is the danger
        assert not verify_file(shorter, key=KEY, held=kept).verified, length
    say(f"{ENTRIES - 1:,} logs cut short and signed again with the true key, none passes against a kept checkpoint")


@dataclass(frozen=True)
class Place:
    """A byte of the file: in the text of an entry, or outside of all (``seq`` None)."""

    seq: int | None
    start: int  # of the entry's text
    end: int


def places(content: bytes, log: dict[str, Any]) -> Iterator[Place]:
    """The runs of bytes that the file is made of, in order."""
    at = 0
    for seq, event in enumerate(log["events"]):
        text = canonical.dumps(event)
        start = content.index(text, at)
        yield Place(None, at, start)
        yield Place(seq, start, start + len(text))
        at = start + len(text)
    yield Place(None, at, len(content))


def changed(text: bytes, at: int, change: str, value: int) -> bytes:
    if change == "edit":
        return text[:at] + bytes([value]) + text[at + 1 :]
    return text[:at] + text[at + 1 :] if change == "delete" else text[:at] + bytes([value]) + text[at:]


def entry_refused(text: bytes, seq: int, leaf: bytes) -> bool | None:
    """Whether the verifier's own steps refuse this text of one entry; None where it is no entry by itself."""
    event = canonical.read_plain(text)
    if type(event) is not dict:
        return None
    if event.keys() != EVENT_MEMBERS or type(event["seq"]) is not int or event["seq"] != seq:
        return True
    try:
        return merkle.leaf_hash(decode(event["body"])) != leaf  # then the root is another one: shown for every entry
    except (NoteError, TypeError):
        return True


def values_for(random: Random, change: str, old: int) -> int:
    """Another byte; every second time one that base64 may hold, which is the harder to see."""
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    while True:
        value = random.choice(letters) if random.random() < 0.5 else random.randrange(256)
        if value != old or change == "insert":
            return value


@pytest.mark.parametrize("change", CHANGES)
def test_no_byte_of_the_file_can_be_changed(log: dict[str, Any], contents: list[bytes], change: str) -> None:
    """Every byte of the file: changed into one other value, removed, or with another one put before it."""
    random = Random(change)  # noqa: S311 -- a test's own dice
    content = bundle_bytes(log)
    leaves = [merkle.leaf_hash(entry) for entry in contents]
    through_all, alone = 0, 0
    sampled = set(random.sample(range(len(content)), SAMPLED))
    for place in places(content, log):
        text = content[place.start : place.end]
        for at in range(len(text)):
            value = values_for(random, change, text[at])
            edited = changed(text, at, change, value)
            seen = None if place.seq is None else entry_refused(edited, place.seq, leaves[place.seq])
            if edited == text:  # of two equal bytes one removed or added is not in another place: the text differs
                message = "the change changes nothing"
                raise AssertionError(message)
            if seen is None or place.start + at in sampled:
                through_all += 1
                assert refused(content[: place.start] + edited + content[place.end :]), (place, at, value)
            if seen is not None:
                alone += 1
                assert seen, (place, at, value)
    assert through_all + alone >= len(content)
    say(
        f"{len(content):,} places of a file of 1,001 entries, one byte each ({change}), none passes: "
        f"{through_all:,} through the public verifier, {alone:,} by the steps that it takes for one entry"
    )


def test_another_hash_of_any_entry_leads_to_another_root(contents: list[bytes]) -> None:
    leaves = [merkle.leaf_hash(entry) for entry in contents]
    root = merkle.root_of(leaves)
    for seq in range(ENTRIES):
        assert merkle.root_of([*leaves[:seq], bytes(32), *leaves[seq + 1 :]]) != root, seq


def test_no_value_of_any_byte_of_any_entry_keeps_its_hash(contents: list[bytes]) -> None:
    """All 255 other values of every byte of every stored entry, as an auditor of the database would hash them."""
    sha256, edits = hashlib.sha256, 0
    for seq, content in enumerate(contents):
        leaf = merkle.leaf_hash(content)
        for at in range(len(content)):
            before = sha256(b"\x00" + content[:at])
            tail, old = content[at + 1 :], content[at]
            for value in range(256):
                if value != old:
                    state = before.copy()
                    state.update(bytes((value,)) + tail)
                    assert state.digest() != leaf, (seq, at, value)
            edits += 255
    say(f"{edits:,} single-byte edits of the stored entries of a log of 1,001, none keeps its hash")
