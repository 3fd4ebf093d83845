"""Subscribing, the second opt-in, and leaving.

Anybody may ask for public alerts, by e-mail or on their own browser; what is for professionals or the network, and what
goes by roads that cost money or that others set up, is opened by a coordinator. Nothing but the question goes to an
endpoint before its owner has answered it.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import UUID

from pydantic import ValidationError
from sqlmodel import Session, col, select

from alerts.channels.base import Channel
from alerts.channels.chat import ChatChannel
from alerts.channels.kinds import accept
from alerts.channels.webhook import encode_secret
from alerts.deliveries.fanout import DISPATCH
from alerts.deliveries.models import Delivery, Purpose
from alerts.errors import (
    AudienceError,
    ChannelNotOfferedError,
    EndpointInvalidError,
    SubscriptionNotFoundError,
    UnknownSubstanceError,
)
from alerts.reach.schemas import PushDeviceIn, decode
from alerts.subscriptions.models import EndpointState, Subscription, SubscriptionEndpoint
from alerts.subscriptions.schemas import EndpointIn, SubscriptionIn, WishIn
from alerts.subscriptions.tokens import TokenKey, token_hash
from alerts.vocabulary import AUDIENCE_TIERS, Audience, ChannelKind
from lab.kit.clock import now
from lab.kit.ids import new_id
from lab.kit.jobs import enqueue
from lab.library.errors import SubstanceAmbiguousError, SubstanceNotFoundError
from lab.library.service import find_substance
from lab.network.access import Actor, Permission

FOR_ANYBODY = frozenset({ChannelKind.EMAIL, ChannelKind.PUSH})
"""By what anybody may ask for alerts: a text message costs the operator, and could be asked for in others' names."""

CONFIRM_WITHIN = timedelta(days=3)
ASK_AGAIN_AFTER = timedelta(hours=1)
"""The same address is not asked twice within this time, however often somebody types it in."""


def subscribe(
    session: Session, *, tokens: TokenKey, data: SubscriptionIn, actor: Actor | None = None,
    channels: Mapping[ChannelKind, Channel] | None = None,
) -> Subscription:  # fmt: skip
    """Take a wish and ask each endpoint whether it is its owner's.

    ``channels``: what this deployment sends by; left out, nothing is refused on that account. Raises
    :class:`AudienceError`, :class:`EndpointInvalidError`, :class:`ChannelNotOfferedError` or, without the right,
    :class:`~lab.errors.ForbiddenError`.
    """
    if actor is not None:
        actor.require(Permission.SUBSCRIPTION_MANAGE)
    elif data.audience is not Audience.PUBLIC or any(one.channel not in FOR_ANYBODY for one in data.endpoints):
        raise AudienceError
    if len({one.channel for one in data.endpoints}) != len(data.endpoints):
        raise EndpointInvalidError
    if channels is not None and not all(_is_offered(one, channels) for one in data.endpoints):
        raise ChannelNotOfferedError
    subscription = Subscription(
        audience=data.audience, language=data.language, created_by=actor.account_id if actor else None,
        label=data.label if actor else None,
    )  # fmt: skip
    _wish(session, subscription, data)
    session.add(subscription)
    session.flush()
    for one in data.endpoints:
        _add_endpoint(session, subscription, one, tokens)
    return subscription


def _is_offered(endpoint: EndpointIn, channels: Mapping[ChannelKind, Channel]) -> bool:
    """Whether this deployment sends by that channel, to a room that it has. Mail without a server waits for one."""
    channel = channels.get(endpoint.channel)
    if isinstance(channel, ChatChannel):
        return endpoint.address in channel.rooms
    return channel is not None or endpoint.channel is ChannelKind.EMAIL


