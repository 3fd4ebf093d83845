"""Measures readings against truth: what was found, what was invented, and whether the uncertainty is honest.

A reported spot is a true one when it is paired with a marked spot. Pairs are one to one, chosen by the least
sum of distances (Hungarian method), and no farther apart than ``TOLERANCE_HEIGHT`` of the plate's height or half
of the spot's larger width at half maximum, whichever is more. A faint or overlapping spot that is found counts
as true; only clear ones must be found.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from time import perf_counter

import numpy as np
from scipy.optimize import linear_sum_assignment

from .benchmark_truth import TruePicture, TruePlate, TrueSpot
from .model import Plate, PlateReading, Spot

TOLERANCE_HEIGHT = 0.02
TOLERANCE_RF = 0.05  # where only lane and Rf of a spot are known
WITHIN = 2.0  # standard uncertainties

Pair = tuple[Spot, TrueSpot]


@dataclass(frozen=True, kw_only=True)
class PictureScore:
    """Counts of one picture. ``rf_misses``: |reading - truth|; ``rf_within``: how many lie within 2 u."""

    name: str
    group: str
    clear: int
    clear_found: int
    reported: int
    reported_true: int
    matched_front_visible: int
    matched_with_rf: int  # of those
    rf_misses: tuple[float, ...]
    rf_within: int
    plates: int
    plates_lanes_right: int
    seconds: float
    megapixels: float

    @property
    def false(self) -> int:
        """Reported spots that are none."""
        return self.reported - self.reported_true


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table; shares are None where nothing was there to count."""

    group: str
    pictures: int
    recall: float | None
    precision: float | None
    rf_mae: float | None
    coverage: float | None
    with_rf: float | None
    lanes: float | None
    seconds_per_megapixel: float | None


def measure(
    pictures: Iterable[tuple[bytes, TruePicture]], analyse: Callable[[bytes], PlateReading]
) -> tuple[PictureScore, ...]:
    """Reads and scores each picture, timing the reading alone."""
    return tuple(_timed(image, truth, analyse) for image, truth in pictures)


def _timed(image: bytes, truth: TruePicture, analyse: Callable[[bytes], PlateReading]) -> PictureScore:
    start = perf_counter()
    reading = analyse(image)
    return score(reading, truth, seconds=perf_counter() - start)


def score(reading: PlateReading, truth: TruePicture, *, seconds: float = 0.0) -> PictureScore:
    """One reading against its truth."""
    spots = [spot for plate in reading.plates for lane in plate.lanes for spot in lane.spots]
    judged = truth.blank or any(plate.spots is not None for plate in truth.plates)
    pairs = [(pair, plate) for plate in truth.plates for pair in match_spots(reading, plate)]
    clear = [spot for plate in truth.plates for spot in plate.spots or () if spot.visibility == "clear"]
    with_front = [pair for pair, plate in pairs if plate.front_visible]
    known = [(spot, true) for (spot, true), _ in pairs if spot.rf is not None and true.rf is not None]
    counted = [plate for plate in truth.plates if plate.lane_count is not None]
    return PictureScore(
        name=truth.name,
        group=truth.group,
        clear=len(clear),
        clear_found=sum(true.visibility == "clear" for (_, true), _ in pairs),
        reported=len(spots) if judged else 0,
        reported_true=len(pairs),
        matched_front_visible=len(with_front),
        matched_with_rf=sum(spot.rf is not None for spot, _ in with_front),
        rf_misses=tuple(_miss(*pair) for pair in known),
        rf_within=sum(_is_within(*pair) for pair in known),
        plates=len(counted),
        plates_lanes_right=sum(_lanes_right(reading, plate) for plate in counted),
        seconds=seconds,
        megapixels=reading.image.width_px * reading.image.height_px / 1e6,
    )


def _miss(spot: Spot, true: TrueSpot) -> float:
    return abs((spot.rf or 0.0) - (true.rf or 0.0))


def _is_within(spot: Spot, true: TrueSpot) -> bool:
    return spot.rf_u is not None and _miss(spot, true) <= WITHIN * float(np.hypot(spot.rf_u, true.rf_u))


def match_spots(reading: PlateReading, truth: TruePlate) -> tuple[Pair, ...]:
    """The pairs of reported and true spots of one plate."""
    true = truth.spots or ()
    spots = [(lane.index, spot) for plate in reading.plates for lane in plate.lanes for spot in lane.spots]
    if not true or not spots:
        return ()
    cost = np.array([[_distance(lane, spot, t, truth) for t in true] for lane, spot in spots])
    rows, columns = linear_sum_assignment(np.minimum(cost, 10.0))
    return tuple((spots[i][1], true[j]) for i, j in zip(rows, columns, strict=True) if cost[i, j] <= 1.0)


def _distance(lane: int, spot: Spot, true: TrueSpot, plate: TruePlate) -> float:
    """Distance in units of the tolerance."""
    if true.centre_px is None:
        if spot.rf is None or true.rf is None or lane != true.lane:
            return float("inf")
        return abs(spot.rf - true.rf) / TOLERANCE_RF
    allowed = max(TOLERANCE_HEIGHT * _height_px(plate), 0.5 * true.size_px)
    return float(np.hypot(*np.subtract(spot.centre_px, true.centre_px))) / allowed


def _height_px(plate: TruePlate) -> float:
    corners = np.asarray(plate.corners_px)
    return float(np.linalg.norm(corners[[0, 1]] - corners[[3, 2]], axis=1).mean())


def _lanes_right(reading: PlateReading, truth: TruePlate) -> bool:
    plate = _same_plate(reading, truth)
    return plate is not None and len(plate.lanes) == truth.lane_count


def _same_plate(reading: PlateReading, truth: TruePlate) -> Plate | None:
    """The plate read whose centre lies nearest, if it lies inside a quarter of the true plate's height."""
    if not truth.corners_px:
        return reading.plates[0] if len(reading.plates) == 1 else None
    centre = np.mean(truth.corners_px, axis=0)
    away = [float(np.hypot(*(np.mean(plate.corners_px, axis=0) - centre))) for plate in reading.plates]
    if not away or min(away) > 0.25 * _height_px(truth):
        return None
    return reading.plates[int(np.argmin(away))]


def summarise(scores: Sequence[PictureScore]) -> tuple[Row, ...]:
    """One row per group, in order of name."""
    ordered = sorted(scores, key=lambda s: s.group)
    return tuple(row(group, list(members)) for group, members in groupby(ordered, key=lambda s: s.group))


def row(group: str, scores: Sequence[PictureScore]) -> Row:
    """All ``scores`` as one line."""
    misses = [miss for s in scores for miss in s.rf_misses]
    return Row(
        group=group,
        pictures=len(scores),
        recall=_share(sum(s.clear_found for s in scores), sum(s.clear for s in scores)),
        precision=_share(sum(s.reported_true for s in scores), sum(s.reported for s in scores)),
        rf_mae=float(np.mean(misses)) if misses else None,
        coverage=_share(sum(s.rf_within for s in scores), len(misses)),
        with_rf=_share(sum(s.matched_with_rf for s in scores), sum(s.matched_front_visible for s in scores)),
        lanes=_share(sum(s.plates_lanes_right for s in scores), sum(s.plates for s in scores)),
        seconds_per_megapixel=_share(sum(s.seconds for s in scores), sum(s.megapixels for s in scores)),
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
