"""How fast custody is written and checked. Prints figures (`make bench`); asserts only that the work was done."""

import base64
import os
import time

import pytest

from lab.custody.bundle import bundle_bytes, verify_file
from lab.kit import canonical, ledger, merkle
from lab.kit.db import Database
from tests.lab.custody.logs import SIGNER, bodies, whole_log

BATCHES = [1, 20, 200]  # one event; a parcel's worth; a phone's night, committed together
EVENTS, VERIFIED = 1000, 50_000
pytestmark = pytest.mark.benchmark


def per_second(count: int, started: float) -> str:
    return f"{count / (time.perf_counter() - started):,.0f}"


@pytest.mark.parametrize("batch", BATCHES)
def test_durable_events_per_second(sqlite_url: str, batch: int, capsys: pytest.CaptureFixture[str]) -> None:
    database = Database(sqlite_url)
    contents = list(bodies(EVENTS))
    started = time.perf_counter()
    for start in range(0, EVENTS, batch):
        with database.session() as session:
            ledger.extend(session, contents[start : start + batch])
    speed = per_second(EVENTS, started)
    with database.reading() as session:
        assert ledger.size(session) == EVENTS
    database.dispose()
    with capsys.disabled():
        print(f"\nledger: {speed} durable events/s on SQLite (synchronous=FULL), {batch} per transaction")  # noqa: T201 -- the point


@pytest.mark.parametrize("processes", sorted({1, os.cpu_count() or 1}))
def test_verified_events_per_second(processes: int, capsys: pytest.CaptureFixture[str]) -> None:
    """From the bytes of a file to "verified": canonical form of the file and of every entry, every member of it, every
    leaf hash, the root, the signature, each item's events without a gap and each after one that exists. Of so long a
    log only the items whose histories branch are folded."""
    content = bundle_bytes(whole_log(bodies(VERIFIED)))
    wall, spent = time.perf_counter(), _cpu_s()
    report = verify_file(content, key=SIGNER.public_key, processes=processes)
    speed, cpu_speed = per_second(VERIFIED, wall), VERIFIED / (_cpu_s() - spent)
    assert report.verified, report.problems
    with capsys.disabled():
        print(  # noqa: T201 -- the point
            f"\ncustody: {speed} events/s verified from a file of {VERIFIED:,} by {processes} process(es) "
            f"({cpu_speed:,.0f} a second of processor time)"
        )


def test_hashed_events_per_second(capsys: pytest.CaptureFixture[str]) -> None:
    log = whole_log(bodies(VERIFIED))
    leaves = [base64.b64decode(event["body"]) for event in canonical.read(bundle_bytes(log))["events"]]
    started = time.perf_counter()
    root = merkle.root_of([merkle.leaf_hash(leaf) for leaf in leaves])
    hashed = per_second(VERIFIED, started)
    assert len(root) == merkle.HASH_SIZE
    with capsys.disabled():
        print(f"\ncustody: {hashed} events/s hashed into the tree")  # noqa: T201 -- as above


def _cpu_s() -> float:
    """Processor seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
