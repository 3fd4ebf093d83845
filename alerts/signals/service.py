"""Counting what was found week by week, keeping signals, and what people decide about them."""

from collections import defaultdict
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from alerts.errors import ReasonMissingError, SignalNotFoundError
from alerts.facts import ACTIVE_ROLES
from alerts.gathering import STANDING
from alerts.signals.detection import BASELINE_WEEKS, Judged, Series, judge
from alerts.signals.models import Signal, SignalState
from lab.kit.clock import now, today
from lab.library.models import Substance
from lab.network.access import Actor, Permission
from lab.results.models import Finding, Result, ResultFinding
from lab.samples.models import Sample

_WEEKS = BASELINE_WEEKS + 1


def series_until(session: Session, *, day: date) -> list[Series]:
    """Every substance found in the last half year, among all samples and among those sold as one thing.

    A sample counts in the week in which its answer was verified; weeks end with ``day``.
    """
    first = day - timedelta(days=7 * _WEEKS - 1)
    tested, weeks = _tested(session, first, day)
    positive = _positive(session, weeks)
    return [
        Series(substance, sold_as, tuple(counts), tuple(tested[sold_as]))
        for (substance, sold_as), counts in sorted(positive.items())
    ]


def _tested(session: Session, first: date, day: date) -> tuple[dict[str, list[int]], dict[UUID, tuple[int, str]]]:
    sold = aliased(Substance)
    rows = session.execute(
        sa.select(col(Result.id), col(Result.verified_at), col(sold.name))
        .join(Sample, col(Sample.id) == col(Result.sample_id))
        .outerjoin(sold, col(sold.id) == col(Sample.sold_as_substance_id))
        .where(col(Result.state).in_(STANDING), col(Result.verified_at).is_not(None))
    )
    tested: dict[str, list[int]] = defaultdict(lambda: [0] * _WEEKS)
    weeks: dict[UUID, tuple[int, str]] = {}
    for result_id, verified_at, sold_as in rows:
        on = verified_at.date()
        if not first <= on <= day:
            continue
        week = (on - first).days // 7
        weeks[result_id] = (week, sold_as or "")
        tested[""][week] += 1
        if sold_as:
            tested[sold_as][week] += 1
    return tested, weeks


def _positive(session: Session, weeks: dict[UUID, tuple[int, str]]) -> dict[tuple[str, str], list[int]]:
    found = session.execute(
        sa.select(col(ResultFinding.result_id), col(Substance.name))
        .join(Finding, col(Finding.id) == col(ResultFinding.finding_id))
        .join(Substance, col(Substance.id) == col(Finding.substance_id))
        .join(Result, col(Result.id) == col(ResultFinding.result_id))
        .where(col(Result.state).in_(STANDING), col(Finding.role).in_(ACTIVE_ROLES))
        .distinct()
    )
    positive: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * _WEEKS)
    for result_id, substance in found:
        week, sold_as = weeks.get(result_id, (None, ""))
        if week is None:
            continue
        for group in {"", sold_as}:
            positive[substance, group][week] += 1
    return positive


def look(session: Session, *, day: date | None = None) -> list[Signal]:
    """Judge every series as of ``day`` (today), and keep what is a signal: once a week, for a person to look at."""
    day = day or today()
    judged = judge(series_until(session, day=day))
    week = day - timedelta(days=day.weekday())
    kept = [_keep(session, one, week, len(judged)) for one in judged if one.is_signal]
    session.flush()
    return [signal for signal in kept if signal is not None]


def _keep(session: Session, one: Judged, week: date, series: int) -> Signal | None:
    substance, sold_as = one.series.substance, one.series.sold_as
    known = session.exec(
        select(Signal).where(Signal.substance == substance, Signal.sold_as == sold_as, Signal.week == week)
    ).first()
    if known is not None and known.state is not SignalState.OPEN:
        return None
    signal = known or Signal(
        substance=substance, sold_as=sold_as, week=week, positive=0, tested=0, expected=0, p_value=1, q_value=1,
        series=0,
    )  # fmt: skip
    signal.positive, signal.tested = one.series.positive[-1], one.series.tested[-1]
    signal.expected, signal.p_value, signal.q_value, signal.series = one.expected, one.p_value, one.q_value, series
    try:
        with session.begin_nested():
            session.add(signal)
    except IntegrityError:  # another process kept it at the same moment
        return None
    return signal


def open_signals(session: Session, *, actor: Actor) -> list[Signal]:
    """What nobody has looked at yet, the oldest first."""
    actor.require(Permission.ALERT_EDIT)
    query = select(Signal).where(Signal.state == SignalState.OPEN).order_by(col(Signal.found_at), col(Signal.q_value))
    return list(session.exec(query))


def decided_signals(session: Session, *, actor: Actor, limit: int = 100) -> list[Signal]:
    """What somebody has looked at, the newest first."""
    actor.require(Permission.ALERT_EDIT)
    query = select(Signal).where(Signal.state != SignalState.OPEN).order_by(col(Signal.decided_at).desc())
    return list(session.exec(query.limit(limit)))


def decide(session: Session, *, actor: Actor, signal_id: UUID, follow: bool, reason: str) -> Signal:
    """Say what was made of a signal. It sends nothing: an alert is drafted from results."""
    actor.require(Permission.ALERT_EDIT)
    if not reason.strip():
        raise ReasonMissingError
    signal = session.exec(select(Signal).where(Signal.id == signal_id).with_for_update()).first()
    if signal is None or signal.state is not SignalState.OPEN:
        raise SignalNotFoundError
    signal.state = SignalState.LOOKED_AT if follow else SignalState.DISMISSED
    signal.decided_by, signal.decided_at, signal.reason = actor.account_id, now(), reason.strip()[:1000]
    session.add(signal)
    session.flush()
    return signal
