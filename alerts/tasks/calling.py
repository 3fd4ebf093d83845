"""What a firing or a changed result means for call-back tasks."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from alerts.evaluations.models import Stage
from alerts.facts import GROUP_PREFIX
from alerts.rules.evaluation import Firing
from alerts.rules.loader import shipped_rules
from alerts.tasks.models import CallbackTask, CallbackTaskEvent, TaskEventKind, TaskState
from alerts.tasks.service import add_event, open_task
from lab.kit.messages import Message
from lab.samples.models import Sample


def call_back(session: Session, *, sample: Sample, firing: Firing, stage: Stage, subject_id: UUID) -> CallbackTask:
    """Open the task of this sample and cause, or add to it. Who was told of the same already is not called again."""
    message = _message(firing)
    source_key = f"{stage.value}:{subject_id}"
    told = _told_already(session, sample_id=sample.id, cause=firing.rule_id, message=message)
    if told is not None:
        add_event(session, task=told, kind=TaskEventKind.FACT, message=_fact(stage, message), source_key=source_key)
        return told
    return open_task(
        session,
        sample_id=sample.id,
        site_id=sample.site_id,
        cause=firing.rule_id,
        message=message,
        evidence=firing.evidence,
        verified=stage is Stage.VERIFIED,
        source_key=source_key,
    )


def _message(firing: Firing) -> Message:
    names = ", ".join(name.removeprefix(GROUP_PREFIX) for name in firing.substances)
    shipped = firing.rule_id in {rule.id for rule in shipped_rules().rules}
    cause = firing.rule_id if shipped else "own_rule"  # a network's own rule has no text of its own here
    return Message(f"task.cause.{cause}", {"found": names} if shipped else {"found": names, "rule": firing.rule_id})


def _fact(stage: Stage, message: Message) -> Message:
    return Message("task.fact.verified") if stage is Stage.VERIFIED else message


def _told_already(session: Session, *, sample_id: UUID, cause: str, message: Message) -> CallbackTask | None:
    """The newest task of this cause when it is done and said the same."""
    newest = session.exec(
        select(CallbackTask)
        .where(CallbackTask.sample_id == sample_id, CallbackTask.cause == cause)
        .order_by(col(CallbackTask.opened_at).desc())
    ).first()
    if newest is None or newest.state is TaskState.OPEN:
        return None
    return newest if newest.message_params == dict(message.params) else None


def tell_open_tasks(
    session: Session, *, sample_id: UUID, message: Message, source_key: str, but: Collection[str] = ()
) -> None:
    """Add a fact to every open task about this sample, except those of the causes ``but``."""
    open_tasks = select(CallbackTask).where(CallbackTask.sample_id == sample_id, CallbackTask.state == TaskState.OPEN)
    for task in session.exec(open_tasks).all():
        if task.cause not in but:
            add_event(session, task=task, kind=TaskEventKind.FACT, message=message, source_key=source_key)


def tell_those_called_back(session: Session, *, sample: Sample, stage: Stage, source_key: str) -> None:
    """Somebody was called back on the strength of a result that changed: they are called again, once per change."""
    cause = f"result_{stage.value}"
    tasks = session.exec(select(CallbackTask).where(CallbackTask.sample_id == sample.id)).all()
    if not any(task.state is TaskState.DONE for task in tasks) or _has_event(session, tasks, cause, source_key):
        return
    open_task(
        session, sample_id=sample.id, site_id=sample.site_id, cause=cause,
        message=Message(f"task.cause.{cause}"), source_key=source_key,
    )  # fmt: skip


def _has_event(session: Session, tasks: Sequence[CallbackTask], cause: str, source_key: str) -> bool:
    ids = [task.id for task in tasks if task.cause == cause]
    known = select(CallbackTaskEvent).where(
        col(CallbackTaskEvent.task_id).in_(ids), CallbackTaskEvent.source_key == source_key
    )
    return session.exec(known).first() is not None
