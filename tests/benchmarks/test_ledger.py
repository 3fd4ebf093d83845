"""How fast custody is written and checked. Prints figures (`make bench`); asserts only that the work was done."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid5

import pytest

from lab.custody.body import EVENT_SCHEMA, STATEMENT_SCHEMA
from lab.custody.bundle import bundle_bytes, verify_file
from lab.kit import canonical, ledger, merkle
from lab.kit.checkpoint import Checkpoint
from lab.kit.db import Database
from lab.kit.notes import Signer, encode

SIGNER = Signer("log.example/custody", bytes(range(32)))
BATCH = 20  # a parcel's worth of events in one transaction
EVENTS, VERIFIED = 1000, 50_000
pytestmark = pytest.mark.benchmark


def key(*names: object) -> str:
    return str(uuid5(UUID(int=0), "-".join(map(str, names))))


def bodies(count: int) -> Iterator[bytes]:
    """Histories of ten events each, as large as true ones (about 450 bytes), closed by a statement."""
    for number in range(count - 1):
        item, seq = divmod(number, 10)
        body = {
            "schema": EVENT_SCHEMA, "id": key("event", number), "sample": key("sample", item),
            "item": key("item", item), "item_seq": seq + 1, "actor": key("actor", item % 7),
            "occurred_at": "2026-07-01T22:15:07Z",
            "recorded_at": "2026-07-01T22:15:09Z", "before_ug": 120_000, "after_ug": 120_000,
        }  # fmt: skip
        if seq == 0:
            body |= {"action": "collected", "to": key("site"), "to_kind": "site"}
        else:
            body |= {"action": "stored", "after": key("event", number - 1), "from": key("site")}
        yield canonical.dumps(body)
    yield canonical.dumps({"schema": STATEMENT_SCHEMA, "recorded_at": "2026-07-02T00:00:00Z", "entries": count - 1})


def whole_log(count: int) -> bytes:
    contents = list(bodies(count))
    root = merkle.root_of([merkle.leaf_hash(content) for content in contents])
    return bundle_bytes(
        {
            "schema": "custody-bundle/1",
            "origin": SIGNER.name,
            "events": [{"seq": seq, "body": encode(content)} for seq, content in enumerate(contents)],
            "proofs": [],
            "checkpoint": Checkpoint(SIGNER.name, count, root).sign(SIGNER),
            "key_id": SIGNER.public_key.vkey,
        }
    )


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
    content = whole_log(VERIFIED)
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
