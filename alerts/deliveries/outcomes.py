"""What came of many deliveries, written down in a handful of statements.

Alerts go to thousands at once, and each of the rows needs the same few changes. What is rare, or says something about
a person's task or device, takes the way of a single delivery (``recording.py``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from alerts.channels.base import CutShortError, TransportError, UncountedError
from alerts.deliveries.backoff import NOT_BEGUN_WAIT, delay
from alerts.deliveries.claiming import Claim
from alerts.deliveries.composing import NothingToSendError
from alerts.deliveries.models import Delivery, DeliveryAttempt, DeliveryState, Lane, Purpose
from alerts.deliveries.recording import record_failed, record_sent, record_withdrawn
from alerts.subscriptions.models import SubscriptionEndpoint
from alerts.warnings.models import AlertProposal, AlertVersion, ProposalState, VersionKind
from lab.kit.clock import now


@dataclass(frozen=True)
class Outcome:
    """What came of one claim: the other side's status, how it failed, or that there was nothing to send."""

    claim: Claim
    what: TransportError | NothingToSendError | int | None

    @property
    def is_plain(self) -> bool:
        """Whether it is an alert that went out, or did not and may be tried again or given up."""
        if self.claim.purpose is not Purpose.ALERT or isinstance(self.what, NothingToSendError):
            return False
        return not (isinstance(self.what, TransportError) and self.what.gone)


def record_all(session: Session, outcomes: Sequence[Outcome]) -> None:
    """Write down every outcome, each only if its claim still holds."""
    plain = [one for one in outcomes if one.is_plain]
    if plain:
        _finish_attempts(session, plain)
        _sent(session, [one.claim for one in plain if not isinstance(one.what, TransportError)])
        _failed(session, [(one.claim, one.what) for one in plain if isinstance(one.what, TransportError)])
    for one in outcomes:
        if not one.is_plain:
            record_one(session, one)


def record_one(session: Session, outcome: Outcome) -> None:
    """Write down one outcome."""
    if isinstance(outcome.what, NothingToSendError):
        record_withdrawn(session, claim=outcome.claim, why=outcome.what.why)
    elif isinstance(outcome.what, TransportError):
        record_failed(session, claim=outcome.claim, error=outcome.what)
    else:
        record_sent(session, claim=outcome.claim, status=outcome.what)


def _finish_attempts(session: Session, outcomes: Iterable[Outcome]) -> None:
    """One statement for all that said the same at the same attempt: mostly that is nearly all of them."""
    moment = now()
    alike: dict[tuple[int, _Said], list[UUID]] = {}
    for one in outcomes:
        alike.setdefault((one.claim.number, _said(one.what)), []).append(one.claim.delivery_id)
    for (number, (ok, status, error)), ids in alike.items():
        session.connection().execute(
            sa.update(_ATTEMPT)
            .where(_ATTEMPT.c.delivery_id.in_(ids), _ATTEMPT.c.number == number)
            .values(ended_at=moment, ok=ok, status=status, error=error)
        )


_Said = tuple[bool, int | None, str | None]
"""Whether it went out, the status, the kind of fault."""


def _said(what: TransportError | NothingToSendError | int | None) -> _Said:
    if isinstance(what, TransportError):
        return False, what.status, what.kind[:200]
    return True, what if isinstance(what, int) else None, None


_ATTEMPT = DeliveryAttempt.__table__  # type: ignore[attr-defined]  # SQLModel hides what SQLAlchemy gives every table
_DELIVERY = Delivery.__table__  # type: ignore[attr-defined]  # as above


def _still_ours() -> tuple[sa.ColumnElement[bool], ...]:
    """The claim still holds: its lease did not end and was not taken up by another."""
    return (
        _DELIVERY.c.id == sa.bindparam("of"),
        _DELIVERY.c.state == DeliveryState.SENDING,
        _DELIVERY.c.attempts == sa.bindparam("at"),
    )


