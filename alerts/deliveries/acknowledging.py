"""Whoever got an alert says that they read it; when nobody does, the people who sent it are told."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from alerts.deliveries.models import AlertAcknowledgement, Delivery, DeliveryState, Purpose
from alerts.errors import DeliveryNotFoundError
from alerts.subscriptions.tokens import TokenKey
from alerts.vocabulary import Tier
from alerts.warnings.models import Alert, AlertState, AlertVersion
from lab.kit.clock import now

ASKED = frozenset({Tier.T1, Tier.T2})
"""Tiers whose readers work on it; nobody is asked to sign for a public alert."""

UNREAD_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class ReadBy:
    """Of ``sent`` deliveries of a version that went out, how many somebody acknowledged."""

    read: int
    sent: int


def acknowledge(session: Session, *, tokens: TokenKey, token: str) -> Delivery:
    """Say that this delivery was read; again changes nothing. Raises :class:`DeliveryNotFoundError`."""
    key = tokens.acknowledged(token)
    row = session.exec(select(Delivery).where(Delivery.id == key).with_for_update()).first() if key else None
    if row is None or row.purpose is not Purpose.ALERT:
        raise DeliveryNotFoundError
    known = select(AlertAcknowledgement.id).where(AlertAcknowledgement.delivery_id == row.id)
    if session.exec(known).first() is None:
        session.add(AlertAcknowledgement(delivery_id=row.id))
        session.flush()
    return row


def read_by(session: Session, *, version_id: UUID) -> ReadBy:
    """How many of those who got a version said that they read it."""
    sent, read = session.execute(
        sa.select(sa.func.count(col(Delivery.id)), sa.func.count(col(AlertAcknowledgement.id)))
        .outerjoin(AlertAcknowledgement, col(AlertAcknowledgement.delivery_id) == col(Delivery.id))
        .where(col(Delivery.version_id) == version_id, col(Delivery.state) == DeliveryState.SENT)
    ).one()
    return ReadBy(read, sent)


def unread_versions(session: Session) -> list[UUID]:
    """Issued versions that somebody should have read by now, and nobody has."""
    read = (
        sa.select(sa.literal(1))
        .select_from(AlertAcknowledgement)
        .join(Delivery, col(Delivery.id) == col(AlertAcknowledgement.delivery_id))
        .where(col(Delivery.version_id) == col(AlertVersion.id))
        .correlate(AlertVersion)
        .exists()
    )
    went_out = (
        sa.select(sa.literal(1))
        .select_from(Delivery)
        .where(col(Delivery.version_id) == col(AlertVersion.id), col(Delivery.state) == DeliveryState.SENT)
        .correlate(AlertVersion)
        .exists()
    )
    query = (
        sa.select(col(AlertVersion.id))
        .join(Alert, col(Alert.id) == col(AlertVersion.alert_id))
        .where(
            col(AlertVersion.state) == AlertState.ISSUED,
            col(AlertVersion.issued_at) <= now() - UNREAD_AFTER,
            col(Alert.tier).in_(ASKED),
            went_out,
            ~read,
        )
        .order_by(col(AlertVersion.issued_at))
    )
    return list(session.scalars(query))
