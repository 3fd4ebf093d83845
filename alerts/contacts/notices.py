"""Who is owed a message, found from what is so rather than from what happened: nothing is owed twice or forgotten.

Run at a fact and every few seconds. Each message is a delivery row before it is a call; its words and the address are
put together when it is sent (``messages.py``), so that no row ever holds an address.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from alerts.contacts.causes import Cause, key_of
from alerts.deliveries.fanout import DISPATCH
from alerts.deliveries.models import Delivery, Lane, Purpose
from alerts.evaluations.models import Stage
from alerts.tasks.models import CallbackTask, CallbackTaskEvent, TaskEventKind, TaskState
from alerts.vocabulary import ChannelKind
from lab.contacts.models import Contact, ContactKind
from lab.kit.clock import now
from lab.kit.jobs import enqueue
from lab.results.models import Result, ResultState
from lab.results.service import results_of

CHANNELS = {ContactKind.EMAIL: ChannelKind.EMAIL, ContactKind.SMS: ChannelKind.SMS}
CALL_AGAIN_AFTER = timedelta(hours=6)
"""Several findings about one sample are one reason to get in touch, not several messages in a night."""

Known = dict[str | None, datetime]
"""What a contact was written already, by cause and subject, and when."""

_WITHDRAWN = frozenset({ResultState.AMENDED, ResultState.RETRACTED})


def notify(session: Session) -> int:
    """Write the deliveries that are owed and queue their sending; how many."""
    written = sum(_write(session, contact) for contact in session.exec(_concerned()).all())
    if written:
        enqueue(session, DISPATCH, "")
    return written


def _concerned() -> SelectOfScalar[Contact]:
    """Contacts of samples about which there may be something to say."""
    told = sa.select(col(Result.sample_id)).where(
        col(Result.state).in_((ResultState.REPORTED, *_WITHDRAWN)) | col(Result.preliminary)
    )
    urgent = sa.select(col(CallbackTask.sample_id)).where(col(CallbackTask.state) == TaskState.OPEN)
    return select(Contact).where(col(Contact.sample_id).in_(told) | col(Contact.sample_id).in_(urgent))


def _write(session: Session, contact: Contact) -> int:
    written_before = select(Delivery.cause, Delivery.created_at).where(Delivery.contact_id == contact.id)
    known: Known = dict(session.exec(written_before).all())
    written = 0
    for cause, subject_id, task_id in (*_calls(session, contact, known), *_answers(session, contact, known)):
        key = key_of(cause, subject_id)
        if key in known:
            continue
        row = Delivery(
            purpose=Purpose.CONTACT, channel=CHANNELS[contact.kind], contact_id=contact.id, cause=key, task_id=task_id,
            lane=Lane.PERSON,
        )  # fmt: skip
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:  # another worker was quicker
            continue
        known[key] = row.created_at
        written += 1
    return written


def _calls(session: Session, contact: Contact, known: Known) -> Iterator[tuple[Cause, UUID, UUID]]:
    """Call-backs. What was said at the counter is known to whoever stands there: nobody is sent back to it."""
    latest = session.exec(
        select(Delivery.created_at)
        .where(Delivery.contact_id == contact.id, col(Delivery.cause).startswith(Cause.CALL_BACK.value))
        .order_by(col(Delivery.created_at).desc())
    ).first()
    if latest is not None and latest + CALL_AGAIN_AFTER > now():
        return
    query = select(CallbackTask).where(
        CallbackTask.sample_id == contact.sample_id, CallbackTask.state == TaskState.OPEN
    )
    for task in session.exec(query.order_by(col(CallbackTask.opened_at))):
        if key_of(Cause.CALL_BACK, task.id) not in known and not _opened_at_the_counter(session, task):
            yield Cause.CALL_BACK, task.id, task.id
            return


def _opened_at_the_counter(session: Session, task: CallbackTask) -> bool:
    opened = select(CallbackTaskEvent.source_key).where(
        CallbackTaskEvent.task_id == task.id, CallbackTaskEvent.kind == TaskEventKind.OPENED
    )
    key = session.exec(opened).first()
    return key is not None and key.startswith(f"{Stage.REGISTERED.value}:")


def _answers(session: Session, contact: Contact, known: Known) -> Iterator[tuple[Cause, UUID, UUID | None]]:
    versions = results_of(session, sample_id=contact.sample_id)
    by_id = {version.id: version for version in versions}
    for version in versions:
        if version.state in _WITHDRAWN and _was_told(version):
            yield Cause.CHANGED, version.id, None
        elif version.state is ResultState.REPORTED and _is_news(version, contact, by_id, known):
            yield Cause.READY, version.id, None
        elif version.preliminary and version.state in {ResultState.SUBMITTED, ResultState.VERIFIED}:
            yield Cause.PRELIMINARY, version.id, None


def _was_told(version: Result) -> bool:
    return version.reported_at is not None or version.preliminary


def _is_news(version: Result, contact: Contact, by_id: dict[UUID, Result], known: Known) -> bool:
    """Whether a reported version says more than "it has changed", sent since, and than what the counter could show."""
    if version.reported_at is None or version.reported_at < contact.created_at:
        return False
    older = by_id.get(version.supersedes_id) if version.supersedes_id else None
    if older is None or not _was_told(older):
        return True
    changed_at = known.get(key_of(Cause.CHANGED, older.id))
    return changed_at is not None and changed_at < version.reported_at
