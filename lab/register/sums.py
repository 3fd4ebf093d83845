"""Weighings that are within the tolerance one by one, and off when added up: over a sample, a parcel, a place.

So that little by little is seen too. The tolerance declared for one weighing holds for the sum: its part in percent
grows with what the books say, its part in milligrams does not.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from lab.custody.models import Item, ItemState, Parcel
from lab.register import weighings
from lab.register.models import CustodyTask, CustodyTaskKind
from lab.register.weighings import Weighing

_HERE = frozenset({ItemState.AT_SITE, ItemState.AT_LABORATORY})


def of_sums(session: Session, weighed: Iterable[Mapping[str, Any]]) -> Iterator[CustodyTask]:
    """A task for each sample, parcel and place of these entries (bodies) whose weighings are off together."""
    seen: set[str] = set()
    for body in weighed:
        item = session.get(Item, UUID(body["item"]))
        if item is None:
            continue
        for name, found, about in _groups(session, item, body):
            if name in seen:
                continue
            seen.add(name)
            task = _task(session, name, found, item, body, about)
            if task is not None:
                yield task


def _groups(
    session: Session, item: Item, body: Mapping[str, Any]
) -> Iterator[tuple[str, list[Weighing], dict[str, Any]]]:
    sample = f"sum sample {item.sample_id}"
    yield sample, weighings.of_sample(session, item.sample_id), {"item_id": item.id}
    parcel = session.get(Parcel, UUID(body["parcel"])) if "parcel" in body else None
    if parcel is not None:
        yield f"sum parcel {parcel.id}", weighings.of_parcel(session, parcel.id), {"parcel_id": parcel.id}
    if item.place is not None and item.state in _HERE:
        place = f"sum place {item.site_id} {item.place}"
        yield place, weighings.of_place(session, item.site_id, item.place), {"text": item.place}


def _task(
    session: Session,
    name: str,
    found: list[Weighing],
    item: Item,
    body: Mapping[str, Any],
    about: dict[str, Any],
) -> CustodyTask | None:
    total = weighings.together(session, found, site_id=item.site_id)
    if not total.differs or _open(session, name):
        return None
    return CustodyTask(
        subject=f"{name} {len(_all(session, name))}", kind=CustodyTaskKind.SUM_DIFFERS, site_id=item.site_id,
        difference_ug=total.difference_ug, tolerance_ug=total.tolerance_ug, event_id=UUID(body["id"]),
        happened_at=datetime.fromisoformat(body["occurred_at"]), **about,
    )  # fmt: skip


def _all(session: Session, name: str) -> list[CustodyTask]:
    return list(
        session.exec(select(CustodyTask).where(col(CustodyTask.subject).startswith(f"{name} ", autoescape=True)))
    )


def _open(session: Session, name: str) -> bool:
    return any(task.resolved_at is None for task in _all(session, name))
