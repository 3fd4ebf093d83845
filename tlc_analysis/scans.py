"""Whether a picture without an outline in it is itself a plate: a scan cropped to its rim, or a landscape?

A plate's margin is bare layer all round, since nobody applies a sample at the rim, and across the plate run a line
or two that were drawn, or rows of bands.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .landmarks import is_line
from .model import Illumination
from .regions import Array, WorkingCopy
from .ridges import Ridge, find_ridges
from .strips import cut_strips

_ROWS = 600
_RING = (0.015, 0.06)  # of the sides: the margin without the very rim
_RING_SPREAD = 0.045  # relative to the picture's white
_FEW = 4  # more lines than an origin, a front and two more are ruled paper or a screen
_LAYER = 0.45  # share of a plate that is bare layer


def is_plate(copy: WorkingCopy, srgb: Array, illumination: Illumination) -> bool:
    """``srgb`` (H, W, 3): the whole picture as a frame."""
    spread = _ring_spread(copy.planes)
    if spread > 2 * _RING_SPREAD:
        return False
    bare = _bare_share(copy.planes)
    for picture in (srgb, np.ascontiguousarray(np.rot90(srgb))):
        lines, rows = _across(picture, illumination)
        if bare > _LAYER and any(row.gaps >= 4 and row.snr > 45 for row in rows):
            return True  # bands of several lanes at the same height, with gaps between the lanes
        # Where lanes touch there are no gaps, but row stands above row. In daylight that is a page of text.
        rows_touch = len(rows) >= 3 and illumination != "visible"
        if spread < _RING_SPREAD and ((0 < len(lines) <= _FEW and bare > _LAYER) or rows_touch):
            return True
    return False


def _across(srgb: Array, illumination: Illumination) -> tuple[list[Ridge], list[Ridge]]:
    """Lines and rows of bands across a picture."""
    height, width = srgb.shape[:2]
    rows = min(height, _ROWS)
    small = cv2.resize(srgb, (width, rows), interpolation=cv2.INTER_AREA) if rows < height else srgb
    strips = cut_strips(np.asarray(small, np.float32), np.ones((rows, width), dtype=np.bool_))
    found = [*find_ridges(strips, dark=True), *find_ridges(strips, dark=False)]
    n = len(strips.x)
    lines = [r for r in found if is_line(r, strips, illumination) and r.density * (r.last - r.first + 1) > 0.6 * n]
    inside = [r for r in found if r not in lines and r.first > 0.03 * n and r.last < 0.97 * n]
    return lines, [r for r in inside if r.last - r.first + 1 > 0.5 * n and r.snr > 25]


def _ring_spread(planes: Array) -> float:
    """How much the margin of the picture varies, but for a lamp's falloff, relative to the picture's white."""
    height, width = planes.shape[:2]
    step = max(1, min(4, min(height, width) // 100))  # a small picture's margin is a pixel or two wide
    y, x = np.mgrid[0:height:step, 0:width:step]
    depth = np.minimum(np.minimum(x / width, 1 - x / width), np.minimum(y / height, 1 - y / height))
    ring = (depth > _RING[0]) & (depth < _RING[1])
    u, v = 2 * x[ring] / width - 1, 2 * y[ring] / height - 1
    design = np.column_stack([np.ones(len(u)), u, v, u * u, v * v, u * v])
    values = planes[y[ring], x[ring]].astype(np.float64)
    rest = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return float(np.percentile(np.linalg.norm(rest, axis=1), 75))


def _bare_share(planes: Array) -> float:
    """Share of the picture that keeps to one smooth background."""
    cells = np.asarray(cv2.resize(planes, (32, 32), interpolation=cv2.INTER_AREA), dtype=np.float64).reshape(-1, 3)
    v, u = np.mgrid[-1:1:32j, -1:1:32j].reshape(2, -1)
    design = np.column_stack([np.ones(len(u)), u, v, u * u, v * v, u * v])
    weight: NDArray[np.float64] = np.ones(len(cells))
    distance = np.zeros(len(cells))
    for _ in range(4):
        w = weight[:, None]
        fitted = design @ np.linalg.lstsq(design * w, cells * w, rcond=None)[0]
        distance = np.linalg.norm(cells - fitted, axis=1)
        weight = 1.0 / (1.0 + (distance / 0.03) ** 2)
    return float(np.mean(distance < 0.06))
