"""Looking back: when a substance joins the library, old bands that it would fit are put before a person.

Only what is new to the library counts: a substance that did not speak in that system, for that laboratory and layer,
when its lane was judged. A hit is a task. It is no finding, changes no answer and tells nobody anything by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.kit.clock import now
from lab.library.learning import may_speak
from lab.library.models import RetentionValue, Substance
from lab.lookback.errors import HitNotFoundError, HitReasonError
from lab.lookback.models import HitState, LookBackHit, LookBackMark
from lab.network.access import Actor, Permission
from lab.network.models import Role
from lab.plates.interpretation import Interpretation, SpotReading, interpret
from lab.plates.models import Plate, PlatePicture, Reading
from lab.results.models import Analysis, Finding, Technique
from lab.samples.models import Sample

WINDOW = timedelta(days=730)
"""How far back: older plates are not looked at again by themselves."""
AT_ONCE = 20
"""Analyses judged in one run of the background job, so that no run takes long."""


@dataclass(frozen=True)
class Hit:
    """A hit with the names that a person reads."""

    hit: LookBackHit
    sample: Sample
    substance: str
    plate: Plate


def stale(session: Session, *, limit: int = AT_ONCE) -> Sequence[UUID]:
    """Analyses of plates whose system has learned since they were last looked at; the newest first."""
    grown = (
        sa.select(col(RetentionValue.system_id), sa.func.max(col(RetentionValue.recorded_at)).label("at"))
        .where(col(RetentionValue.withdrawn_at).is_(None), col(RetentionValue.import_id).is_(None))
        .group_by(col(RetentionValue.system_id))
        .subquery()
    )
    seen = sa.func.coalesce(col(LookBackMark.looked_at), col(Analysis.created_at))
    rows = session.execute(
        sa.select(col(Analysis.id))
        .join(Reading, col(Reading.id) == col(Analysis.reading_id))
        .join(PlatePicture, col(PlatePicture.id) == col(Reading.picture_id))
        .join(Plate, col(Plate.id) == col(PlatePicture.plate_id))
        .join(grown, grown.c.system_id == col(Plate.system_id))
        .outerjoin(LookBackMark, col(LookBackMark.analysis_id) == col(Analysis.id))
        .where(
            col(Analysis.technique) == Technique.TLC, col(Analysis.created_at) >= now() - WINDOW, grown.c.at > seen
        )
        .order_by(col(Analysis.created_at).desc(), col(Analysis.id))
        .limit(limit)
    )  # fmt: skip
    return list(rows.scalars())


def look_back(session: Session, *, analysis_id: UUID) -> list[LookBackHit]:
    """Compare one old lane with what joined the library since; the hits that were added. Doing it again adds none."""
    analysis = session.exec(select(Analysis).where(Analysis.id == analysis_id).with_for_update()).one_or_none()
    if analysis is None or analysis.reading_id is None:
        return []
    moment = now()
    mark = session.get(LookBackMark, analysis_id)
    since = analysis.created_at if mark is None else mark.looked_at
    reading = session.get_one(Reading, analysis.reading_id)
    plate = session.get_one(Plate, session.get_one(PlatePicture, reading.picture_id).plate_id)
    joined = _newcomers(session, plate=plate, since=since)
    hits = _hits(session, analysis, plate, joined) if joined else []
    session.add_all(hits)
    if mark is None:
        mark = LookBackMark(analysis_id=analysis_id, looked_at=moment)
    mark.looked_at = moment
    session.add(mark)
    session.flush()
    return hits


def _newcomers(session: Session, *, plate: Plate, since: datetime) -> dict[str, UUID]:
    """Substances by name that began to speak for this plate after ``since``; what was withdrawn counts as known."""
    rows = session.exec(
        select(RetentionValue, Substance)
        .join(Substance, col(Substance.id) == col(RetentionValue.substance_id))
        .where(RetentionValue.system_id == plate.system_id)
    ).all()
    first: dict[UUID, datetime] = {}
    names: dict[UUID, str] = {}
    for value, substance in rows:
        if any(_spoke(value, plate=plate, corrected=corrected) for corrected in (True, False)):
            first[substance.id] = min(first.get(substance.id, value.recorded_at), value.recorded_at)
            names[substance.id] = substance.name
    return {names[key]: key for key, at in first.items() if at > since}


def _spoke(value: RetentionValue, *, plate: Plate, corrected: bool) -> bool:
    """As :func:`may_speak`, also for a value that has been withdrawn since."""
    shown = value.model_copy(update={"withdrawn_at": None})
    return may_speak(shown, site_id=plate.site_id, layer=plate.layer, corrected=corrected)


def _hits(session: Session, analysis: Analysis, plate: Plate, joined: dict[str, UUID]) -> list[LookBackHit]:
    known = set(session.exec(select(LookBackHit.substance_id).where(LookBackHit.analysis_id == analysis.id)).all())
    known |= {key for key in _found_in(session, analysis.sample_id) if key is not None}
    reader = Actor(analysis.operator_id, frozenset({(plate.site_id, Role.CHEMIST)}))
    found = interpret(session, actor=reader, reading_id=analysis.reading_id or UUID(int=0))
    hits: dict[UUID, LookBackHit] = {}
    for spot in _spots(found, analysis):
        measured = spot.hrf if spot.hrfc is None else spot.hrfc
        for match in spot.compatible:
            substance_id = joined.get(match.substance)
            if substance_id is None or substance_id in known or measured is None:
                continue
            hits.setdefault(
                substance_id,
                LookBackHit(
                    analysis_id=analysis.id, sample_id=analysis.sample_id, substance_id=substance_id,
                    plate_id=plate.id, lane_index=analysis.lane_index or 0, letter=spot.letter, hrf=measured,
                    expected_hrf=match.expected_hrf, spread_hrf=match.spread_hrf,
                ),
            )  # fmt: skip
    return list(hits.values())


def _spots(found: Interpretation, analysis: Analysis) -> list[SpotReading]:
    return [spot for lane in found.lanes if lane.index == analysis.lane_index for spot in lane.spots]


def _found_in(session: Session, sample_id: UUID) -> Sequence[UUID | None]:
    """Substances that any technique has found in the sample already."""
    return session.exec(
        select(Finding.substance_id)
        .join(Analysis, col(Analysis.id) == col(Finding.analysis_id))
        .where(Analysis.sample_id == sample_id)
    ).all()


def open_hits(session: Session, *, actor: Actor) -> list[Hit]:
    """Open hits on plates of the laboratories where ``actor`` works, the oldest first."""
    sites = actor.sites(Permission.PLATE_WORK)
    statement = (
        select(LookBackHit, Sample, Substance.name, Plate)
        .join(Sample, col(Sample.id) == col(LookBackHit.sample_id))
        .join(Substance, col(Substance.id) == col(LookBackHit.substance_id))
        .join(Plate, col(Plate.id) == col(LookBackHit.plate_id))
        .where(LookBackHit.state == HitState.OPEN)
        .order_by(col(LookBackHit.opened_at), col(LookBackHit.id))
    )
    if sites is not None:
        statement = statement.where(col(Plate.site_id).in_(sites))
    return [Hit(hit, sample, name, plate) for hit, sample, name, plate in session.exec(statement).all()]


def decide(session: Session, *, actor: Actor, hit_id: UUID, state: HitState, reason: str) -> LookBackHit:
    """Say what became of a hit: followed up, or put aside; either with a reason, for whoever asks later.

    Raises :class:`HitNotFoundError` (also where it was decided meanwhile), :class:`HitReasonError`.
    """
    statement = select(LookBackHit).where(LookBackHit.id == hit_id).with_for_update()
    hit = session.exec(statement, execution_options={"populate_existing": True}).one_or_none()
    if hit is None or hit.state is not HitState.OPEN or state is HitState.OPEN:
        raise HitNotFoundError
    if not actor.may(Permission.PLATE_WORK, session.get_one(Plate, hit.plate_id).site_id):
        raise HitNotFoundError
    said = reason.replace("\x00", "").strip()[:300]
    if not said:
        raise HitReasonError
    hit.state, hit.reason, hit.decided_by, hit.decided_at = state, said, actor.account_id, now()
    session.add(hit)
    session.flush()
    return hit
