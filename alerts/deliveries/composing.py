"""From a claimed delivery to the message that goes out, in words that were stored when they were approved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from alerts.channels.base import Outgoing
from alerts.channels.kinds import Carries, carries
from alerts.contacts.messages import NobodyToTellError, compose_notice
from alerts.deliveries.acknowledging import is_asked
from alerts.deliveries.claiming import Claim
from alerts.deliveries.models import Delivery, Purpose
from alerts.reach import service as reach
from alerts.reach.models import PushDevice
from alerts.services import AlertServices
from alerts.subscriptions.models import EndpointState, Subscription, SubscriptionEndpoint
from alerts.tasks.models import CallbackTask, TaskState
from alerts.unread.escalation import still_unread
from alerts.vocabulary import Audience, ChannelKind
from alerts.warnings.models import Alert, AlertState, AlertVersion, VersionKind
from alerts.warnings.schemas import AlertText
from lab.kit.clock import now
from lab.kit.messages import Message
from lab.network.models import Account

MANAGE_PATH = "/subscriptions/manage/"
READ_PATH = "/alerts/read/"
UNSUBSCRIBE_PATH = "/subscriptions/unsubscribe/"
CONFIRM_PATH = "/subscriptions/confirm/"
_CONFIRMATION_TEMPLATE = "alerts/confirmation.txt.jinja"
_EVENTS = {
    VersionKind.ALERT: "alert.issued",
    VersionKind.UPDATE: "alert.updated",
    VersionKind.CANCEL: "alert.cancelled",
    VersionKind.RETRACT: "alert.retracted",
}


class NothingToSendError(Exception):
    """Since it was written, this delivery has lost its reason; ``why`` in one word."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def message_id(delivery_id: UUID) -> str:
    """The same at every attempt. No dot: it is signed between dots (Standard Webhooks)."""
    return f"msg_{delivery_id.hex}"


def compose(session: Session, *, claim: Claim, services: AlertServices) -> Outgoing:
    """The message of this delivery; raises :class:`NothingToSendError` when there is none any more."""
    row = session.get_one(Delivery, claim.delivery_id)
    if row.purpose is Purpose.CALLBACK:
        return _callback(session, row)
    if row.purpose is Purpose.UNREAD:
        return _unread(session, row)
    if row.purpose is Purpose.CONTACT:
        return _notice(session, row, services)
    if row.purpose is Purpose.CONFIRMATION:
        endpoint = session.get_one(SubscriptionEndpoint, row.endpoint_id)
        subscription = session.get_one(Subscription, endpoint.subscription_id)
        return _confirmation(row, endpoint, subscription, services)
    return _alert(_letters(session, [row.id])[row.id], _Words(session), services)


@dataclass(frozen=True)
class _Letter:
    """What an alert to one endpoint is made of."""

    delivery_id: UUID
    endpoint_id: UUID
    address: str
    channel: ChannelKind
    state: EndpointState
    language: str
    version_id: UUID
    subscription_id: UUID
    audience: Audience
    secret: bytes | None


