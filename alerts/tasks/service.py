"""Call-back tasks (T0): opened by a fact, kept open until somebody has called back."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from alerts.contacts.causes import NOTIFY
from alerts.errors import HandOverError, TaskClosedError, TaskNoteMissingError, TaskNotFoundError
from alerts.rules.active import active_rules
from alerts.tasks.models import CallbackTask, CallbackTaskEvent, TaskEventKind, TaskState
from alerts.tasks.schedule import accounts_with, schedule_of
from lab.kit.clock import now
from lab.kit.jobs import enqueue
from lab.kit.messages import Message, Param
from lab.network.access import GRANTS, Actor, Permission
from lab.network.models import Account
from lab.results.models import Evidence

ESCALATE = "alerts.escalate"


def open_task(
    session: Session,
    *,
    sample_id: UUID,
    site_id: UUID,
    cause: str,
    message: Message,
    source_key: str,
    evidence: Evidence | None = None,
    verified: bool = False,
) -> CallbackTask:
    """The open task of this sample and cause: a new one, or the one there is with this fact added to it."""
    found = _open_of(session, sample_id=sample_id, cause=cause)
    if found is None:
        found = _new_task(
            session, sample_id=sample_id, site_id=site_id, cause=cause, message=message,
            evidence=evidence, verified=verified, source_key=source_key,
        )  # fmt: skip
        if found is not None:
            return found
        found = _open_of(session, sample_id=sample_id, cause=cause)  # another transaction was quicker
    if found is None:
        message_text = f"task {cause} was opened and confirmed within one transaction"
        raise RuntimeError(message_text)
    _strengthen(session, found, evidence=evidence, verified=verified)
    add_event(session, task=found, kind=TaskEventKind.FACT, message=message, source_key=source_key)
    return found


def _open_of(session: Session, *, sample_id: UUID, cause: str) -> CallbackTask | None:
    return session.exec(
        select(CallbackTask)
        .where(CallbackTask.sample_id == sample_id, CallbackTask.cause == cause, CallbackTask.state == TaskState.OPEN)
        .with_for_update()
    ).first()


def _new_task(
    session: Session,
    *,
    sample_id: UUID,
    site_id: UUID,
    cause: str,
    message: Message,
    evidence: Evidence | None,
    verified: bool,
    source_key: str,
) -> CallbackTask | None:
    schedule = schedule_of(session, site_id=site_id, settings=active_rules(session).settings)
    opened_at = now()
    task = CallbackTask(
        sample_id=sample_id,
        site_id=site_id,
        cause=cause,
        verified=verified,
        evidence=evidence,
        message_id=message.id,
        message_params=dict(message.params),
        opened_at=opened_at,
        escalate_at=schedule.moment(opened_at, 0),
    )
    try:
        with session.begin_nested():
            session.add(task)
    except IntegrityError:
        return None
    add_event(session, task=task, kind=TaskEventKind.OPENED, message=message, source_key=source_key)
    enqueue(session, ESCALATE, "")
    enqueue(session, NOTIFY, "")
    return task


def _strengthen(session: Session, task: CallbackTask, *, evidence: Evidence | None, verified: bool) -> None:
    if verified:
        task.verified = True
    if evidence is not None:
        task.evidence = evidence
    session.add(task)


def add_event(
    session: Session,
    *,
    task: CallbackTask,
    kind: TaskEventKind,
    message: Message,
    source_key: str,
    account_id: UUID | None = None,
) -> None:
    """Add a line to a task's history; the same ``source_key`` again changes nothing."""
    event = CallbackTaskEvent(
        task_id=task.id, kind=kind, account_id=account_id, source_key=source_key,
        message_id=message.id, message_params=dict(message.params),
    )  # fmt: skip
    session.flush()
    try:
        with session.begin_nested():
            session.add(event)
    except IntegrityError:
        return


def get_task(session: Session, *, actor: Actor, task_id: UUID, lock: bool = False) -> CallbackTask:
    """A task at a site of this account; raises :class:`TaskNotFoundError`."""
    query = select(CallbackTask).where(CallbackTask.id == task_id)
    task = session.exec(query.with_for_update() if lock else query).first()
    if task is None or not actor.may(Permission.SAMPLE_READ, task.site_id):
        raise TaskNotFoundError
    return task


def list_open(session: Session, *, actor: Actor, site_id: UUID | None = None) -> list[CallbackTask]:
    """Open tasks at the sites of this account, oldest first."""
    query = select(CallbackTask).where(CallbackTask.state == TaskState.OPEN)
    sites = actor.sites(Permission.SAMPLE_READ)
    if sites is not None:
        query = query.where(col(CallbackTask.site_id).in_(sites))
    if site_id is not None:
        query = query.where(CallbackTask.site_id == site_id)
    return list(session.exec(query.order_by(col(CallbackTask.opened_at))))


def tasks_of_sample(session: Session, *, sample_id: UUID) -> list[CallbackTask]:
    """Every task about this sample, oldest first."""
    query = select(CallbackTask).where(CallbackTask.sample_id == sample_id)
    return list(session.exec(query.order_by(col(CallbackTask.opened_at))))


