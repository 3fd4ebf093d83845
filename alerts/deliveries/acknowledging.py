"""Whoever got an alert says that they read it; those who sent it see who has not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from alerts.deliveries.models import AlertAcknowledgement, Delivery, DeliveryState, Purpose
from alerts.errors import DeliveryNotFoundError
from alerts.subscriptions.models import Subscription, SubscriptionEndpoint
from alerts.subscriptions.tokens import TokenKey
from alerts.vocabulary import Audience, ChannelKind

ASKED = frozenset({Audience.NETWORK, Audience.PROFESSIONALS})
"""Audiences that work on what they read, whatever its tier; nobody of the public is asked to sign for an alert."""


def is_asked(audience: Audience) -> bool:
    """Whether subscribers of ``audience`` are asked to say that they have read an alert."""
    return audience in ASKED


@dataclass(frozen=True)
class Reader:
    """Somebody who is asked, how far their message is, and when they said that they read it.

    ``label``: whose subscription it is, in the words of whoever opened it. ``address`` is empty once they left.
    """

    label: str | None
    audience: Audience
    channel: ChannelKind
    address: str
    state: DeliveryState
    read_at: datetime | None


@dataclass(frozen=True)
class ReadBy:
    """Of ``asked`` deliveries of a version that were not withdrawn, how many somebody acknowledged."""

    read: int
    asked: int


def delivery_behind(session: Session, *, tokens: TokenKey, token: str) -> Delivery:
    """The alert that was sent with this link; raises :class:`DeliveryNotFoundError`."""
    key = tokens.acknowledged(token)
    row = session.get(Delivery, key) if key else None
    if row is None or row.purpose is not Purpose.ALERT:
        raise DeliveryNotFoundError
    return row


def acknowledge(session: Session, *, tokens: TokenKey, token: str) -> Delivery:
    """Say that this delivery was read; again changes nothing. Raises :class:`DeliveryNotFoundError`."""
    row = delivery_behind(session, tokens=tokens, token=token)
    session.exec(select(Delivery).where(Delivery.id == row.id).with_for_update()).one()
    if acknowledged_at(session, delivery_id=row.id) is None:
        session.add(AlertAcknowledgement(delivery_id=row.id))
        session.flush()
    return row


def acknowledged_at(session: Session, *, delivery_id: UUID) -> datetime | None:
    """When somebody said that they read this delivery; None while nobody has."""
    return session.exec(
        select(AlertAcknowledgement.at).where(AlertAcknowledgement.delivery_id == delivery_id)
    ).one_or_none()


def asked_for(version_id: UUID) -> tuple[sa.ColumnElement[bool], ...]:
    """What a delivery must be for somebody to be asked whether they read this version."""
    return (
        col(Delivery.version_id) == version_id,
        col(Delivery.purpose) == Purpose.ALERT,
        col(Delivery.state) != DeliveryState.WITHDRAWN,
        col(Subscription.audience).in_(ASKED),
    )


def read_by(session: Session, *, version_id: UUID) -> ReadBy:
    """How many of those who are asked said that they read a version."""
    asked, read = session.execute(
        sa.select(sa.func.count(col(Delivery.id)), sa.func.count(col(AlertAcknowledgement.id)))
        .join(SubscriptionEndpoint, col(SubscriptionEndpoint.id) == col(Delivery.endpoint_id))
        .join(Subscription, col(Subscription.id) == col(SubscriptionEndpoint.subscription_id))
        .outerjoin(AlertAcknowledgement, col(AlertAcknowledgement.delivery_id) == col(Delivery.id))
        .where(*asked_for(version_id))
    ).one()
    return ReadBy(read, asked)


def readers_of(session: Session, *, version_id: UUID, limit: int = 500) -> Sequence[Reader]:
    """Who is asked whether they read a version: first those who have not said so, then the others, newest first."""
    rows = session.execute(
        sa.select(
            col(Subscription.label), col(Subscription.audience), col(SubscriptionEndpoint.channel),
            col(SubscriptionEndpoint.address), col(Delivery.state), col(AlertAcknowledgement.at),
        )
        .join(SubscriptionEndpoint, col(SubscriptionEndpoint.id) == col(Delivery.endpoint_id))
        .join(Subscription, col(Subscription.id) == col(SubscriptionEndpoint.subscription_id))
        .outerjoin(AlertAcknowledgement, col(AlertAcknowledgement.delivery_id) == col(Delivery.id))
        .where(*asked_for(version_id))
        .order_by(
            col(AlertAcknowledgement.at).is_not(None), col(AlertAcknowledgement.at).desc(), col(Subscription.label),
            col(SubscriptionEndpoint.address),
        )
        .limit(limit)
    )  # fmt: skip
    return [Reader(*row) for row in rows]
