"""Writes one event: decides on what the log holds, under its lock, whether the event may be; then appends it."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import ValidationError
from sqlmodel import Session, SQLModel, select

from lab.custody import texts
from lab.custody.body import (
    EVENT_SCHEMA,
    LABORATORY,
    SITE,
    TEXT_FIELDS,
    BodyError,
    Event,
    check_action,
    event_of,
    moment,
    read_entry,
)
from lab.custody.errors import (
    AfterUnknownError,
    EventDiffersError,
    EventInvalidError,
    ItemNotFoundError,
    NotAllowedError,
    NotSealedError,
    NotWeighedError,
    OnHoldError,
    ReturnOffError,
    SealedError,
    SiteUnknownError,
    TooMuchError,
)
from lab.custody.fold import Books, ItemStatus, Standing, books, fold, standing_after
from lab.custody.models import Action, CustodyEvent, Item, ItemState, ReturnBasis
from lab.custody.schemas import EventIn, to_ug
from lab.custody.transitions import HELD_BACK, Guard, Transition, find
from lab.kit import canonical, ledger
from lab.kit.clock import now
from lab.kit.ids import new_id
from lab.network.access import Actor
from lab.network.models import Account, Site, SiteType

_EVENTS = SQLModel.metadata.tables["custody_event"]
_ENTRIES = SQLModel.metadata.tables["ledger_entry"]
CLOCK_TOLERANCE = timedelta(minutes=10)  # a device's clock may run ahead of ours by so much


def history(session: Session, item_id: UUID) -> list[Event]:
    """The events of an item, in the order of arrival."""
    return _read(session, _EVENTS.c.item_id == item_id)


def sample_history(session: Session, sample_id: UUID) -> list[Event]:
    """The events of all items of a sample, in the order of arrival."""
    return _read(session, _EVENTS.c.sample_id == sample_id)


def _read(session: Session, condition: Any) -> list[Event]:
    query = sa.select(_ENTRIES.c.seq, _ENTRIES.c.body).join(_EVENTS, _EVENTS.c.seq == _ENTRIES.c.seq)
    rows = session.execute(query.where(condition).order_by(_ENTRIES.c.seq))
    return [event_of(seq, read_entry(bytes(body))) for seq, body in rows]


def get_item(session: Session, item_id: UUID) -> Item:
    """The item; raises :class:`ItemNotFoundError`."""
    item = session.get(Item, item_id)
    if item is None:
        raise ItemNotFoundError(item=str(item_id))
    return item


def details(values: Mapping[str, Any]) -> EventIn:
    """``values`` as details of an event; raises :class:`EventInvalidError` naming the first field that is wrong."""
    try:
        return EventIn.model_validate(dict(values))
    except ValidationError as error:
        name = ".".join(str(part) for part in error.errors()[0]["loc"]) or "event"
        raise EventInvalidError(field=name, name=name) from error


def record(
    session: Session,
    *,
    actor: Actor,
    item: Item,
    action: Action,
    data: EventIn,
    extra: Mapping[str, Any] | None = None,
    also_at: UUID | None = None,
) -> CustodyEvent:
    """Append one event of ``item``. ``extra``: members of the body that only other services may set.

    ``also_at``: a site whose people may do this besides those of where the item is, as a parcel's destination.

    The event must be allowed where it says it follows (``data.after``), not where others have moved the item
    meanwhile: a device that was offline reports what happened. The books are those of all events known.
    """
    ledger.lock(session)
    known = _recorded(session, item, action, data)
    if known is not None:
        return known
    past = history(session, item.id)
    status = fold(past) if past else None
    after = data.after or (status.head if status else None)
    standing = _standing(past, after)
    _check_allowed(session, actor, standing, action, data, also_at)
    if action in HELD_BACK:
        _refuse_held(session, item)
    body = _body(session, actor=actor, item=item, action=action, data=data, status=status, after=after)
    for name, value in (extra or {}).items():
        body[name] = body.get(name, {}) | value if isinstance(value, dict) else value
    _fill_quantities(body, status, action, data)
    return append(session, item=item, body=body, past=past)


def append(session: Session, *, item: Item, body: dict[str, Any], past: list[Event]) -> CustodyEvent:
    """Check the books with the new event, write it to the log, index it, and bring the item's row up to date."""
    body["item_seq"] = len(past) + 1
    event = _event(past[-1].seq + 1 if past else 0, body)  # any number behind the past; the true one comes below
    before, after = books(past), books([*past, event])
    _check_books(item, event, before, after)
    if before.weighed:
        body["before_ug"] = before.held_ug
    if after.weighed:
        body["after_ug"] = after.held_ug
    appended = ledger.append(session, canonical.dumps(body))
    event = event_of(appended.seq, body)
    row = CustodyEvent(
        id=event.id,
        seq=appended.seq,
        leaf_hash=appended.leaf_hash,
        sample_id=event.sample,
        item_id=event.item,
        item_seq=event.item_seq,
        action=event.action,
        after_id=event.after,
        corrects_id=event.corrects,
        parcel_id=event.parcel,
        actor_id=event.actor,
        device_id=UUID(body["device"]) if "device" in body else None,
        device_seq=body.get("device_seq"),
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
    )
    session.add(row)
    _project(item, fold([*past, event]))
    session.add(item)
    session.flush()
    return row


