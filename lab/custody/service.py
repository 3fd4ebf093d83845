"""What people do with items, and what can be asked about them.

Every function that writes appends to the ledger in the session's transaction, and holds the ledger's lock until
that ends: keep such transactions short.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, select

from lab.custody import texts
from lab.custody.body import Event
from lab.custody.corrections import correct, resolve_conflict
from lab.custody.errors import EventInvalidError, NotAllowedError
from lab.custody.fold import ItemStatus, fold
from lab.custody.models import Action, CustodyEvent, Item, ReturnBasis
from lab.custody.parcels import get_parcel, hand_over_parcel, pack, packed_seals, receive_parcel
from lab.custody.recording import details, get_item, history, record, sample_history
from lab.custody.schemas import Balance, EventIn, TimelineEntry
from lab.kit import ledger
from lab.kit.clock import now
from lab.kit.ids import new_id
from lab.network.access import Actor, Permission

__all__ = [
    "aliquot",
    "balance",
    "consume",
    "correct",
    "declare_return_basis",
    "get_item",
    "get_parcel",
    "hand_over_parcel",
    "items_of",
    "open_item",
    "pack",
    "packed_seals",
    "receive_parcel",
    "record_event",
    "register_item",
    "resolve_conflict",
    "return_basis",
    "seal",
    "state_of",
    "timeline",
    "withdraw_return_basis",
]


def register_item(
    session: Session,
    *,
    actor: Actor,
    sample_id: UUID,
    site_id: UUID,
    mass_mg: float | None = None,
    occurred_at: datetime | None = None,
    **more: Any,
) -> Item:
    """Begin the custody of a sample (event *collected*). ``mass_mg`` None: not weighed yet."""
    data = details({"to_site_id": site_id, "mass_mg": mass_mg, "occurred_at": occurred_at, **more})
    ledger.lock(session)
    known = session.get(CustodyEvent, data.id) if data.id else None
    if known is not None and known.sample_id == sample_id:
        return get_item(session, known.item_id)
    item = Item(sample_id=sample_id, site_id=site_id)
    session.add(item)
    session.flush()
    record(session, actor=actor, item=item, action=Action.COLLECTED, data=data)
    return item


def seal(
    session: Session, *, actor: Actor, item_id: UUID, seal_number: str, mass_mg: float | None = None, **more: Any
) -> CustodyEvent:
    """Close the item with a numbered seal, weighing it if ``mass_mg`` is given."""
    data = details({"seal_number": seal_number, "mass_mg": mass_mg, **more})
    return record(session, actor=actor, item=get_item(session, item_id), action=Action.SEALED, data=data)


def open_item(session: Session, *, actor: Actor, item_id: UUID, **more: Any) -> CustodyEvent:
    """Break the item's seal to work on its content."""
    return record(session, actor=actor, item=get_item(session, item_id), action=Action.OPENED, data=details(more))


def consume(
    session: Session, *, actor: Actor, item_id: UUID, mass_mg: float, analysis_id: UUID | None = None, **more: Any
) -> CustodyEvent:
    """Book ``mass_mg`` of the item as used up by an analysis."""
    data = details({"amount_mg": mass_mg, "analysis_id": analysis_id, **more})
    return record(session, actor=actor, item=get_item(session, item_id), action=Action.CONSUMED, data=data)


def aliquot(session: Session, *, actor: Actor, item_id: UUID, mass_mg: float, **more: Any) -> Item:
    """Take ``mass_mg`` of an item into a container of its own; the new item.

    ``child_id`` (optional) names the new item and makes a repeated sync harmless.
    """
    child_id: UUID = more.pop("child_id", None) or new_id()
    ledger.lock(session)
    parent = get_item(session, item_id)
    data = details({"amount_mg": mass_mg, **more})
    known = session.get(Item, child_id)
    record(session, actor=actor, item=parent, action=Action.ALIQUOTED, data=data, extra={"child": str(child_id)})
    if known is not None:
        return known
    child = Item(id=child_id, sample_id=parent.sample_id, parent_id=parent.id, site_id=parent.site_id)
    session.add(child)
    session.flush()
    begins = EventIn(to_site_id=parent.site_id, mass_mg=mass_mg, occurred_at=data.occurred_at)
    record(session, actor=actor, item=child, action=Action.ALIQUOTED, data=begins, extra={"parent": str(parent.id)})
    return child


