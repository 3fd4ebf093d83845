"""Where standards ran: measured on a reading, kept when it is accepted, and charted over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from lab.kit.clock import now
from lab.library.errors import SubstanceAmbiguousError, SubstanceNotFoundError
from lab.library.models import Substance, TlcSystem
from lab.library.names import fold
from lab.library.service import find_substance
from lab.plates.correction import correction_spots
from lab.plates.joining import Joined, JoinedLane, join, main_spot
from lab.plates.models import LaneKind, Plate, PlateLane, PlatePicture, Reading
from lab.quality.models import ControlPoint
from lab.quality.westgard import Baseline, Rule, baseline_of, broken_by_last
from tlc_analysis.model import Spot
from tlc_analysis.serialise import from_json

CONTROLS = frozenset({LaneKind.STANDARD, LaneKind.INTERNAL_STANDARD})


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One standard on one lane; ``hrf`` as read, before any correction."""

    substance_id: UUID
    substance: str
    lane_id: UUID
    lane_index: int
    hrf: float
    u_hrf: float
    spot: Spot


@dataclass(frozen=True, kw_only=True)
class ChartPoint:
    """One run; ``z`` and ``rules`` are None and empty while the baseline is being gathered."""

    point: ControlPoint
    plate: str
    z: float | None
    rules: frozenset[Rule]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A standard's runs in one system on one layer, in the order of plates."""

    substance: Substance
    system: TlcSystem
    layer: str
    baseline: Baseline | None
    points: tuple[ChartPoint, ...]


@dataclass(frozen=True, kw_only=True)
class ChartKey:
    """What a laboratory has a chart of."""

    system: TlcSystem
    substance: Substance
    layer: str
    runs: int


def measured_standards(
    session: Session, *, joined: Joined, system: TlcSystem, names: Mapping[UUID, str]
) -> tuple[Measured, ...]:
    """Every standard of the plate whose spot is clear and has an Rf, lane by lane."""
    found = []
    for lane in joined.lanes:
        if lane.laid.kind in CONTROLS and lane.read is not None:
            found += [
                Measured(
                    substance_id=substance.id, substance=substance.name, lane_id=lane.laid.id,
                    lane_index=lane.laid.index, hrf=100 * spot.rf, u_hrf=100 * spot.rf_u, spot=spot,
                )
                for substance, spot in _standards(session, lane, system, names)
                if spot.rf is not None and spot.rf_u is not None
            ]  # fmt: skip
    return tuple(found)


def _standards(
    session: Session, lane: JoinedLane, system: TlcSystem, names: Mapping[UUID, str]
) -> list[tuple[Substance, Spot]]:
    if lane.read is None:
        return []
    if lane.laid.substance_id is not None:
        spot = main_spot(lane.read)
        return [] if spot is None else [(session.get_one(Substance, lane.laid.substance_id), spot)]
    spots = correction_spots(lane.laid, lane.read, system, names)
    known = []
    for name, spot in spots.items():
        try:
            known.append((find_substance(session, name=name), spot))
        except (SubstanceNotFoundError, SubstanceAmbiguousError):
            continue  # a standard that the vocabulary does not have cannot be followed over time
    return known


def record_points(session: Session, *, plate: Plate, reading: Reading, names: Mapping[UUID, str]) -> list[ControlPoint]:
    """Keep where the standards of an accepted reading ran; points of an earlier reading of this picture give way.

    A lane that already speaks through another picture of the plate is left: one run is one point.
    """
    layout = session.exec(select(PlateLane).where(PlateLane.plate_id == plate.id).order_by(col(PlateLane.index))).all()
    system = session.get_one(TlcSystem, plate.system_id)
    standing = session.exec(
        select(ControlPoint, Reading.picture_id)
        .join(Reading, col(Reading.id) == col(ControlPoint.reading_id))
        .where(ControlPoint.plate_id == plate.id, col(ControlPoint.replaced_at).is_(None))
    ).all()
    spoken = set()
    for point, picture_id in standing:
        if picture_id == reading.picture_id:
            point.replaced_at = now()
            session.add(point)
        else:
            spoken.add(point.lane_id)
    joined = join(from_json(reading.document), layout)
    points = [
        ControlPoint(
            site_id=plate.site_id, system_id=plate.system_id, layer=plate.layer, substance_id=one.substance_id,
            plate_id=plate.id, lane_id=one.lane_id, reading_id=reading.id, hrf=one.hrf, u_hrf=one.u_hrf,
            run_at=plate.created_at,
        )
        for one in measured_standards(session, joined=joined, system=system, names=names)
        if one.lane_id not in spoken
    ]  # fmt: skip
    session.add_all(points)
    session.flush()
    return points


