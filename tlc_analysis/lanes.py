"""Lanes: from application marks and residues on the origin, then from where bands line up, then from the comb.

Marked lanes are lanes even when empty. A lane that nothing marks is added only where an otherwise regular comb has
exactly one tooth missing.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

COMB_TOLERANCE: Final = 0.1
"""Largest departure of a lane from the comb, in pitches, for the comb to be believed."""
DOUBLE_SHARE: Final = 0.05
"""Marks nearer than this share of the width may be two sides of one."""
MANY: Final = 6
STRAY_SHARE: Final = 0.2
STRAY_WEIGHT: Final = 20.0
OWN_PLACE: Final = (0.7, 1.3)
"""Pitches from the nearest lane at which a lane would stand; a stray between two is nearer, one in a margin farther."""
MOST_LEAN: Final = 0.1
"""Columns per row: no lane of a plate that stood in a tank leans more."""
LEAN_STEPS: Final = 20
LEAN_GAIN: Final = 1.25
"""By so much must bands line up better aslant than upright."""
FREE: Final = 0.35
"""Pitches from the nearest lane at which a label is another lane's: an empty one between two is half a pitch off."""
MIN_GAP_SHARE: Final = 0.02
"""Lanes are never closer than this share of the plate's width."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Something that stands in a lane: a band or an origin residue, frame pixels. ``weight``: how sure it is."""

    x: float
    y: float
    width: float
    weight: float


@dataclass(frozen=True, kw_only=True)
class LanePath:
    """A lane's centre line in frame pixels: ``x`` at row ``y``, moving ``slope`` columns per row."""

    x: float
    y: float
    slope: float = 0.0
    half_width: float = 0.0
    marked: bool = False

    def at(self, y: float) -> float:
        """Column at row ``y``."""
        return self.x + self.slope * (y - self.y)


@dataclass(frozen=True, kw_only=True)
class LaneSet:
    """Lanes from left to right, and whether their number is doubtful."""

    paths: tuple[LanePath, ...]
    uncertain: bool


@dataclass
class _Cluster:
    x: float
    weight: float
    widths: list[float]
    marked: bool


def find_lanes(
    seen: list[Evidence],
    *,
    marks: tuple[float, ...],
    origin_y: float,
    width: float,
    labels: tuple[float, ...] = (),
    lane_count: int | None = None,
) -> LaneSet:
    """Lanes from evidence: ``seen``, bands and residues; ``marks``, columns of application marks. Frame pixels.

    ``labels``: columns of what is written under the origin. ``origin_y``: row at which a lane's x is told.
    ``width``: of the plate. ``lane_count``: what somebody said, which fills or thins what is seen but commands nothing.
    """
    tolerance = _tolerance(seen, width)
    marks = _single(marks, width)
    lean = common_lean(seen, (*marks, *labels), origin_y=origin_y, width=width)
    seen = [replace(item, x=item.x - lean * (item.y - origin_y)) for item in seen]
    clusters = _cluster(seen, width)
    clusters = _add_marks(clusters, marks, max(tolerance, 0.4 * _pitch(list(marks), 0.0)))
    clusters = _without_stray(clusters, 1.4 * tolerance)
    clusters = _add_labelled(clusters, labels, tolerance)
    clusters = _fill_comb(clusters)
    uncertain = False
    if lane_count is not None and lane_count != len(clusters):
        clusters = _towards(clusters, lane_count, width)
        uncertain = lane_count != len(clusters)
    paths = _paths(clusters, seen, origin_y, width, tolerance)
    leaning = tuple(replace(path, slope=path.slope + lean) for path in paths)
    return LaneSet(paths=leaning, uncertain=uncertain)