def _event(seq: int, body: dict[str, Any]) -> Event:
    try:
        check_action(body)
    except BodyError as error:
        name = error.member or "event"
        raise EventInvalidError(field=name, name=name) from error
    return event_of(seq, body)


def _check_books(item: Item, event: Event, before: Books, after: Books) -> None:
    """No item ever holds less than nothing, and no more is found than was lost."""
    for short_ug, there_ug in ((-after.held_ug, before.held_ug), (-after.missing_ug, before.missing_ug)):
        if short_ug > 0:
            asked_ug = event.amount_ug if event.amount_ug is not None else there_ug + short_ug
            raise TooMuchError(asked_mg=asked_ug / 1000, held_mg=there_ug / 1000, item=str(item.id))


def _project(item: Item, status: ItemStatus) -> None:
    item.state = status.state
    item.site_id = status.standing.site
    item.seal_number = status.standing.seal_number
    item.held_ug = status.held_ug
    item.events = status.events
    item.head_event_id = status.head
    item.conflict = status.conflict
    item.place = status.standing.place
    item.on_hold = status.on_hold


def _recorded(session: Session, item: Item, action: Action, data: EventIn) -> CustodyEvent | None:
    """The event that a device sends again; raises when it now says something else."""
    row = session.get(CustodyEvent, data.id) if data.id else None
    if row is None:
        if data.device is not None and data.device_seq is not None:
            _refuse_used_number(session, data.device, data.device_seq)
        return None
    stored = _read(session, _EVENTS.c.seq == row.seq)[0]
    mass_ug = stored.entered_ug if stored.entered_ug is not None else stored.weighed_ug
    said = {
        "item": (stored.item, item.id),
        "action": (stored.action, action),
        "after": (stored.after, data.after or stored.after),
        "occurred_at": (moment(stored.occurred_at), moment(data.occurred_at or stored.occurred_at)),
        "mass_mg": (mass_ug, mass_ug if data.mass_mg is None else to_ug(data.mass_mg)),
        "amount_mg": (stored.amount_ug, stored.amount_ug if data.amount_mg is None else to_ug(data.amount_mg)),
        "to_site_id": (stored.to_site, data.to_site_id or stored.to_site),
        "seal_number": (stored.seal_number, data.seal_number or stored.seal_number),
    }
    for name, (before, again) in said.items():
        if before != again:
            raise EventDiffersError(field=name, event=str(row.id), name=name)
    return row


def _refuse_used_number(session: Session, device: UUID, device_seq: int) -> None:
    used = select(CustodyEvent.id).where(CustodyEvent.device_id == device, CustodyEvent.device_seq == device_seq)
    found = session.exec(used).first()
    if found is not None:
        raise EventDiffersError(field="device_seq", event=str(found), name="device_seq")


def _standing(past: Collection[Event], after: UUID | None) -> Standing | None:
    if after is None:
        return None
    try:
        return standing_after(past, after)
    except KeyError as error:
        raise AfterUnknownError(after=str(after)) from error


def _refuse_held(session: Session, item: Item) -> None:
    """A hold on one container is a hold on all material of the sample."""
    held = select(Item.id).where(Item.sample_id == item.sample_id, Item.on_hold == True)  # noqa: E712 -- SQL
    if session.exec(held.limit(1)).first() is not None:
        raise OnHoldError(item=str(item.id))