def _wish(session: Session, subscription: Subscription, data: WishIn) -> None:
    """Write down what is asked for, within what the audience may have.

    Raises :class:`AudienceError` or :class:`UnknownSubstanceError`.
    """
    allowed = AUDIENCE_TIERS[subscription.audience]
    tiers = set(data.tiers) or allowed
    if not tiers <= allowed:
        raise AudienceError
    subscription.language = data.language
    subscription.tiers = sorted(tier.value for tier in tiers)
    subscription.areas = _stated(data.areas)
    subscription.substances = _stated(_vocabulary_name(session, name) for name in _stated(data.substances))
    subscription.quiet_from, subscription.quiet_until = data.quiet_from, data.quiet_until
    subscription.timezone = data.timezone


def _stated(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word.strip() for word in words if word.strip()))


def _vocabulary_name(session: Session, name: str) -> str:
    """The name that alerts use for what somebody calls ``name`` in any language of the library."""
    try:
        return find_substance(session, name=name).name
    except (SubstanceNotFoundError, SubstanceAmbiguousError) as error:
        raise UnknownSubstanceError(name=name) from error


def managed(session: Session, *, tokens: TokenKey, token: str) -> Subscription:
    """The subscription whose page this link opens; raises :class:`SubscriptionNotFoundError` when nobody is left."""
    key = tokens.managed(token)
    subscription = session.get(Subscription, key) if key else None
    if subscription is None or not standing_endpoints(session, subscription):
        raise SubscriptionNotFoundError
    return subscription


def standing_endpoints(session: Session, subscription: Subscription) -> list[SubscriptionEndpoint]:
    """The endpoints of a subscription that have not ended."""
    left = {EndpointState.UNSUBSCRIBED, EndpointState.GONE}
    return [one for one in endpoints_of(session, subscription_id=subscription.id) if one.state not in left]


def change_wish(session: Session, *, tokens: TokenKey, token: str, data: WishIn) -> Subscription:
    """Ask for something else from now on; what is written already is sent as it is."""
    subscription = managed(session, tokens=tokens, token=token)
    _wish(session, subscription, data)
    session.add(subscription)
    session.flush()
    return subscription


def leave_all(session: Session, *, tokens: TokenKey, token: str) -> None:
    """End every endpoint of the subscription; its addresses are forgotten."""
    for endpoint in standing_endpoints(session, managed(session, tokens=tokens, token=token)):
        end_endpoint(session, endpoint=endpoint, state=EndpointState.UNSUBSCRIBED)


def _add_endpoint(session: Session, subscription: Subscription, data: EndpointIn, tokens: TokenKey) -> None:
    address, secret = check_address(data), _secret(data)
    asked = _asked_lately(session, channel=data.channel, address=address)
    endpoint_id = new_id()
    endpoint = SubscriptionEndpoint(
        id=endpoint_id,
        subscription_id=subscription.id,
        channel=data.channel,
        address=address,
        secret=secret,
        confirm_hash=token_hash(tokens.confirm(endpoint_id)),
        confirm_until=now() + CONFIRM_WITHIN,
        unsubscribe_hash=token_hash(tokens.unsubscribe(endpoint_id)),
    )
    session.add(endpoint)
    session.flush()
    if asked:
        return
    session.add(Delivery(purpose=Purpose.CONFIRMATION, channel=data.channel, endpoint_id=endpoint.id))
    session.flush()
    enqueue(session, DISPATCH, "")


def _asked_lately(session: Session, *, channel: ChannelKind, address: str) -> bool:
    query = select(SubscriptionEndpoint).where(
        SubscriptionEndpoint.channel == channel,
        SubscriptionEndpoint.address == address,
        SubscriptionEndpoint.state == EndpointState.UNCONFIRMED,
        col(SubscriptionEndpoint.created_at) > now() - ASK_AGAIN_AFTER,
    )
    return session.exec(query).first() is not None


def check_address(data: EndpointIn) -> str:
    """The address as its channel takes it; raises a child of :class:`~lab.errors.InvalidError`."""
    spaced = data.channel in {ChannelKind.SMS, ChannelKind.CHAT}  # people write numbers, and name rooms, with spaces
    if any((character.isspace() and not spaced) or not character.isprintable() for character in data.address):
        raise EndpointInvalidError
    return accept(data.channel, data.address)


