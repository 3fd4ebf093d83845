"""Lays several pictures of one plate over each other, so that a spot is one spot with several colours.

The corners give a first homography between two pictures. It is refined on the rectified plates: what all lights
show alike is drawn or broken, not emitted (pencil, rim, scratches), so gradients are compared, not brightness, by
the enhanced correlation coefficient (Evangelidis and Psarakis, IEEE TPAMI 2008, 30, 1858). A refinement that does not
make the two plates more alike is thrown away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from .errors import RegistrationError
from .frames import Picture
from .model import Illumination, Lab, Plate, Point, Spot

Matrix = NDArray[np.float64]
Image = NDArray[np.float32]

HEIGHT_PX = 600  # of the rectified plates: their lines are still a pixel wide
LARGEST_SHIFT = 0.03  # of the height: farther than corners are ever wrong, the refinement has lost its way
SAME_HEIGHT = 0.02  # spots nearer than this share of the height are one spot
LEAST_GAIN = 0.01


@dataclass(frozen=True, kw_only=True, eq=False)
class Alignment:
    """``to_reference``: (3, 3), pixels of the other picture to pixels of the reference picture.

    ``likeness``: correlation of the two plates' gradients, -1 to 1. ``refined``: better than by corners alone.
    ``turned``: the other reading has the plate upside down.
    """

    to_reference: Matrix
    likeness: float
    refined: bool
    turned: bool

    def map(self, point: Point) -> Point:
        """A point of the other picture, in the reference picture."""
        u, v, w = self.to_reference @ (*point, 1.0)
        return float(u / w), float(v / w)


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """One picture of the plate, and the plate as read on it. ``name``: its light or reagent."""

    name: str
    picture: Picture
    plate: Plate

    @property
    def illumination(self) -> Illumination:
        """The light of the picture."""
        return self.picture.illumination


class Shown(Protocol):
    """What merging needs of a view: its pixels are not looked at again."""

    @property
    def name(self) -> str: ...
    @property
    def plate(self) -> Plate: ...


@dataclass(frozen=True, kw_only=True)
class MergedSpot:
    """One spot on all pictures. ``seen``: by view name; ``centre_px`` and ``rf`` of the view that shows it best."""

    lane: int
    centre_px: Point
    rf: float | None
    rf_u: float | None
    best_view: str
    seen: dict[str, Spot]

    @property
    def colours(self) -> dict[str, Lab]:
        """Its colour in every view that shows it."""
        return {name: spot.colour_lab for name, spot in self.seen.items()}


def register(reference: View, other: View) -> Alignment:
    """Aligns ``other`` with ``reference``. Raises :class:`RegistrationError` when they show no common plate."""
    target, to_target = _rectified(reference, turned=False)
    tried = [_align(target, to_target, other, turned) for turned in (False, True)]
    best = max(tried, key=lambda alignment: alignment.likeness)
    if not np.isfinite(best.likeness):
        raise RegistrationError(f"The pictures {reference.name} and {other.name} cannot be laid over each other.")
    # Upside down is believed only when it is clearly more alike: the reading knew its own direction.
    upright = tried[0]
    return upright if best.turned and best.likeness < upright.likeness + 0.1 else best


def merge(views: Sequence[Shown], alignments: Sequence[Alignment]) -> tuple[MergedSpot, ...]:
    """The spots of all views, the first being the reference; ``alignments`` belong to the others, in their order.

    Spots are paired one to one by the least sum of distances, at most ``SAME_HEIGHT`` of the plate's height apart;
    their lane is the reference's.
    """
    if len(alignments) != len(views) - 1:
        raise RegistrationError(f"{len(views)} pictures need {len(views) - 1} alignments, not {len(alignments)}.")
    reference = views[0]
    reach_px = SAME_HEIGHT * _height_px(reference.plate)
    groups: list[tuple[Point, dict[str, Spot]]] = []
    for i, view in enumerate(views):
        spots = [spot for lane in view.plate.lanes for spot in lane.spots]
        placed = [alignments[i - 1].map(s.centre_px) if i else s.centre_px for s in spots]
        _join(groups, view.name, spots, placed, reach_px)
    merged = [_merged(at, seen, reference.plate) for at, seen in groups]
    return tuple(sorted(merged, key=lambda spot: (spot.lane, -spot.centre_px[1])))


def _join(
    groups: list[tuple[Point, dict[str, Spot]]],
    name: str,
    spots: Sequence[Spot],
    placed: Sequence[Point],
    reach_px: float,
) -> None:
    taken: dict[int, int] = {}
    if groups and placed:
        apart = np.array([[np.hypot(*np.subtract(at, point)) for at, _ in groups] for point in placed])
        rows, columns = linear_sum_assignment(np.minimum(apart, 10 * reach_px))
        taken = {int(i): int(j) for i, j in zip(rows, columns, strict=True) if apart[i, j] <= reach_px}
    for i, spot in enumerate(spots):
        if i in taken:
            groups[taken[i]][1][name] = spot
        else:
            groups.append((placed[i], {name: spot}))


def _merged(at: Point, seen: dict[str, Spot], plate: Plate) -> MergedSpot:
    readable = {name: spot for name, spot in seen.items() if spot.rf is not None} or seen
    best = max(readable, key=lambda name: readable[name].snr)
    away = {lane.index: _from_lane(at, lane.origin_px or (lane.x_px, at[1]), lane.front_px) for lane in plate.lanes}
    return MergedSpot(
        lane=min(away, key=lambda index: away[index]) if away else 0,
        centre_px=at,
        rf=seen[best].rf,
        rf_u=seen[best].rf_u,
        best_view=best,
        seen=seen,
    )


def _from_lane(point: Point, origin: Point, front: Point | None) -> float:
    """Distance of a point from a lane's line, in pixels."""
    if front is None:
        return abs(point[0] - origin[0])
    along = np.subtract(front, origin)
    across = np.array([-along[1], along[0]]) / np.hypot(*along)
    return float(abs(np.dot(np.subtract(point, origin), across)))


