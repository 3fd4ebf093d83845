"""The library learns: standards on an accepted reading become runs of the laboratory's own."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from lab.library.models import RetentionValue, Substance, TlcSystem
from lab.library.names import fold
from lab.library.service import record_own_standard, withdraw_own_standard
from lab.network.access import Actor
from lab.plates.correction import Correction, correction_of
from lab.plates.joining import JoinedLane, join, main_spot
from lab.plates.models import LaneKind, Plate, PlateLane, PlatePicture, Reading, StandardRun
from tlc_analysis.serialise import from_json


def record_standards(session: Session, *, actor: Actor, reading: Reading) -> list[RetentionValue]:
    """Record a run for each standard lane of ``reading`` whose own spot is clear; the runs that were added.

    Runs of an earlier reading of the same picture are withdrawn first. A lane that already speaks through another
    picture of the plate (other light, reagent) is left: one migration is one measurement, however often photographed.
    Standards that the plate was corrected with are left too: their hRfc is their reference value by construction.
    """
    picture = session.get_one(PlatePicture, reading.picture_id)
    plate = session.get_one(Plate, picture.plate_id)
    system = session.get_one(TlcSystem, plate.system_id)
    layout = session.exec(select(PlateLane).where(PlateLane.plate_id == plate.id).order_by(col(PlateLane.index))).all()
    names = substance_names(session, lanes=layout)
    joined = join(from_json(reading.document), layout)
    correction = correction_of(joined, system, names)
    _withdraw_earlier(session, actor=actor, picture_id=picture.id)
    spoken = _spoken_lanes(session, layout)
    used = {fold(standard.substance) for standard in correction.standards}
    runs = []
    for lane in joined.lanes:
        substance_id = lane.laid.substance_id
        if lane.laid.kind is not LaneKind.STANDARD or substance_id is None or lane.laid.id in spoken:
            continue
        if fold(names[substance_id]) in used:
            continue
        value = _measured(lane, correction)
        if value is not None:
            run = record_own_standard(
                session, actor=actor, site_id=plate.site_id, substance_id=substance_id, system_id=system.id,
                value_hrf=value[0], reading_u_hrf=value[1], corrected=bool(correction.standards),
                layer=plate.layer, plate_id=plate.id,
            )  # fmt: skip
            session.add(StandardRun(reading_id=reading.id, lane_id=lane.laid.id, retention_value_id=run.id))
            runs.append(run)
    session.flush()
    return runs


def substance_names(session: Session, *, lanes: Sequence[PlateLane]) -> dict[UUID, str]:
    """The names of the substances that ``lanes`` carry as standards."""
    ids = {lane.substance_id for lane in lanes if lane.substance_id is not None}
    return dict(session.exec(select(Substance.id, Substance.name).where(col(Substance.id).in_(ids))).all())


def _measured(lane: JoinedLane, correction: Correction) -> tuple[float, float] | None:
    """(hRf or hRfc, standard uncertainty of reading it) of the standard's own spot, kept within 0 to 100."""
    spot = None if lane.read is None else main_spot(lane.read)
    if lane.read is None or spot is None or spot.rf is None or spot.rf_u is None:
        return None
    corrected = correction.apply(lane.read, spot)
    if corrected is not None:
        return min(max(corrected.hrfc, 0.0), 100.0), corrected.u_hrfc
    return min(max(100 * spot.rf, 0.0), 100.0), 100 * spot.rf_u


def _withdraw_earlier(session: Session, *, actor: Actor, picture_id: UUID) -> None:
    statement = (
        select(StandardRun.retention_value_id)
        .join(Reading, col(Reading.id) == col(StandardRun.reading_id))
        .join(RetentionValue, col(RetentionValue.id) == col(StandardRun.retention_value_id))
        .where(Reading.picture_id == picture_id, col(RetentionValue.withdrawn_at).is_(None))
    )
    for value_id in session.exec(statement).all():
        withdraw_own_standard(session, actor=actor, value_id=value_id)


def _spoken_lanes(session: Session, layout: Sequence[PlateLane]) -> set[UUID]:
    statement = (
        select(StandardRun.lane_id)
        .join(RetentionValue, col(RetentionValue.id) == col(StandardRun.retention_value_id))
        .where(col(StandardRun.lane_id).in_([lane.id for lane in layout]), col(RetentionValue.withdrawn_at).is_(None))
    )
    return set(session.exec(statement).all())
