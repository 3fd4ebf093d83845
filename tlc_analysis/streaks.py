"""Material smeared along a lane."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks, peak_widths

from .features import Judged
from .lanes import Evidence, LanePath
from .model import Feature, FeatureKind
from .sheet import Sheet

STREAK_CONTRAST_LAB: Final = 5.0
SHORTEST_SHARE: Final = 0.25
"""Share of the plate's height that a smear covers at least, bands left out."""
GAP_SHARE: Final = 0.03
SMEARED_SHARE: Final = 0.4
CLEAR_OF_ORIGIN: Final = 0.04
"""Shares of the run between which a smear shows a lane: residues end below, smears begin at the origin."""
CLEARLY: Final = 6.0
WIDEST_SHARE: Final = 0.2
WEIGHT: Final = 30.0


def streak_in(sheet: Sheet, path: LanePath, judged: list[Judged]) -> Feature | None:
    """The longest smear of a lane, at its middle, or None."""
    rows = np.arange(sheet.contrast.usable.shape[0])
    covered = _contrast_along(sheet, path, rows) > STREAK_CONTRAST_LAB
    for item in judged:
        if item.claimed:
            reach = 1.3 * item.band.height * sheet.contrast.scale
            covered[np.abs(rows - sheet.contrast.from_frame(item.band.y)) < reach] = False
    span = _longest(covered, gap=int(GAP_SHARE * len(rows)))
    if span is None or span[1] - span[0] < SHORTEST_SHARE * len(rows):
        return None
    y = sheet.contrast.to_frame((span[0] + span[1]) / 2)
    return Feature(kind=FeatureKind.STREAK, centre_px=sheet.to_picture(path.at(y), y))


def streak_evidence(sheet: Sheet) -> list[Evidence]:
    """Where material is smeared upwards from the origin: a lane, though no band stands in it.

    The median up the lower part of the run, column by column: bands and letters fill less than half of it.
    """
    contrast, (origin, front) = sheet.contrast, (sheet.landmarks.origin, sheet.landmarks.front)
    if origin is None:
        return []
    foot = origin.at(sheet.width / 2)
    run = foot - (front.at(sheet.width / 2) if front else 0.1 * sheet.height)
    top, bottom = (int(contrast.from_frame(foot - share * run)) for share in (SMEARED_SHARE, CLEAR_OF_ORIGIN))
    if bottom - top < 10:
        return []
    level = np.median(contrast.difference[top:bottom:3], axis=0)
    wide = max(3, round(0.004 * level.shape[0]) * 2 + 1)
    smooth = np.stack([np.convolve(c, np.ones(wide) / wide, mode="same") for c in level.T], axis=1)
    size = np.linalg.norm(smooth - np.median(smooth, axis=0), axis=1)
    noise = max(1.4826 * float(np.median(size)), 0.3)
    margin = round(0.03 * len(size))
    size[:margin] = size[-margin:] = 0.0
    peaks = find_peaks(size, height=max(STREAK_CONTRAST_LAB / 2, CLEARLY * noise), distance=0.05 * len(size))[0]
    widths = peak_widths(size, peaks, rel_height=0.5)[0]
    middle = contrast.to_frame((top + bottom) / 2)
    return [
        Evidence(x=contrast.to_frame(float(peak)), y=middle, width=float(width) / contrast.scale, weight=WEIGHT)
        for peak, width in zip(peaks, widths, strict=True)
        if width < WIDEST_SHARE * len(size)
    ]


def _contrast_along(sheet: Sheet, path: LanePath, rows: NDArray[np.int_]) -> NDArray[np.float64]:
    """Size of the contrast on the lane's centre line over that beside it, inside the run."""
    contrast = sheet.contrast
    y = np.asarray((rows + 0.5) / contrast.scale - 0.5, dtype=np.float64)
    x = path.x + path.slope * (y - path.y)
    lane = _at(sheet, rows, x)
    sides = np.minimum(*(np.linalg.norm(_at(sheet, rows, x + s * 1.6 * path.half_width), axis=1) for s in (-1, 1)))
    size = np.linalg.norm(lane, axis=1) - sides
    origin, front = sheet.landmarks.origin, sheet.landmarks.front
    bottom = origin.at(path.x) if origin else 0.92 * sheet.height
    top = front.at(path.x) if front else 0.0
    return np.asarray(np.where((y > top) & (y < bottom), size, 0.0), dtype=np.float64)


def _at(sheet: Sheet, rows: NDArray[np.int_], x: NDArray[np.floating]) -> NDArray[np.float32]:
    """(n, 3) contrast at frame columns ``x``, means of three columns."""
    width = sheet.contrast.usable.shape[1]
    columns = np.rint((x + 0.5) * sheet.contrast.scale - 0.5).astype(int)[:, None] + np.array([-1, 0, 1])
    picked = sheet.contrast.difference[rows[:, None], np.clip(columns, 0, width - 1)]
    return np.asarray(picked.mean(axis=1), dtype=np.float32)


def _longest(covered: NDArray[np.bool_], *, gap: int) -> tuple[int, int] | None:
    """First and last index of the longest stretch that is covered but for gaps of at most ``gap``."""
    at = np.nonzero(covered)[0]
    if len(at) == 0:
        return None
    breaks = np.nonzero(np.diff(at) > gap + 1)[0]
    starts, ends = at[np.r_[0, breaks + 1]], at[np.r_[breaks, len(at) - 1]]
    best = int(np.argmax(ends - starts))
    return int(starts[best]), int(ends[best])
