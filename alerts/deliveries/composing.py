"""From a claimed delivery to the message that goes out, in words that were stored when they were approved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from alerts.channels.base import Outgoing
from alerts.contacts.messages import NobodyToTellError, compose_notice
from alerts.deliveries.acknowledging import ASKED
from alerts.deliveries.claiming import Claim
from alerts.deliveries.models import Delivery, Purpose
from alerts.reach import service as reach
from alerts.reach.models import PushDevice
from alerts.services import AlertServices
from alerts.subscriptions.models import EndpointState, Subscription, SubscriptionEndpoint
from alerts.tasks.models import CallbackTask, TaskState
from alerts.vocabulary import ChannelKind
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
            col(Delivery.version_id), col(Subscription.id),
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
    url = services.base_url + UNSUBSCRIBE_PATH + services.tokens.unsubscribe(letter.endpoint_id)
    links = _links(letter, words, document, services)
    return Outgoing(
        message_id=message_id(letter.delivery_id),
        address=letter.address,
        language=letter.language,
        subject=text.subject,
        text=f"{text.body.rstrip()}\n\n{links}-- \n{text.footer.replace('{url}', url)}\n",
        event=_EVENTS[version.kind],
        at=version.issued_at or now(),
        document=document,
        unsubscribe_url=url,
        secret=services.tokens.webhook_secret(letter.endpoint_id) if letter.channel is ChannelKind.WEBHOOK else None,
    )


def _links(letter: _Letter, words: _Words, document: Mapping[str, Any], services: AlertServices) -> str:
    """How to say that it was read, where that is asked, and how to change what is received."""
    links = []
    if document["tier"] in ASKED:
        token = services.tokens.acknowledge(letter.delivery_id)
        links.append((words.say("channel.read_link", letter.language, services), READ_PATH + token))
    token = services.tokens.manage(letter.subscription_id)
    links.append((words.say("channel.manage_link", letter.language, services), MANAGE_PATH + token))
    return "".join(f"{said}\n{services.base_url}{path}\n\n" for said, path in links)


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
        secret=services.tokens.webhook_secret(endpoint.id) if is_webhook else None,
    )


def _callback(session: Session, row: Delivery) -> Outgoing:
    task = session.get_one(CallbackTask, row.task_id)
    account = session.get_one(Account, row.account_id)
    if task.state is not TaskState.OPEN:
        raise NothingToSendError(task.state.value)
    if not account.active:
        raise NothingToSendError("account_closed")
    content = row.content or {}
    address, secret = _road(session, row, account)
    is_push = row.channel is ChannelKind.PUSH
    return Outgoing(
        message_id=message_id(row.id),
        address=address,
        language=account.language,
        subject=content["subject"],
        text=content["body"],
        event="task.escalated",
        at=row.created_at,
        document={"url": content["url"], "tag": str(task.id)} if is_push else {},
        secret=secret,
        urgent=True,
    )


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
