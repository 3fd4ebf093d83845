"""How fast custody is written and checked. Prints figures (`make bench`); asserts only that the work was done."""

import base64
import time
from pathlib import Path

import pytest

from lab.custody.bundle import bundle_bytes, verify_file
from lab.kit import canonical, ledger, merkle
from lab.kit.db import Database
from tests.lab.custody.logs import SIGNER, bodies, whole_log

BATCH = 20  # a parcel's worth of events in one transaction
EVENTS, VERIFIED = 1000, 50_000
pytestmark = pytest.mark.benchmark


def per_second(count: int, started: float) -> str:
    return f"{count / (time.perf_counter() - started):,.0f}"


@pytest.mark.parametrize("batch", [1, BATCH])
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


def test_verified_events_per_second(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = bundle_bytes(whole_log(bodies(VERIFIED)))
    started = time.perf_counter()
    report = verify_file(content, key=SIGNER.public_key)
    speed = per_second(VERIFIED, started)
    assert report.verified, report.problems
    leaves = [base64.b64decode(event["body"]) for event in canonical.read(content)["events"]]
    started = time.perf_counter()
    merkle.root_of([merkle.leaf_hash(leaf) for leaf in leaves])
    hashed = per_second(VERIFIED, started)
    with capsys.disabled():
        print(f"\ncustody: {speed} events/s verified from a file; {hashed} events/s hashed into the tree")  # noqa: T201 -- as above
