"""Sets two readings side by side: what the later one lost, found anew, or put elsewhere.

Readings of one picture (same hash) are compared where they lie in it; readings of two pictures of a plate where
they lie on the plate, its corners being (0, 0) to (1, 1). Spots are paired one to one by the least sum of
distances, at most ``PAIR_HEIGHT`` of the plate's height apart.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from .model import Plate, PlateReading, Point, Spot

SCHEMA = "plate-compare/1"
PAIR_HEIGHT = 0.03
MOVED_U = 2.0  # a paired spot has moved when its Rf differs by more than so many of the larger rf_u
MOVED_HEIGHT = 0.005  # where one Rf is withheld: moved when farther apart than this share of the height


@dataclass(frozen=True, kw_only=True)
class Change:
    """One spot that is not where it was. ``before`` or ``after`` is None when there is none."""

    kind: Literal["lost", "appeared", "moved"]
    plate: int  # from 1, in the order of the reading that has it (the earlier for "moved")
    lane_before: int | None
    lane_after: int | None
    rf_before: float | None
    rf_after: float | None
    before_px: Point | None
    after_px: Point | None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """``unchanged``: how many spots are where they were."""

    same_picture: bool
    method_before: str
    method_after: str
    plates_before: int
    plates_after: int
    unchanged: int
    changes: tuple[Change, ...]

    def of(self, kind: Literal["lost", "appeared", "moved"]) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.kind == kind)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    plate: int
    lane: int
    spot: Spot
    at: NDArray[np.float64]  # in plate heights


def compare(before: PlateReading, after: PlateReading) -> Comparison:
    """What changed from ``before`` to ``after``."""
    same = before.image.sha256 == after.image.sha256
    scale = None if not same else max((_height_px(p) for p in (*before.plates, *after.plates)), default=1.0)
    old, new = _seen(before.plates, scale), _seen(after.plates, scale)
    pairs = _pairs(old, new)
    moved = [_change("moved", one, other) for one, other in pairs if _has_moved(one, other)]
    kept_old, kept_new = {id(one) for one, _ in pairs}, {id(other) for _, other in pairs}
    lost = [_change("lost", one, None) for one in old if id(one) not in kept_old]
    appeared = [_change("appeared", None, other) for other in new if id(other) not in kept_new]
    return Comparison(
        same_picture=same,
        method_before=before.method.version,
        method_after=after.method.version,
        plates_before=len(before.plates),
        plates_after=len(after.plates),
        unchanged=len(pairs) - len(moved),
        changes=(*lost, *appeared, *moved),
    )


def to_json(comparison: Comparison) -> dict[str, Any]:
    """``plate-compare/1``: the comparison's fields as they are named."""
    return {"schema": SCHEMA, **asdict(comparison)}


def _seen(plates: Sequence[Plate], scale: float | None) -> list[_Seen]:
    return [
        _Seen(plate=i, lane=lane.index, spot=spot, at=_place(plate, i, spot.centre_px, scale))
        for i, plate in enumerate(plates, start=1)
        for lane in plate.lanes
        for spot in lane.spots
    ]


def _place(plate: Plate, index: int, centre: Point, scale: float | None) -> NDArray[np.float64]:
    if scale is not None:
        return np.asarray(centre, np.float64) / scale
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    to_unit = cv2.getPerspectiveTransform(np.asarray(plate.corners_px, np.float32), unit)
    u, v, w = to_unit @ (*centre, 1.0)
    return np.array([u / w + 10.0 * index, v / w])  # plates are kept apart


def _height_px(plate: Plate) -> float:
    corners = np.asarray(plate.corners_px)
    return float(np.linalg.norm(corners[[0, 1]] - corners[[3, 2]], axis=1).mean())


def _pairs(old: Sequence[_Seen], new: Sequence[_Seen]) -> list[tuple[_Seen, _Seen]]:
    if not old or not new:
        return []
    apart = np.array([[np.hypot(*(a.at - b.at)) for b in new] for a in old])
    rows, columns = linear_sum_assignment(np.minimum(apart, 10 * PAIR_HEIGHT))
    return [(old[int(i)], new[int(j)]) for i, j in zip(rows, columns, strict=True) if apart[i, j] <= PAIR_HEIGHT]


def _has_moved(one: _Seen, other: _Seen) -> bool:
    a, b = one.spot, other.spot
    if a.rf is None or b.rf is None:
        return (a.rf is None) != (b.rf is None) or float(np.hypot(*(one.at - other.at))) > MOVED_HEIGHT
    return abs(a.rf - b.rf) > MOVED_U * max(a.rf_u or 0.0, b.rf_u or 0.0)


def _change(kind: Literal["lost", "appeared", "moved"], one: _Seen | None, other: _Seen | None) -> Change:
    return Change(
        kind=kind,
        plate=one.plate if one else other.plate if other else 0,
        lane_before=one.lane if one else None,
        lane_after=other.lane if other else None,
        rf_before=one.spot.rf if one else None,
        rf_after=other.spot.rf if other else None,
        before_px=one.spot.centre_px if one else None,
        after_px=other.spot.centre_px if other else None,
    )
