"""A year of a laboratory, written as fast as a log can be: for measuring, and for comparing with what was written."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from lab.custody.body import EVENT_SCHEMA, moment
from lab.custody.models import Item, ItemState
from lab.kit import canonical, ledger
from lab.kit.ids import new_id
from lab.network.models import Account, Site
from lab.samples.models import Sample, SampleForm

_EVENTS = SQLModel.metadata.tables["custody_event"]
ENTERED_UG, USED_UG = 100_000, 12_345
BEGINS = datetime(2025, 1, 1, 8, tzinfo=UTC)


def write_year(session: Session, *, counter: Site, bench: Site, account: Account, samples: int) -> list[UUID]:
    """Each sample: collected, sealed, packed, handed over, received, opened, used, stored; every second one destroyed.

    Returns the items. One sample every 45 minutes or so: ten thousand in a year.
    """
    step = timedelta(days=355) / samples
    bodies: list[dict[str, Any]] = []
    rows: tuple[list[Sample], list[Item]] = ([], [])
    for number in range(samples):
        sample = Sample(
            code=f"Y{number:08d}", site_id=counter.id, registered_by=account.id, collected_on=date(2025, 1, 1),
            area="x", consent_text_version="1", consent_language="nl", form=SampleForm.TABLET, colours=["white"],
        )  # fmt: skip
        gone = number % 2 == 0
        item = Item(
            sample_id=sample.id, site_id=bench.id, events=8 + gone, held_ug=0 if gone else ENTERED_UG - USED_UG,
            state=ItemState.DESTROYED if gone else ItemState.AT_LABORATORY,
        )  # fmt: skip
        rows[0].append(sample)
        rows[1].append(item)
        bodies += _life(sample.id, item.id, counter, bench, account, BEGINS + number * step, destroyed=gone)
    for kind in rows:  # samples before what refers to them
        session.add_all(kind)
        session.flush()
    bodies.sort(key=lambda body: body["recorded_at"])
    appended = ledger.extend(session, [canonical.dumps(body) for body in bodies])
    session.execute(sa.insert(_EVENTS), [_row(body, at) for body, at in zip(bodies, appended, strict=True)])
    return [UUID(body["item"]) for body in bodies if body["action"] == "collected"]


def _life(
    sample: UUID, item: UUID, counter: Site, bench: Site, account: Account, at: datetime, *, destroyed: bool
) -> list[dict[str, Any]]:
    here, there = str(counter.id), str(bench.id)
    left_ug = ENTERED_UG - USED_UG
    seal, parcel = f"S-{item.hex[:8]}", str(new_id())
    steps: list[dict[str, Any]] = [
        {"action": "collected", "to": here, "to_kind": "site", "entered_ug": ENTERED_UG, "after_ug": ENTERED_UG},
        {"action": "sealed", "from": here, "seal_number": seal},
        {"action": "packed", "from": here, "to": there, "to_kind": "laboratory", "parcel": parcel,
         "manifest": "0" * 64},
        {"action": "handed_over", "from": here, "to": there, "to_kind": "laboratory", "parcel": parcel},
        {"action": "received", "from": here, "to": there, "to_kind": "laboratory", "parcel": parcel,
         "seal_state": "intact"},
        {"action": "opened", "from": there},
        {"action": "consumed", "from": there, "amount_ug": USED_UG, "before_ug": ENTERED_UG, "after_ug": left_ug},
        {"action": "stored", "from": there, "place": "SAFE-1"},
    ]  # fmt: skip
    if destroyed:
        steps.append({"action": "destroyed", "from": there, "amount_ug": left_ug, "witness": str(new_id())})
    after: str | None = None
    bodies = []
    for number, said in enumerate(steps, 1):
        key = str(new_id())
        moment_of = moment(at + timedelta(hours=number))
        body = {
            "schema": EVENT_SCHEMA, "id": key, "sample": str(sample), "item": str(item), "item_seq": number,
            "actor": str(account.id), "occurred_at": moment_of, "recorded_at": moment_of,
        } | said  # fmt: skip
        if after is not None:
            body["after"] = after
        bodies.append(body)
        after = key
    return bodies


def _row(body: dict[str, Any], appended: ledger.Appended) -> dict[str, Any]:
    return {
        "id": UUID(body["id"]), "seq": appended.seq, "leaf_hash": appended.leaf_hash,
        "sample_id": UUID(body["sample"]), "item_id": UUID(body["item"]), "item_seq": body["item_seq"],
        "action": body["action"], "after_id": UUID(body["after"]) if "after" in body else None,
        "parcel_id": UUID(body["parcel"]) if "parcel" in body else None, "actor_id": UUID(body["actor"]),
        "occurred_at": datetime.fromisoformat(body["occurred_at"]),
        "recorded_at": datetime.fromisoformat(body["recorded_at"]),
    }  # fmt: skip
