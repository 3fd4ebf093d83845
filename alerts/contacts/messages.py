"""The message itself: that something waits, never what. No finding, no substance, no code that opens anything."""

from sqlmodel import Session

from alerts.channels.base import Outgoing
from alerts.contacts.causes import Cause, cause_of
from alerts.deliveries.models import Delivery
from alerts.services import AlertServices
from alerts.tasks.models import CallbackTask, TaskState
from lab.contacts.errors import ContactErasedError
from lab.contacts.models import Contact, ContactKind
from lab.contacts.service import address_of
from lab.kit.messages import Message

LOOKUP_PATH = "/lookup"
_TEXT = {Cause.PRELIMINARY: "ready", Cause.READY: "ready", Cause.CHANGED: "changed", Cause.CALL_BACK: "call_back"}


class NobodyToTellError(Exception):
    """The contact was erased, or the reason is gone; ``why`` in one word."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def compose_notice(session: Session, *, row: Delivery, message_id: str, services: AlertServices) -> Outgoing:
    """What goes to the contact of ``row``; raises :class:`NobodyToTellError`."""
    contact = session.get(Contact, row.contact_id)
    if contact is None:
        raise NobodyToTellError("contact_erased")
    cause = cause_of(row.cause or "")
    if cause is Cause.CALL_BACK and session.get_one(CallbackTask, row.task_id).state is not TaskState.OPEN:
        raise NobodyToTellError("called_back")
    try:
        address = address_of(contact, keys=services.contact_keys)
    except ContactErasedError as error:
        raise NobodyToTellError("contact_erased") from error
    language = contact.language
    subject, text = words(cause, language=language, services=services)
    return Outgoing(
        message_id=message_id, address=address, language=language, subject=subject,
        text=f"{subject}. {text}" if contact.kind is ContactKind.SMS else text,
        event="contact.notice", at=row.created_at, urgent=True,
    )  # fmt: skip


def words(cause: Cause, *, language: str, services: AlertServices) -> tuple[str, str]:
    """Subject and text of a message, in the language of the consent."""
    name, say = _TEXT[cause], services.renderer.text
    subject = say(Message(f"contact.{name}.subject"), language=language)
    text = say(Message(f"contact.{name}.text", {"url": services.base_url + LOOKUP_PATH}), language=language)
    exercise = say(Message("contact.exercise"), language=language)
    return (f"{exercise} {subject}", text) if services.exercise else (subject, text)