def common_lean(seen: list[Evidence], anchors: tuple[float, ...], *, origin_y: float, width: float) -> float:
    """Columns per row by which all lanes lean, since a plate that stood aslant was run aslant; 0 if none is clear.

    The lean at which bands, and what is drawn at the origin (``anchors``), line up best: the largest sum of squares of
    their density across the plate.
    """
    if len(seen) < 3:
        return 0.0
    x = np.array([*(item.x for item in seen), *anchors])
    up = np.array([*(item.y - origin_y for item in seen), *(0.0 for _ in anchors)])
    say = np.array([*(item.weight for item in seen), *(STRAY_WEIGHT for _ in anchors)])
    reach = float(np.clip(0.15 * _typical_width(seen), 0.006 * width, 0.02 * width))
    leans = np.linspace(-MOST_LEAN, MOST_LEAN, 2 * LEAN_STEPS + 1)
    at = x - leans[:, None] * up
    sharp = (say[:, None] * say * np.exp(-0.25 * ((at[:, :, None] - at[:, None, :]) / reach) ** 2)).sum(axis=(1, 2))
    alone = float((say**2).sum())
    best = int(np.argmax(sharp))
    gain = (sharp[best] - alone) / max(sharp[LEAN_STEPS] - alone, 0.05 * alone)
    return float(leans[best]) if gain > LEAN_GAIN else 0.0


def lanes_at(xs: tuple[float, ...], seen: list[Evidence], *, origin_y: float, width: float) -> LaneSet:
    """Lanes where a person has put them: nothing is added, dropped or moved at the origin."""
    clusters = [_Cluster(x=x, weight=1.0, widths=[], marked=True) for x in sorted(xs)]
    return LaneSet(paths=_paths(clusters, seen, origin_y, width, _tolerance(seen, width)), uncertain=False)


def _tolerance(seen: list[Evidence], width: float) -> float:
    """How far bands of one lane may lie apart: half a typical band."""
    return max(MIN_GAP_SHARE * width, 0.5 * min(_typical_width(seen), 0.2 * width))


def _typical_width(seen: list[Evidence]) -> float:
    """Weighted median width of the candidates, 0 for none."""
    if not seen:
        return 0.0
    ordered = sorted(seen, key=lambda item: item.width)
    share = np.cumsum([item.weight for item in ordered])
    return ordered[int(np.searchsorted(share, share[-1] / 2))].width


def _cluster(seen: list[Evidence], width: float) -> list[_Cluster]:
    """Where candidates line up: maxima of their density across the plate, each with the candidates nearest to it."""
    if not seen:
        return []
    typical = _typical_width(seen)
    reach = float(np.clip(0.22 * typical, 0.008 * width, 0.03 * width))
    x = np.array([item.x for item in seen])
    say = np.array([item.weight for item in seen])
    grid = np.arange(0.0, width, max(0.5, reach / 6))
    density = (say * np.exp(-0.5 * ((grid[:, None] - x) / reach) ** 2)).sum(axis=1)
    peaks = grid[_maxima(density)]
    centres: list[float] = []
    for peak in sorted(peaks, key=lambda g: -np.interp(g, grid, density)):
        if all(abs(peak - c) > max(MIN_GAP_SHARE * width, 0.6 * typical) for c in centres):
            centres.append(float(peak))
    nearest = np.argmin(np.abs(x[:, None] - np.array(centres)), axis=1)
    clusters = []
    for i, centre in enumerate(centres):
        own = [b for b, n in zip(seen, nearest, strict=True) if n == i and abs(b.x - centre) < 3 * reach]
        if own:
            clusters.append(_cluster_of(own))
    return sorted(clusters, key=lambda c: c.x)


