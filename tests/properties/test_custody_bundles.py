"""Whatever is done to a signed log, the published key shows it."""

import base64
import copy
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.custody import reading
from lab.custody.body import STATEMENT_SCHEMA
from lab.custody.bundle import UnreadableError, bundle_bytes, verify_bundle, verify_file
from lab.kit import canonical
from tests.lab.custody.logs import OTHER, SIGNER, bodies, key, whole_log

KEY = SIGNER.public_key
KINDS = ["edit", "delete", "insert", "repeat", "swap", "cut", "rebuild"]
SMALL = {count: whole_log(bodies(count)) for count in range(3, 15)}


def forge(log: dict[str, Any], kind: str, at: int, random: Random) -> dict[str, Any]:
    """The log with one thing done to entry ``at``; whoever does it can renumber, but not sign."""
    contents = [base64.b64decode(event["body"]) for event in log["events"]]
    after = min(at + 1, len(contents) - 1)
    if kind == "edit":
        position = random.randrange(len(contents[at]))
        value = random.choice([byte for byte in range(256) if byte != contents[at][position]])
        contents[at] = contents[at][:position] + bytes([value]) + contents[at][position + 1 :]
    elif kind == "delete":
        del contents[at]
    elif kind == "insert":
        contents.insert(at, random.choice(contents).replace(b"2026-07-01", b"2026-06-30"))
    elif kind == "repeat":
        contents.insert(at, contents[at])
    elif kind == "swap" and after > at:
        contents[at], contents[after] = contents[after], contents[at]
    elif kind in {"cut", "swap"}:  # the last entry has nobody to change places with
        del contents[max(at, 1) :]
    if kind == "rebuild":
        return whole_log(contents, OTHER)
    forged = copy.copy(log)
    forged["events"] = [
        {"seq": seq, "body": base64.b64encode(content).decode()} for seq, content in enumerate(contents)
    ]
    return forged


@given(st.integers(3, 14), st.sampled_from(KINDS), st.integers(0, 13), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_no_change_of_a_log_passes(count: int, kind: str, at: int, random: Random) -> None:
    log = SMALL[count]
    assert verify_bundle(log, key=KEY).verified
    assert not verify_file(bundle_bytes(forge(log, kind, min(at, count - 1), random)), key=KEY).verified


def edited_file(content: bytes, at: int, value: int) -> bytes:
    return content[:at] + bytes([value]) + content[at + 1 :]


def refused(content: bytes) -> bool:
    try:
        return not verify_file(content, key=KEY).verified
    except UnreadableError:
        return True


def test_no_byte_of_a_small_file_can_be_changed_removed_or_added_unseen() -> None:
    content = bundle_bytes(SMALL[3])
    assert verify_file(content, key=KEY).verified
    random = Random(3)  # noqa: S311 -- a test's own dice
    for at in range(len(content)):
        value = random.choice([byte for byte in range(256) if byte != content[at]])
        assert refused(edited_file(content, at, value)), at
        assert refused(content[:at] + content[at + 1 :]), at
        assert refused(content[:at] + bytes([value]) + content[at:]), at
        assert refused(content[:at]), at


def test_a_log_of_a_thousand_shows_a_change_of_any_sampled_byte() -> None:
    content = bundle_bytes(whole_log(bodies(1001)))
    assert verify_file(content, key=KEY).verified
    random = Random(1001)  # noqa: S311 -- as above
    for at in random.sample(range(len(content)), 40):
        assert refused(edited_file(content, at, content[at] ^ 1 << random.randrange(8))), at


def test_reading_in_several_processes_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PARALLEL_FROM", 10)
    monkeypatch.setattr(reading, "_CHUNK", 8)
    monkeypatch.setattr(reading.threading, "active_count", lambda: 1)
    log = whole_log(bodies(60))
    alone, together = (verify_file(bundle_bytes(log), key=KEY, processes=number) for number in (1, 2))
    assert (together.verified, together.events, together.whole_log) == (True, 60, True)
    assert alone.root == together.root
    random = Random(5)  # noqa: S311 -- as above
    for kind, at in [(kind, at) for kind in KINDS for at in (31, 32)]:  # the end of a run, the beginning of one
        forged = bundle_bytes(forge(log, kind, at, random))
        one, two = (verify_file(forged, key=KEY, processes=number) for number in (1, 2))
        assert not two.verified, kind
        assert one.problems == two.problems, kind


def test_several_processes_see_what_only_the_whole_log_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A false statement in the middle, an item that lacks an event between two runs: signed by the keeper itself."""
    monkeypatch.setattr(reading, "PARALLEL_FROM", 10)
    monkeypatch.setattr(reading, "_CHUNK", 8)
    monkeypatch.setattr(reading.threading, "active_count", lambda: 1)
    entries = list(bodies(60))
    statement = {"schema": STATEMENT_SCHEMA, "recorded_at": "2026-07-02T00:00:00Z"}
    false = canonical.dumps(statement | {"items": {key("item", 1): 9}})
    true = canonical.dumps(statement | {"items": {key("item", 1): 10}})
    closing = canonical.dumps(statement | {"entries": 60})
    lacking = [*entries[:32], *entries[33:59], canonical.dumps(statement | {"entries": 58})]
    for contents, passes in (
        ([*entries[:30], true, *entries[30:59], closing], True),
        ([*entries[:30], false, *entries[30:59], closing], False),
        (lacking, False),
    ):
        log = bundle_bytes(whole_log(contents))
        one, two = (verify_file(log, key=KEY, processes=number) for number in (1, 2))
        assert (one.verified, two.verified) == (passes, passes)
        assert one.problems == two.problems
