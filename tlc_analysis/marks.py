"""What is drawn on the origin: the ticks, dots and crosses that say where samples were applied. And the ink mask."""

from statistics import NormalDist

import cv2
import numpy as np
from numpy.typing import NDArray

from .frames import Line

_TALL = 0.022  # of the height: ticks reach so far above and below the origin at most
_CLEAR = 3.5  # standard deviations
_ON = 5.0  # standard deviations of a dot, a cross or a residue on the line
_DOT = (
    0.010,
    0.006,
)  # of the width and of the height: how far a dot's sides are, and how far it stands out of the line
_BLOT = (0.045, 0.012)  # the same of a cross or of what was left where it was applied

Array = NDArray[np.float32]


def grey_of(srgb: Array) -> Array:
    """(H, W) brightness weighted by the layer's own light, 1 on bare layer."""
    layer = np.maximum(np.median(srgb[::16, ::16].reshape(-1, 3), axis=0), 0.01)
    weight = (1.0 / layer.sum() * np.ones(3)).astype(np.float32).reshape(1, 3)
    return np.asarray(cv2.transform(srgb, weight), dtype=np.float32)


def line_heights(line: Line, width: int) -> NDArray[np.float64]:
    """The line's y at every column."""
    x = np.arange(width, dtype=np.float64)
    y = np.interp(x, line.x, line.y)
    for beyond, end in ((x < line.x[0], 0.0), (x > line.x[-1], width - 1.0)):
        if beyond.any():
            anchor = float(line.x[0] if end == 0.0 else line.x[-1])
            slope = (line.at(end) - line.at(anchor)) / (end - anchor)
            y[beyond] = line.at(anchor) + slope * (x[beyond] - anchor)
    return np.asarray(y, dtype=np.float64)


def tick_marks(grey: Array, line: Line, *, line_width_px: float, dark: bool = True) -> list[tuple[float, float]]:
    """(x, strength in standard deviations) of upright strokes that cross the line, left to right."""
    height, width = grey.shape
    tall = max(6, round(_TALL * height))
    band = _band(grey, line, tall)
    near = min(max(2, round(0.8 * line_width_px)), tall - 3)
    sign = np.float32(1.0 if dark else -1.0)
    # The middle half of what is beyond the line on either side: strokes differ in length.
    above = sign * band[tall - near - (tall - near) // 2 : tall - near].mean(axis=0)
    below = sign * band[tall + near + 1 : tall + near + 1 + (tall - near) // 2].mean(axis=0)
    reach = max(3, round(0.008 * width))
    both = np.minimum(_valley(above, reach), _valley(below, reach))
    peaks = np.flatnonzero((both > _CLEAR) & (both >= np.roll(both, 1)) & (both > np.roll(both, -1)))
    return _apart([(float(x), float(both[x])) for x in peaks], 2.5 * reach)


def things_on(grey: Array, line: Line, *, line_width_px: float) -> list[float]:
    """x of what stands on a line, as much above it as below: dots, crosses, and residues, dark or glowing.

    Ticks are found by :func:`tick_marks`. Nothing of the kind is on a front, above which nothing has run.
    """
    height, width = grey.shape
    tall = max(6, round(_TALL * height))
    band = _band(grey, line, tall)
    near = min(max(1, round(0.5 * line_width_px) + 1), tall - 3)
    seen: list[tuple[float, float]] = []
    for beside, out in (_DOT, _BLOT):
        far = min(near + max(2, round(out * height)), tall)
        above, below = band[tall - far : tall - near].mean(axis=0), band[tall + near + 1 : tall + far + 1].mean(axis=0)
        reach = max(3, round(beside * width))
        for sign in (np.float32(1.0), np.float32(-1.0)):
            both = np.minimum(_valley(sign * above, reach, bare=25.0), _valley(sign * below, reach, bare=25.0))
            both[:reach] = both[-reach:] = 0.0  # the rim
            peaks = np.flatnonzero((both > _ON) & (both >= np.roll(both, 1)) & (both > np.roll(both, -1)))
            seen += [(float(x), float(both[x])) for x in peaks]
    return [x for x, _ in _apart(seen, 2 * _BLOT[0] * width)]


def _band(grey: Array, line: Line, tall: int) -> Array:
    """(2 tall + 1, W) brightness along a line, straightened: the line is the middle row."""
    width = grey.shape[1]
    y = line_heights(line, width)
    offsets = np.arange(-tall, tall + 1, dtype=np.float64)
    columns = np.broadcast_to(np.arange(width, dtype=np.float32), (len(offsets), width))
    rows = (y[None, :] + offsets[:, None]).astype(np.float32)
    band = cv2.remap(grey, np.ascontiguousarray(columns), rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(band, dtype=np.float32)


def _valley(values: Array, reach: int, *, bare: float = 50.0) -> Array:
    """How far each value lies under both that ``reach`` away, in standard deviations of what is ``bare`` percent."""
    smooth = np.convolve(np.pad(values, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    padded = np.pad(smooth, reach, mode="edge")
    depth = np.minimum(padded[: -2 * reach], padded[2 * reach :]) - smooth
    quiet = float(np.percentile(np.abs(depth - np.median(depth)), bare))
    noise = max(quiet / NormalDist().inv_cdf(0.5 + bare / 200), 0.002)
    return np.asarray(depth / noise, dtype=np.float32)


def _apart(marks: list[tuple[float, float]], distance: float) -> list[tuple[float, float]]:
    kept: list[tuple[float, float]] = []
    for mark in sorted(marks, key=lambda mark: -mark[1]):
        if all(abs(mark[0] - other[0]) > distance for other in kept):
            kept.append(mark)
    return sorted(kept)


def ink_mask(
    shape: tuple[int, int],
    strokes: list[tuple[Line, float, float, float]],
    marks: list[float],
    origin: Line | None,
) -> NDArray[np.bool_]:
    """(H, W) bool: pixels explained by what is drawn.

    ``strokes``: lines with the first and last x at which they are seen and their width in pixels; ``marks``: x of the
    ticks that cross ``origin``.
    """
    mask = np.zeros(shape, dtype=np.uint8)
    for line, first, last, width_px in strokes:
        x = np.arange(round(max(0.0, first)), round(min(shape[1] - 1.0, last)) + 1, 4)
        points = np.rint(np.column_stack([x, line_heights(line, shape[1])[x]])).astype(np.int32)
        # Paper and lens spread a stroke beyond its half width.
        cv2.polylines(mask, [points.reshape(-1, 1, 2)], False, (1,), thickness=max(3, round(1.8 * width_px) + 2))
    if origin is not None:
        tall, wide = round(_TALL * shape[0]), max(2, round(0.006 * shape[1]))
        for mark in marks:
            y = origin.at(mark)
            top, bottom = max(0, round(y - tall)), round(y + tall) + 1
            mask[top:bottom, max(0, round(mark) - wide) : round(mark) + wide + 1] = 1
    return mask.astype(np.bool_)
