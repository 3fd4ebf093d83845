"""Short pencil strokes at the sides of a plate that say where the front (or the origin) was."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .ridges import noise_of, reaches_for, ridge_map
from .strips import Strips

_SIDE = 0.15  # of the width: ticks begin and end within this of an edge
_LENGTH = 0.035  # of the width: shortest stroke
_LOUD = 3.0  # standard deviations, mean over a stroke
_CLIP = 8.0
_THIN = 0.45  # contrast of a pencil stroke at the smallest reach, relative to the largest

Array = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A horizontal stroke: its centre in frame pixels, and its mean contrast in standard deviations."""

    x: float
    y: float
    left: bool
    score: float


def find_ticks(strips: Strips, *, top: float, bottom: float, dark: bool = True) -> list[Tick]:
    """Strokes at either side between the rows ``top`` and ``bottom`` that do not go on inwards, loudest first."""
    height, n = strips.signal.shape
    small, _, large = (ridge_map(strips.signal, dark=dark, reach=reach) for reach in reaches_for(height))
    score = small / np.float32(noise_of(small, strips.valid))
    # A spot is as good a ridge as a stroke, but a wide one: it gains by being looked at from further away.
    score[(small < _THIN * large) | ~strips.valid] = 0.0
    score = np.clip(score, -1.0, _CLIP)
    loose = np.asarray(cv2.dilate(score, np.ones((3, 1), np.uint8)), np.float32)  # a stroke may lean by a row or so
    side, length = max(4, round(_SIDE * n)), max(2, round(_LENGTH * n))
    ticks = [
        *_of_side(loose[:, :side], loose[:, side : 3 * side], strips.x[:side], length, left=True),
        *_of_side(loose[:, -side:][:, ::-1], loose[:, -3 * side : -side], strips.x[-side:][::-1], length, left=False),
    ]
    return sorted((tick for tick in ticks if top <= tick.y <= bottom), key=lambda tick: -tick.score)


def _of_side(side: Array, inward: Array, x: NDArray[np.float64], length: int, *, left: bool) -> list[Tick]:
    runs = cv2.blur(side, (length, 1), borderType=cv2.BORDER_CONSTANT)
    best = runs.max(axis=1)
    # Handwriting and lines that were drawn all the way go on inwards.
    beyond = np.maximum(inward.mean(axis=1), 0.0)
    clean = best - 1.5 * cv2.dilate(beyond.reshape(-1, 1), np.ones((5, 1), np.uint8))[:, 0]
    peaks = np.flatnonzero((clean > _LOUD) & (clean >= np.roll(clean, 1)) & (clean > np.roll(clean, -1)))
    found: list[Tick] = []
    for y in peaks[np.argsort(clean[peaks])[::-1]]:
        if all(abs(y - other.y) > 6 for other in found) and len(found) < 5:
            here = np.clip(clean[y - 2 : y + 3], 0.0, None) if 2 <= y < len(clean) - 2 else clean[y : y + 1]
            centre = float(y + np.average(np.arange(len(here)) - len(here) // 2, weights=here + 1e-6))
            at = int(np.argmax(runs[y]))
            found.append(Tick(x=float(x[min(at, len(x) - 1)]), y=centre, left=left, score=float(clean[y])))
    return found
