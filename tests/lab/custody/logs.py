"""Logs made without a database, of any length."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID, uuid5

from lab.custody.body import EVENT_SCHEMA, STATEMENT_SCHEMA
from lab.kit import canonical, merkle
from lab.kit.checkpoint import Checkpoint
from lab.kit.notes import Signer, encode

SIGNER = Signer("log.example/custody", bytes(range(32)))
OTHER = Signer("log.example/custody", bytes(32))  # the same name, another key


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


def whole_log(contents: Iterable[bytes], signer: Signer = SIGNER) -> dict[str, Any]:
    """The bundle of a whole log over any bytes, signed by ``signer``."""
    entries = list(contents)
    root = merkle.root_of([merkle.leaf_hash(content) for content in entries])
    return {
        "schema": "custody-bundle/1",
        "origin": signer.name,
        "events": [{"seq": seq, "body": encode(content)} for seq, content in enumerate(entries)],
        "proofs": [],
        "checkpoint": Checkpoint(signer.name, len(entries), root).sign(signer),
        "key_id": signer.public_key.vkey,
    }
