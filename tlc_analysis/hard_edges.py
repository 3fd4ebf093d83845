"""Printed things tell themselves apart from bands by their edges.

What has travelled through a layer has spread: between a fifth and four fifths of its height a band takes a quarter of
its breadth or more, overloaded ones included (a Gaussian takes half). Print, keys and screens go from bare to full
within the picture's own blur, on every side.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .contrast import Contrast, to_lab
from .locate import Located
from .sheet import Sheet

HARD_SHARE: Final = 0.18
"""Of the breadth at half height: a sharper softest side is print's. Plates measured, drawn and real: 0.24 to 0.54."""
CLEAR_LAB: Final = 8.0
CLIPPED_SHARE: Final = 0.05
"""More than this clipped says nothing: cut off near its foot, a band has steep sides too."""
THICK_SHARE: Final = 0.02
"""Of the height: thinner than this is a stroke, or a sprayed-on band."""
LARGE_SHARE: Final = 0.05
"""Root of an area over the height: of smaller ones two pixels are too large a part; they are judged in the frame."""
HARD_STEP: Final = 0.75
"""Of the whole step across an area's edge, within two pixels. Plates measured reach this on 0 to 7 % of their edges."""
HARD_EDGED: Final = 0.2
"""Share of an edge that is hard, from which an area is printed; the printed ones measured have 0.22 to 0.92."""
_REACH: Final = 1.3
_CORE: Final = 0.12
_MOST: Final = 9  # bands that are asked

_Floats = NDArray[np.float32]


def are_hard_edged(sheet: Sheet, bands: list[Located]) -> bool:
    """Whether what is about to be claimed has the edges of print, by the median over the clear ones."""
    clear = sorted((band for band in bands if band.contrast > CLEAR_LAB), key=lambda band: -band.contrast)
    clear = [band for band in clear[:_MOST] if not _is_clipped(sheet, band)]
    softest = [edge for band in clear if (edge := _softest_edge(sheet, band)) is not None]
    return bool(softest) and float(np.median(softest)) < HARD_SHARE


def has_printed_areas(contrast: Contrast) -> bool:
    """Whether most of the closed areas that stand out on the surface end in one hard step."""
    height = contrast.usable.shape[0]
    size = max(3, round(THICK_SHARE * height)) | 1
    stands_out = (_largest(np.abs(contrast.difference)) > CLEAR_LAB).astype(np.uint8)
    areas = cv2.morphologyEx(stands_out, cv2.MORPH_OPEN, np.ones((size, size), np.uint8))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(areas)
    is_large = boxes[:, cv2.CC_STAT_AREA] > (LARGE_SHARE * height) ** 2
    label = np.asarray(labels, dtype=np.int32)
    closed = np.setdiff1d(np.arange(1, count), label[~contrast.usable])
    if not is_large[closed].any():
        return False
    edges = np.array([_edge_of(contrast, label, np.asarray(boxes[i]), int(i), size) for i in closed])
    printed = is_large[closed] & (edges[:, 1] > HARD_EDGED * edges[:, 0])
    return bool(printed.any()) and float(edges[printed, 0].sum()) > 0.5 * float(edges[:, 0].sum())


def _edge_of(
    contrast: Contrast, label: NDArray[np.int32], box: NDArray[np.integer], index: int, size: int
) -> tuple[int, int]:
    """Of the area ``index``: how many pixels of its edge are clear, and how many of those are hard."""
    x, y, width, height = (int(v) for v in box[:4])
    margin = size + 3  # as far as the windows reach from the edge's outer side
    part = (slice(max(0, y - margin), y + height + margin), slice(max(0, x - margin), x + width + margin))
    areas, small = (label[part] > 0).astype(np.uint8), np.ones((3, 3), np.uint8)
    own = cv2.dilate(label[part].astype(np.float32), small) == index
    edge = own & (cv2.erode(areas, small) == 0) & contrast.usable[part] & ~contrast.drawn[part]
    whole = _range(contrast.difference[part], 2 * size + 1)
    edge &= whole > 2 * CLEAR_LAB
    hard = edge & (_range(contrast.difference[part], 5) > HARD_STEP * whole)
    return int(np.count_nonzero(edge)), int(np.count_nonzero(hard))


def _range(values: _Floats, size: int) -> _Floats:
    """The widest range of any channel in a window round each pixel."""
    window = np.ones((size, size), np.uint8)
    return _largest(cv2.dilate(values, window) - cv2.erode(values, window))


def _largest(values: _Floats) -> _Floats:
    """The largest of three channels; ``max(axis=2)`` takes ten times as long."""
    return np.maximum(np.maximum(values[..., 0], values[..., 1]), values[..., 2])


def _is_clipped(sheet: Sheet, band: Located) -> bool:
    return sheet.clipped_share(band.x, band.y, 0.5 * band.width, 0.5 * band.height) > CLIPPED_SHARE


def _softest_edge(sheet: Sheet, band: Located) -> float | None:
    """The longest of a band's four edges (20 to 80 % of its height) as a share of its breadth that way."""
    rows = _window(band.y, band.height, sheet.height)
    columns = _window(band.x, band.width, sheet.width)
    y, x = round(band.y) - rows.start, round(band.x) - columns.start
    if not (0 <= y < rows.stop - rows.start and 0 <= x < columns.stop - columns.start):
        return None
    half_y, half_x = max(1, round(_CORE * band.height)), max(1, round(_CORE * band.width))
    along = _signal(sheet, band, rows, _strip(band.x, half_x)).mean(axis=1)
    across = _signal(sheet, band, _strip(band.y, half_y), columns).mean(axis=0)
    top = float(np.median(along[max(0, y - half_y) : y + half_y + 1]))
    edges = [
        _edge(half, top, size)
        for half, size in (
            (along[y::-1], band.height),
            (along[y:], band.height),
            (across[x::-1], band.width),
            (across[x:], band.width),
        )
    ]
    known = [edge for edge in edges if edge is not None]
    return max(known) if known else None


def _strip(centre: float, half: int) -> slice:
    return slice(max(0, round(centre) - half), round(centre) + half + 1)


def _signal(sheet: Sheet, band: Located, rows: slice, columns: slice) -> _Floats:
    """The picture along the band's own contrast, CIELAB units."""
    unit = (band.heights / max(band.contrast, 1e-6)).astype(np.float32)
    return np.asarray(to_lab(sheet.frame.srgb[rows, columns]) @ unit, dtype=np.float32)


def _window(centre: float, size: float, end: int) -> slice:
    reach = max(6.0, _REACH * size)
    return slice(int(max(0, centre - reach)), int(min(end, centre + reach + 1)))


def _edge(values: _Floats, top: float, size: float) -> float | None:
    """From four fifths of the height down to one fifth, outwards from the apex; None where it does not fall so far."""
    step = top - float(np.sort(values)[len(values) // 20]) if len(values) >= 5 else 0.0
    low, high = top - 0.8 * step, top - 0.2 * step
    under = np.flatnonzero(values < low) if step > 0 else np.array([], dtype=np.int64)
    if len(under) == 0 or under[0] == 0:
        return None
    end = int(under[0])
    over = np.flatnonzero(values[:end] > high)
    start = int(over[-1]) if len(over) else 0
    return max(_crossing(values, end - 1, low) - _crossing(values, start, high), 0.3) / size


def _crossing(values: _Floats, i: int, level: float) -> float:
    """Where the values fall to ``level`` between ``i`` and the next."""
    fall = float(values[i] - values[i + 1])
    return i + float(np.clip((float(values[i]) - level) / fall, 0, 1)) if fall > 0 else float(i)
