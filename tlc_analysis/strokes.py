"""Thin drawn things: pencil strokes, letters, circles round spots, scratches, dust.

A stroke is what a morphological opening with a disc takes away, and a ridge: its curvature across is large, along
nearly none (eigenvalues of the Hessian: Steger, IEEE PAMI 1998, 20, 113). A grain is taken away by a smaller disc.
A spot is what both leave. The connected pieces are told apart by their shape.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .model import FeatureKind

STROKE_SHARE: Final = 0.02
"""Diameter of the disc that takes strokes away, as a share of the plate's height."""
GRAIN_SHARE: Final = 0.011
"""Diameter of the disc that takes grains away: narrower than a spot."""
DUST_SHARE: Final = 0.02
"""Largest extent of a grain as a share of the plate's height."""
RING_SHARE: Final = 0.035
"""Smallest circle that anybody draws round a spot, as a share of the plate's height."""
DASH: Final = 2.5
ASLANT: Final = 0.35
"""Thickness over height from which a flat piece is a band rather than a line that leans."""
STRAIGHT: Final = 0.9
"""Correlation of row and column along a line that leans."""
RIDGE_SHARE: Final = 0.0035
"""Standard deviation of the smoothing before curvature is taken, as a share of the plate's height."""
ROUNDNESS: Final = 0.45
"""A ridge bends along itself less than this share of what it bends across."""
BLUR_SHARE: Final = 0.011
"""Diameter by which drawn things are grown: their blurred flanks."""
CLOSED: Final = 16
"""Sectors of 24 that must be drawn of a circle for the rest of it to be filled in."""
SEED_SIGMA: Final = 6.0
GROW_SIGMA: Final = 3.0
LEVELS_PER_L: Final = 256
MIN_STEP_L: Final = 1.5
"""Faintest stroke, in L: fainter ones cannot be mistaken for a spot."""

_Float = NDArray[np.float32]
_Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """A drawn thing: what it is and its box (x0, y0, x1, y1) in reduced-plate pixels, ends included."""

    kind: FeatureKind
    box: tuple[int, int, int, int]

    @property
    def centre(self) -> tuple[float, float]:
        """Centre of the box (x, y)."""
        return ((self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2)


def find_strokes(lightness: _Float, usable: _Mask, *, noise_l: float) -> tuple[tuple[Stroke, ...], _Mask]:
    """Drawn things and a (H, W) mask of their pixels.

    ``lightness``: (H, W) L minus that of the bare layer. ``noise_l``: its pixel noise.
    """
    strokes: list[Stroke] = []
    mask = np.zeros(usable.shape, dtype=np.bool_)
    for bright in (False, True):
        raised = np.where(usable, lightness if bright else -lightness, 0).astype(np.float32)
        found, pixels = _strokes(raised, usable, noise_l, bright=bright)
        beside = cv2.dilate(pixels.astype(np.uint8), _disc(BLUR_SHARE, usable.shape[0])) > 0
        grains, specks = _grains(raised, usable & ~beside, noise_l)
        strokes += found + grains
        mask |= _close_rings(found, pixels) | specks
    grown = cv2.dilate(mask.astype(np.uint8), _disc(BLUR_SHARE, usable.shape[0]))
    return tuple(strokes), np.asarray(grown > 0, dtype=np.bool_)


def _disc(share: float, height: int) -> NDArray[np.uint8]:
    diameter = max(3, round(share * height) | 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter)), dtype=np.uint8)


def _thin(raised: _Float, share: float) -> tuple[_Float, _Float]:
    """What a disc takes away, and what it leaves."""
    levels = np.clip(raised * LEVELS_PER_L, 0, 65535).astype(np.uint16)  # several times faster than float
    opened = cv2.morphologyEx(levels, cv2.MORPH_OPEN, _disc(share, raised.shape[0]))
    coarse = np.asarray(opened, dtype=np.float32) / np.float32(LEVELS_PER_L)
    return np.asarray(raised - coarse, dtype=np.float32), np.asarray(coarse, dtype=np.float32)