def _check_allowed(
    session: Session,
    actor: Actor,
    standing: Standing | None,
    action: Action,
    data: EventIn,
    also_at: UUID | None,
) -> None:
    row = find(standing.state if standing else None, action)
    if row is None:
        state = standing.state.value if standing else None
        raise NotAllowedError(action=action.value, state=state)
    if also_at is None or not actor.may(row.permission, also_at):
        _check_permission(actor, row, standing, data)
    _check_guard(session, row, standing)


def _check_permission(actor: Actor, row: Transition, standing: Standing | None, data: EventIn) -> None:
    """Whoever receives acts where the item arrives; a courier under way, for either end; all others where it is."""
    if standing is None or row.action in {Action.RECEIVED, Action.FOUND}:
        actor.require(row.permission, data.to_site_id)
        return
    ends = {standing.site}
    if row.state is ItemState.IN_TRANSIT and data.to_site_id:
        ends.add(data.to_site_id)
    if not actor.may_at_any(row.permission, ends):
        actor.require(row.permission, standing.site)


def _check_guard(session: Session, row: Transition, standing: Standing | None) -> None:
    sealed = standing is not None and standing.seal_number is not None
    if row.guard is Guard.SEALED and not sealed:
        raise NotSealedError(action=row.action.value)
    if row.guard is Guard.OPEN and sealed:
        raise SealedError(seal_number=standing.seal_number if standing else None)
    if row.guard is Guard.RETURN_BASIS and not _return_basis(session):
        raise ReturnOffError


def _return_basis(session: Session) -> bool:
    return session.exec(select(ReturnBasis.id).where(ReturnBasis.withdrawn_at == None).limit(1)).first() is not None  # noqa: E711 -- SQL


def _body(
    session: Session,
    *,
    actor: Actor,
    item: Item,
    action: Action,
    data: EventIn,
    status: ItemStatus | None,
    after: UUID | None,
) -> dict[str, Any]:
    recorded_at = now()
    occurred_at = data.occurred_at or recorded_at
    if occurred_at > recorded_at + CLOCK_TOLERANCE:
        raise EventInvalidError(field="occurred_at", name="occurred_at")
    if data.witness_id is not None and session.get(Account, data.witness_id) is None:
        raise EventInvalidError(field="witness_id", name="witness_id")
    body: dict[str, Any] = {
        "schema": EVENT_SCHEMA,
        "id": data.id or new_id(),
        "sample": item.sample_id,
        "item": item.id,
        "action": action.value,
        "actor": actor.account_id,
        "occurred_at": moment(occurred_at),
        "recorded_at": moment(recorded_at),
        "after": after,
        "corrects": data.corrects_id,
        "joins": sorted(str(key) for key in set(data.joins)) or None,
        "device": data.device,
        "device_seq": data.device_seq,
        "witness": data.witness_id,
        "from": status.standing.site if status else None,
        "to": data.to_site_id,
        "to_kind": None if data.to_site_id is None else _kind(session, data.to_site_id),
        "place": data.place,
        "parcel": data.parcel_id,
        "analysis": data.analysis_id,
        "seal_number": data.seal_number,
        "seal_state": data.seal_state,
        "entry": data.entry,
        "texts": {name: texts.commit(session, value) for name in TEXT_FIELDS if (value := getattr(data, name, None))},
    }
    return {name: _plain(value) for name, value in body.items() if value is not None and value != {}}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _kind(session: Session, site_id: UUID) -> str:
    site = session.get(Site, site_id)
    if site is None:
        raise SiteUnknownError(field="to_site_id", site=str(site_id))
    return LABORATORY if site.type is SiteType.LABORATORY else SITE


def _fill_quantities(body: dict[str, Any], status: ItemStatus | None, action: Action, data: EventIn) -> None:
    """The first weighing enters the books, later ones are compared with them; what leaves them is an amount."""
    weighed = status is not None and status.books.weighed
    if data.mass_mg is not None:
        enters = not weighed and action is not Action.FOUND
        body["entered_ug" if enters or action is Action.CORRECTED else "weighed_ug"] = to_ug(data.mass_mg)
    if data.amount_mg is not None:
        if status is not None and not weighed and "entered_ug" not in body:
            raise NotWeighedError(item=str(status.item))
        body["amount_ug"] = to_ug(data.amount_mg)
    elif weighed and status is not None and action in {Action.DESTROYED, Action.RETURNED, Action.LOST}:
        body["amount_ug"] = status.books.held_ug  # all that is left
    elif weighed and status is not None and action is Action.FOUND:
        body["amount_ug"] = status.books.lost_ug - status.books.found_ug
