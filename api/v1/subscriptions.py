"""Subscriptions as JSON. Anybody may ask for public alerts; the rest is opened by a coordinator."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Session

from alerts.subscriptions import service
from alerts.subscriptions.models import EndpointState, Subscription
from alerts.subscriptions.schemas import SubscriptionIn
from alerts.vocabulary import Audience, ChannelKind, Tier
from api.deps import ActorDep, AlertServicesDep, SessionDep
from api.routing import GuardedRouter, needs, public
from lab.network.access import Permission

router = GuardedRouter(prefix="/subscriptions", tags=["subscriptions"])


class EndpointOut(BaseModel):
    """Where to, and whether its owner has agreed."""

    id: UUID
    channel: ChannelKind
    address: str
    state: EndpointState


class SubscriptionOut(BaseModel):
    """What somebody receives, and where."""

    id: UUID
    audience: Audience
    label: str | None
    language: str
    tiers: list[Tier]
    areas: list[str]
    created_at: datetime
    endpoints: list[EndpointOut]


class Asked(BaseModel):
    """Each endpoint was asked whether it is its owner's; nothing else is said, whatever is known of it."""

    status: str = "asked"


class SecretOut(BaseModel):
    """The signing secret of a webhook (Standard Webhooks)."""

    secret: str


def _out(session: Session, subscription: Subscription) -> SubscriptionOut:
    endpoints = service.endpoints_of(session, subscription_id=subscription.id)
    return SubscriptionOut(
        **subscription.model_dump(include=set(SubscriptionOut.model_fields) - {"endpoints"}),
        endpoints=[EndpointOut(**one.model_dump(include=set(EndpointOut.model_fields))) for one in endpoints],
    )


def _opened(session: Session, services: AlertServicesDep, data: SubscriptionIn, actor: ActorDep) -> Subscription:
    return service.subscribe(
        session, tokens=services.tokens, data=data, actor=actor, channels=services.channels
    )  # fmt: skip


@router.post("/public", access=public("anybody may ask for public alerts", limit="5/minute"), status_code=202)
def ask(data: SubscriptionIn, session: SessionDep, services: AlertServicesDep) -> Asked:
    """Ask for public alerts by e-mail or on a browser; nothing is sent before the link in the mail is followed."""
    service.subscribe(session, tokens=services.tokens, data=data, channels=services.channels)
    return Asked()


@router.post("", access=needs(Permission.SUBSCRIPTION_MANAGE), status_code=201)
def subscribe(
    data: SubscriptionIn, session: SessionDep, services: AlertServicesDep, actor: ActorDep
) -> SubscriptionOut:
    """Open a subscription for somebody; each endpoint must still agree."""
    return _out(session, _opened(session, services, data, actor))


@router.get("", access=needs(Permission.SUBSCRIPTION_MANAGE))
def list_subscriptions(session: SessionDep, actor: ActorDep) -> list[SubscriptionOut]:
    """Every subscription, newest first."""
    return [_out(session, one) for one in service.list_subscriptions(session, actor=actor)]


@router.get("/endpoints/{endpoint_id}/secret", access=needs(Permission.SUBSCRIPTION_MANAGE))
def secret(endpoint_id: UUID, session: SessionDep, services: AlertServicesDep, actor: ActorDep) -> SecretOut:
    """The signing secret of a webhook endpoint, to be handed to its receiver."""
    found = service.webhook_secret(session, actor=actor, tokens=services.tokens, endpoint_id=endpoint_id)
    return SecretOut(secret=found)


@router.post("/confirm/{token}", access=public("the token is the right", limit="20/minute"), status_code=204)
def confirm(token: str, session: SessionDep) -> None:
    """The second opt-in."""
    service.confirm(session, token=token)


@router.post("/unsubscribe/{token}", access=public("the token is the right", limit="20/minute"), status_code=204)
def unsubscribe(token: str, session: SessionDep) -> None:
    """Leave at once and for good (RFC 8058); a GET does nothing."""
    service.unsubscribe(session, token=token)