def _maxima(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Indices of local maxima, ends included."""
    padded = np.concatenate([[-np.inf], values, [-np.inf]])
    return np.nonzero((padded[1:-1] > padded[:-2]) & (padded[1:-1] >= padded[2:]))[0]


def _cluster_of(seen: list[Evidence]) -> _Cluster:
    weights = [item.weight for item in seen]
    return _Cluster(
        x=float(np.average([b.x for b in seen], weights=weights)),
        weight=float(sum(weights)),
        widths=[b.width for b in seen],
        marked=False,
    )


def _single(marks: tuple[float, ...], width: float) -> tuple[float, ...]:
    """Marks with the two sides of one cross or dot made one: much nearer to each other than lanes are."""
    gaps = np.diff(sorted(marks))
    if len(gaps) == 0:
        return marks
    near = min(DOUBLE_SHARE * width, 0.4 * float(gaps.max())) if len(gaps) > 1 else DOUBLE_SHARE * width
    merged: list[list[float]] = []
    for mark in sorted(marks):
        if merged and mark - merged[-1][-1] < near:
            merged[-1].append(mark)
        else:
            merged.append([mark])
    return tuple(float(np.mean(group)) for group in merged)


def _add_marks(clusters: list[_Cluster], marks: tuple[float, ...], reach: float) -> list[_Cluster]:
    """Each mark adopts the nearest lane in reach or becomes an empty one."""
    free = list(clusters)
    result: list[_Cluster] = []
    for mark in sorted(marks):
        near = [c for c in free if abs(c.x - mark) <= reach]
        if near:
            best = min(near, key=lambda c: abs(c.x - mark))
            free.remove(best)
            result.append(_Cluster(x=mark, weight=best.weight + 20, widths=best.widths, marked=True))
        else:
            result.append(_Cluster(x=mark, weight=20, widths=[], marked=True))
    return sorted(result + free, key=lambda c: c.x)


def _add_labelled(clusters: list[_Cluster], labels: tuple[float, ...], tolerance: float) -> list[_Cluster]:
    """A label that stands under no lane is an empty lane's, if the other labels do stand under lanes."""
    if len(labels) < 2 or all(c.marked for c in clusters):  # where each lane has its mark, an empty one has too
        return clusters
    away = [min(abs(c.x - label) for c in clusters) for label in labels]
    spacing = _pitch([c.x for c in clusters], float(np.min(np.diff(sorted(labels)))))
    under = [distance < max(tolerance, 0.3 * spacing) for distance in away]
    free = [label for label, distance in zip(labels, away, strict=True) if distance > FREE * spacing]
    if sum(under) < max(1, len(free)) or len(free) + sum(under) < len(labels):
        return clusters
    empty = [_Cluster(x=label, weight=0.0, widths=[], marked=False) for label in free]
    return sorted([*clusters, *empty], key=lambda c: c.x)


def _without_stray(clusters: list[_Cluster], room: float) -> list[_Cluster]:
    """Something faint that crowds lanes where there are many, or that no mark bears out where some do, is no lane.

    What stands one pitch from the nearest other lane is a lane with little in it.
    """
    if len(clusters) >= MANY:
        usual = float(np.median([c.weight for c in clusters]))
        sure = [c.x for c in clusters if c.marked or c.weight > STRAY_SHARE * usual]
        low, high = (share * _pitch(sure, 0.0) for share in OWN_PLACE)
        clusters = [c for c in clusters if c.x in sure or low < min(abs(c.x - x) for x in sure) < high]
    marked = [c.x for c in clusters if c.marked]
    if len(marked) < 2:
        return clusters
    return [
        c
        for c in clusters
        if c.marked or (c.weight > STRAY_WEIGHT and min(abs(c.x - x) for x in marked) > room)
    ]  # fmt: skip


def _pitch(xs: list[float], otherwise: float) -> float:
    """Typical distance between neighbours, or ``otherwise`` with fewer than two."""
    return float(np.median(np.diff(sorted(xs)))) if len(xs) > 1 else otherwise


def comb_of(xs: list[float]) -> tuple[float, NDArray[np.int_]] | None:
    """Pitch and tooth number of each lane if they stand on a regular comb, else None. Needs three lanes."""
    if len(xs) < 3:
        return None
    x = np.asarray(sorted(xs))
    gaps = np.diff(x)
    pitches = [np.min(gaps), np.median(gaps)] if len(x) >= MANY else [np.min(gaps)]  # few lanes fit many a comb
    found = (_comb_with(x, float(pitch)) for pitch in pitches)
    return next((comb for comb in found if comb is not None), None)


def _comb_with(x: NDArray[np.float64], gap: float) -> tuple[float, NDArray[np.int_]] | None:
    """The comb whose pitch is about ``gap``."""
    tooth = np.rint((x - x[0]) / gap).astype(int)
    for _ in range(3):
        slope, start = np.polyfit(tooth, x, 1)
        tooth = np.rint((x - start) / slope).astype(int)
    if len(set(tooth.tolist())) < len(x) or np.max(np.abs(x - start - slope * tooth)) > COMB_TOLERANCE * slope:
        return None
    return float(slope), tooth - tooth[0]


def _fill_comb(clusters: list[_Cluster]) -> list[_Cluster]:
    """Add the missing tooth of a regular comb."""
    comb = comb_of([c.x for c in clusters])
    if comb is None:
        return clusters
    _, tooth = comb
    filled: list[_Cluster] = []
    for i, cluster in enumerate(clusters):
        if i and tooth[i] - tooth[i - 1] == 2 and len(clusters) > 2 * int(np.sum(np.diff(tooth) > 1)) + 1:
            filled.append(_Cluster(x=(clusters[i - 1].x + cluster.x) / 2, weight=0, widths=[], marked=False))
        filled.append(cluster)
    return filled


def _towards(clusters: list[_Cluster], count: int, width: float) -> list[_Cluster]:
    """Drop unmarked weak lanes, or fill gaps of the comb, as far as the picture allows."""
    result = list(clusters)
    while len(result) > count:
        weak = [c for c in result if not c.marked and c.weight < 30]
        if not weak:
            return result
        result.remove(min(weak, key=lambda c: c.weight))
    while 2 <= len(result) < count:
        gaps = np.diff([c.x for c in result])
        widest = int(np.argmax(gaps))
        if gaps[widest] > 1.6 * float(np.min(gaps)):
            x = result[widest].x + float(np.min(gaps))
        elif result[-1].x + gaps.mean() < 0.97 * width and result[0].x > width - result[-1].x - gaps.mean():
            x = result[-1].x + float(gaps.mean())
        elif result[0].x - gaps.mean() > 0.03 * width:
            x = result[0].x - float(gaps.mean())
        else:
            return result
        result = sorted([*result, _Cluster(x=x, weight=0, widths=[], marked=False)], key=lambda c: c.x)
    return result


def _paths(
    clusters: list[_Cluster], seen: list[Evidence], origin_y: float, width: float, tolerance: float
) -> tuple[LanePath, ...]:
    """Centre lines with the width of each lane: its bands' width, bounded by its neighbours."""
    xs = [c.x for c in clusters]
    typical = float(np.median([w for c in clusters for w in c.widths])) if any(c.widths for c in clusters) else 0.0
    paths = []
    for i, cluster in enumerate(clusters):
        room = min([abs(x - cluster.x) for j, x in enumerate(xs) if j != i], default=0.5 * width)
        own = max([*cluster.widths, typical, 2 * tolerance])
        paths.append(
            LanePath(x=cluster.x, y=origin_y, half_width=min(0.6 * own, 0.5 * room), marked=cluster.marked)
        )  # fmt: skip
    return tuple(_tilted(path, seen) for path in paths)


def _tilted(path: LanePath, seen: list[Evidence]) -> LanePath:
    """The lane through its own bands, when three or more of them say together that it leans."""
    own = [b for b in seen if abs(b.x - path.x) < path.half_width and b.weight > 10]
    if len(own) < 3 or np.ptp([b.y for b in own]) < 100:
        return path
    y = np.array([b.y for b in own]) - path.y
    x = np.array([b.x for b in own]) - path.x
    weights = np.sqrt([b.weight for b in own])
    if path.marked:
        slope = float((weights * x * y).sum() / (weights * y * y).sum())
        scatter = x - slope * y
    else:
        slope, offset = (float(v) for v in np.polyfit(y, x, 1, w=weights))
        scatter = x - slope * y - offset
    if abs(slope) < 0.01 or np.std(scatter) > 0.6 * np.std(x) or abs(slope) > 0.2:
        return path
    return replace(path, slope=slope, x=path.x if path.marked else path.x + offset)