def is_open_for(session: Session, *, sample_id: UUID) -> bool:
    """Whether somebody is to be told something about this sample now."""
    waiting = sa.exists().where(col(CallbackTask.sample_id) == sample_id, col(CallbackTask.state) == TaskState.OPEN)
    return bool(session.execute(sa.select(waiting)).scalar_one())


def history(session: Session, *, task_id: UUID) -> list[CallbackTaskEvent]:
    """A task's events in the order they happened."""
    query = select(CallbackTaskEvent).where(CallbackTaskEvent.task_id == task_id)
    return list(session.exec(query.order_by(col(CallbackTaskEvent.at))))


def acknowledge(session: Session, *, actor: Actor, task_id: UUID) -> CallbackTask:
    """Say "I am on it". Escalation goes on until the call is confirmed."""
    task = handled(session, actor=actor, task_id=task_id)
    task.acknowledged_by = actor.account_id
    task.acknowledged_at = now()
    session.add(task)
    _note(session, task=task, kind=TaskEventKind.ACKNOWLEDGED, actor=actor, message_id="task.event.acknowledged")
    return task


def record_not_reached(session: Session, *, actor: Actor, task_id: UUID, note: str) -> CallbackTask:
    """Somebody tried, and the person was not reached: the task stays open."""
    task = handled(session, actor=actor, task_id=task_id)
    _note(
        session, task=task, kind=TaskEventKind.NOT_REACHED, actor=actor,
        message_id="task.event.not_reached", params={"note": _said(note)},
    )  # fmt: skip
    return task


def may_be_handed_to(session: Session, *, task: CallbackTask) -> list[Account]:
    """Who may call back at the task's site, by name."""
    roles = [role for role, permissions in GRANTS.items() if Permission.TASK_HANDLE in permissions]
    found = accounts_with(session, site_id=task.site_id, roles=roles)
    return sorted(found, key=lambda account: account.display_name.casefold())


def hand_over(
    session: Session, *, actor: Actor, task_id: UUID, account_id: UUID | None, note: str = ""
) -> CallbackTask:
    """Ask somebody else to call. The task stays open and goes on escalating; they are told at once.

    Raises :class:`HandOverError` for an account that may not call back here.
    """
    task = handled(session, actor=actor, task_id=task_id)
    chosen = next((one for one in may_be_handed_to(session, task=task) if one.id == account_id), None)
    if chosen is None:
        raise HandOverError
    task.handed_to = chosen.id
    task.acknowledged_by = task.acknowledged_at = None
    session.add(task)
    _note(
        session, task=task, kind=TaskEventKind.HANDED_OVER, actor=actor, message_id="task.event.handed_over",
        params={"name": chosen.display_name, "note": note.strip()[:1000]},
    )  # fmt: skip
    enqueue(session, ESCALATE, "")
    return task


def confirm_called_back(session: Session, *, actor: Actor, task_id: UUID, said: str) -> CallbackTask:
    """Close the task with what was said. A conditional update: of two people at once, one closes it."""
    task = handled(session, actor=actor, task_id=task_id)
    closed = session.execute(
        sa.update(CallbackTask)
        .where(col(CallbackTask.id) == task.id, col(CallbackTask.state) == TaskState.OPEN)
        .values(
            state=TaskState.DONE, confirmed_by=actor.account_id, confirmed_at=now(), said=_said(said),
            reached=True, escalate_at=None,
        )
    )  # fmt: skip
    if closed.rowcount != 1:  # type: ignore[attr-defined]  # Session.execute is typed Result; an UPDATE gives a CursorResult
        raise TaskClosedError
    session.refresh(task)
    _note(session, task=task, kind=TaskEventKind.CONFIRMED, actor=actor, message_id="task.event.confirmed")
    return task


def handled(session: Session, *, actor: Actor, task_id: UUID) -> CallbackTask:
    """An open task, held, for somebody who may do what it asks; raises :class:`TaskClosedError` and as above."""
    task = get_task(session, actor=actor, task_id=task_id, lock=True)
    actor.require(Permission.TASK_HANDLE, task.site_id)
    if task.state is not TaskState.OPEN:
        raise TaskClosedError
    return task


def _said(text: str) -> str:
    said = text.strip()
    if not said:
        raise TaskNoteMissingError
    return said[:1000]


def _note(
    session: Session,
    *,
    task: CallbackTask,
    kind: TaskEventKind,
    actor: Actor,
    message_id: str,
    params: Mapping[str, Param] | None = None,
) -> None:
    add_event(
        session, task=task, kind=kind, account_id=actor.account_id,
        message=Message(message_id, params or {}), source_key=f"{kind.value}:{_stamp(now())}:{actor.account_id}",
    )  # fmt: skip


def _stamp(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%S%f")


def called_about(session: Session, *, sample_ids: Collection[UUID]) -> set[UUID]:
    """Those of ``sample_ids`` about which a call-back is open."""
    waiting = select(CallbackTask.sample_id).where(
        CallbackTask.state == TaskState.OPEN, col(CallbackTask.sample_id).in_(sample_ids)
    )
    return set(session.exec(waiting).all())
