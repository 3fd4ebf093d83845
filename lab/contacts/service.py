"""Taking contacts, reading them to write to somebody, and erasing them for good.

Nothing here returns an address but :func:`address_of`, for the channel that sends and for the worker who must call.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from lab.contacts.addresses import parse_email, parse_phone
from lab.contacts.errors import ContactConsentMissingError, ContactErasedError, ContactMissingError
from lab.contacts.keys import ContactKeys
from lab.contacts.models import Contact, ContactKind
from lab.contacts.schemas import CONSENT_VERSION, ContactIn, Retention
from lab.custody import service as custody
from lab.kit.clock import now, today
from lab.kit.ids import new_id
from lab.network.access import Actor, Permission
from lab.results.models import ConfirmationRequest, ConfirmationState, Result, ResultState
from lab.results.service import results_of, transitions_of
from lab.samples.models import Sample
from lab.samples.schemas import SampleStatus
from lab.samples.status import status_of

_UNFINISHED = frozenset({ResultState.DRAFT, ResultState.SUBMITTED, ResultState.VERIFIED})
_OVER = frozenset({SampleStatus.LOST, SampleStatus.ENDED})


def store(session: Session, *, actor: Actor, keys: ContactKeys, sample: Sample, data: ContactIn) -> Sequence[Contact]:
    """Keep what was given, in place of what was kept of the same kind before.

    Raises :class:`~lab.errors.ForbiddenError`, :class:`ContactMissingError`, :class:`ContactConsentMissingError` and
    what the addresses' own checks raise. Nothing is written before everything is checked.
    """
    actor.require(Permission.SAMPLE_REGISTER, sample.site_id)
    given = _given(data)
    if not given:
        raise ContactMissingError
    if not data.contact_consent:
        raise ContactConsentMissingError
    stored = []
    for kind, address in given.items():
        for older in session.exec(select(Contact).where(Contact.sample_id == sample.id, Contact.kind == kind)).all():
            session.delete(older)  # its key follows by the sweep: should this fail, the older one still stands
        session.flush()
        stored.append(_seal(keys, sample, kind, address, data.contact_language))
    session.add_all(stored)
    session.flush()
    return stored


def _given(data: ContactIn) -> dict[ContactKind, str]:
    given = {}
    if data.contact_email:
        given[ContactKind.EMAIL] = parse_email(data.contact_email)
    if data.contact_phone:
        given[ContactKind.SMS] = parse_phone(data.contact_phone)
    return given


def _seal(keys: ContactKeys, sample: Sample, kind: ContactKind, address: str, language: str) -> Contact:
    contact_id, day = new_id(), today()
    return Contact(
        id=contact_id, sample_id=sample.id, kind=kind, sealed=keys.seal(contact_id, day, address), key_day=day,
        language=language, consent_text_version=CONSENT_VERSION,
    )  # fmt: skip


def contacts_of(session: Session, *, sample_id: UUID) -> list[Contact]:
    """The contacts kept for a sample, without their addresses."""
    query = select(Contact).where(Contact.sample_id == sample_id)
    return list(session.exec(query.order_by(col(Contact.kind))))


def address_of(contact: Contact, *, keys: ContactKeys) -> str:
    """The address itself; raises :class:`ContactErasedError` when its key is gone."""
    return keys.open(contact.id, contact.key_day, contact.sealed)


def erase_contacts(session: Session, *, keys: ContactKeys, sample_id: UUID) -> int:
    """Erase what is kept for a sample; how many contacts.

    The key goes first: should anything fail after it, what is left is a row that nobody can read.
    """
    found = contacts_of(session, sample_id=sample_id)
    for contact in found:
        _erase(session, keys, contact)
    session.flush()
    return len(found)


def erase_by_worker(session: Session, *, actor: Actor, keys: ContactKeys, sample: Sample) -> int:
    """Erase on request at the counter; raises :class:`~lab.errors.ForbiddenError`."""
    actor.require(Permission.SAMPLE_REGISTER, sample.site_id)
    return erase_contacts(session, keys=keys, sample_id=sample.id)


def _erase(session: Session, keys: ContactKeys, contact: Contact) -> None:
    keys.destroy(contact.id, contact.key_day)
    session.delete(contact)
    session.flush()


def settled_since(session: Session, *, sample: Sample) -> datetime | None:
    """Since when nothing about this sample is pending: its last answer is given out, or there will be none.

    None while an analysis, an answer, or a confirmation elsewhere is awaited.
    """
    versions = results_of(session, sample_id=sample.id)
    if any(version.state in _UNFINISHED for version in versions) or _awaits_confirmation(session, sample.id):
        return None
    if versions:
        return max(_last_step(session, version) for version in versions)
    if status_of(session, sample=sample) in _OVER:
        return max((one.recorded_at for one in custody.timeline(session, sample_id=sample.id)), default=None)
    return None


def _awaits_confirmation(session: Session, sample_id: UUID) -> bool:
    query = select(ConfirmationRequest.id).where(
        ConfirmationRequest.sample_id == sample_id, ConfirmationRequest.state == ConfirmationState.OPEN
    )
    return session.exec(query).first() is not None


def _last_step(session: Session, version: Result) -> datetime:
    return max((step.at for step in transitions_of(session, result_id=version.id)), default=version.created_at)


def is_due(session: Session, *, contact: Contact, retention: Retention) -> bool:
    """Whether this contact has served: some days after the last pending analysis, or at its longest term."""
    if contact.created_at + retention.most <= now():
        return True
    since = settled_since(session, sample=session.get_one(Sample, contact.sample_id))
    return since is not None and max(since, contact.created_at) + retention.after <= now()


def erase_unreadable(session: Session, *, keys: ContactKeys) -> int:
    """Drop rows whose key is gone; how many. For whoever restores a backup: erased stays erased."""
    gone = [one for one in session.exec(select(Contact)).all() if not _is_readable(one, keys)]
    for contact in gone:
        _erase(session, keys, contact)
    return len(gone)


def _is_readable(contact: Contact, keys: ContactKeys) -> bool:
    try:
        address_of(contact, keys=keys)
    except ContactErasedError:
        return False
    return True


def destroy_orphans(session: Session, *, keys: ContactKeys, grace_s: float = 3600.0) -> int:
    """Destroy keys that no contact uses: of a registration that failed, or of a row that went with its sample.

    A fresh one may belong to a transaction that has not ended, so it has ``grace_s``. Returns how many.
    """
    known = set(session.exec(select(Contact.id)).all())
    border = now().timestamp() - grace_s
    orphans = [(day, one) for day, one, written in keys.known() if one not in known and written < border]
    for day, contact_id in orphans:
        keys.destroy(contact_id, day)
    for folder in keys.days():
        keys.close_day(folder)
    return len(orphans)