def points_of(
    session: Session, *, site_id: UUID, system_id: UUID, substance_id: UUID, layer: str
) -> list[tuple[ControlPoint, str]]:
    """The points that stand, in the order of plates and lanes, with the plate's number."""
    statement = (
        select(ControlPoint, Plate.number, PlateLane.index)
        .join(Plate, col(Plate.id) == col(ControlPoint.plate_id))
        .join(PlateLane, col(PlateLane.id) == col(ControlPoint.lane_id))
        .where(
            ControlPoint.site_id == site_id,
            ControlPoint.system_id == system_id,
            ControlPoint.substance_id == substance_id,
            col(ControlPoint.replaced_at).is_(None),
        )
        .order_by(col(ControlPoint.run_at), Plate.number, col(PlateLane.index))
    )
    return [(point, number) for point, number, _ in session.exec(statement).all() if fold(point.layer) == fold(layer)]


def chart_of(
    session: Session, *, site_id: UUID, system: TlcSystem, substance: Substance, layer: str, baseline_runs: int
) -> Chart:
    """The control chart of one standard. R-4s is judged on the plate (``judging``), where the run's controls meet."""
    rows = points_of(session, site_id=site_id, system_id=system.id, substance_id=substance.id, layer=layer)
    baseline = baseline_of([point.hrf for point, _ in rows], runs=baseline_runs)
    z: list[float] = []
    points = []
    for number, (point, plate) in enumerate(rows):
        if baseline is None or number < baseline.runs:
            points.append(ChartPoint(point=point, plate=plate, z=None, rules=frozenset()))
            continue
        z.append(baseline.z(point.hrf))
        points.append(ChartPoint(point=point, plate=plate, z=z[-1], rules=broken_by_last(z)))
    return Chart(substance=substance, system=system, layer=layer, baseline=baseline, points=tuple(points))


def charts_at(session: Session, *, site_ids: Sequence[UUID]) -> list[ChartKey]:
    """What there are charts of, by system, layer and substance."""
    statement = select(ControlPoint.system_id, ControlPoint.substance_id, ControlPoint.layer).where(
        col(ControlPoint.site_id).in_(site_ids), col(ControlPoint.replaced_at).is_(None)
    )
    counted: dict[tuple[UUID, UUID, str], int] = {}
    layers: dict[str, str] = {}
    for system_id, substance_id, layer in session.exec(statement).all():
        named = layers.setdefault(fold(layer), layer)
        counted[system_id, substance_id, named] = counted.get((system_id, substance_id, named), 0) + 1
    keys = [
        ChartKey(
            system=session.get_one(TlcSystem, system_id), substance=session.get_one(Substance, substance_id),
            layer=layer, runs=runs,
        )
        for (system_id, substance_id, layer), runs in counted.items()
    ]  # fmt: skip
    return sorted(keys, key=lambda key: (key.system.code, key.layer, key.substance.name))


def system_names(session: Session, *, plate: Plate) -> dict[UUID, str]:
    """The names of the substances on the plate's lanes."""
    ids = select(PlateLane.substance_id).where(PlateLane.plate_id == plate.id)
    return dict(session.exec(select(Substance.id, Substance.name).where(col(Substance.id).in_(ids))).all())


def picture_plate(session: Session, *, reading: Reading) -> Plate:
    """The plate that ``reading`` is of."""
    picture = session.get_one(PlatePicture, reading.picture_id)
    return session.get_one(Plate, picture.plate_id)