class _Words:
    """Versions read once for all the deliveries of a batch."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._versions: dict[UUID, tuple[AlertVersion, dict[str, Any]]] = {}
        self._texts: dict[tuple[UUID, str], AlertText] = {}
        self._said: dict[tuple[str, str], str] = {}

    def version(self, version_id: UUID) -> tuple[AlertVersion, dict[str, Any]]:
        """A version, and what programs get about it."""
        if version_id not in self._versions:
            version = self._session.get_one(AlertVersion, version_id)
            alert = self._session.get_one(Alert, version.alert_id)
            self._versions[version_id] = version, alert_document(alert, version)
        return self._versions[version_id]

    def say(self, message_id: str, language: str, services: AlertServices) -> str:
        key = (message_id, language)
        if key not in self._said:
            self._said[key] = services.renderer.text(Message(message_id), language=language)
        return self._said[key]

    def text(self, version: AlertVersion, language: str) -> AlertText:
        key = (version.id, language)
        if key not in self._texts:
            self._texts[key] = AlertText.model_validate(version.texts[language])
        return self._texts[key]


def compose_all(
    session: Session, *, claims: Sequence[Claim], services: AlertServices
) -> list[tuple[Claim, Outgoing | Exception]]:
    """The message of each claim, or why there is none: one that cannot be written keeps no other waiting."""
    letters = _letters(session, [claim.delivery_id for claim in claims if claim.purpose is Purpose.ALERT])
    words = _Words(session)
    made: list[tuple[Claim, Outgoing | Exception]] = []
    for claim in claims:
        letter = letters.get(claim.delivery_id)
        try:
            if letter is not None:
                made.append((claim, _alert(letter, words, services)))
            else:
                made.append((claim, compose(session, claim=claim, services=services)))
        except Exception as error:
            made.append((claim, error))
    return made


def _letters(session: Session, ids: Sequence[UUID]) -> dict[UUID, _Letter]:
    if not ids:
        return {}
    rows = session.execute(
        sa.select(
            col(Delivery.id), col(SubscriptionEndpoint.id), col(SubscriptionEndpoint.address),
            col(SubscriptionEndpoint.channel), col(SubscriptionEndpoint.state), col(Subscription.language),
            col(Delivery.version_id), col(Subscription.id), col(Subscription.audience),
            col(SubscriptionEndpoint.secret),
        )
        .join(SubscriptionEndpoint, col(SubscriptionEndpoint.id) == col(Delivery.endpoint_id))
        .join(Subscription, col(Subscription.id) == col(SubscriptionEndpoint.subscription_id))
        .where(col(Delivery.id).in_(ids))
    )  # fmt: skip
    return {row[0]: _Letter(*row) for row in rows}


def _alert(letter: _Letter, words: _Words, services: AlertServices) -> Outgoing:
    version, document = words.version(letter.version_id)
    if letter.state is not EndpointState.ACTIVE:
        raise NothingToSendError(letter.state.value)
    if version.state is not AlertState.ISSUED:
        raise NothingToSendError(version.state.value)
    text = words.text(version, letter.language)
    letter_url = services.base_url + READ_PATH + services.tokens.acknowledge(letter.delivery_id)
    leave_url = services.base_url + UNSUBSCRIBE_PATH + services.tokens.unsubscribe(letter.endpoint_id)
    to_many = carries(letter.channel) is Carries.TO_MANY
    end = "" if to_many else f"-- \n{text.footer.replace('{url}', leave_url)}\n"
    return Outgoing(
        message_id=message_id(letter.delivery_id),
        address=letter.address,
        language=letter.language,
        subject=text.subject,
        text=f"{text.body.rstrip()}\n\n{_links(letter, words, services, letter_url, to_many=to_many)}{end}",
        event=_EVENTS[version.kind],
        at=version.issued_at or now(),
        document=document,
        line=text.line if carries(letter.channel) is Carries.LINE else "",
        url=letter_url,
        tag=str(version.alert_id),
        unsubscribe_url=None if to_many else leave_url,
        secret=_key(letter.channel, letter.endpoint_id, letter.secret, services),
    )


def _key(channel: ChannelKind, endpoint_id: UUID, secret: bytes | None, services: AlertServices) -> bytes | None:
    """What signs a webhook, or seals what goes to a browser."""
    return services.tokens.webhook_secret(endpoint_id) if channel is ChannelKind.WEBHOOK else secret


def _links(letter: _Letter, words: _Words, services: AlertServices, letter_url: str, *, to_many: bool) -> str:
    """How to say that it was read, where that is asked, and how to change what is received: not in a room of many."""
    links = []
    if words.version(letter.version_id)[0].photo_id is not None:
        links.append((words.say("channel.photo_link", letter.language, services), letter_url))
    if is_asked(letter.audience):
        links.append((words.say("channel.read_link", letter.language, services), letter_url))
    if not to_many:
        path = MANAGE_PATH + services.tokens.manage(letter.subscription_id)
        links.append((words.say("channel.manage_link", letter.language, services), services.base_url + path))
    return "".join(f"{said}\n{url}\n\n" for said, url in links)


def alert_document(alert: Alert, version: AlertVersion) -> dict[str, Any]:
    """What programs get about a version: every language, and nothing that is not in the alert itself."""
    return {
        "id": str(alert.id),
        "version": version.number,
        "kind": version.kind.value,
        "tier": alert.tier.value,
        "status": "Exercise" if alert.exercise else "Actual",
        "areas": list(alert.areas),
        "rules": list(alert.rule_ids),
        "issued_at": _iso(version.issued_at),
        "expires_at": _iso(version.expires_at),
        "texts": {
            language: {
                name: text[name] for name in ("headline", "what", "evidence", "risk", "variation", "advice", "line")
            }
            for language, text in version.texts.items()
        },
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _confirmation(
    row: Delivery, endpoint: SubscriptionEndpoint, subscription: Subscription, services: AlertServices
) -> Outgoing:
    if endpoint.state is not EndpointState.UNCONFIRMED:
        raise NothingToSendError(endpoint.state.value)
    token = services.tokens.confirm(endpoint.id)
    url = services.base_url + CONFIRM_PATH + token
    language = subscription.language
    is_webhook = endpoint.channel is ChannelKind.WEBHOOK
    return Outgoing(
        message_id=message_id(row.id),
        address=endpoint.address,
        language=language,
        subject=services.renderer.text(Message("alert.confirmation.subject"), language=language),
        line=_question(endpoint.channel, language, services),
        url=url,
        tag=str(endpoint.id),
        text=services.renderer.document(
            _CONFIRMATION_TEMPLATE,
            language=language,
            values={
                "url": url,
                "until": services.renderer.date(endpoint.confirm_until.date(), language=language),
                "exercise": services.exercise,
            },
        ),
        event="subscription.confirm",
        at=row.created_at,
        document={"confirm_url": url} if is_webhook else {},
        secret=_key(endpoint.channel, endpoint.id, endpoint.secret, services),
    )


def _question(channel: ChannelKind, language: str, services: AlertServices) -> str:
    if carries(channel) is not Carries.LINE:
        return ""
    said = services.renderer.text(Message("alert.confirmation.line"), language=language)
    mark = services.renderer.text(Message("alert.mark.exercise"), language=language)
    return f"{mark} {said}" if services.exercise else said


def _callback(session: Session, row: Delivery) -> Outgoing:
    task = session.get_one(CallbackTask, row.task_id)
    account = session.get_one(Account, row.account_id)
    if task.state is not TaskState.OPEN:
        raise NothingToSendError(task.state.value)
    if not account.active:
        raise NothingToSendError("account_closed")
    content = row.content or {}
    address, secret = _road(session, row, account)
    is_push = row.channel is ChannelKind.PUSH  # by e-mail the address of the page stands in the text
    return Outgoing(
        message_id=message_id(row.id),
        address=address,
        language=account.language,
        subject=content["subject"],
        text=content["body"],
        event="task.escalated",
        at=row.created_at,
        url=content["url"] if is_push else None,
        tag=str(task.id) if is_push else "",
        secret=secret,
        urgent=True,
    )


def _unread(session: Session, row: Delivery) -> Outgoing:
    account = session.get_one(Account, row.account_id)
    if not still_unread(session, row.cause or ""):
        raise NothingToSendError("acknowledged")
    if not account.active:
        raise NothingToSendError("account_closed")
    content = row.content or {}
    address, secret = _road(session, row, account)
    return Outgoing(
        message_id=message_id(row.id), address=address, language=account.language, subject=content["subject"],
        text=content["body"], event="alert.unread", at=row.created_at, url=content.get("url"),
        tag=row.cause or "", secret=secret,
    )  # fmt: skip


def _road(session: Session, row: Delivery, account: Account) -> tuple[str, bytes | None]:
    """The address of this delivery, and for a browser the keys that seal what it gets."""
    if row.channel is ChannelKind.PUSH:
        device = session.get(PushDevice, UUID(row.target))
        if device is None or device.account_id != account.id:
            raise NothingToSendError("device_removed")
        return device.endpoint, device.p256dh + device.auth
    if row.channel is ChannelKind.SMS:
        number = reach.phone_of(session, account_id=account.id)
        if number is None:
            raise NothingToSendError("phone_removed")
        return number, None
    return account.email, None


def _notice(session: Session, row: Delivery, services: AlertServices) -> Outgoing:
    try:
        return compose_notice(session, row=row, message_id=message_id(row.id), services=services)
    except NobodyToTellError as error:
        raise NothingToSendError(error.why) from error
