"""Takes in what a device did without network: operation by operation, each as often as it is sent.

Nothing that a person was shown as kept may be lost. What fits is applied. What happened, but does not fit what is
known here, is applied as far as it can be and opens a conflict beside it; what cannot be applied at all is kept in
the conflict. What builds on something that has not arrived yet is told to come again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from sqlmodel import Session, col, select

from lab.custody import receiving, unpacking
from lab.custody import service as custody
from lab.custody.errors import AfterUnknownError, ItemNotFoundError, ParcelNotFoundError, SealUsedError
from lab.custody.models import (
    Action,
    CustodyEvent,
    Item,
    Manifest,
    Parcel,
    ParcelItem,
    Receiving,
    ReceivingScan,
    SealState,
)
from lab.custody.parcels import parcel_on_its_way
from lab.custody.recording import get_item
from lab.custody.reported import Reported, hand_over_reported, pack_reported, place_in_history
from lab.errors import ConflictError, LabError
from lab.kit import ledger
from lab.network.access import Actor
from lab.register.errors import WitnessNeededError
from lab.samples import service as samples
from lab.samples.codes import parse_code
from lab.samples.errors import CodeTakenError, SampleNotFoundError
from lab.samples.models import Sample
from lab.samples.tickets import VALID_DAYS
from lab.sync.conflicts import Clash, find_conflict, open_conflict, sites_concerned
from lab.sync.errors import TooEarlyError
from lab.sync.models import SyncConflict, SyncKind
from lab.sync.schemas import (
    EventOperation,
    HandOverOperation,
    ItemRef,
    Operation,
    PackOperation,
    ReceiveOperation,
    RegisterOperation,
    ScanIn,
)

LABEL_TAKEN = "sync.label_taken"
_NOT_HERE_YET = (AfterUnknownError, ItemNotFoundError, ParcelNotFoundError, SampleNotFoundError)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one operation: the keys it made, or why it was not taken."""

    ok: bool = True
    sample_id: UUID | None = None
    code: str | None = None
    item_id: UUID | None = None
    ticket: str | None = None
    event_id: UUID | None = None
    parcel_id: UUID | None = None
    error: LabError | None = None
    conflict_id: UUID | None = None


def in_order(operations: Sequence[Operation]) -> list[int]:
    """The places of ``operations`` in the order in which to apply them: a device's own count, where all have one."""
    places = list(range(len(operations)))
    if all(one.device is not None and one.device_sequence is not None for one in operations):
        places.sort(key=lambda place: (str(operations[place].device), operations[place].device_sequence or 0))
    return places


def apply_all(
    session: Session, *, actor: Actor, operations: Sequence[Operation], ticket_days: int = VALID_DAYS
) -> list[Outcome]:
    """Apply ``operations`` by device and device sequence; one outcome each, in the order given.

    Tickets of samples registered on the way open their answer for ``ticket_days``.

    One that cannot be taken holds up no other. The ledger is locked throughout: the same batch arriving twice at
    once is applied by one of them and found applied by the other.
    """
    ledger.lock(session)
    outcomes: dict[int, Outcome] = {}
    for place in in_order(operations):
        outcomes[place] = apply(session, actor=actor, operation=operations[place], ticket_days=ticket_days)
    return [outcomes[place] for place in range(len(operations))]


def apply(session: Session, *, actor: Actor, operation: Operation, ticket_days: int = VALID_DAYS) -> Outcome:
    """Apply one operation in a savepoint of its own; never raises a :class:`~lab.errors.LabError`."""
    held = find_conflict(session, operation)
    if held is not None and not held.applied:
        return Outcome(ok=False, conflict_id=held.id)
    try:
        with session.begin_nested():
            return _apply(session, actor, operation, ticket_days)
    except TooEarlyError as error:
        return Outcome(ok=False, error=error)
    except _NOT_HERE_YET as error:
        return Outcome(ok=False, error=TooEarlyError(what=error.message_id.rpartition(".")[2]))
    except ConflictError as error:
        return _refused(session, actor, operation, error)
    except LabError as error:
        return Outcome(ok=False, error=error)


def _apply(session: Session, actor: Actor, operation: Operation, ticket_days: int) -> Outcome:
    if isinstance(operation, RegisterOperation):
        return _register(session, actor, operation, ticket_days)
    if isinstance(operation, EventOperation):
        return _record(session, actor, operation)
    if isinstance(operation, PackOperation):
        return _pack(session, actor, operation)
    if isinstance(operation, HandOverOperation):
        return _hand_over(session, actor, operation)
    return _receive(session, actor, operation)


