"""Who receives alerts for professionals and the network: opened, seen and ended by whoever looks after them."""

from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.channels.chat import ChatChannel
from alerts.subscriptions import managing
from alerts.subscriptions import service as subscriptions
from alerts.subscriptions.models import Subscription
from alerts.subscriptions.schemas import EndpointIn, SubscriptionIn
from alerts.vocabulary import Audience, ChannelKind
from api.deps import AlertServicesDep, IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show
from api.pages.wishes import one_end_missing, wish_context, wish_values
from api.routing import GuardedRouter, needs
from lab.network.access import Permission

router = GuardedRouter(prefix="/alerts/subscribers", html=True)
MANAGE = needs(Permission.SUBSCRIPTION_MANAGE)
AUDIENCES = (Audience.PROFESSIONALS, Audience.NETWORK)
TYPED = (ChannelKind.EMAIL, ChannelKind.SMS, ChannelKind.WEBHOOK, ChannelKind.CHAT)
"""Roads whose address somebody can type; a browser gives its own, from its owner's hands."""


@router.get("", access=MANAGE)
def page(request: Request, session: SessionDep, identity: IdentityDep, services: AlertServicesDep) -> Response:
    """Those there are, and a form for one more."""
    fresh = {"language": [translator_of(request).language], "audience": ["professionals"], "channel": ["email"]}
    return _page(request, session, identity, services, Form(fresh | {"timezone": ["Europe/Brussels"]}))


def _page(
    request: Request, session: Session, identity: IdentityDep, services: AlertServicesDep, form: Form, status: int = 200
) -> Response:
    translator = translator_of(request)
    chat = services.channels.get(ChannelKind.CHAT)
    offered = [kind for kind in TYPED if kind in services.channels or kind is ChannelKind.EMAIL]
    return show(
        request, "pages/subscribers.html", session=session, status=status, form=form,
        subscribers=managing.opened_for_others(session, actor=identity.actor),
        audiences=translator.options(AUDIENCES), channels=translator.options(offered),
        rooms=sorted(chat.rooms) if isinstance(chat, ChatChannel) else [],
        **wish_context(session, Audience.NETWORK),
    )  # fmt: skip


@router.post("", access=MANAGE)
def subscribe(
    request: Request, session: SessionDep, identity: IdentityDep, services: AlertServicesDep, form: FormDep
) -> Response:
    """Open one; its address is asked whether it agrees before anything else goes there."""
    lacking = one_end_missing(form, translator_of(request))
    if lacking:
        return _page(request, session, identity, services, form.refused(lacking), 422)
    done = attempt(session, translator_of(request), lambda: _opened(session, identity, services, form))
    if isinstance(done, Refusal):
        return _page(request, session, identity, services, form.refused(done.errors), 422)
    return go("/alerts/subscribers", done="subscriber_asked")


def _opened(session: Session, identity: IdentityDep, services: AlertServicesDep, form: Form) -> Subscription:
    channel = form.get("channel") or ChannelKind.EMAIL
    address = form.get("room") if channel == ChannelKind.CHAT else form.get("address")
    endpoint = EndpointIn.model_validate({"channel": channel, "address": address})
    rest = {"audience": form.get("audience"), "label": form.get("label").strip() or None, "endpoints": [endpoint]}
    return subscriptions.subscribe(
        session, tokens=services.tokens, data=SubscriptionIn.model_validate(wish_values(form) | rest),
        actor=identity.actor, channels=services.channels,
    )  # fmt: skip


@router.post("/{subscription_id}/end", access=MANAGE)
def end(subscription_id: UUID, session: SessionDep, identity: IdentityDep) -> Response:
    """End it on its owner's behalf; its addresses are forgotten."""
    managing.end_subscription(session, actor=identity.actor, subscription_id=subscription_id)
    return go("/alerts/subscribers", done="subscriber_ended")


@router.get("/endpoints/{endpoint_id}/secret", access=MANAGE)
def secret(
    endpoint_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, services: AlertServicesDep
) -> Response:
    """A webhook's signing secret, to be handed to whoever runs its receiver."""
    found = subscriptions.webhook_secret(
        session, actor=identity.actor, tokens=services.tokens, endpoint_id=endpoint_id
    )  # fmt: skip
    return show(request, "pages/webhook_secret.html", session=session, secret=found)