def _secret(data: EndpointIn) -> bytes | None:
    """A browser's key and its secret; raises :class:`EndpointInvalidError` where a browser gave none that fit."""
    if data.channel is not ChannelKind.PUSH:
        return None
    try:
        device = PushDeviceIn(endpoint=data.address, p256dh=data.p256dh, auth=data.auth)
    except ValidationError as error:
        raise EndpointInvalidError from error
    return decode(device.p256dh) + decode(device.auth)


def confirm(session: Session, *, token: str) -> SubscriptionEndpoint:
    """The second opt-in; again changes nothing. Raises :class:`SubscriptionNotFoundError`."""
    endpoint = session.exec(
        select(SubscriptionEndpoint).where(SubscriptionEndpoint.confirm_hash == token_hash(token)).with_for_update()
    ).first()
    if endpoint is None or endpoint.state in {EndpointState.UNSUBSCRIBED, EndpointState.GONE}:
        raise SubscriptionNotFoundError
    if endpoint.state is EndpointState.UNCONFIRMED:
        if endpoint.confirm_until <= now():
            raise SubscriptionNotFoundError
        endpoint.state = EndpointState.ACTIVE
        endpoint.confirmed_at = now()
        session.add(endpoint)
        session.flush()
    return endpoint


def unsubscribe(session: Session, *, token: str) -> SubscriptionEndpoint:
    """Leave, at once and for good; again changes nothing. The address is forgotten."""
    endpoint = session.exec(
        select(SubscriptionEndpoint).where(SubscriptionEndpoint.unsubscribe_hash == token_hash(token)).with_for_update()
    ).first()
    if endpoint is None:
        raise SubscriptionNotFoundError
    end_endpoint(session, endpoint=endpoint, state=EndpointState.UNSUBSCRIBED)
    return endpoint


def end_endpoint(session: Session, *, endpoint: SubscriptionEndpoint, state: EndpointState) -> None:
    """Nothing is sent here any more; who left is forgotten, who is gone may be looked at."""
    if endpoint.state in {EndpointState.UNSUBSCRIBED, state}:
        return
    endpoint.state = state
    endpoint.ended_at = now()
    endpoint.secret = None
    if state is EndpointState.UNSUBSCRIBED:
        endpoint.address = ""
    session.add(endpoint)
    session.flush()


def forget_unanswered(session: Session) -> int:
    """Forget endpoints whose owners never answered; how many."""
    late = session.exec(
        select(SubscriptionEndpoint).where(
            SubscriptionEndpoint.state == EndpointState.UNCONFIRMED, col(SubscriptionEndpoint.confirm_until) <= now()
        )
    ).all()
    for endpoint in late:
        end_endpoint(session, endpoint=endpoint, state=EndpointState.UNSUBSCRIBED)
    return len(late)


def endpoints_of(session: Session, *, subscription_id: UUID) -> list[SubscriptionEndpoint]:
    """The endpoints of a subscription."""
    return list(
        session.exec(select(SubscriptionEndpoint).where(SubscriptionEndpoint.subscription_id == subscription_id))
    )


def list_subscriptions(session: Session, *, actor: Actor) -> list[Subscription]:
    """Every subscription, newest first."""
    actor.require(Permission.SUBSCRIPTION_MANAGE)
    return list(session.exec(select(Subscription).order_by(col(Subscription.created_at).desc())))


def webhook_secret(session: Session, *, actor: Actor, tokens: TokenKey, endpoint_id: UUID) -> str:
    """The signing secret of a webhook endpoint, to be handed to its receiver."""
    actor.require(Permission.SUBSCRIPTION_MANAGE)
    endpoint = session.get(SubscriptionEndpoint, endpoint_id)
    if endpoint is None or endpoint.channel is not ChannelKind.WEBHOOK:
        raise SubscriptionNotFoundError
    return encode_secret(tokens.webhook_secret(endpoint.id))