def _refused(session: Session, actor: Actor, operation: Operation, error: ConflictError) -> Outcome:
    """Keep what could not be applied for a person of the site, if the sender handles custody there."""
    site_id = sites_concerned(session, actor=actor, operation=operation)
    if site_id is None:
        return Outcome(ok=False, error=error)
    clash = Clash(reason=error.message_id, site_id=site_id, applied=False)
    conflict = open_conflict(session, actor=actor, operation=operation, clash=clash)
    return Outcome(ok=False, error=error, conflict_id=conflict.id)


def _register(session: Session, actor: Actor, operation: RegisterOperation, ticket_days: int) -> Outcome:
    data = operation.sample
    label = parse_code(data.code) if data.code else None
    if find_conflict(session, operation) is not None:
        data = data.model_copy(update={"code": None})  # registered before, under a fresh code
    try:
        with session.begin_nested():
            registered = samples.register(session, actor=actor, data=data, ticket_days=ticket_days)
    except CodeTakenError:
        fresh = data.model_copy(update={"code": None})
        registered = samples.register(session, actor=actor, data=fresh, ticket_days=ticket_days)
    outcome = Outcome(
        sample_id=registered.sample.id,
        code=registered.sample.code,
        item_id=registered.item.id,
        ticket=registered.ticket,
    )
    if label is None or label == registered.sample.code:
        return outcome
    other = session.exec(select(Sample).where(Sample.code == label)).one_or_none()
    clash = Clash(
        reason=LABEL_TAKEN, site_id=data.site_id, applied=True, label=label,
        sample_id=registered.sample.id, other_sample_id=other.id if other else None,
    )  # fmt: skip
    conflict = open_conflict(session, actor=actor, operation=operation, clash=clash)
    return replace(outcome, conflict_id=conflict.id)


def _item(session: Session, actor: Actor, ref: ItemRef | EventOperation) -> Item:
    if ref.item_id is not None:
        return get_item(session, ref.item_id)
    return samples.item_registered_as(session, actor=actor, client_id=ref.client_id)


def _record(session: Session, actor: Actor, operation: EventOperation) -> Outcome:
    item = _item(session, actor, operation)
    event = operation.event
    if event.action is Action.DESTROYED:
        raise WitnessNeededError  # kept as a conflict: two accounts destroy, on the pages of disposal
    forked_before = item.conflict
    used = _seal_in_use(session, item, event.seal_number) if event.action is Action.SEALED else None
    given = event.model_dump(exclude_unset=True, exclude={"action"})
    again = event.id is not None and session.get(CustodyEvent, event.id) is not None
    if event.after is None and event.occurred_at is not None and event.action is not Action.CORRECTED and not again:
        given["after"] = place_in_history(session, item=item, occurred_at=event.occurred_at)
    recorded = custody.record_event(session, actor=actor, item_id=item.id, action=event.action, **given)
    outcome = Outcome(item_id=item.id, event_id=recorded.id)
    clash = Clash(reason="sync.fork", site_id=item.site_id, applied=True, sample_id=item.sample_id, items=(item,))
    if used is not None:
        clash = replace(clash, reason=SealUsedError.message_id, other_sample_id=used.sample_id)
    elif not item.conflict or forked_before:
        return outcome
    conflict = open_conflict(session, actor=actor, operation=operation, clash=clash)
    return replace(outcome, conflict_id=conflict.id)


def _seal_in_use(session: Session, item: Item, number: str | None) -> Item | None:
    same = select(Item).where(Item.seal_number == number, Item.id != item.id)
    return None if number is None else session.exec(same.limit(1)).first()


def _pack(session: Session, actor: Actor, operation: PackOperation) -> Outcome:
    items = [_item(session, actor, ref) for ref in operation.items]
    for ref, item in zip(operation.items, items, strict=True):
        if ref.client_id is not None and _seal_under_way(session, item):
            raise TooEarlyError(what="sealed")
    known = session.get(Parcel, operation.id) is not None
    forked = {item.id for item in items if item.conflict}
    reported = pack_reported(
        session, actor=actor, parcel_id=operation.id, item_ids=[item.id for item in items],
        seal_number=operation.seal_number, from_site_id=operation.from_site_id, to_site_id=operation.to_site_id,
        legal_basis=operation.legal_basis, occurred_at=operation.occurred_at, device=operation.device,
    )  # fmt: skip
    outcome = Outcome(parcel_id=reported.parcel.id)
    if known:
        return outcome
    unpacking.adopt(session, parcel=reported.parcel)
    used = parcel_on_its_way(session, seal_number=operation.seal_number, but=operation.id)
    reason = SealUsedError.message_id if used else None
    return _with_conflict(session, actor, operation, outcome, reported, items, forked, reason)


