"""From one issued version to one delivery per endpoint, in the same transaction.

A later version never overtakes an earlier one at the same endpoint (``after_id``); what an earlier one has not
delivered yet is withdrawn. A withdrawal goes to everyone who got the alert, or may have got it.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from alerts.channels.addresses import host_number
from alerts.deliveries.models import Delivery, DeliveryState, Lane, Purpose
from alerts.facts import GROUP_PREFIX
from alerts.subscriptions.models import EndpointState, Subscription, SubscriptionEndpoint
from alerts.subscriptions.quiet import quiet_until
from alerts.vocabulary import AUDIENCE_TIERS, Audience, ChannelKind, Tier
from alerts.warnings.models import Alert, AlertVersion, VersionKind
from lab.kit.bulk import write_rows
from lab.kit.clock import now
from lab.kit.ids import new_id
from lab.kit.jobs import enqueue

DISPATCH = "alerts.dispatch"
_UNSENT = (DeliveryState.WAITING, DeliveryState.PAUSED)
_DELIVERY = Delivery.__table__  # type: ignore[attr-defined]  # SQLModel hides what SQLAlchemy gives every table


@dataclass(frozen=True)
class Recipient:
    """An active endpoint, with what decides whether an alert concerns it."""

    endpoint_id: UUID
    channel: ChannelKind
    audience: Audience
    language: str
    tiers: tuple[str, ...]
    areas: tuple[str, ...]
    failing: bool = False
    host: int | None = None
    substances: tuple[str, ...] = ()
    quiet: tuple[time | None, time | None, str] = (None, None, "UTC")


def wants(recipient: Recipient, alert: Alert, *, named: Collection[str] = ()) -> bool:
    """Whether this subscription asks for this alert, and its audience may have it.

    An alert without an area concerns everybody; so does a subscription without areas. The same holds for the
    substances that the alert names; one that names a whole class concerns everybody, for it may be any of them.
    """
    if alert.tier not in AUDIENCE_TIERS[recipient.audience] or alert.tier.value not in recipient.tiers:
        return False
    return _meets(recipient.areas, alert.areas) and (
        any(name.startswith(GROUP_PREFIX) for name in named) or _meets(recipient.substances, named)
    )


def _meets(wished: Collection[str], said: Collection[str]) -> bool:
    here = {word.casefold() for word in said}
    return not here or not wished or any(word.casefold() in here for word in wished)


def named_in(version: AlertVersion) -> frozenset[str]:
    """The substances that a version speaks of: what was found, and what it was sold as."""
    params = version.message_params
    sold_as = params.get("sold_as")
    return frozenset({*params.get("found", ()), *([sold_as] if sold_as else [])})


def recipients(session: Session) -> list[Recipient]:
    """Every active endpoint."""
    rows = session.execute(
        sa.select(
            col(SubscriptionEndpoint.id), col(SubscriptionEndpoint.channel), col(SubscriptionEndpoint.address),
            col(SubscriptionEndpoint.failing_since).is_not(None), col(Subscription.audience),
            col(Subscription.language), sa.cast(Subscription.tiers, sa.Text), sa.cast(Subscription.areas, sa.Text),
            sa.cast(Subscription.substances, sa.Text), col(Subscription.quiet_from), col(Subscription.quiet_until),
            col(Subscription.timezone),
        )
        .join(Subscription, col(Subscription.id) == col(SubscriptionEndpoint.subscription_id))
        .where(col(SubscriptionEndpoint.state) == EndpointState.ACTIVE)
    )  # fmt: skip
    lists = _Lists()
    return [
        Recipient(
            endpoint_id, channel, audience, language, lists[tiers], lists[areas], bool(failing), host_number(address),
            lists[substances], (quiet_from, until, timezone),
        )
        for endpoint_id, channel, address, failing, audience, language, tiers, areas, substances, quiet_from, until,
        timezone in rows
    ]  # fmt: skip


class _Lists(dict[str, tuple[str, ...]]):
    """Lists as they are stored, each read once: ten thousand subscribers mostly wish one of a few."""

    def __missing__(self, text: str) -> tuple[str, ...]:
        self[text] = found = tuple(json.loads(text))
        return found


def fan_out(session: Session, *, alert: Alert, version: AlertVersion, withdrawal: bool) -> int:
    """Write the deliveries of ``version`` and queue their sending; how many."""
    _withdraw_unsent(session, alert=alert, version=version)
    earlier = _earlier(session, alert=alert, version=version)
    active = recipients(session)
    named = named_in(version)
    reached = {endpoint_id for endpoint_id, before in earlier.items() if before.may_have_arrived}
    concerned = _Concerned(alert, named)
    if withdrawal:
        chosen = [one for one in active if one.endpoint_id in reached]
    else:
        chosen = [one for one in active if one.endpoint_id in reached or concerned[one]]
    _insert(session, alert, version, chosen, {endpoint_id: before.id for endpoint_id, before in earlier.items()})
    if chosen:
        enqueue(session, DISPATCH, str(version.id))
    return len(chosen)


class _Concerned:
    """Whom an alert concerns, decided once for all who wish the same."""

    def __init__(self, alert: Alert, named: Collection[str]) -> None:
        self._alert, self._named = alert, named
        self._known: dict[tuple[object, ...], bool] = {}

    def __getitem__(self, one: Recipient) -> bool:
        wish = (one.audience, one.tiers, one.areas, one.substances)
        if wish not in self._known:
            self._known[wish] = wants(one, self._alert, named=self._named)
        return self._known[wish]


@dataclass(frozen=True)
class _Before:
    """The newest earlier delivery of the same alert to one endpoint."""

    id: UUID
    may_have_arrived: bool  # by this delivery or any before it


def _withdraw_unsent(session: Session, *, alert: Alert, version: AlertVersion) -> None:
    session.execute(
        sa.update(Delivery)
        .where(col(Delivery.version_id).in_(_versions(alert, but=version)), col(Delivery.state).in_(_UNSENT))
        .values(state=DeliveryState.WITHDRAWN, ended_at=now())
        .execution_options(synchronize_session=False)
    )


def _versions(alert: Alert, *, but: AlertVersion | None = None) -> sa.Select[UUID]:
    query = sa.select(col(AlertVersion.id)).where(col(AlertVersion.alert_id) == alert.id)
    return query if but is None else query.where(col(AlertVersion.id) != but.id)


def _earlier(session: Session, *, alert: Alert, version: AlertVersion) -> dict[UUID, _Before]:
    rows = session.execute(
        sa.select(col(Delivery.endpoint_id), col(Delivery.id), col(Delivery.attempts))
        .join(AlertVersion, col(AlertVersion.id) == col(Delivery.version_id))
        .where(col(AlertVersion.alert_id) == alert.id, col(AlertVersion.id) != version.id)
        .order_by(col(AlertVersion.number))
    )
    found: dict[UUID, _Before] = {}
    for endpoint_id, delivery_id, attempts in rows:
        older = found.get(endpoint_id)
        found[endpoint_id] = _Before(delivery_id, attempts > 0 or (older is not None and older.may_have_arrived))
    return found


def _due(one: Recipient, alert: Alert, moment: datetime) -> datetime:
    """When it is sent: at once, except in a subscriber's quiet hours.

    What is public is the gravest, and waits for nobody's morning.
    """
    first, last, timezone = one.quiet
    quiet = None if alert.tier is Tier.T3 else quiet_until(moment, first=first, last=last, timezone=timezone)
    return quiet or moment


def lane_for(one: Recipient, alert: Alert) -> Lane:
    """Where a delivery waits. Endpoints that failed lately wait apart: they hold up nobody."""
    if one.failing:
        return Lane.SLOW
    return Lane.PUBLIC if alert.tier is Tier.T3 else Lane.ORDINARY


def _insert(
    session: Session, alert: Alert, version: AlertVersion, chosen: Iterable[Recipient], after: dict[UUID, UUID]
) -> None:
    moment = now()
    alike = {
        "purpose": Purpose.ALERT, "version_id": version.id, "state": DeliveryState.WAITING, "attempts": 0,
        "uncounted": 0, "died": 0, "created_at": moment,
    }  # fmt: skip
    rows = [
        {
            "id": new_id(), "channel": one.channel, "endpoint_id": one.endpoint_id, "lane": lane_for(one, alert),
            "host": one.host, "after_id": after.get(one.endpoint_id), "due_at": _due(one, alert, moment),
        }
        for one in chosen
    ]  # fmt: skip
    session.flush()
    write_rows(session, table=_DELIVERY, alike=alike, rows=rows)


def audience_counts(session: Session, *, alert: Alert) -> dict[tuple[Audience, str, ChannelKind], int]:
    """How many endpoints would get this alert now, by audience, language and channel: for whoever approves it."""
    counts: dict[tuple[Audience, str, ChannelKind], int] = {}
    newest = session.scalars(
        sa.select(AlertVersion).where(col(AlertVersion.alert_id) == alert.id).order_by(col(AlertVersion.number).desc())
    ).first()
    named = named_in(newest) if newest else frozenset()
    concerned = _Concerned(alert, named)
    for one in recipients(session):
        if concerned[one]:
            key = (one.audience, one.language, one.channel)
            counts[key] = counts.get(key, 0) + 1
    return counts


def pause_unsent(session: Session, *, alert_id: UUID) -> int:
    """What is not sent yet waits for a person; a withdrawal is never held back. How many."""
    return _change(session, alert_id, DeliveryState.WAITING, DeliveryState.PAUSED)


def resume_paused(session: Session, *, alert_id: UUID) -> int:
    """What was paused goes out after all; how many."""
    count = _change(session, alert_id, DeliveryState.PAUSED, DeliveryState.WAITING)
    if count:
        enqueue(session, DISPATCH, str(alert_id))
    return count


def _change(session: Session, alert_id: UUID, before: DeliveryState, after: DeliveryState) -> int:
    concerned = sa.select(col(AlertVersion.id)).where(
        col(AlertVersion.alert_id) == alert_id,
        col(AlertVersion.kind).in_((VersionKind.ALERT, VersionKind.UPDATE)),
    )
    changed = session.execute(
        sa.update(Delivery)
        .where(col(Delivery.version_id).in_(concerned), col(Delivery.state) == before)
        .values(state=after)
        .execution_options(synchronize_session=False)
    )
    return int(changed.rowcount)  # type: ignore[attr-defined]  # Session.execute is typed Result; an UPDATE gives a CursorResult
