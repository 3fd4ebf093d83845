"""What a person makes of a conflict. Where custody is concerned the decision is an event in the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from pydantic import TypeAdapter
from sqlmodel import Session, col, select

from lab.custody import service as custody
from lab.custody.errors import ItemNotFoundError
from lab.custody.fold import fold
from lab.custody.models import Action, CustodyEvent, Item, ItemState
from lab.custody.recording import get_item, history
from lab.kit import ledger
from lab.kit.clock import now
from lab.network import accounts
from lab.network.access import Actor, Permission
from lab.register.errors import WitnessNeededError
from lab.samples.models import Ticket
from lab.samples.service import register
from lab.sync.conflicts import get_conflict
from lab.sync.errors import DecidedError, NoSuchDecisionError, ReasonMissingError, TravelledError
from lab.sync.models import Decision, SyncConflict, SyncKind
from lab.sync.schemas import EventOperation, Operation, RegisterOperation

_MAX_REASON = 500
_IN_HAND = frozenset({ItemState.AT_SITE, ItemState.AT_LABORATORY})
_operation: TypeAdapter[Operation] = TypeAdapter(Operation)


@dataclass(frozen=True)
class Choice:
    """A decision that this conflict can be given; ``text_id`` names the words for it."""

    decision: Decision
    text_id: str


def choices(conflict: SyncConflict) -> Sequence[Choice]:
    """How this conflict can be decided."""
    if conflict.label is not None:
        return (
            Choice(Decision.APPLY_DEVICE, "sync.choice.two_bags"),
            Choice(Decision.KEEP_SERVER, "sync.choice.same_bag"),
        )
    if _forked(conflict):
        return (
            Choice(Decision.KEEP_SERVER, "sync.choice.keep_server"),
            Choice(Decision.APPLY_DEVICE, "sync.choice.apply_device"),
        )
    if conflict.applied:
        return (Choice(Decision.KEEP_SERVER, "sync.choice.seen"),)
    held = (Choice(Decision.DISCARD, "sync.choice.discard"),)
    return (Choice(Decision.APPLY_DEVICE, "sync.choice.apply_now"), *held) if _can_apply(conflict) else held


def _forked(conflict: SyncConflict) -> bool:
    return any(entry["reason"] == "sync.fork" for entry in conflict.items)


def _can_apply(conflict: SyncConflict) -> bool:
    return conflict.kind in {SyncKind.REGISTER, SyncKind.EVENT} and conflict.operation is not None


def decide(session: Session, *, actor: Actor, conflict_id: UUID, decision: Decision, reason: str) -> SyncConflict:
    """Decide, with a word on why. Raises :class:`DecidedError`, :class:`NoSuchDecisionError`,
    :class:`ReasonMissingError`, and what applying the device's version raises: then nothing is decided."""
    ledger.lock(session)
    conflict = get_conflict(session, actor=actor, conflict_id=conflict_id, lock=True)
    if conflict.decided_at is not None:
        raise DecidedError
    why = " ".join(reason.split())[:_MAX_REASON]
    if not why:
        raise ReasonMissingError
    if decision not in {choice.decision for choice in choices(conflict)}:
        raise NoSuchDecisionError
    if conflict.label is not None:
        _decide_label(session, actor, conflict, decision, why)
    elif _forked(conflict):
        _decide_forks(session, actor, conflict, decision, why)
    elif not conflict.applied and decision is Decision.APPLY_DEVICE:
        _apply(session, conflict)
    else:
        _note(session, actor, conflict, why)
    conflict.decision, conflict.decision_reason = decision, why
    conflict.decided_at, conflict.decided_by = now(), actor.account_id
    conflict.operation = None
    session.add(conflict)
    session.flush()
    return conflict


def _decide_label(session: Session, actor: Actor, conflict: SyncConflict, decision: Decision, why: str) -> None:
    item = _first_item(session, conflict.sample_id)
    if decision is Decision.KEEP_SERVER:
        _merge(session, conflict, item)
    _write(session, actor, conflict, item, purpose="label decided", note=why)


