"""From a claimed delivery to the message that goes out, in words that were stored when they were approved."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from alerts.channels.base import Outgoing
from alerts.deliveries.claiming import Claim
from alerts.deliveries.models import Delivery, Purpose
from alerts.services import AlertServices
from alerts.subscriptions.models import EndpointState, Subscription, SubscriptionEndpoint
from alerts.tasks.models import CallbackTask, TaskState
from alerts.vocabulary import ChannelKind
from alerts.warnings.models import Alert, AlertState, AlertVersion, VersionKind
from alerts.warnings.schemas import AlertText
from lab.kit.messages import Message
from lab.network.models import Account

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
    endpoint = session.get_one(SubscriptionEndpoint, row.endpoint_id)
    subscription = session.get_one(Subscription, endpoint.subscription_id)
    if row.purpose is Purpose.CONFIRMATION:
        return _confirmation(row, endpoint, subscription, services)
    return _alert(session, row, endpoint, subscription, services)


def _alert(
    session: Session,
    row: Delivery,
    endpoint: SubscriptionEndpoint,
    subscription: Subscription,
    services: AlertServices,
) -> Outgoing:
    version = session.get_one(AlertVersion, row.version_id)
    alert = session.get_one(Alert, version.alert_id)
    if endpoint.state is not EndpointState.ACTIVE:
        raise NothingToSendError(endpoint.state.value)
    if version.state is not AlertState.ISSUED:
        raise NothingToSendError(version.state.value)
    text = AlertText.model_validate(version.texts[subscription.language])
    url = services.base_url + UNSUBSCRIBE_PATH + services.tokens.unsubscribe(endpoint.id)
    return Outgoing(
        message_id=message_id(row.id),
        address=endpoint.address,
        language=subscription.language,
        subject=text.subject,
        text=f"{text.body.rstrip()}\n\n-- \n{text.footer.replace('{url}', url)}\n",
        event=_EVENTS[version.kind],
        at=version.issued_at or row.created_at,
        document=alert_document(alert, version),
        unsubscribe_url=url,
        secret=services.tokens.webhook_secret(endpoint.id) if endpoint.channel is ChannelKind.WEBHOOK else None,
    )


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
    return Outgoing(
        message_id=message_id(row.id),
        address=account.email,
        language=account.language,
        subject=content["subject"],
        text=content["body"],
        event="task.escalated",
        at=row.created_at,
    )
