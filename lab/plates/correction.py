"""Correcting a plate by the standards on it: hRf to hRfc, and values relative to an internal standard."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from uuid import UUID

from lab.kit.messages import Message
from lab.library.models import TlcSystem
from lab.library.names import fold
from lab.plates.joining import Joined, main_spot
from lab.plates.models import LaneKind, PlateLane
from tlc_analysis.correct import (
    NO_SHARED_ERROR,
    Corrected,
    Relative,
    SharedError,
    Standard,
    Value,
    relative,
    shared_error,
    value_of,
)
from tlc_analysis.correct import correct as correct_values
from tlc_analysis.errors import CorrectionError
from tlc_analysis.model import Lane, Plate, Spot

Names = Mapping[UUID, str]


@dataclass(frozen=True, kw_only=True)
class Correction:
    """The standards that a plate can be corrected with; none: it stays uncorrected.

    ``expected``: how many standards the system has. ``problem``: why standards that are there do not serve.
    """

    plate: Plate | None
    standards: tuple[Standard, ...]
    expected: int
    problem: Message | None

    def apply(self, lane: Lane, spot: Spot) -> Corrected | None:
        """The spot's hRfc; None without standards or without an Rf."""
        value = self._value(lane, spot)
        if value is None or not self.standards:
            return None
        return correct_values([value], self.standards, shared=self._shared(lane))[0]

    def relate(self, lane: Lane, spot: Spot, internal: Value | None) -> Relative | None:
        """The spot's Rf over that of the internal standard."""
        value = self._value(lane, spot)
        if value is None or internal is None:
            return None
        try:
            return relative(value, internal, shared=self._shared(lane))
        except CorrectionError:
            return None

    def _value(self, lane: Lane, spot: Spot) -> Value | None:
        return value_of(spot, shared=self._shared(lane))

    def _shared(self, lane: Lane) -> SharedError:
        return NO_SHARED_ERROR if self.plate is None else _shared(self.plate, lane)


def _shared(plate: Plate, lane: Lane) -> SharedError:
    try:
        return shared_error(plate, lane)
    except CorrectionError:  # no origin or front: then no spot has an Rf either
        return NO_SHARED_ERROR


def correction_of(joined: Joined, system: TlcSystem, names: Names) -> Correction:
    """What the standards on the plate can do, by the reference values of ``system``."""
    reference = {fold(str(row["substance"])): _Reference(row) for row in system.correction_standards}
    found, problem = _standards(joined, reference, names)
    if found:
        problem = _order_problem(found) or problem
    usable = () if problem is not None and problem.id == _OUT_OF_ORDER else tuple(found)
    return Correction(plate=joined.plate, standards=usable, expected=len(reference), problem=problem)


_OUT_OF_ORDER = "plate.correction.out_of_order"


class _Reference:
    def __init__(self, row: Mapping[str, object]) -> None:
        self.name = str(row["substance"])
        self.hrfc = float(str(row["hrfc"]))


def _order_problem(standards: Iterable[Standard]) -> Message | None:
    try:
        correct_values([], tuple(standards))
    except CorrectionError:
        return Message(_OUT_OF_ORDER)
    return None


def _standards(
    joined: Joined, reference: Mapping[str, _Reference], names: Names
) -> tuple[list[Standard], Message | None]:
    """Standards found, those of one substance on several lanes averaged; and the first thing in the way."""
    measured: dict[str, list[Value]] = {}
    problem = None
    for lane in joined.lanes:
        if lane.laid.kind is not LaneKind.STANDARD or lane.read is None or joined.plate is None:
            continue
        spots, found_problem = _spots_of(lane.laid, lane.read, reference, names)
        problem = problem or found_problem
        for key, spot in spots.items():
            value = value_of(spot, shared=_shared(joined.plate, lane.read))
            if value is None:
                problem = problem or Message("plate.correction.no_rf", {"lane": lane.laid.index})
            else:
                measured.setdefault(key, []).append(value)
    standards = [
        Standard(substance=reference[key].name, measured=_mean(values), reference_hrfc=reference[key].hrfc)
        for key, values in measured.items()
    ]
    return standards, problem


def correction_spots(laid: PlateLane, read: Lane, system: TlcSystem, names: Names) -> dict[str, Spot]:
    """The correction standards of ``system`` that one lane shows, by their name in the system; empty where unclear."""
    reference = {fold(str(row["substance"])): _Reference(row) for row in system.correction_standards}
    spots, _ = _spots_of(laid, read, reference, names)
    return {reference[key].name: spot for key, spot in spots.items()}


def _spots_of(
    laid: PlateLane, read: Lane, reference: Mapping[str, _Reference], names: Names
) -> tuple[dict[str, Spot], Message | None]:
    """The spots of a standard lane by the folded name of their correction standard."""
    if laid.substance_id is None:
        return _mixture(read, laid.index, reference)
    key = fold(names.get(laid.substance_id, ""))
    if key not in reference:
        return {}, None
    spot = main_spot(read)
    if spot is None:
        return {}, Message("plate.correction.standard_unclear", {"lane": laid.index})
    return {key: spot}, None


def _mixture(lane: Lane, index: int, reference: Mapping[str, _Reference]) -> tuple[dict[str, Spot], Message | None]:
    """The system's mixture: its standards keep their order, so as many spots as standards name each other."""
    spots = sorted((spot for spot in lane.spots if spot.rf is not None), key=lambda spot: spot.rf or 0.0)
    if not reference or len(spots) != len(reference):
        params = {"lane": index, "spots": len(spots), "standards": len(reference)}
        return {}, Message("plate.correction.mixture_incomplete", params)
    keys = sorted(reference, key=lambda key: reference[key].hrfc)
    return dict(zip(keys, spots, strict=True)), None


def _mean(values: list[Value]) -> Value:
    count = len(values)
    return Value(
        hrf=sum(value.hrf for value in values) / count,
        u_hrf=sqrt(sum(value.u_hrf**2 for value in values)) / count,
    )


def internal_standard(joined: Joined) -> Value | None:
    """The internal standard's own value, when one lane carries it and its spot is clear."""
    lanes = [lane for lane in joined.lanes if lane.laid.kind is LaneKind.INTERNAL_STANDARD and lane.read is not None]
    if len(lanes) != 1 or lanes[0].read is None or joined.plate is None:
        return None
    spot = main_spot(lanes[0].read)
    return None if spot is None else value_of(spot, shared=_shared(joined.plate, lanes[0].read))
