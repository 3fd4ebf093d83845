"""The optional contact on the registration form and on a sample's page: taken, shown to exist, erased."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from sqlmodel import Session

from alerts.contacts.outcomes import Notice, notices_of
from api.language import language_of
from api.services import contact_keys
from api.settings import Settings
from api.state import state_of
from lab.contacts import service as contacts
from lab.contacts.models import Contact
from lab.contacts.schemas import ContactIn
from lab.network.access import Actor, Permission
from lab.samples.models import Sample

FIELDS = ("contact_email", "contact_phone", "contact_consent", "contact_language")


@dataclass(frozen=True)
class ContactTerms:
    """By what people can be written to here, and how long that is kept."""

    email: bool
    sms: bool
    days: int
    most: int


NO_CONTACT = ContactTerms(email=False, sms=False, days=0, most=0)


def terms_of(settings: Settings) -> ContactTerms:
    """What this deployment offers: nothing is asked for that could not be used."""
    return ContactTerms(
        email=settings.smtp_host is not None or settings.mail_folder is not None,
        sms=settings.sms_url is not None,
        days=settings.contact_days_after_report,
        most=settings.contact_days_at_most,
    )


@dataclass(frozen=True)
class ContactCard:
    """What a sample's page says of its contacts: never an address."""

    kept: Sequence[tuple[Contact, bool]]  # with whether it can still be read
    notices: Sequence[Notice]
    may_change: bool


def contact_card(session: Session, *, actor: Actor, settings: Settings, sample: Sample) -> ContactCard:
    """The contacts of ``sample``, for whoever may see it."""
    keys = contact_keys(settings)
    kept = contacts.contacts_of(session, sample_id=sample.id)
    return ContactCard(
        kept=[(one, keys.has(one.id, one.key_day)) for one in kept],
        notices=notices_of(session, sample_id=sample.id),
        may_change=actor.may(Permission.SAMPLE_REGISTER, sample.site_id),
    )


def taken_out(data: dict[str, Any]) -> dict[str, Any]:
    """The fields of the contact, taken out of a registration form's data; empty when none was given."""
    given = {name: data.pop(name) for name in FIELDS if name in data}
    return given if given.keys() & {"contact_email", "contact_phone", "contact_consent"} else {}


def keep_contact(request: Request, session: Session, *, actor: Actor, sample: Sample, data: dict[str, Any]) -> None:
    """Store what was given with its consent; nothing given is nothing done. Raises as :func:`contacts.store` does."""
    if not data:
        return
    keys = contact_keys(state_of(request).settings)
    given = ContactIn.model_validate({"contact_language": language_of(request)} | data)
    contacts.store(session, actor=actor, keys=keys, sample=sample, data=given)
