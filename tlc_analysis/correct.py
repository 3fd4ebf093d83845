"""Corrects hRf values by standards on the same plate, with the uncertainty carried through.

Between its neighbours B < S < A the corrected value is

    hRfc = B' + (A' - B') / (A - B) x (S - B)

with the reference values primed, origin (0, 0) and front (100, 100) being the outermost points (Stead et al.,
Analyst 1982, 107, 1106; de Zeeuw et al., DFG/TIAFT report XVII, 1992). Uncertainties are propagated linearly
(JCGM 100:2008, 5.1.2). What misplaces all values of a plate together, its origin and its front, is kept apart,
because between two standards a misplaced front cancels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .errors import CorrectionError
from .model import Lane, Plate, Spot

RESOLVED_U = 2.0  # standards nearer than this many uncertainties of their distance are not known to be in order


@dataclass(frozen=True, kw_only=True)
class Value:
    """A measured hRf with its own standard uncertainty, that of origin and front left out."""

    hrf: float
    u_hrf: float


@dataclass(frozen=True, kw_only=True)
class Standard:
    """A standard found on the plate. ``reference_u_hrf``: of its accepted value, usually taken as 0."""

    substance: str
    measured: Value
    reference_hrfc: float
    reference_u_hrf: float = 0.0


@dataclass(frozen=True, kw_only=True)
class SharedError:
    """Standard uncertainties of where origin and front are, in hRf; they move all values of a plate together."""

    origin_u_hrf: float = 0.0
    front_u_hrf: float = 0.0

    def at(self, hrf: float) -> tuple[float, float]:
        """How much a value moves when the origin, the front, is off by one standard uncertainty."""
        return self.origin_u_hrf * (1 - hrf / 100), self.front_u_hrf * hrf / 100


NO_SHARED_ERROR = SharedError()


@dataclass(frozen=True, kw_only=True)
class Corrected:
    """``beyond_standards``: below the first or above the last, where one end of the polygon is origin or front."""

    hrfc: float
    u_hrfc: float
    beyond_standards: bool


@dataclass(frozen=True, kw_only=True)
class Relative:
    """A value relative to one internal standard, without unit."""

    rrf: float
    u_rrf: float


def correct(
    values: Sequence[Value], standards: Sequence[Standard], *, shared: SharedError = NO_SHARED_ERROR
) -> tuple[Corrected, ...]:
    """Corrects each value. Raises :class:`CorrectionError` when the standards cannot carry it."""
    points = _polygon(standards)
    return tuple(_correct_one(value, points, shared) for value in values)


def relative(value: Value, standard: Value, *, shared: SharedError = NO_SHARED_ERROR) -> Relative:
    """Rf over the internal standard's Rf: the front cancels. Raises :class:`CorrectionError` at the origin."""
    if standard.hrf <= RESOLVED_U * standard.u_hrf:
        raise CorrectionError("The internal standard did not leave the origin; nothing can be related to it.")
    ratio = value.hrf / standard.hrf
    moved = [a - ratio * b for a, b in zip(shared.at(value.hrf), shared.at(standard.hrf), strict=True)]
    u_hrf = np.sqrt(value.u_hrf**2 + (ratio * standard.u_hrf) ** 2 + sum(m**2 for m in moved))
    return Relative(rrf=ratio, u_rrf=float(u_hrf / standard.hrf))


def value_of(spot: Spot, *, shared: SharedError) -> Value | None:
    """A spot's own value: what of ``rf_u`` is not due to origin and front. None without an Rf."""
    if spot.rf is None or spot.rf_u is None:
        return None
    hrf = 100 * spot.rf
    own2 = (100 * spot.rf_u) ** 2 - sum(part**2 for part in shared.at(hrf))
    # Rounding may leave less than nothing; an apex is never known better than a tenth of the whole.
    return Value(hrf=hrf, u_hrf=float(np.sqrt(max(own2, (10 * spot.rf_u) ** 2))))


def shared_error(plate: Plate, lane: Lane) -> SharedError:
    """How far origin and front of a lane may be off, in hRf. Raises :class:`CorrectionError` without them."""
    if lane.origin_px is None or lane.front_px is None:
        raise CorrectionError("Without origin and front there is no hRf to correct.")
    run_px = float(np.hypot(*np.subtract(lane.front_px, lane.origin_px)))
    return SharedError(
        origin_u_hrf=100 * (plate.origin_u_px or 0.0) / run_px, front_u_hrf=100 * (plate.front_u_px or 0.0) / run_px
    )


@dataclass(frozen=True, kw_only=True)
class _Point:
    name: str
    measured: float
    u_measured: float
    reference: float
    u_reference: float
    fixed: bool


ORIGIN = _Point(name="origin", measured=0, u_measured=0, reference=0, u_reference=0, fixed=True)
FRONT = _Point(name="front", measured=100, u_measured=0, reference=100, u_reference=0, fixed=True)


def _polygon(standards: Sequence[Standard]) -> tuple[_Point, ...]:
    if not standards:
        raise CorrectionError("There is no standard on the plate to correct with.")
    inner = [
        _Point(
            name=s.substance,
            measured=s.measured.hrf,
            u_measured=s.measured.u_hrf,
            reference=s.reference_hrfc,
            u_reference=s.reference_u_hrf,
            fixed=False,
        )
        for s in sorted(standards, key=lambda s: s.reference_hrfc)
    ]
    points = (ORIGIN, *inner, FRONT)
    for lower, upper in pairwise(points):
        _check_order(lower, upper)
    return points


def _check_order(lower: _Point, upper: _Point) -> None:
    if upper.reference <= lower.reference:
        raise CorrectionError(
            f"The reference values of {lower.name} ({lower.reference:g}) and {upper.name} ({upper.reference:g})"
            " leave nothing between them."
        )
    apart = upper.measured - lower.measured
    if apart <= RESOLVED_U * np.hypot(lower.u_measured, upper.u_measured):
        raise CorrectionError(
            f"The standards are out of order: {upper.name} was measured at hRf {upper.measured:.1f}, not clearly above"
            f" {lower.name} at {lower.measured:.1f}."
        )


def _correct_one(value: Value, points: Sequence[_Point], shared: SharedError) -> Corrected:
    lower, upper = _neighbours(value.hrf, points)
    span = upper.measured - lower.measured
    slope = (upper.reference - lower.reference) / span
    share = (value.hrf - lower.measured) / span
    own = [
        slope * value.u_hrf,
        slope * (1 - share) * lower.u_measured,
        slope * share * upper.u_measured,
        (1 - share) * lower.u_reference,
        share * upper.u_reference,
    ]
    together = [
        slope * (moved - (1 - share) * low - share * high)
        for moved, low, high in zip(
            shared.at(value.hrf), _moved(lower, shared), _moved(upper, shared), strict=True
        )
    ]  # fmt: skip
    return Corrected(
        hrfc=float(lower.reference + slope * (value.hrf - lower.measured)),
        u_hrfc=float(np.sqrt(sum(part**2 for part in (*own, *together)))),
        beyond_standards=lower.fixed or upper.fixed,
    )


def _moved(point: _Point, shared: SharedError) -> tuple[float, float]:
    return (0.0, 0.0) if point.fixed else shared.at(point.measured)


def _neighbours(hrf: float, points: Sequence[_Point]) -> tuple[_Point, _Point]:
    """The points on either side; a value outside 0 to 100 keeps to the outermost stretch."""
    for lower, upper in pairwise(points):
        if hrf <= upper.measured:
            return lower, upper
    return points[-2], points[-1]
