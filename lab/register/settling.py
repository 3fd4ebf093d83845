"""Closing a task: a reason in words and, where the books are wrong, an event that sets them right."""

from uuid import UUID

from sqlmodel import Session

from lab.custody import corrections
from lab.custody.body import Event
from lab.custody.models import Action, CustodyEvent, Item
from lab.custody.recording import get_item, history, record
from lab.custody.schemas import EventIn
from lab.kit import ledger
from lab.kit.clock import now
from lab.network.access import Actor, Permission
from lab.register.errors import ReasonMissingError, SettlementInvalidError, TaskResolvedError
from lab.register.models import CustodyTask, CustodyTaskKind, Settlement
from lab.register.tasks import get_task


def possible(task: CustodyTask) -> tuple[Settlement, ...]:
    """How this task may end: only a mass that differs touches the books."""
    if task.kind is not CustodyTaskKind.MASS_DIFFERS:
        return (Settlement.EXPLAINED,)
    if (task.difference_ug or 0) < 0:
        return (Settlement.EXPLAINED, Settlement.USE_BOOKED, Settlement.BOOKS_CORRECTED)
    return (Settlement.EXPLAINED, Settlement.BOOKS_CORRECTED)


def resolve(
    session: Session, *, actor: Actor, task_id: UUID, reason: str, settlement: Settlement = Settlement.EXPLAINED
) -> CustodyTask:
    """Close a task. The reason is kept beside it and, with a correction, beside the event in the log.

    Raises :class:`ReasonMissingError`, :class:`SettlementInvalidError`, :class:`TaskResolvedError`, and what custody
    says against the correction.
    """
    ledger.lock(session)
    task = get_task(session, actor=actor, task_id=task_id, lock=True)
    actor.require(Permission.CUSTODY_HANDLE, task.site_id)
    actor.require(Permission.SAMPLE_READ, task.site_id)  # whoever only carries parcels settles nothing
    if task.resolved_at is not None:
        raise TaskResolvedError
    if not reason.strip():
        raise ReasonMissingError
    if settlement not in possible(task):
        raise SettlementInvalidError
    reason = reason.strip()[:500]
    if settlement is not Settlement.EXPLAINED:
        task.correction_id = _set_right(session, actor, task, reason, settlement).id
    task.settlement, task.reason = settlement, reason
    task.resolved_by, task.resolved_at = actor.account_id, now()
    session.add(task)
    session.flush()
    return task


def _set_right(session: Session, actor: Actor, task: CustodyTask, reason: str, settlement: Settlement) -> CustodyEvent:
    if task.item_id is None or task.difference_ug is None:
        raise SettlementInvalidError
    item = get_item(session, task.item_id)
    if settlement is Settlement.USE_BOOKED:
        data = EventIn(amount_mg=-task.difference_ug / 1000, note=reason)
        return record(session, actor=actor, item=item, action=Action.CONSUMED, data=data)
    return _correct_entry(session, actor, item, task.difference_ug, reason)


def _correct_entry(session: Session, actor: Actor, item: Item, difference_ug: int, reason: str) -> CustodyEvent:
    """What was entered first was wrong by ``difference_ug``: here, or where an aliquot was taken from."""
    if item.parent_id is not None:
        parent = get_item(session, item.parent_id)
        taken = next(event for event in history(session, parent.id) if event.child == item.id)
        amount_ug = _in_force(session, parent.id, taken) + difference_ug
        data = EventIn(corrects_id=taken.id, amount_mg=_mass(amount_ug), note=reason)
        return corrections.correct(session, actor=actor, item_id=parent.id, data=data)
    entered = next((event for event in history(session, item.id) if event.entered_ug is not None), None)
    if entered is None:
        raise SettlementInvalidError
    data = EventIn(
        corrects_id=entered.id, mass_mg=_mass(_in_force(session, item.id, entered) + difference_ug), note=reason
    )
    return corrections.correct(session, actor=actor, item_id=item.id, data=data)


def _in_force(session: Session, item_id: UUID, event: Event) -> int:
    """The quantity of ``event`` as its last correction says."""
    later = [one for one in history(session, item_id) if one.corrects == event.id]
    said = later[-1] if later else event
    quantity = said.entered_ug if said.entered_ug is not None else said.amount_ug
    return quantity or 0


def _mass(mass_ug: int) -> float:
    if mass_ug < 0:
        raise SettlementInvalidError
    return mass_ug / 1000