def _merge(session: Session, conflict: SyncConflict, item: Item) -> None:
    """One bag was registered twice: the second ticket opens the first one's answer, the second item holds nothing."""
    if conflict.other_sample_id is None:
        raise NoSuchDecisionError
    moved = {Action.PACKED, Action.HANDED_OVER, Action.RECEIVED, Action.DISPATCHED, Action.CONSUMED, Action.ALIQUOTED}
    events = history(session, item.id)
    if any(event.action in moved for event in events):
        raise TravelledError
    for ticket in session.exec(select(Ticket).where(Ticket.sample_id == conflict.sample_id)):
        ticket.sample_id = conflict.other_sample_id
        session.add(ticket)
    session.flush()


def _decide_forks(session: Session, actor: Actor, conflict: SyncConflict, decision: Decision, why: str) -> None:
    """Each item goes on from the end that its main line has now, or from the one that the device reported."""
    for entry in conflict.items:
        if entry["reason"] != "sync.fork":
            continue
        status = fold(history(session, UUID(entry["item"])))
        if not status.conflict:
            continue  # somebody has joined the ends already
        reported = _reported_end(session, conflict, status.item, status.heads)
        others = [head for head in status.heads if head != reported]
        server = status.head if status.head in others else next(iter(others), status.head)
        head = reported if decision is Decision.APPLY_DEVICE and reported else server
        custody.resolve_conflict(session, actor=actor, item_id=status.item, head_id=head, note=why)


def _reported_end(session: Session, conflict: SyncConflict, item_id: UUID, heads: Sequence[UUID]) -> UUID | None:
    """The end of the branch on which the operation's event lies."""
    names = (f"packed {item_id}", f"handed over {item_id}")
    keys = {conflict.operation_id, *(uuid5(conflict.operation_id, name) for name in names)}
    events = {event.id: event for event in history(session, item_id)}
    for head in heads:
        key: UUID | None = head
        while key is not None and key not in keys:
            key = events[key].after
        if key is not None:
            return head
    return None


def _apply(session: Session, conflict: SyncConflict) -> None:
    """Record what the device sent, as things are now, under the account that sent it."""
    operation = _operation.validate_python(conflict.operation)
    sender = accounts.actor_of(session, account_id=conflict.account_id)
    if isinstance(operation, RegisterOperation):
        fresh = operation.sample.model_copy(update={"client_id": uuid5(conflict.id, "applied"), "code": None})
        conflict.sample_id = register(session, actor=sender, data=fresh).sample.id
    elif isinstance(operation, EventOperation):
        if operation.event.action is Action.DESTROYED:
            raise WitnessNeededError
        given = operation.event.model_dump(exclude_unset=True, exclude={"action", "after", "device_seq"})
        item = _event_item(session, operation, conflict)
        custody.record_event(session, actor=sender, item_id=item.id, action=operation.event.action, **given)


def _event_item(session: Session, operation: EventOperation, conflict: SyncConflict) -> Item:
    if operation.item_id is not None:
        return get_item(session, operation.item_id)
    return _first_item(session, conflict.sample_id)


def _first_item(session: Session, sample_id: UUID | None) -> Item:
    first = select(Item).where(Item.sample_id == sample_id, col(Item.parent_id).is_(None))
    item = session.exec(first).first()
    if item is None:
        raise ItemNotFoundError(item=str(sample_id))
    return item


def _note(session: Session, actor: Actor, conflict: SyncConflict, why: str) -> None:
    """Write a decision that changes nothing beside the containers that it is about."""
    for entry in conflict.items:
        _write(session, actor, conflict, get_item(session, UUID(entry["item"])), purpose="conflict decided", note=why)
    if not conflict.items and conflict.sample_id is not None and conflict.kind is SyncKind.EVENT:
        item = _first_item(session, conflict.sample_id)
        _write(session, actor, conflict, item, purpose="conflict decided", note=why)


def _write(session: Session, actor: Actor, conflict: SyncConflict, item: Item, **words: Any) -> None:
    """An event *stored* with the reason, where the item is in somebody's hands and ``actor`` handles it there.

    Elsewhere (under way, gone) nothing can be said of the item; the decision stands in the conflict alone.
    """
    key = uuid5(conflict.id, f"decided {item.id}")
    if item.state not in _IN_HAND or not actor.may(Permission.CUSTODY_HANDLE, item.site_id):
        return
    if session.get(CustodyEvent, key) is None:
        custody.record_event(session, actor=actor, item_id=item.id, action=Action.STORED, id=key, **words)
