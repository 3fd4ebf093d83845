"""Whatever is done to a signed log, the published key shows it."""

import base64
import copy
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.custody.bundle import bundle_bytes, verify_bundle, verify_file
from tests.lab.custody.logs import OTHER, SIGNER, bodies, whole_log

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


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_no_change_of_any_entry_of_a_log_of_a_thousand_passes(kind: str) -> None:
    log = whole_log(bodies(1001))
    random = Random(7)  # noqa: S311 -- a test's own dice
    assert verify_bundle(log, key=KEY).verified
    for at in range(1001):
        assert not verify_bundle(forge(log, kind, at, random), key=KEY).verified, at