def _strokes(raised: _Float, usable: _Mask, noise_l: float, *, bright: bool) -> tuple[list[Stroke], _Mask]:
    sigma = max(1.0, RIDGE_SHARE * raised.shape[0])
    smooth = np.asarray(cv2.GaussianBlur(raised, (0, 0), sigma), dtype=np.float32)
    thin, coarse = _thin(smooth, STROKE_SHARE)
    noise = noise_l / (2 * sigma)  # of independent pixels after the smoothing, with a margin
    level = np.maximum(GROW_SIGMA * noise, 0.15 * coarse)
    low = (thin > np.maximum(level, MIN_STEP_L / 3)) & _ridges(smooth) & usable
    seed = low & (thin > max(SEED_SIGMA * noise, MIN_STEP_L / 1.5))
    return _pieces(low, seed, lambda piece, area: _kind(piece, area, usable.shape, bright=bright), bridge=3)


def _ridges(smooth: _Float) -> _Mask:
    """Where the surface bends down across and hardly along."""
    xx = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=3)
    yy = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=3)
    xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3)
    mean, half = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    across, along = mean - half, mean + half
    return np.asarray((across < 0) & (np.abs(along) < ROUNDNESS * -across))


def _kind(piece: _Mask, area: int, shape: tuple[int, ...], *, bright: bool) -> FeatureKind | None:
    """What a long thin piece is; None for what may be a flat band, or is too short to be told."""
    h, w = piece.shape
    plate_height, plate_width = shape[0], shape[1]
    if max(h, w) < DUST_SHARE * plate_height or (max(h, w) < RING_SHARE * plate_height and not _is_dash(piece)):
        return None
    flat = w > 1.5 * h and w < 0.25 * plate_width
    level = w > 2.5 * h and not _is_bent(piece) and not _is_aslant(piece)
    if flat and (level or area > GRAIN_SHARE * plate_height * w):
        return None  # a flat band of an applicator
    if max(h, w) > RING_SHARE * plate_height and ellipse_through(piece) is not None:
        return FeatureKind.CIRCLE
    return FeatureKind.SCRATCH if bright else FeatureKind.PENCIL


def _is_dash(piece: _Mask) -> bool:
    """Whether a short piece is a stroke standing or leaning, rather than part of a small spot."""
    y, x = np.nonzero(piece)
    (_, (a, b), _) = cv2.minAreaRect(np.stack([x, y], axis=1).astype(np.float32).reshape(-1, 1, 2))
    return bool(piece.shape[0] > piece.shape[1] and max(a, b) + 1 > DASH * (min(a, b) + 1))


def _is_aslant(piece: _Mask) -> bool:
    """Whether a flat piece is a thin line that is only as high as it leans; a band is as thick as it is high."""
    h, w = piece.shape
    y, x = np.nonzero(piece)
    if h < 3 or len(x) > ASLANT * h * np.hypot(w, h):
        return False
    return bool(abs(np.corrcoef(x, y)[0, 1]) > STRAIGHT)


def _is_bent(piece: _Mask) -> bool:
    """Whether a flat piece is an arc: its middle line leaves its chord by much of the piece's height."""
    h, w = piece.shape
    count = piece.sum(axis=0)
    x = np.nonzero(count)[0]
    if len(x) < 5:
        return False
    middle = (piece * np.arange(h)[:, None]).sum(axis=0)[x] / count[x]
    bend = float(np.polyfit((x - (w - 1) / 2) / (w / 2), middle, 2)[0])
    return bool(abs(bend) > max(1.5, 0.4 * h))


Ellipse = tuple[tuple[float, float], tuple[float, float], float]


