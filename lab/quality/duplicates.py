"""One sample on two lanes of a plate: band for band, how far apart, in uncertainties of the difference.

Of two normal values measured alike, nineteen pairs of twenty differ by at most 1.96 times the standard uncertainty of
their difference; that is 1.96 √2 = 2.8 times the standard deviation of one, the repeatability limit of ISO 5725-6 (the
factor follows from the normal distribution; the standard itself is not open to read). The uncertainty is that of
reading the picture alone; how unevenly a plate runs comes on top, so a laboratory declares its own limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from uuid import UUID

import numpy as np
from scipy.optimize import linear_sum_assignment

from lab.plates.correction import Correction
from lab.plates.joining import Joined, JoinedLane
from lab.plates.lettering import letter
from lab.plates.models import LaneKind
from tlc_analysis.model import Lane, Spot

REACH_HRF = 10.0  # farther apart two bands are not taken for the same substance


@dataclass(frozen=True, kw_only=True)
class Duplicate:
    """A band of ``lane`` and its counterpart on ``other_lane``; without one, ``difference_hrf`` and ``apart`` are None.

    ``apart``: the difference over its standard uncertainty ``u_hrf``, of reading.
    """

    sample_id: UUID
    lane: int
    other_lane: int
    letter: str
    value_hrf: float
    difference_hrf: float | None
    u_hrf: float | None
    apart: float | None


@dataclass(frozen=True, kw_only=True)
class _Value:
    letter: str
    hrf: float
    u_hrf: float


def duplicates_of(joined: Joined, correction: Correction) -> tuple[Duplicate, ...]:
    """Every pair of lanes that carry one sample, band for band."""
    lanes = [lane for lane in joined.lanes if lane.laid.kind is LaneKind.SAMPLE and lane.read is not None]
    return tuple(
        found
        for one, other in combinations(lanes, 2)
        if one.laid.sample_id is not None and one.laid.sample_id == other.laid.sample_id
        for found in _compare(one, other, one.laid.sample_id, correction)
    )


def _compare(one: JoinedLane, other: JoinedLane, sample_id: UUID, correction: Correction) -> list[Duplicate]:
    mine, theirs = _values(one.read, correction), _values(other.read, correction)
    pairs = _paired(mine, theirs)
    found = []
    for i, value in enumerate(mine):
        partner = theirs[pairs[i]] if i in pairs else None
        found.append(_duplicate(value, partner, sample_id, one.laid.index, other.laid.index))
    alone = set(range(len(theirs))) - set(pairs.values())
    found += [_duplicate(theirs[j], None, sample_id, other.laid.index, one.laid.index) for j in sorted(alone)]
    return found


def _values(lane: Lane | None, correction: Correction) -> list[_Value]:
    if lane is None:
        return []
    spots = sorted((spot for spot in lane.spots if spot.rf is not None), key=lambda spot: spot.rf or 0.0)
    return [_value(number, spot, lane, correction) for number, spot in enumerate(spots)]


def _value(number: int, spot: Spot, lane: Lane, correction: Correction) -> _Value:
    corrected = correction.apply(lane, spot)
    if corrected is not None:
        return _Value(letter=letter(number), hrf=corrected.hrfc, u_hrf=corrected.u_hrfc)
    return _Value(letter=letter(number), hrf=100 * (spot.rf or 0.0), u_hrf=100 * (spot.rf_u or 0.0))


def _paired(mine: Sequence[_Value], theirs: Sequence[_Value]) -> dict[int, int]:
    """One to one by the least sum of distances, none farther than :data:`REACH_HRF`."""
    if not mine or not theirs:
        return {}
    apart = np.abs(np.subtract.outer([v.hrf for v in mine], [v.hrf for v in theirs]))
    rows, columns = linear_sum_assignment(np.minimum(apart, 10 * REACH_HRF))
    return {int(i): int(j) for i, j in zip(rows, columns, strict=True) if apart[i, j] <= REACH_HRF}


def _duplicate(value: _Value, partner: _Value | None, sample_id: UUID, lane: int, other: int) -> Duplicate:
    if partner is None:
        difference = u_hrf = apart = None
    else:
        difference = abs(value.hrf - partner.hrf)
        u_hrf = sqrt(value.u_hrf**2 + partner.u_hrf**2)
        apart = difference / u_hrf if u_hrf > 0 else None
    return Duplicate(
        sample_id=sample_id, lane=lane, other_lane=other, letter=value.letter, value_hrf=value.hrf,
        difference_hrf=difference, u_hrf=u_hrf, apart=apart,
    )  # fmt: skip
