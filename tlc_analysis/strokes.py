"""Thin drawn things: pencil strokes, letters, circles round spots, scratches, dust.

A stroke is what a morphological closing (dark) or opening (bright) with a small disc takes away, a spot is what it
leaves. The connected pieces are told apart by their shape.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .model import FeatureKind

DISC_SHARE: Final = 0.011
"""Diameter of the disc as a share of the plate's height: wider than a pencil stroke, narrower than a spot."""
DUST_SHARE: Final = 0.025
"""Largest extent of a grain as a share of the plate's height."""
SEED_SIGMA: Final = 7.0
GROW_SIGMA: Final = 3.0
MIN_STEP_L: Final = 1.5
"""Faintest stroke, in L: thinner ones cannot be mistaken for a spot."""


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """A drawn thing: what it is and its box (x0, y0, x1, y1) in reduced-plate pixels, ends included."""

    kind: FeatureKind
    box: tuple[int, int, int, int]

    @property
    def centre(self) -> tuple[float, float]:
        """Centre of the box (x, y)."""
        return ((self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2)


def find_strokes(
    lightness: NDArray[np.float32], usable: NDArray[np.bool_], *, noise_l: float
) -> tuple[tuple[Stroke, ...], NDArray[np.bool_]]:
    """Drawn things and a (H, W) mask of their pixels.

    ``lightness``: (H, W) L minus that of the bare layer. ``noise_l``: its pixel noise.
    """
    height = lightness.shape[0]
    diameter = max(3, round(DISC_SHARE * height) | 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter))
    strokes: list[Stroke] = []
    mask = np.zeros(usable.shape, dtype=bool)
    for sign in (-1.0, 1.0):
        raised = np.where(usable, sign * lightness, 0).astype(np.float32)
        coarse = np.maximum(cv2.morphologyEx(raised, cv2.MORPH_OPEN, disc), 0)
        thin = raised - coarse
        found, pixels = _pieces(thin, coarse, usable, noise_l, bright=sign > 0)
        strokes += found
        mask |= pixels
    grown = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return tuple(strokes), grown


def _pieces(
    thin: NDArray[np.float32], coarse: NDArray[np.float32], usable: NDArray[np.bool_], noise_l: float, *, bright: bool
) -> tuple[list[Stroke], NDArray[np.bool_]]:
    """The connected pieces of one polarity that are not parts of a spot."""
    low = (thin > np.maximum(GROW_SIGMA * noise_l, 0.25 * coarse)) & (thin > MIN_STEP_L / 2) & usable
    seed = low & (thin > max(SEED_SIGMA * noise_l, MIN_STEP_L))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(low.astype(np.uint8), connectivity=8)
    seeded = np.bincount(labels[seed], minlength=count)
    strokes: list[Stroke] = []
    keep = np.zeros(count, dtype=bool)
    for i in range(1, count):
        if seeded[i] < 2:
            continue
        x, y, w, h, area = (int(v) for v in stats[i])
        piece = labels[y : y + h, x : x + w] == i
        kind = _kind(piece, area, usable.shape, bright=bright)
        if kind is not None:
            keep[i] = True
            strokes.append(Stroke(kind=kind, box=(x, y, x + w - 1, y + h - 1)))
    return strokes, keep[labels]


def _kind(piece: NDArray[np.bool_], area: int, shape: tuple[int, ...], *, bright: bool) -> FeatureKind | None:
    """What a piece is; None for what may be a narrow band or is too small to matter."""
    h, w = piece.shape
    plate_height, plate_width = shape[0], shape[1]
    if max(h, w) <= max(4.0, DUST_SHARE * plate_height):
        return FeatureKind.DUST
    if w > 3 * h and w < 0.25 * plate_width and area > 0.4 * w * h:
        return None  # a flat band of an applicator
    if is_ring(piece):
        return FeatureKind.CIRCLE
    if bright or area > 0.5 * np.hypot(h, w) * max(3.0, DISC_SHARE * plate_height):
        return FeatureKind.SCRATCH
    return FeatureKind.PENCIL


def is_ring(piece: NDArray[np.bool_]) -> bool:
    """Whether the pixels run round an empty middle: an ellipse through them, most of its angles taken."""
    h, w = piece.shape
    if min(h, w) < 7 or max(h, w) > 4 * min(h, w):
        return False
    y, x = np.nonzero(piece)
    radius = np.hypot((x - (w - 1) / 2) / (w / 2), (y - (h - 1) / 2) / (h / 2))
    angle = np.arctan2(y - (h - 1) / 2, x - (w - 1) / 2)
    taken = len(np.unique(np.floor((angle + np.pi) / (2 * np.pi) * 24).clip(0, 23)))
    return bool(np.mean(radius > 0.6) > 0.9 and taken >= 17)