def _many(session: Session, statement: sa.Update, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(statement, rows)


def _sent(session: Session, claims: Sequence[Claim]) -> None:
    moment = now()
    for number in {claim.number for claim in claims}:
        ids = [claim.delivery_id for claim in claims if claim.number == number]
        session.connection().execute(
            sa.update(_DELIVERY)
            .where(_DELIVERY.c.id.in_(ids), _DELIVERY.c.state == DeliveryState.SENDING, _DELIVERY.c.attempts == number)
            .values(state=DeliveryState.SENT, ended_at=moment)
        )
    _mark_endpoints(session, claims, failing_since=None)


def _mark_endpoints(session: Session, claims: Sequence[Claim], *, failing_since: datetime | None) -> None:
    """Failing from now on, or not any more; what is so already keeps its moment."""
    if not claims:
        return
    column = col(SubscriptionEndpoint.failing_since)
    endpoints = sa.select(col(Delivery.endpoint_id)).where(col(Delivery.id).in_([one.delivery_id for one in claims]))
    session.execute(
        sa.update(SubscriptionEndpoint)
        .where(col(SubscriptionEndpoint.id).in_(endpoints))
        .where(column.is_not(None) if failing_since is None else column.is_(None))
        .values(failing_since=failing_since)
        .execution_options(synchronize_session=False)
    )


def _failed(session: Session, failures: Sequence[tuple[Claim, TransportError]]) -> None:
    if not failures:
        return
    ids = [claim.delivery_id for claim, _ in failures]
    overtaken, doubted = _overtaken(session, ids), _in_doubt(session, ids)
    _many(
        session,
        sa.update(_DELIVERY)
        .where(*_still_ours())
        .values(
            state=sa.bindparam("to_state"), due_at=sa.func.coalesce(sa.bindparam("next"), _DELIVERY.c.due_at),
            ended_at=sa.bindparam("ended"), lane=sa.bindparam("to_lane"), died=0,
            uncounted=_DELIVERY.c.uncounted + sa.bindparam("more_uncounted"),
        ),
        [_next(claim, error, overtaken=overtaken, doubted=doubted) for claim, error in failures],
    )  # fmt: skip
    counted = [claim for claim, error in failures if not isinstance(error, UncountedError)]
    _mark_endpoints(session, counted, failing_since=now())


def _next(claim: Claim, error: TransportError, *, overtaken: set[UUID], doubted: set[UUID]) -> dict[str, Any]:
    wait = _wait(claim, error)
    row: dict[str, Any] = {
        "of": claim.delivery_id, "at": claim.number, "next": None, "ended": now(), "to_lane": _lane(claim, error),
        "more_uncounted": int(isinstance(error, UncountedError)),
    }  # fmt: skip
    if claim.delivery_id in overtaken:
        return row | {"to_state": DeliveryState.WITHDRAWN}
    if wait is None:
        return row | {"to_state": DeliveryState.DEAD}
    state = DeliveryState.PAUSED if claim.delivery_id in doubted else DeliveryState.WAITING
    return row | {"to_state": state, "next": now() + wait, "ended": None}


def _wait(claim: Claim, error: TransportError) -> timedelta | None:
    if isinstance(error, UncountedError):
        return timedelta() if isinstance(error, CutShortError) else NOT_BEGUN_WAIT
    return None if error.permanent else delay(claim.tried, wish_s=error.retry_after_s)


def _lane(claim: Claim, error: TransportError) -> Lane:
    """Whoever failed waits apart from now on; not whoever's call could not even begin."""
    stays = isinstance(error, UncountedError) and not isinstance(error, CutShortError)
    return claim.lane if stays and claim.lane is not Lane.SUSPECT else Lane.SLOW


def _overtaken(session: Session, ids: Sequence[UUID]) -> set[UUID]:
    """Those for whose endpoint a later version waits: it says more than another attempt would."""
    query = sa.select(col(Delivery.after_id)).where(col(Delivery.after_id).in_(ids))
    return {one for one in session.scalars(query) if one is not None}


def _in_doubt(session: Session, ids: Sequence[UUID]) -> set[UUID]:
    """Those that say something a person has still to decide about."""
    query = (
        sa.select(col(Delivery.id))
        .join(AlertVersion, col(AlertVersion.id) == col(Delivery.version_id))
        .join(AlertProposal, col(AlertProposal.alert_id) == col(AlertVersion.alert_id))
        .where(
            col(Delivery.id).in_(ids),
            col(AlertProposal.state) == ProposalState.OPEN,
            col(AlertVersion.kind).in_((VersionKind.ALERT, VersionKind.UPDATE)),
        )
    )
    return set(session.scalars(query))
