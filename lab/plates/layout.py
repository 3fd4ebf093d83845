"""Whether what a plate's lanes are said to carry can be, and the number the plate gets."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from lab.kit.clock import today
from lab.library.models import Substance
from lab.network.access import Actor
from lab.plates.errors import LaneContentError, LaneSampleUnknownError, LaneSubstanceUnknownError
from lab.plates.models import LaneKind, Plate, PlateLane
from lab.plates.schemas import LaneIn
from lab.samples.models import Sample
from lab.samples.visibility import reachable


def lay_out(session: Session, *, actor: Actor, plate_id: UUID, lanes: Sequence[LaneIn]) -> list[PlateLane]:
    """The rows of ``lanes``, numbered from 1, left to right; added and flushed.

    Raises :class:`LaneContentError`, :class:`LaneSampleUnknownError`, :class:`LaneSubstanceUnknownError`.
    """
    for index, lane in enumerate(lanes, start=1):
        if not _is_complete(lane):
            raise LaneContentError(index=index)
    _check_samples(session, actor, lanes)
    _check_substances(session, lanes)
    rows = [PlateLane(plate_id=plate_id, index=index, **lane.model_dump()) for index, lane in enumerate(lanes, start=1)]
    session.add_all(rows)
    session.flush()
    return rows


def _is_complete(lane: LaneIn) -> bool:
    has = (lane.sample_id is not None, lane.substance_id is not None)
    fits = {
        LaneKind.SAMPLE: {(True, False)},
        LaneKind.STANDARD: {(False, True), (False, False)},
        LaneKind.INTERNAL_STANDARD: {(False, True)},
        LaneKind.BLANK: {(False, False)},
    }
    return has in fits[lane.kind]


def _check_samples(session: Session, actor: Actor, lanes: Sequence[LaneIn]) -> None:
    wanted = {lane.sample_id for lane in lanes if lane.sample_id is not None}
    found = set(session.exec(select(Sample.id).where(col(Sample.id).in_(wanted), reachable(actor))).all())
    for index, lane in enumerate(lanes, start=1):
        if lane.sample_id is not None and lane.sample_id not in found:
            raise LaneSampleUnknownError(index=index)


def _check_substances(session: Session, lanes: Sequence[LaneIn]) -> None:
    wanted = {lane.substance_id for lane in lanes if lane.substance_id is not None}
    found = set(session.exec(select(Substance.id).where(col(Substance.id).in_(wanted))).all())
    for index, lane in enumerate(lanes, start=1):
        if lane.substance_id is not None and lane.substance_id not in found:
            raise LaneSubstanceUnknownError(index=index)


def next_number(session: Session) -> str:
    """The next number of the year, such as "26-118", as the laboratory's bench book counts."""
    year = f"{today():%y}-"
    numbers = session.exec(select(Plate.number).where(col(Plate.number).startswith(year))).all()
    counts = [int(tail) for number in numbers if (tail := number.removeprefix(year)).isdecimal()]
    return f"{year}{max(counts, default=0) + 1}"
