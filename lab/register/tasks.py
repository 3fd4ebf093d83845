"""Deviations become tasks for a person: found once, listed by age, closed with a reason and, where due, a correction.

What weighs other than the books say, and seals that were not whole, stand in the log: entries are looked at once, in
order. What parcels lacked or held too much, and parcels that are overdue, stand in their tables.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.custody.body import BodyError, read_entry
from lab.custody.models import (
    Manifest,
    Parcel,
    ParcelItem,
    ParcelState,
    Receiving,
    ReceivingScan,
    ScanKind,
    SealState,
)
from lab.kit import ledger
from lab.kit.clock import now
from lab.kit.ledger import LedgerEntry
from lab.network.access import Actor, Permission
from lab.register.errors import TaskNotFoundError
from lab.register.models import CustodyExamined, CustodyTask, CustodyTaskKind
from lab.register.rules import Rules, route_between, rules_for
from lab.register.sums import of_sums

_K = CustodyTaskKind
_BATCH = 2000  # entries looked at in one transaction: the log's lock is held meanwhile


def examine(session: Session) -> int:
    """Open a task for every deviation that has none; how many. Raises nothing, and may be asked at any time."""
    ledger.lock(session)
    found = [*_of_entries(session), *_of_manifests(session), *_of_scans(session), *_of_parcels(session)]
    known = _known(session, [task.subject for task in found])
    fresh = {task.subject: task for task in found if task.subject not in known}
    session.add_all(fresh.values())
    session.flush()
    return len(fresh)


def _known(session: Session, subjects: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(subjects), 500):
        query = select(CustodyTask.subject).where(col(CustodyTask.subject).in_(subjects[start : start + 500]))
        known.update(session.exec(query))
    return known


def _of_entries(session: Session) -> Iterator[CustodyTask]:
    """Of each entry alone, then of what was weighed among them together with what was weighed before."""
    weighed: list[dict[str, Any]] = []
    yield from _of_new_entries(session, weighed)
    yield from of_sums(session, weighed)


def _of_new_entries(session: Session, weighed: list[dict[str, Any]]) -> Iterator[CustodyTask]:
    mark = session.get(CustodyExamined, 1) or CustodyExamined(id=1, next_seq=0)
    query = select(LedgerEntry.seq, LedgerEntry.body).where(col(LedgerEntry.seq) >= mark.next_seq)
    rows = session.exec(query.order_by(col(LedgerEntry.seq)).limit(_BATCH)).all()
    rules: dict[str, Rules] = {}
    for seq, content in rows:
        mark.next_seq = seq + 1
        try:
            body = read_entry(bytes(content))
        except BodyError:
            continue  # what is no entry is found by verifying the log, not here
        if "action" in body:
            yield from _of_entry(session, body, rules)
        if "weighed_ug" in body and body["weighed_ug"] != body.get("before_ug"):
            weighed.append(body)
    session.add(mark)


def _of_entry(session: Session, body: dict[str, Any], rules: dict[str, Rules]) -> Iterator[CustodyTask]:
    site = body["to"] if body["action"] in {"received", "found"} else body.get("from", body.get("to"))
    if site is None:
        return
    about: dict[str, Any] = {
        "site_id": UUID(site), "item_id": UUID(body["item"]), "event_id": UUID(body["id"]),
        "parcel_id": _parcel_of(session, body), "happened_at": datetime.fromisoformat(body["occurred_at"]),
    }  # fmt: skip
    if "weighed_ug" in body and "before_ug" in body:
        if site not in rules:
            rules[site] = rules_for(session, site_id=UUID(site))
        tolerance_ug = rules[site].tolerance_of(body["before_ug"])
        difference_ug = body["weighed_ug"] - body["before_ug"]
        if abs(difference_ug) > tolerance_ug:
            yield CustodyTask(
                subject=f"mass {body['id']}", kind=_K.MASS_DIFFERS, difference_ug=difference_ug,
                tolerance_ug=tolerance_ug, **about,
            )  # fmt: skip
    if body.get("seal_state") in {SealState.BROKEN, SealState.MISSING}:
        yield CustodyTask(subject=f"seal {body['id']}", kind=_K.SEAL_BROKEN, **about)


def _parcel_of(session: Session, body: dict[str, Any]) -> UUID | None:
    key = UUID(body["parcel"]) if "parcel" in body else None
    return key if key is not None and session.get(Parcel, key) is not None else None


def _of_manifests(session: Session) -> Iterator[CustodyTask]:
    """Lines of received parcels that lacked or were too much, without a task."""
    kinds = {Manifest.MISSING: _K.MISSING, Manifest.UNEXPECTED: _K.UNEXPECTED}
    query = (
        select(ParcelItem, Parcel)
        .join(Parcel, col(Parcel.id) == col(ParcelItem.parcel_id))
        .where(
            col(ParcelItem.outcome).in_(kinds),
            sa.not_(
                sa.exists().where(
                    col(CustodyTask.parcel_id) == col(ParcelItem.parcel_id),
                    col(CustodyTask.item_id) == col(ParcelItem.item_id),
                    col(CustodyTask.kind).in_(kinds.values()),
                )
            ),
        )
    )
    for line, parcel in session.exec(query).all():
        yield CustodyTask(
            subject=f"{line.outcome.value} {parcel.id} {line.item_id}", kind=kinds[line.outcome],
            site_id=parcel.to_site_id, item_id=line.item_id, parcel_id=parcel.id,
            happened_at=parcel.received_at or parcel.packed_at,
        )  # fmt: skip


def _of_scans(session: Session) -> Iterator[CustodyTask]:
    """What was taken out of a parcel and fits no sample."""
    query = (
        select(ReceivingScan, Receiving)
        .join(Receiving, col(Receiving.id) == col(ReceivingScan.receiving_id))
        .where(
            ReceivingScan.kind == ScanKind.UNKNOWN, col(ReceivingScan.item_id).is_(None),
            col(ReceivingScan.undone_at).is_(None), col(Receiving.closed_at).is_not(None),
        )
    )  # fmt: skip
    for scan, receiving in session.exec(query).all():
        yield CustodyTask(
            subject=f"unknown {scan.id}", kind=_K.UNKNOWN, site_id=receiving.site_id,
            parcel_id=receiving.parcel_id, text=scan.text, happened_at=scan.scanned_at,
        )  # fmt: skip


def _of_parcels(session: Session) -> Iterator[CustodyTask]:
    """Parcels that are overdue, came with a seal that was not whole, or were refused."""
    for parcel in session.exec(select(Parcel).where(Parcel.state == ParcelState.IN_TRANSIT)).all():
        due = due_at(session, parcel)
        if due is not None and due < now():
            yield CustodyTask(
                subject=f"overdue {parcel.id} {parcel.to_site_id}", kind=_K.OVERDUE, site_id=parcel.from_site_id,
                parcel_id=parcel.id, happened_at=due,
            )  # fmt: skip
    query = select(Parcel).where(
        col(Parcel.seal_state).in_((SealState.BROKEN, SealState.MISSING)) | col(Parcel.refused_at).is_not(None)
    )
    for parcel in session.exec(query).all():
        if parcel.seal_state in {SealState.BROKEN, SealState.MISSING}:
            yield CustodyTask(
                subject=f"parcel_seal {parcel.id}", kind=_K.SEAL_BROKEN, site_id=parcel.to_site_id, parcel_id=parcel.id,
                happened_at=parcel.received_at or parcel.packed_at,
            )  # fmt: skip
        if parcel.refused_at is not None:
            yield CustodyTask(
                subject=f"refused {parcel.id}", kind=_K.REFUSED, site_id=parcel.from_site_id, parcel_id=parcel.id,
                happened_at=parcel.refused_at,
            )  # fmt: skip


def due_at(session: Session, parcel: Parcel) -> datetime | None:
    """When a parcel under way should have arrived, by its route or the site it left; None: nothing declared."""
    since = parcel.refused_at or parcel.handed_over_at
    if since is None:
        return None
    way = (parcel.from_site_id, parcel.refused_site_id or parcel.to_site_id)  # back takes as long as there
    route = route_between(session, from_site_id=way[0], to_site_id=way[1])
    hours = route.hours if route else None
    if hours is None:
        hours = rules_for(session, site_id=parcel.from_site_id).transit_hours
    return None if hours is None else since + timedelta(hours=hours)


def _concerned(actor: Actor) -> sa.ColumnElement[bool]:
    sites = actor.sites(Permission.CUSTODY_HANDLE)
    audited = actor.sites(Permission.CUSTODY_AUDIT)
    if sites is None or audited is None:
        return sa.true()
    return col(CustodyTask.site_id).in_(sites | audited)


def open_tasks(session: Session, *, actor: Actor, site_id: UUID | None = None) -> Sequence[CustodyTask]:
    """What nobody has dealt with at the sites of ``actor``, the oldest first."""
    query = select(CustodyTask).where(col(CustodyTask.resolved_at).is_(None), _concerned(actor))
    if site_id is not None:
        query = query.where(CustodyTask.site_id == site_id)
    return session.exec(query.order_by(col(CustodyTask.happened_at), col(CustodyTask.id))).all()


def resolved_tasks(session: Session, *, actor: Actor, limit: int = 50) -> Sequence[CustodyTask]:
    """What was dealt with, the latest first."""
    query = select(CustodyTask).where(col(CustodyTask.resolved_at).is_not(None), _concerned(actor))
    return session.exec(query.order_by(col(CustodyTask.resolved_at).desc()).limit(limit)).all()


def tasks_of_items(session: Session, *, item_ids: Sequence[UUID]) -> Sequence[CustodyTask]:
    """The tasks about these containers, the oldest first."""
    query = select(CustodyTask).where(col(CustodyTask.item_id).in_(item_ids))
    return session.exec(query.order_by(col(CustodyTask.happened_at))).all()


def get_task(session: Session, *, actor: Actor, task_id: UUID, lock: bool = False) -> CustodyTask:
    """The task, for whoever it concerns; raises :class:`TaskNotFoundError`."""
    task = session.get(CustodyTask, task_id, with_for_update=lock)
    may = (Permission.CUSTODY_HANDLE, Permission.CUSTODY_AUDIT)
    if task is None or not any(actor.may(permission, task.site_id) for permission in may):
        raise TaskNotFoundError
    return task
