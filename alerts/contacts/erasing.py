"""Erasing contacts that have served. One that a call-back still needs stays until somebody has called back."""

from uuid import UUID

from sqlmodel import Session, select

from alerts.tasks.models import CallbackTask, TaskState
from lab.contacts import service as contacts
from lab.contacts.keys import ContactKeys
from lab.contacts.models import Contact
from lab.contacts.schemas import Retention
from lab.kit.clock import now


def erase_served(session: Session, *, keys: ContactKeys, retention: Retention) -> int:
    """Erase what is due, and keys without a contact; how many contacts."""
    samples = {
        one.sample_id
        for one in session.exec(select(Contact)).all()
        if contacts.is_due(session, contact=one, retention=retention) and not _is_needed(session, one, retention)
    }
    erased = sum(contacts.erase_contacts(session, keys=keys, sample_id=sample_id) for sample_id in samples)
    contacts.destroy_orphans(session, keys=keys)
    return erased


def _is_needed(session: Session, contact: Contact, retention: Retention) -> bool:
    """Whether somebody must still be called back; past its longest term a contact goes all the same."""
    return contact.created_at + retention.most > now() and _must_be_called(session, contact.sample_id)


def _must_be_called(session: Session, sample_id: UUID) -> bool:
    query = select(CallbackTask.id).where(CallbackTask.sample_id == sample_id, CallbackTask.state == TaskState.OPEN)
    return session.exec(query).first() is not None
