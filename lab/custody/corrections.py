"""Setting right what was recorded wrongly: nothing is changed, a later event points at the earlier one."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import Session

from lab.custody.body import Event
from lab.custody.errors import CorrectionInvalidError, NotAllowedError
from lab.custody.fold import fold
from lab.custody.models import Action, CustodyEvent
from lab.custody.recording import get_item, history, record
from lab.custody.schemas import EventIn
from lab.kit import ledger
from lab.network.access import Actor


def correct(session: Session, *, actor: Actor, item_id: UUID, data: EventIn) -> CustodyEvent:
    """Correct the event ``data.corrects_id``, or join the ends of a forked history (``data.joins``).

    ``mass_mg`` replaces a mass that entered the books, ``amount_mg`` one that left them. With neither the event
    is declared erroneous: it no longer moves the item or its books. An aliquot is corrected in both items.
    """
    ledger.lock(session)
    item = get_item(session, item_id)
    events = {event.id: event for event in history(session, item_id)}
    if data.corrects_id is None:
        return _join(session, actor=actor, item_id=item_id, data=data)
    wrong = events.get(data.corrects_id)
    if wrong is None or not _fits(wrong, data):
        raise CorrectionInvalidError(event=str(data.corrects_id))
    row = record(session, actor=actor, item=item, action=Action.CORRECTED, data=data)
    if wrong.child is not None and data.amount_mg is not None:
        _correct_child(session, actor=actor, child_id=wrong.child, data=data)
    return row


class CorrectionWay(StrEnum):
    """What of an event a correction sets right."""

    MASS = "mass"  # the mass that entered the books
    AMOUNT = "amount"  # the mass that left them
    WHOLE = "whole"  # it did not happen: it no longer moves the item or its books


def ways(wrong: Event) -> frozenset[CorrectionWay]:
    """How an event can be corrected."""
    if wrong.action is Action.CORRECTED:
        return frozenset()
    found = {CorrectionWay.MASS} if wrong.entered_ug is not None and wrong.parent is None else set()
    if wrong.amount_ug is not None:
        found.add(CorrectionWay.AMOUNT)
    # The first event of an item, and the one that made another item, can only have their quantities corrected.
    if wrong.after is not None and wrong.child is None:
        found.add(CorrectionWay.WHOLE)
    return frozenset(found)


def _fits(wrong: Event, data: EventIn) -> bool:
    if data.mass_mg is not None and data.amount_mg is not None:
        return False
    if data.mass_mg is not None:
        return CorrectionWay.MASS in ways(wrong)
    way = CorrectionWay.WHOLE if data.amount_mg is None else CorrectionWay.AMOUNT
    return way in ways(wrong)


def _correct_child(session: Session, *, actor: Actor, child_id: UUID, data: EventIn) -> None:
    begins = history(session, child_id)[0]
    again = EventIn(mass_mg=data.amount_mg, corrects_id=begins.id, occurred_at=data.occurred_at)
    record(session, actor=actor, item=get_item(session, child_id), action=Action.CORRECTED, data=again)


def resolve_conflict(session: Session, *, actor: Actor, item_id: UUID, head_id: UUID, **more: Any) -> CustodyEvent:
    """Say which end of a forked history is true: the item goes on from ``head_id``, the other ends are joined to it."""
    ledger.lock(session)
    status = fold(history(session, item_id))
    if head_id not in status.heads or not status.conflict:
        raise NotAllowedError(action=Action.CORRECTED.value, state=status.state.value)
    others = tuple(key for key in status.heads if key != head_id)
    data = EventIn(after=head_id, joins=others, **more)
    return _join(session, actor=actor, item_id=item_id, data=data)


def _join(session: Session, *, actor: Actor, item_id: UUID, data: EventIn) -> CustodyEvent:
    status = fold(history(session, item_id))
    known = session.get(CustodyEvent, data.id) if data.id else None
    ends = set(status.heads)
    fits = data.after in ends and set(data.joins) <= ends - {data.after} and data.joins
    if known is None and (not fits or data.mass_mg is not None or data.amount_mg is not None):
        raise CorrectionInvalidError(event=str(data.after), field="joins")
    return record(session, actor=actor, item=get_item(session, item_id), action=Action.CORRECTED, data=data)
