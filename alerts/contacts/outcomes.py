"""What became of the message to a person: on the task, so that whoever must call knows whether to call otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session, col, select

from alerts.contacts.causes import Cause, cause_of
from alerts.deliveries.models import Delivery, DeliveryState, Purpose
from alerts.tasks.models import CallbackTask, CallbackTaskEvent, TaskEventKind
from alerts.vocabulary import ChannelKind
from lab.contacts.models import Contact
from lab.kit.messages import Message


class NoticeState(StrEnum):
    """How far a message to a person is, as the people at the counter need it."""

    UNDER_WAY = "under_way"
    SENT = "sent"
    FAILING = "failing"  # tried, not taken; it is tried again
    FAILED = "failed"
    NOT_SENT = "not_sent"  # there was nobody to write to any more, or no reason


@dataclass(frozen=True)
class Notice:
    """One message to the person who brought a sample."""

    cause: Cause
    channel: ChannelKind
    state: NoticeState
    at: datetime


def record_outcome(session: Session, *, row: Delivery) -> None:
    """Tell the task, once per message and state, that its message arrived or did not."""
    if row.purpose is not Purpose.CONTACT or row.task_id is None:
        return
    state = _state(row)
    if state is NoticeState.UNDER_WAY:
        return
    key = f"message:{row.id}:{state.value}"
    known = select(CallbackTaskEvent.id).where(
        CallbackTaskEvent.task_id == row.task_id, CallbackTaskEvent.source_key == key
    )
    if session.exec(known).first() is None:
        message = Message(f"task.event.message_{state.value}")
        session.add(
            CallbackTaskEvent(
                task_id=session.get_one(CallbackTask, row.task_id).id, kind=TaskEventKind.MESSAGED, source_key=key,
                message_id=message.id, message_params={},
            )
        )  # fmt: skip


def notices_of(session: Session, *, sample_id: UUID) -> Sequence[Notice]:
    """The messages to the contacts that are kept for a sample, the newest first."""
    query = (
        select(Delivery)
        .join(Contact, col(Contact.id) == col(Delivery.contact_id))
        .where(Contact.sample_id == sample_id)
        .order_by(col(Delivery.created_at).desc())
    )
    return [_notice(row) for row in session.exec(query)]


def notices_of_task(session: Session, *, task_id: UUID) -> Sequence[Notice]:
    """The messages that a call-back sent to the person, also where the contact has been erased since."""
    query = select(Delivery).where(Delivery.task_id == task_id, Delivery.purpose == Purpose.CONTACT)
    return [_notice(row) for row in session.exec(query.order_by(col(Delivery.created_at).desc()))]


def _notice(row: Delivery) -> Notice:
    return Notice(cause_of(row.cause or ""), row.channel, _state(row), row.ended_at or row.created_at)


def _state(row: Delivery) -> NoticeState:
    if row.state is DeliveryState.SENT:
        return NoticeState.SENT
    if row.state is DeliveryState.DEAD:
        return NoticeState.FAILED
    if row.state is DeliveryState.WITHDRAWN:
        return NoticeState.NOT_SENT
    return NoticeState.FAILING if row.attempts and row.state is DeliveryState.WAITING else NoticeState.UNDER_WAY
