"""What a device says against what is known here: kept with both versions, shown to a person, decided once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.custody.models import Item, Parcel
from lab.custody.recording import history
from lab.custody.reported import LeftOut
from lab.kit.ids import new_id
from lab.network.access import Actor, Permission
from lab.samples.models import Sample
from lab.sync.errors import ConflictNotFoundError
from lab.sync.models import SyncConflict, SyncKind
from lab.sync.schemas import (
    EventOperation,
    HandOverOperation,
    Operation,
    PackOperation,
    RegisterOperation,
)

# Of a registration the page shows what tells bags apart, and nothing that a person said about themselves.
SAMPLE_FIELDS = ("sold_as_raw", "form", "colours", "texture", "mass_mg", "tablet_shape", "tablet_logo")


@dataclass(frozen=True, kw_only=True)
class Clash:
    """What does not fit, as far as it is known when the operation arrives."""

    reason: str
    site_id: UUID
    applied: bool
    label: str | None = None
    sample_id: UUID | None = None
    other_sample_id: UUID | None = None
    parcel_id: UUID | None = None
    items: Sequence[Item] = ()  # whose history now forks
    left_out: Sequence[LeftOut] = ()


def operation_id(operation: Operation) -> UUID | None:
    """The key that the device gave it."""
    if isinstance(operation, RegisterOperation):
        return operation.sample.client_id
    return operation.event.id if isinstance(operation, EventOperation) else operation.id


def happened_at(operation: Operation) -> datetime | None:
    """When it was done, as the device says."""
    if isinstance(operation, RegisterOperation):
        return operation.sample.collected_at
    return operation.event.occurred_at if isinstance(operation, EventOperation) else operation.occurred_at


def sites_concerned(session: Session, *, actor: Actor, operation: Operation) -> UUID | None:
    """The site whose people decide on ``operation``, if ``actor`` handles custody there."""
    sites: list[UUID | None] = []
    if isinstance(operation, RegisterOperation):
        sites = [operation.sample.site_id]
    elif isinstance(operation, EventOperation):
        item = _item(session, operation)
        sites = [item.site_id if item else None, operation.event.to_site_id]
    elif isinstance(operation, PackOperation):
        sites = [operation.from_site_id]
    else:
        parcel = session.get(Parcel, operation.parcel_id)
        sites = [parcel.to_site_id, *parcel.ends] if parcel else []
    return next((site for site in sites if site and actor.may(Permission.CUSTODY_HANDLE, site)), None)


def _item(session: Session, operation: EventOperation) -> Item | None:
    if operation.item_id is not None:
        return session.get(Item, operation.item_id)
    first = (
        select(Item)
        .join(Sample, col(Sample.id) == col(Item.sample_id))
        .where(Sample.client_id == operation.client_id, col(Item.parent_id).is_(None))
    )
    return session.exec(first).first()


def find_conflict(session: Session, operation: Operation) -> SyncConflict | None:
    """The conflict that this operation opened when it came before."""
    key = operation_id(operation)
    return session.exec(select(SyncConflict).where(SyncConflict.operation_id == key)).one_or_none()


def open_conflict(session: Session, *, actor: Actor, operation: Operation, clash: Clash) -> SyncConflict:
    """Keep both versions. The same operation again finds the conflict that is there."""
    key = operation_id(operation)
    known = find_conflict(session, operation)
    if known is not None:
        return known
    conflict_id = new_id()
    conflict = SyncConflict(
        id=conflict_id,
        operation_id=key or conflict_id,
        kind=SyncKind(operation.kind), reason=clash.reason, site_id=clash.site_id, account_id=actor.account_id,
        device_id=operation.device, happened_at=happened_at(operation), applied=clash.applied,
        sample_id=clash.sample_id or _sample_of(session, operation), other_sample_id=clash.other_sample_id,
        parcel_id=clash.parcel_id or _parcel_of(session, operation), label=clash.label,
        items=[*_forked(session, clash.items), *_left_out(session, clash.left_out)],
        device_says=device_says(operation), server_says=_server_says(session, operation, clash),
        operation=None if clash.applied else _kept(operation),
    )  # fmt: skip
    session.add(conflict)
    session.flush()
    return conflict


def _kept(operation: Operation) -> dict[str, Any]:
    """The operation as it can be applied later. Of a registration nothing is kept that only the person's way back
    needs: a contact is never written here."""
    kept = operation.model_dump(mode="json", exclude_unset=True)
    if isinstance(operation, RegisterOperation):
        allowed = {column.name for column in sa.inspect(Sample).columns} | {"code", "collected_at", "ticket_hash"}
        kept["sample"] = {name: value for name, value in kept["sample"].items() if name in allowed}
    return kept


def _sample_of(session: Session, operation: Operation) -> UUID | None:
    if isinstance(operation, EventOperation):
        item = _item(session, operation)
        return item.sample_id if item else None
    if isinstance(operation, RegisterOperation):
        return session.exec(select(Sample.id).where(Sample.client_id == operation.sample.client_id)).first()
    return None


def _parcel_of(session: Session, operation: Operation) -> UUID | None:
    key = operation.id if isinstance(operation, PackOperation) else getattr(operation, "parcel_id", None)
    return key if key is not None and session.get(Parcel, key) is not None else None


def _forked(session: Session, items: Sequence[Item]) -> list[dict[str, Any]]:
    return [{"item": str(item.id), "code": _code(session, item), "reason": "sync.fork"} for item in items]


def _left_out(session: Session, left_out: Sequence[LeftOut]) -> list[dict[str, Any]]:
    return [
        {"item": str(one.item.id), "code": _code(session, one.item), "reason": one.error.message_id}
        | {"params": {name: str(value) for name, value in one.error.message.params.items()}}
        for one in left_out
    ]


def _code(session: Session, item: Item) -> str:
    return session.get_one(Sample, item.sample_id).code


def device_says(operation: Operation) -> dict[str, Any]:
    """The device's version as names and plain values."""
    if isinstance(operation, RegisterOperation):
        said = operation.sample.model_dump(mode="json", include={*SAMPLE_FIELDS, "code", "collected_on"})
    elif isinstance(operation, EventOperation):
        said = operation.event.model_dump(mode="json", exclude={"id", "after", "joins", "device", "device_seq"})
    elif isinstance(operation, PackOperation):
        said = operation.model_dump(mode="json", include={"seal_number", "from_site_id", "to_site_id", "legal_basis"})
        said["count"] = len(operation.items)
    elif isinstance(operation, HandOverOperation):
        said = {"receiver": str(operation.to_name_role)}
    else:
        said = {"seal_state": operation.seal_state and operation.seal_state.value, "count": len(operation.scans)}
        said["condition"] = "; ".join(filter(None, (scan.condition for scan in operation.scans)))[:300]
    moment = happened_at(operation)
    said["occurred_at"] = moment.isoformat() if moment else None
    return {name: value for name, value in said.items() if value not in (None, "", [])}