def _height_px(plate: Plate) -> float:
    corners = np.asarray(plate.corners_px)
    return float(np.linalg.norm(corners[[0, 1]] - corners[[3, 2]], axis=1).mean())


def _width_px(plate: Plate) -> float:
    corners = np.asarray(plate.corners_px)
    return float(np.linalg.norm(corners[[0, 3]] - corners[[1, 2]], axis=1).mean())


def _frame(plate: Plate, size: tuple[int, int], *, turned: bool) -> Matrix:
    """(3, 3) from picture pixels to the rectified plate."""
    width, height = size
    corners = np.asarray(plate.corners_px, np.float32)
    if turned:
        corners = np.roll(corners, 2, axis=0)
    square = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    return np.asarray(cv2.getPerspectiveTransform(corners, square), np.float64)


def _rectified(view: View, *, turned: bool, size: tuple[int, int] | None = None) -> tuple[Image, Matrix]:
    if size is None:
        share = _width_px(view.plate) / max(_height_px(view.plate), 1.0)
        size = (int(np.clip(round(HEIGHT_PX * share), 100, 3 * HEIGHT_PX)), HEIGHT_PX)
    matrix = _frame(view.plate, size, turned=turned)
    grey = view.picture.pixels.mean(axis=2, dtype=np.float32) / np.float32(view.picture.full_scale)
    flat = cv2.warpPerspective(grey, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return _gradients(np.asarray(flat, np.float32)), matrix


def _gradients(grey: Image) -> Image:
    """Strength of edges, evened out: a bright spot must not outweigh a pencil line."""
    soft = cv2.GaussianBlur(grey, (0, 0), 1.5)
    strength = cv2.magnitude(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    local = cv2.GaussianBlur(strength, (0, 0), 30) + np.float32(1e-3)
    return np.asarray(cv2.GaussianBlur(np.minimum(strength / local, 4.0), (0, 0), 1.0), np.float32)


def _align(target: Image, to_target: Matrix, other: View, turned: bool) -> Alignment:
    size = (target.shape[1], target.shape[0])
    source, to_source = _rectified(other, turned=turned, size=size)
    plain = np.eye(3)
    refined = _refine(target, source)
    before = _likeness(target, source, plain)
    after = _likeness(target, source, refined) if refined is not None else -np.inf
    better = refined is not None and after > before + LEAST_GAIN and _shift(refined, size) <= LARGEST_SHIFT * size[1]
    warp = refined if better and refined is not None else plain
    # ECC's warp takes points of the target to points of the source.
    whole = np.linalg.inv(to_target) @ np.linalg.inv(warp) @ to_source
    return Alignment(to_reference=whole, likeness=float(after if better else before), refined=better, turned=turned)


def _refine(target: Image, source: Image) -> Matrix | None:
    """From the corners to an affine map to a homography: in one step, eight parameters run astray on a sparse plate."""
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-5)
    whole = np.eye(3, dtype=np.float32)
    try:
        _, affine = cv2.findTransformECC(target, source, whole[:2].copy(), cv2.MOTION_AFFINE, criteria)
        whole[:2] = affine
        _, warp = cv2.findTransformECC(target, source, whole, cv2.MOTION_HOMOGRAPHY, criteria)
    except cv2.error:  # it raises when it does not converge
        return None
    return np.asarray(warp, np.float64)


def _likeness(target: Image, source: Image, warp: Matrix) -> float:
    size = (target.shape[1], target.shape[0])
    moved = cv2.warpPerspective(source, warp, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    margin = max(2, round(0.02 * size[1]))
    inner = (slice(margin, -margin), slice(margin, -margin))
    with np.errstate(invalid="ignore"):
        return float(np.corrcoef(target[inner].ravel(), moved[inner].ravel())[0, 1])


def _shift(warp: Matrix, size: tuple[int, int]) -> float:
    """The farthest that a corner is moved, in pixels."""
    corners = np.array([[0, 0, 1], [size[0], 0, 1], [size[0], size[1], 1], [0, size[1], 1]], np.float64)
    moved = corners @ warp.T
    return float(np.linalg.norm(moved[:, :2] / moved[:, 2:] - corners[:, :2], axis=1).max())
