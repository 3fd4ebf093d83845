"""Telling people about call-backs that nobody has confirmed: each message is a delivery row first."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from alerts.deliveries.fanout import DISPATCH
from alerts.deliveries.models import Delivery, Lane, Purpose
from alerts.reach.roads import content_for, roads_to
from alerts.rules.active import active_rules
from alerts.services import AlertServices
from alerts.tasks.models import CallbackTask, CallbackTaskEvent, TaskEventKind, TaskState
from alerts.tasks.schedule import Target, accounts_behind, schedule_of
from alerts.tasks.service import add_event
from alerts.vocabulary import ChannelKind
from lab.kit.clock import now
from lab.kit.jobs import enqueue
from lab.kit.messages import Message
from lab.network.models import Account, Site
from lab.samples.models import Sample

TEMPLATE = "alerts/callback.txt.jinja"


def due_tasks(session: Session) -> list[UUID]:
    """Open tasks whose next step is due, the longest overdue first."""
    query = select(CallbackTask.id).where(CallbackTask.state == TaskState.OPEN, col(CallbackTask.escalate_at) <= now())
    return list(session.exec(query.order_by(col(CallbackTask.escalate_at))))


def escalate(session: Session, *, services: AlertServices, task_id: UUID) -> int:
    """Take the next step of one task, if it is due; how many people are told.

    The row is held: two sweeps at once take one step. A step that reaches nobody is recorded and the next is set.
    """
    task = session.exec(
        select(CallbackTask).where(CallbackTask.id == task_id).with_for_update().execution_options(
            populate_existing=True
        )
    ).one()  # fmt: skip
    if task.state is not TaskState.OPEN or task.escalate_at is None or task.escalate_at > now():
        return 0
    schedule = schedule_of(session, site_id=task.site_id, settings=active_rules(session).settings)
    step = task.escalations
    told = _tell(session, task, step, schedule.targets(step), services)
    task.escalations = step + 1
    task.escalate_at = schedule.moment(task.opened_at, step + 1, last=now())
    session.add(task)
    add_event(
        session, task=task, kind=TaskEventKind.ESCALATED, message=Message("task.event.escalated", {"n": told}),
        source_key=f"step:{step}",
    )  # fmt: skip
    return told


def handed_tasks(session: Session) -> list[UUID]:
    """Open tasks that somebody was asked to take and has not."""
    query = select(CallbackTask.id).where(
        CallbackTask.state == TaskState.OPEN,
        col(CallbackTask.handed_to).is_not(None),
        col(CallbackTask.acknowledged_at).is_(None),
    )
    return list(session.exec(query))


def tell_handed(session: Session, *, services: AlertServices, task_id: UUID) -> int:
    """Tell whoever was asked to call, once per asking, beside the site's schedule."""
    task = session.get_one(CallbackTask, task_id)
    asked = session.exec(
        select(sa.func.count()).where(
            CallbackTaskEvent.task_id == task_id, CallbackTaskEvent.kind == TaskEventKind.HANDED_OVER
        )
    ).one()
    step = -asked  # the schedule's own steps count from 0
    told = select(Delivery.id).where(Delivery.task_id == task_id, Delivery.step == step)
    if task.state is not TaskState.OPEN or session.exec(told).first() is not None:
        return 0
    return _tell(session, task, step, (Target(account_id=task.handed_to),), services)


def _tell(session: Session, task: CallbackTask, step: int, targets: Sequence[Target], services: AlertServices) -> int:
    """Write a delivery for each road to each person of ``targets``; how many people have one."""
    roads: dict[UUID, tuple[Account, dict[str, ChannelKind]]] = {}
    for target in targets:
        for account in accounts_behind(session, site_id=task.site_id, target=target):
            found = roads_to(session, account_id=account.id, channels=target.channels, services=services)
            roads.setdefault(account.id, (account, {}))[1].update(found)
    told = 0
    for account, found in roads.values():
        content = _words(session, task, account, services)
        told += sum(_deliver(session, task, step, account, kind, key, content) for key, kind in found.items()) > 0
    if told:
        enqueue(session, DISPATCH, str(task.id))
    return told


def _deliver(
    session: Session, task: CallbackTask, step: int, account: Account, kind: ChannelKind, target: str,
    content: dict[str, str],
) -> bool:  # fmt: skip
    row = Delivery(
        purpose=Purpose.CALLBACK, channel=kind, task_id=task.id, step=step, account_id=account.id, target=target,
        lane=Lane.PERSON, content=content_for(kind, content),
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True


def _words(session: Session, task: CallbackTask, account: Account, services: AlertServices) -> dict[str, str]:
    """No name, no place finer than the site, and the sample's code, which opens nothing."""
    language = account.language
    site = session.get_one(Site, task.site_id)
    sample = session.get_one(Sample, task.sample_id)
    cause = services.renderer.text(Message(task.message_id, task.message_params), language=language)
    subject = services.renderer.text(Message("task.mail.subject", {"site": site.name}), language=language)
    body = services.renderer.document(
        TEMPLATE,
        language=language,
        values={
            "cause": cause,
            "verified": task.verified,
            "site": site.name,
            "code": sample.code,
            "url": f"{services.base_url}/tasks/{task.id}",
            "exercise": services.exercise,
        },
    )
    short = services.renderer.text(Message("task.push.text", {"site": site.name}), language=language)
    title = services.renderer.text(Message("task.push.title"), language=language)
    if services.exercise:
        title = f"{services.renderer.text(Message('contact.exercise'), language=language)} {title}"
    return {"subject": subject, "body": body, "short": short, "title": title, "url": f"/tasks/{task.id}"}
