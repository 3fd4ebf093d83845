"""A plate against its own bare layer, in CIELAB, on a reduced copy of the rectified frame.

Everything that is searched for is searched here; only the fits of single bands go back to the full frame.
Drawn lines and dust are taken out and the gap filled from its surroundings, so that filters need no masks.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .background import fit_background, robust_sigma
from .frames import Landmarks, PlateFrame
from .strokes import Stroke, find_strokes

WORK_HEIGHT_PX: Final = 512
FINE_HEIGHT_PX: Final = 1000
"""For plates with an applicator's narrow bands; the others would only take longer."""
MAX_WORK_AREA_PX: Final = 1_000_000
LINE_SHARE: Final = 0.005
"""Half a drawn line's breadth as a share of the height."""
RELAXATION: Final = (5, 5, 3)
"""Widths of the averaging windows, coarse to fine, with which a filled hole is smoothed."""
PIXEL_NOISE_FLOOR: Final = 0.05
RIM_SHARE: Final = 0.012
"""Share of the height along each edge that is not read: chipped layer, shadow, interpolation."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Contrast:
    """The reduced plate. All arrays (h, w) or (h, w, 3), float32 unless said otherwise.

    ``scale``: pixels here per frame pixel. ``background``: CIELAB of the bare layer. ``difference``: picture minus
    background with drawn things filled in, 0 where not ``usable``. ``noise``: (3,) pixel noise of L, a and b.
    ``drawn``: bool, pixels explained as drawn or dust. ``strokes``: what was recognised among them.
    """

    scale: float
    background: NDArray[np.float32]
    difference: NDArray[np.float32]
    usable: NDArray[np.bool_]
    drawn: NDArray[np.bool_]
    noise: NDArray[np.float64]
    strokes: tuple[Stroke, ...]

    def to_frame(self, value: float) -> float:
        """A coordinate here as a coordinate in the frame (an integer is a pixel's centre in both)."""
        return (value + 0.5) / self.scale - 0.5

    def from_frame(self, value: float) -> float:
        """A frame coordinate as a coordinate here."""
        return (value + 0.5) * self.scale - 0.5


def to_lab(srgb: NDArray[np.float32]) -> NDArray[np.float32]:
    """CIELAB (D65) of gamma-encoded sRGB in 0..1; float32, same shape."""
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(srgb), cv2.COLOR_RGB2Lab), dtype=np.float32)


def work_scale(height: int, width: int, *, rows: int = WORK_HEIGHT_PX) -> float:
    """How much the frame is reduced to have ``rows``; never enlarged, wide plates more."""
    return min(1.0, rows / height, float(np.sqrt(MAX_WORK_AREA_PX / (height * width))))


def _reduce_mask(mask: NDArray[np.bool_], size: tuple[int, int], threshold: float) -> NDArray[np.bool_]:
    if mask.all():
        return np.ones(size[::-1], dtype=np.bool_)
    share = cv2.resize(mask.view(np.uint8) * np.uint8(255), size, interpolation=cv2.INTER_AREA)
    return np.asarray(share > threshold * 255)


def _ink(landmarks: Landmarks, size: tuple[int, int], scale: float) -> NDArray[np.bool_]:
    """What is drawn: the ink found, and a line's breadth along origin and front."""
    mask = cv2.dilate(_reduce_mask(landmarks.ink, size, 0.15).astype(np.uint8), np.ones((3, 3), np.uint8))
    breadth = max(2, round(2 * LINE_SHARE * size[1]))
    for line in (landmarks.origin, landmarks.front):
        if line is not None:
            x = np.linspace(0, size[0] - 1, 65)
            y = [(line.at((v + 0.5) / scale - 0.5) + 0.5) * scale - 0.5 for v in x]
            points = np.stack([x, np.array(y)], axis=1).round().astype(np.int32)
            cv2.polylines(mask, [points.reshape(-1, 1, 2)], False, 1, thickness=breadth)
    return np.asarray(mask > 0)


def _inner(valid: NDArray[np.bool_], rim: int) -> NDArray[np.bool_]:
    """``valid`` without its rim."""
    padded = cv2.copyMakeBorder(valid.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    size = 2 * rim + 1
    return np.asarray(cv2.erode(padded, np.ones((size, size), np.uint8))[1:-1, 1:-1] > 0)


def fill(values: NDArray[np.float32], holes: NDArray[np.bool_]) -> NDArray[np.float32]:
    """``values`` (H, W, C) with ``holes`` filled smoothly from their rims.

    A coarse guess is relaxed towards the solution of Laplace's equation, which adds no extremum of its own: nothing
    that looks like a band can arise in a hole.
    """
    result = values.copy()
    if not holes.any():
        return result
    where = holes.view(np.uint8)
    cv2.copyTo(_pulled(values, (~holes).astype(np.float32)), where, result)
    for size in RELAXATION:
        cv2.copyTo(cv2.blur(result, (size, size)), where, result)
    return result


def _pulled(values: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """A guess everywhere: the finest level of a pyramid on which something is known (Gortler et al., SIGGRAPH 1996)."""
    height, width = weight.shape
    if weight.min() > 0.5 or min(height, width) < 4:
        return values
    share = cv2.pyrDown(weight)
    below = cv2.pyrDown(values * weight[..., None]) / np.maximum(share, 1e-3)[..., None]
    known = (share > 0.05).astype(np.float32)
    guess = _pulled(np.asarray(below, dtype=np.float32), known)
    up = cv2.pyrUp(guess, dstsize=(width, height))
    return np.asarray(cv2.copyTo(up, (weight <= 0.5).view(np.uint8), values.copy()), dtype=np.float32)


def pixel_noise(difference: NDArray[np.float32], usable: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(3,) standard deviation of each channel's pixel-to-pixel noise, from differences of diagonal neighbours."""
    both = usable[:-2:5, :-2] & usable[2::5, 2:]
    step = (difference[2::5, 2:] - difference[:-2:5, :-2])[both]
    return np.array([max(robust_sigma(step[:, c]) / np.sqrt(2), PIXEL_NOISE_FLOOR) for c in range(3)])


def measure_contrast(frame: PlateFrame, landmarks: Landmarks, *, rows: int = WORK_HEIGHT_PX) -> Contrast:
    """The plate's picture, reduced to ``rows``, split into bare layer, drawn things and the rest."""
    height, width = frame.valid.shape
    scale = work_scale(height, width, rows=rows)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    reduced = np.asarray(cv2.resize(frame.srgb, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    lab = to_lab(reduced)
    usable = _inner(_reduce_mask(frame.valid, size, 0.99), max(1, round(RIM_SHARE * size[1])))
    ink = _ink(landmarks, size, scale)
    background = fit_background(lab, usable & ~ink)
    difference = lab - background
    difference[~usable] = 0.0
    noise = pixel_noise(difference, usable & ~ink)
    strokes, stroke_mask = find_strokes(difference[..., 0], usable & ~ink, noise_l=float(noise[0]))
    drawn = ink | stroke_mask
    filled = fill(difference, drawn)
    filled[~usable] = 0.0
    return Contrast(
        scale=scale,
        background=background,
        difference=filled,
        usable=usable,
        drawn=drawn,
        noise=noise,
        strokes=strokes,
    )