def _seal_under_way(session: Session, item: Item) -> bool:
    """Whether the device that registered this item has yet to tell of its seal: no phone packs what is not sealed.

    Not where that report is here already and waits for a person: the parcel must not wait with it.
    """
    sealed = select(CustodyEvent.id).where(CustodyEvent.item_id == item.id, CustodyEvent.action == Action.SEALED)
    held = select(SyncConflict.id).where(
        SyncConflict.sample_id == item.sample_id,
        SyncConflict.kind == SyncKind.EVENT,
        col(SyncConflict.applied).is_(False),
    )
    return session.exec(sealed).first() is None and session.exec(held).first() is None


def _with_conflict(
    session: Session,
    actor: Actor,
    operation: Operation,
    outcome: Outcome,
    reported: Reported,
    items: Sequence[Item],
    forked: set[UUID],
    reason: str | None = None,
) -> Outcome:
    """``outcome`` with the conflict that applying the operation has opened, where it has."""
    newly_forked = tuple(item for item in items if item.conflict and item.id not in forked)
    if reported.left_out:
        reason = reported.left_out[0].error.message_id
    elif newly_forked:
        reason = reason or "sync.fork"
    if reason is None:
        return outcome
    clash = Clash(
        reason=reason, site_id=reported.parcel.from_site_id, applied=True, parcel_id=reported.parcel.id,
        items=newly_forked, left_out=reported.left_out,
    )  # fmt: skip
    conflict = open_conflict(session, actor=actor, operation=operation, clash=clash)
    return replace(outcome, conflict_id=conflict.id)


def _hand_over(session: Session, actor: Actor, operation: HandOverOperation) -> Outcome:
    receiver_id = operation.to_name_role if isinstance(operation.to_name_role, UUID) else None
    lines = select(Item).join(ParcelItem, col(ParcelItem.item_id) == col(Item.id))
    items = session.exec(
        lines.where(ParcelItem.parcel_id == operation.parcel_id, ParcelItem.outcome != Manifest.UNEXPECTED)
    ).all()
    forked = {item.id for item in items if item.conflict}
    reported = hand_over_reported(
        session, actor=actor, handover_id=operation.id, parcel_id=operation.parcel_id, receiver_id=receiver_id,
        occurred_at=operation.occurred_at, device=operation.device,
    )  # fmt: skip
    return _with_conflict(session, actor, operation, Outcome(parcel_id=reported.parcel.id), reported, items, forked)


def _receive(session: Session, actor: Actor, operation: ReceiveOperation) -> Outcome:
    parcel = unpacking.require_parcel(session, actor=actor, parcel_id=operation.parcel_id)
    opened = receiving.open_receiving(session, actor=actor, parcel_id=parcel.id)
    was_closed = opened.closed_at is not None
    kept = [_scan(session, actor, operation, opened, place, one) for place, one in enumerate(operation.scans)]
    outcome = Outcome(parcel_id=parcel.id)
    if operation.seal_state is not None and not was_closed:
        receiving.mark_parcel(session, actor=actor, receiving_id=opened.id, seal_state=operation.seal_state)
    if operation.close and not was_closed:
        unpacking.close(session, actor=actor, receiving_id=opened.id)
    elif was_closed:
        unpacking.book(session, opened, actor=actor)
        if _says_otherwise(operation, opened, kept):
            clash = Clash(
                reason="error.custody.receiving_closed", site_id=parcel.to_site_id, applied=True, parcel_id=parcel.id
            )
            conflict = open_conflict(session, actor=actor, operation=operation, clash=clash)
            return replace(outcome, conflict_id=conflict.id)
    return outcome


def _scan(
    session: Session, actor: Actor, operation: ReceiveOperation, opened: Receiving, place: int, one: ScanIn
) -> ReceivingScan:
    moment: datetime = one.at or operation.occurred_at
    return receiving.add_scan(
        session, actor=actor, receiving_id=opened.id, text=one.code, item_id=one.item_id,
        scan_id=uuid5(operation.id, f"scan {place}"), seal_state=one.seal_state, condition=one.condition,
        entry=one.entry, scanned_at=moment, device=operation.device, keep_unknown=True, closed_too=True,
    ).scan  # fmt: skip


def _says_otherwise(operation: ReceiveOperation, opened: Receiving, kept: Sequence[ReceivingScan]) -> bool:
    """Whether the device saw another seal or condition than what the closed receiving holds."""
    if operation.seal_state is not None and operation.seal_state is not opened.seal_state:
        return True
    return any(
        one.seal_state is not scan.seal_state or (one.condition or None) != scan.condition
        for one, scan in zip(operation.scans, kept, strict=True)
        if one.seal_state is not SealState.INTACT or one.condition
    )