def _server_says(session: Session, operation: Operation, clash: Clash) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if isinstance(operation, RegisterOperation):
        other = session.get(
            Sample, clash.other_sample_id or _sample_of(session, operation) or operation.sample.client_id
        )
        if other is not None:
            said = {name: getattr(other, name) for name in (*SAMPLE_FIELDS, "code")}
            said |= {"collected_on": other.collected_on.isoformat(), "occurred_at": other.registered_at.isoformat()}
    elif isinstance(operation, EventOperation):
        item = _item(session, operation)
        said = _item_says(session, item, operation) if item else {}
    else:
        parcel_id = clash.parcel_id or _parcel_of(session, operation)
        parcel = session.get(Parcel, parcel_id) if parcel_id else None
        said = _parcel_says(parcel) if parcel else {}
    return {name: value for name, value in said.items() if value not in (None, "", [])}


def _item_says(session: Session, item: Item, operation: EventOperation) -> dict[str, Any]:
    others = [event for event in history(session, item.id) if event.id != operation.event.id]
    last = others[-1] if others else None
    return {
        "state": item.state.value,
        "to_site_id": str(item.site_id),
        "seal_number": item.seal_number,
        "action": last.action.value if last else None,
        "occurred_at": last.occurred_at.isoformat() if last else None,
    }


def _parcel_says(parcel: Parcel) -> dict[str, Any]:
    return {
        "seal_number": parcel.seal_number,
        "from_site_id": str(parcel.from_site_id),
        "to_site_id": str(parcel.to_site_id),
        "parcel_state": parcel.state.value,
        "seal_state": parcel.seal_state.value if parcel.seal_state else None,
        "occurred_at": (parcel.received_at or parcel.handed_over_at or parcel.packed_at).isoformat(),
    }


def _reachable(actor: Actor) -> sa.ColumnElement[bool]:
    """Conflicts of the sites where ``actor`` handles custody, and of containers and parcels that came there."""
    allowed = actor.sites(Permission.CUSTODY_HANDLE)
    if allowed is None:
        return sa.true()
    here = select(Item.sample_id).where(col(Item.site_id).in_(allowed))
    coming = select(Parcel.id).where(col(Parcel.to_site_id).in_(allowed) | col(Parcel.from_site_id).in_(allowed))
    return sa.or_(
        col(SyncConflict.site_id).in_(allowed),
        col(SyncConflict.sample_id).in_(here),
        col(SyncConflict.parcel_id).in_(coming),
    )


def open_conflicts(session: Session, *, actor: Actor) -> Sequence[SyncConflict]:
    """What waits for a decision at the sites of ``actor``, the oldest first."""
    actor.require(Permission.CUSTODY_HANDLE)
    waiting = select(SyncConflict).where(col(SyncConflict.decided_at).is_(None), _reachable(actor))
    return session.exec(waiting.order_by(col(SyncConflict.received_at))).all()


def get_conflict(session: Session, *, actor: Actor, conflict_id: UUID, lock: bool = False) -> SyncConflict:
    """The conflict; raises :class:`ConflictNotFoundError` also where ``actor`` does not handle custody."""
    one = select(SyncConflict).where(SyncConflict.id == conflict_id, _reachable(actor))
    found = session.exec(one.with_for_update() if lock else one).one_or_none()
    if found is None:
        raise ConflictNotFoundError
    return found
