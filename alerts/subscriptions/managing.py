"""What a coordinator sees and ends of the subscriptions that were opened for professionals and the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from alerts.errors import SubscriptionNotFoundError
from alerts.subscriptions.models import EndpointState, Subscription, SubscriptionEndpoint
from alerts.subscriptions.service import end_endpoint, standing_endpoints
from alerts.vocabulary import Audience
from lab.network.access import Actor, Permission


def end_subscription(session: Session, *, actor: Actor, subscription_id: UUID) -> None:
    """End every endpoint of a subscription on its owner's behalf. Raises :class:`SubscriptionNotFoundError`."""
    actor.require(Permission.SUBSCRIPTION_MANAGE)
    subscription = session.get(Subscription, subscription_id)
    standing = standing_endpoints(session, subscription) if subscription is not None else []
    if not standing:
        raise SubscriptionNotFoundError
    for endpoint in standing:
        end_endpoint(session, endpoint=endpoint, state=EndpointState.UNSUBSCRIBED)


@dataclass(frozen=True)
class Subscriber:
    """A subscription with the endpoints that have not ended."""

    subscription: Subscription
    endpoints: Sequence[SubscriptionEndpoint]


def opened_for_others(session: Session, *, actor: Actor) -> list[Subscriber]:
    """Subscriptions of professionals and the network that have not ended, by label. The public's
    are nobody's to read.
    """
    actor.require(Permission.SUBSCRIPTION_MANAGE)
    rows = session.execute(
        sa.select(Subscription, SubscriptionEndpoint)
        .join(SubscriptionEndpoint, col(SubscriptionEndpoint.subscription_id) == col(Subscription.id))
        .where(
            col(Subscription.audience) != Audience.PUBLIC,
            col(SubscriptionEndpoint.state).in_((EndpointState.UNCONFIRMED, EndpointState.ACTIVE)),
        )
        .order_by(col(Subscription.label), col(Subscription.created_at), col(SubscriptionEndpoint.channel))
    )
    found: dict[UUID, tuple[Subscription, list[SubscriptionEndpoint]]] = {}
    for subscription, endpoint in rows:
        found.setdefault(subscription.id, (subscription, []))[1].append(endpoint)
    return [Subscriber(subscription, endpoints) for subscription, endpoints in found.values()]
