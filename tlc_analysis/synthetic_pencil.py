"""Pencil on a synthetic plate: grainy strokes of a hand, and words written with them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .synthetic_spec import Writing

Array = NDArray[np.float32]
SHIFT = 4  # sub-pixel bits of OpenCV's drawing functions
CAPITAL_PX = 21.0  # height of a capital letter of OpenCV's Hershey font at scale 1


def add_stroke(
    density: Array,
    x_mm: NDArray[np.float64],
    y_mm: NDArray[np.float64],
    *,
    scale: float,
    width_mm: float,
    od: float | NDArray[np.float64],
    rng: np.random.Generator,
) -> None:
    """Adds a line through the points to ``density`` (H, W, 3), soft-edged and uneven as graphite on silica.

    ``od``: optical density of a full mark, or one such value for each channel.
    """
    xy = np.stack([np.asarray(x_mm) * scale - 0.5, np.asarray(y_mm) * scale - 0.5], axis=-1)
    margin = width_mm * scale + 4
    left, top = np.floor(xy.min(axis=0) - margin).astype(int)
    right, bottom = np.ceil(xy.max(axis=0) + margin).astype(int)
    mark = np.zeros((bottom - top, right - left), np.uint8)
    points = np.round((xy - (left, top)) * 2**SHIFT).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(mark, [points], False, 255, max(1, round(width_mm * scale)), cv2.LINE_AA, SHIFT)
    _add(density, mark, (left, top), od, rng)


def add_writing(
    density: Array, word: Writing, *, scale: float, width_mm: float, od: float, rng: np.random.Generator
) -> None:
    """Adds the word to ``density`` (H, W, 3), each letter slanted a little as a hand does."""
    thickness = max(1, round(width_mm * scale * 0.8))
    tall = word.height_mm * scale
    size = tall / CAPITAL_PX
    x = word.x_mm * scale
    for letter in word.text:
        wide = cv2.getTextSize(letter, cv2.FONT_HERSHEY_SIMPLEX, size, thickness)[0][0]
        box = round(2.2 * tall + 2 * thickness + wide)
        glyph = np.zeros((box, box), np.uint8)
        foot = (box // 3, 2 * box // 3)
        cv2.putText(glyph, letter, foot, cv2.FONT_HERSHEY_SIMPLEX, size, 255, thickness, cv2.LINE_AA)
        slant = cv2.getRotationMatrix2D((float(foot[0]), float(foot[1])), float(rng.normal(0, 5)), 1.0)
        glyph = np.asarray(cv2.warpAffine(glyph, slant, (box, box)), np.uint8)
        y = word.y_mm * scale + rng.normal(0, 0.04) * tall
        _add(density, glyph, (round(x) - foot[0], round(y) - foot[1]), od, rng)
        x += wide


def _add(
    density: Array,
    mark: NDArray[np.uint8],
    corner: tuple[int, int],
    od: float | NDArray[np.float64],
    rng: np.random.Generator,
) -> None:
    coarse = rng.uniform(0.55, 1.0, (mark.shape[0] // 3 + 1, mark.shape[1] // 3 + 1)).astype(np.float32)
    grain = cv2.resize(coarse, (mark.shape[1], mark.shape[0]), interpolation=cv2.INTER_LINEAR)
    soft = cv2.GaussianBlur(mark.astype(np.float32) / 255.0, (0, 0), 0.7) * grain
    left, top = corner
    height, width = density.shape[:2]
    y0, x0 = max(0, top), max(0, left)
    y1, x1 = min(height, top + mark.shape[0]), min(width, left + mark.shape[1])
    if y0 >= y1 or x0 >= x1:
        return
    inside = soft[y0 - top : y1 - top, x0 - left : x1 - left, None]
    density[y0:y1, x0:x1] += (inside * np.asarray(od, np.float32)).astype(np.float32)
