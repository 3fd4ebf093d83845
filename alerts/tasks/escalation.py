"""Telling people about call-backs that nobody has confirmed: each e-mail is a delivery row first."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from alerts.deliveries.fanout import DISPATCH
from alerts.deliveries.models import Delivery, Purpose
from alerts.rules.loader import shipped_rules
from alerts.services import AlertServices
from alerts.tasks.models import CallbackTask, TaskEventKind, TaskState
from alerts.tasks.schedule import accounts_with, schedule_of
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
    schedule = schedule_of(session, site_id=task.site_id, settings=shipped_rules().settings)
    step = task.escalations
    told = [
        account for account in accounts_with(session, site_id=task.site_id, roles=schedule.roles(step))
        if _deliver(session, task, step, account, services)
    ]  # fmt: skip
    task.escalations = step + 1
    task.escalate_at = schedule.moment(task.opened_at, step + 1, last=now())
    session.add(task)
    add_event(
        session, task=task, kind=TaskEventKind.ESCALATED, message=Message("task.event.escalated", {"n": len(told)}),
        source_key=f"step:{step}",
    )  # fmt: skip
    if told:
        enqueue(session, DISPATCH, str(task.id))
    return len(told)


def _deliver(session: Session, task: CallbackTask, step: int, account: Account, services: AlertServices) -> bool:
    row = Delivery(
        purpose=Purpose.CALLBACK, channel=ChannelKind.EMAIL, task_id=task.id, step=step, account_id=account.id,
        content=_words(session, task, account, services),
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
    return {"subject": subject, "body": body}