def ellipse_through(piece: _Mask, *, drawn: int = 10) -> Ellipse | None:
    """The ellipse (centre, axes, angle) that the pixels run along, or None.

    ``drawn``: how many of its 24 sectors of 15 degrees must be there.
    """
    y, x = np.nonzero(piece)
    if len(x) < 12:
        return None
    points = np.stack([x, y], axis=1).astype(np.float32).reshape(-1, 1, 2)
    (cx, cy), (a, b), turn = cv2.fitEllipseDirect(points)
    if not (
        np.isfinite([cx, cy, a, b]).all() and min(a, b) > 6 and max(a, b) < min(3 * min(a, b), 3 * max(piece.shape))
    ):
        return None
    cosine, sine = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    u = ((x - cx) * cosine + (y - cy) * sine) / (a / 2)
    v = (-(x - cx) * sine + (y - cy) * cosine) / (b / 2)
    off = np.abs(np.hypot(u, v) - 1)
    taken = len(np.unique(np.floor((np.arctan2(v, u) + np.pi) / (2 * np.pi) * 24).clip(0, 23)))
    if float(np.mean(off)) > 0.15 or float(np.mean(off > 0.45)) > 0.05 or taken < drawn:
        return None
    return ((float(cx), float(cy)), (float(a), float(b)), float(turn))


def _close_rings(strokes: list[Stroke], mask: _Mask) -> _Mask:
    """``mask`` with every circle drawn to the end: what is too faint to see of it still hides behind no spot."""
    closed = mask.astype(np.uint8)
    for stroke in strokes:
        if stroke.kind is FeatureKind.CIRCLE:
            x0, y0, x1, y1 = stroke.box
            ellipse = ellipse_through(mask[y0 : y1 + 1, x0 : x1 + 1], drawn=CLOSED)
            if ellipse is not None:
                (cx, cy), axes, turn = ellipse
                cv2.ellipse(closed, ((cx + x0, cy + y0), axes, turn), 1, thickness=2)
    return np.asarray(closed > 0, dtype=np.bool_)


def _grains(raised: _Float, usable: _Mask, noise_l: float) -> tuple[list[Stroke], _Mask]:
    thin, coarse = _thin(raised, GRAIN_SHARE)
    low = (thin > np.maximum(GROW_SIGMA * noise_l, 0.25 * coarse)) & (thin > MIN_STEP_L / 2) & usable
    seed = low & (thin > np.maximum(max(SEED_SIGMA * noise_l, MIN_STEP_L), 0.9 * coarse))
    largest = max(4.0, DUST_SHARE * raised.shape[0])
    return _pieces(low, seed, lambda piece, _: FeatureKind.DUST if max(piece.shape) <= largest else None)


def _pieces(
    low: _Mask, seed: _Mask, kind_of: Callable[[_Mask, int], FeatureKind | None], *, bridge: int = 1
) -> tuple[list[Stroke], _Mask]:
    """The connected pieces of ``low`` that hold a few pixels of ``seed`` and have a kind.

    Gaps narrower than ``bridge`` do not part a piece: a circle is seldom quite closed.
    """
    if np.count_nonzero(seed) < 2:
        return [], np.zeros(low.shape, dtype=np.bool_)
    joined = low.astype(np.uint8)
    if bridge > 1:
        joined = np.asarray(cv2.morphologyEx(joined, cv2.MORPH_CLOSE, np.ones((bridge, bridge), np.uint8)), np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    seeded = np.bincount(labels[seed], minlength=count)
    strokes: list[Stroke] = []
    kept = np.zeros(low.shape, dtype=np.bool_)
    for i in np.nonzero(seeded[1:] >= 2)[0] + 1:
        x, y, w, h, area = (int(v) for v in stats[i])
        box = (slice(y, y + h), slice(x, x + w))
        piece = np.asarray((labels[box] == i) & low[box])
        kind = kind_of(piece, int(np.count_nonzero(piece)) if bridge > 1 else area)
        if kind is not None:
            kept[box] |= piece
            strokes.append(Stroke(kind=kind, box=(x, y, x + w - 1, y + h - 1)))
    return strokes, kept
