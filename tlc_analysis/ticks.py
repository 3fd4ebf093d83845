"""Short pencil strokes at the sides of a plate that say where the front (or the origin) was."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .ridges import noise_of, reaches_for, ridge_map
from .strips import Strips

_SIDE = 0.15  # of the width: ticks begin and end within this of an edge
_LENGTHS = (0.035, 0.014)  # of the width: of a stroke, and of one that begins at the very edge
_LOUD = 3.0  # standard deviations, mean over a stroke
_CLIP = 8.0
_THIN = 0.5  # contrast of a pencil stroke at the middle reach, relative to the largest

Array = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A horizontal stroke: its centre in frame pixels, and its mean contrast in standard deviations.

    ``short``: one of the dashes at the very edge, where a chipped rim can look alike.
    """

    x: float
    y: float
    left: bool
    score: float
    short: bool = False


def find_ticks(strips: Strips, *, top: float, bottom: float, dark: bool = True) -> list[Tick]:
    """Strokes at either side between the rows ``top`` and ``bottom`` that do not go on inwards, loudest first."""
    n = strips.signal.shape[1]
    side = max(4, round(_SIDE * n))
    signal = strips.signal if dark else -strips.signal
    ticks: list[Tick] = []
    for share in _LENGTHS:
        length = max(2 if share == _LENGTHS[0] else 1, round(share * n))
        # The short ones are looked for at the very edge alone.
        reach = side if share == _LENGTHS[0] else max(2, 2 * length)
        loose = _strokes(strips, length, dark=dark)
        left = _of_side(loose[:, :reach], loose[:, side : 3 * side], signal[:, :reach], strips.x[:reach], length)
        mirrored, far = loose[:, ::-1][:, :reach], loose[:, ::-1][:, side : 3 * side]
        right = _of_side(mirrored, far, signal[:, ::-1][:, :reach], strips.x[::-1][:reach], length)
        if share == _LENGTHS[0]:
            ticks = [*left, *right]
        else:
            ticks += [replace(one[0], short=True) for one in (left, right) if len(one) == 1 and _is_new(one[0], ticks)]
    return sorted((tick for tick in ticks if top <= tick.y <= bottom), key=lambda tick: -tick.score)


def _is_new(tick: Tick, others: list[Tick]) -> bool:
    return all(abs(tick.y - other.y) > 6 or tick.left != other.left for other in others)


def _strokes(strips: Strips, length: int, *, dark: bool) -> Array:
    """(H, n) standard deviations by which a thin stroke stands out."""
    maps = [ridge_map(strips.signal, dark=dark, reach=reach) for reach in reaches_for(len(strips.signal))]
    noise = [noise_of(each, strips.valid) for each in maps]
    score = np.maximum(maps[0] / np.float32(noise[0]), maps[1] / np.float32(noise[1]))
    # A spot is as good a ridge as a stroke, but a wide one: it gains by being looked at from further away.
    middle, large = (cv2.blur(each, (length, 1)) for each in maps[1:])
    score[(middle < _THIN * large) | ~strips.valid] = 0.0
    # A stroke may lean by a row or so.
    return np.asarray(cv2.dilate(np.clip(score, -1.0, _CLIP), np.ones((3, 1), np.uint8)), np.float32)


def _of_side(side: Array, inward: Array, signal: Array, x: NDArray[np.float64], length: int) -> list[Tick]:
    """Ticks of one side, the plate's edge being at the first strip."""
    runs = cv2.blur(side, (length, 1), borderType=cv2.BORDER_CONSTANT)
    best = runs.max(axis=1)
    # Handwriting and lines that were drawn all the way go on inwards.
    beyond = np.maximum(inward.mean(axis=1), 0.0)
    clean = best - 1.5 * cv2.dilate(beyond.reshape(-1, 1), np.ones((5, 1), np.uint8))[:, 0]
    peaks = np.flatnonzero((clean > _LOUD) & (clean >= np.roll(clean, 1)) & (clean > np.roll(clean, -1)))
    found: list[Tick] = []
    for y in peaks[np.argsort(clean[peaks])[::-1]]:
        if all(abs(y - other.y) > 6 for other in found) and len(found) < 5:
            at = int(np.argmax(runs[y]))
            stroke = slice(max(0, at - length // 2), at - length // 2 + length)
            centre = _middle(signal[:, stroke].mean(axis=1), int(y))
            left = bool(x[0] < x[-1])
            found.append(Tick(x=float(x[stroke].mean()), y=centre, left=left, score=float(clean[y])))
    return found


def _middle(profile: Array, y: int, *, reach: int = 4) -> float:
    """The middle of the valley next to row ``y``: the centroid of what is below its half depth."""
    rows = np.arange(max(0, y - 2 * reach), min(len(profile), y + 2 * reach + 1))
    near = profile[rows]
    depth = np.clip((float(np.median(near)) + float(near.min())) / 2 - near, 0.0, None)
    return float(np.average(rows, weights=depth + 1e-9))