def record_event(session: Session, *, actor: Actor, item_id: UUID, action: Action, **more: Any) -> CustodyEvent:
    """Record any event of an existing item; ``more`` are the fields of :class:`~lab.custody.schemas.EventIn`.

    Parcels have functions of their own, and so has the beginning of an item.
    """
    if action in {Action.COLLECTED, Action.PACKED, Action.REFUSED}:
        raise NotAllowedError(action=action.value, state=get_item(session, item_id).state.value)
    if action is Action.ALIQUOTED:
        amount_mg = more.pop("amount_mg", None)
        if amount_mg is None:
            raise EventInvalidError(field="amount_mg", name="amount_mg")
        child = aliquot(session, actor=actor, item_id=item_id, mass_mg=amount_mg, **more)
        taken = select(CustodyEvent).where(CustodyEvent.item_id == child.id, CustodyEvent.item_seq == 1)
        return session.exec(taken).one()
    data = details(more)
    if action is Action.CORRECTED:
        return correct(session, actor=actor, item_id=item_id, data=data)
    return record(session, actor=actor, item=get_item(session, item_id), action=action, data=data)


def state_of(session: Session, *, item_id: UUID) -> ItemStatus:
    """Where an item is, what it holds, and whether its history forks."""
    get_item(session, item_id)
    return fold(history(session, item_id))


def items_of(session: Session, *, sample_id: UUID) -> Sequence[Item]:
    """The items of a sample, the first one collected first."""
    query = select(Item).where(Item.sample_id == sample_id).order_by(sa.column("created_at"), sa.column("id"))
    return session.exec(query).all()


def _by_item(events: Sequence[Event]) -> dict[UUID, list[Event]]:
    found: dict[UUID, list[Event]] = {}
    for event in events:
        found.setdefault(event.item, []).append(event)
    return found


def balance(session: Session, *, sample_id: UUID) -> Balance:
    """The mass of a sample over the tree of its items."""
    statuses = [fold(events) for events in _by_item(sample_history(session, sample_id)).values()]
    books = {status.item: status.books for status in statuses}
    aliquoted_ug = sum(book.aliquoted_ug for book in books.values())
    return Balance(
        collected_ug=sum(book.entered_ug for book in books.values()) - aliquoted_ug,
        held_ug=sum(book.held_ug for book in books.values()),
        consumed_ug=sum(book.consumed_ug for book in books.values()),
        destroyed_ug=sum(book.destroyed_ug for book in books.values()),
        returned_ug=sum(book.returned_ug for book in books.values()),
        missing_ug=sum(book.missing_ug for book in books.values()),
        items=books,
        unweighed=tuple(status.item for status in statuses if not status.books.weighed),
    )


def timeline(session: Session, *, sample_id: UUID) -> list[TimelineEntry]:
    """The history of all items of a sample, in the order in which things happened as far as is known."""
    events = sample_history(session, sample_id)
    lines = {key for group in _by_item(events).values() for key in fold(group).main_line}
    corrected = {event.corrects: event.id for event in events if event.corrects}
    entries = [_entry(session, event, lines, corrected) for event in events]
    return sorted(entries, key=lambda entry: (entry.occurred_at, entry.seq))


def _entry(session: Session, event: Event, lines: set[UUID], corrected: dict[UUID, UUID]) -> TimelineEntry:
    return TimelineEntry(
        seq=event.seq,
        id=event.id,
        item_id=event.item,
        action=event.action,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        actor_id=event.actor,
        witness_id=event.witness,
        from_site_id=event.from_site,
        to_site_id=event.to_site,
        parcel_id=event.parcel,
        analysis_id=event.analysis,
        child_id=event.child,
        place=event.place,
        seal_number=event.seal_number,
        seal_state=event.seal_state,
        mass_mg=_mg(event.entered_ug if event.entered_ug is not None else event.weighed_ug),
        amount_mg=_mg(event.amount_ug),
        held_after_mg=_mg(event.after_ug),
        corrects_id=event.corrects,
        corrected_by_id=corrected.get(event.id),
        on_main_line=event.id in lines,
        texts=texts.reveal(session, event.texts),
    )


def _mg(mass_ug: int | None) -> float | None:
    return None if mass_ug is None else mass_ug / 1000


def declare_return_basis(session: Session, *, actor: Actor, text: str) -> ReturnBasis:
    """Declare on which legal basis this network may give material back; allows the action *returned*."""
    actor.require(Permission.NETWORK_MANAGE)
    if not text.strip():
        raise EventInvalidError(field="text", name="text")
    basis = ReturnBasis(text=text.strip(), declared_by=actor.account_id)
    session.add(basis)
    session.flush()
    return basis


def return_basis(session: Session) -> ReturnBasis | None:
    """The legal basis declared last for giving material back; None: nothing is given back."""
    standing = select(ReturnBasis).where(ReturnBasis.withdrawn_at == None)  # noqa: E711 -- SQL
    return session.exec(standing.order_by(sa.column("declared_at").desc()).limit(1)).first()


def withdraw_return_basis(session: Session, *, actor: Actor) -> None:
    """Give nothing back any more; what was declared stays readable."""
    actor.require(Permission.NETWORK_MANAGE)
    for basis in session.exec(select(ReturnBasis).where(ReturnBasis.withdrawn_at == None)):  # noqa: E711 -- SQL
        basis.withdrawn_at = now()
        session.add(basis)
    session.flush()
