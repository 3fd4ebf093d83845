"""Showing a person's contact to whoever must call back, and writing down that it was read."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from alerts.tasks import service as tasks
from alerts.tasks.models import TaskEventKind
from lab.contacts import service as contacts
from lab.contacts.errors import ContactErasedError
from lab.contacts.keys import ContactKeys
from lab.contacts.models import ContactKind
from lab.kit.clock import now
from lab.kit.messages import Message
from lab.network.access import Actor


def read_contacts(
    session: Session, *, actor: Actor, keys: ContactKeys, task_id: UUID
) -> Sequence[tuple[ContactKind, str]]:
    """The addresses behind an open call-back; its history names the reader, never what was read.

    Raises :class:`~alerts.errors.TaskNotFoundError`, :class:`~alerts.errors.TaskClosedError`,
    :class:`~lab.errors.ForbiddenError`, and :class:`ContactErasedError` where nothing can be read.
    """
    task = tasks.handled(session, actor=actor, task_id=task_id)
    kept = contacts.contacts_of(session, sample_id=task.sample_id)
    if not kept:
        raise ContactErasedError
    read = [(one.kind, contacts.address_of(one, keys=keys)) for one in kept]
    tasks.add_event(
        session, task=task, kind=TaskEventKind.MESSAGED, account_id=actor.account_id,
        message=Message("task.event.contact_shown"), source_key=f"contact:{now():%Y%m%dT%H%M%S%f}:{actor.account_id}",
    )  # fmt: skip
    return read
