"""The profile of a lane with its baseline."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded
from scipy.special import expit

from .lanes import LanePath
from .model import Densitogram
from .rf import Run
from .sheet import Sheet

SAMPLES: Final = 240
COLUMNS: Final = 15
"""Of a strip that are averaged: neighbours on the reduced plate say nearly the same."""
STIFFNESS: Final = 1e6
"""Smoothness of arPLS over 240 samples: it follows a streak or a shading, never a band."""


def densitogram(sheet: Sheet, path: LanePath, run: Run | None) -> Densitogram:
    """The contrast signal along a lane.

    From a little below the origin to a little above the front (the whole plate when either is unknown), averaged over
    the lane's width; strips beside the lane, where clear, are its zero. The baseline is a stiff asymmetrically
    reweighted penalised spline (arPLS: Baek et al., Analyst 2015, 140, 250).
    """
    rows = _rows(sheet, run)
    wide, narrow, beside = 0.5 * path.half_width, 0.25 * path.half_width, 1.5 * path.half_width
    lane, left, right = _strips(sheet, path, rows, ((0.0, wide), (-beside, narrow), (beside, narrow)))
    signal = lane - _quieter(left, right)
    baseline = arpls(signal, stiffness=STIFFNESS)
    position = rows_to_position(rows, run)
    unit = "rf" if run else "px"
    return Densitogram(
        position=_rounded(position),
        position_unit="rf" if unit == "rf" else "px",
        signal=_rounded(signal),
        baseline=_rounded(baseline),
    )


def _rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(np.round(values, 5).tolist())


def arpls(signal: NDArray[np.float64], *, stiffness: float, rounds: int = 15) -> NDArray[np.float64]:
    """Asymmetrically reweighted penalised least squares (Baek et al., Analyst 2015, 140, 250), second differences.

    Points far above the baseline lose their weight by a logistic function of the noise below it.
    """
    penalty = stiffness * _second_differences(len(signal))
    weight = np.ones(len(signal))
    baseline = signal
    for _ in range(rounds):
        bands = penalty.copy()
        bands[2] += weight
        baseline = np.asarray(solveh_banded(bands, weight * signal))
        above = signal - baseline
        below = above[above < 0]
        if len(below) < 2 or below.std() < 1e-9:
            break
        renewed = expit(-2 * (above - (2 * below.std() - below.mean())) / below.std())
        settled = np.linalg.norm(renewed - weight) < 1e-2 * np.linalg.norm(weight)
        weight = renewed
        if settled:
            break
    return baseline


def _second_differences(n: int) -> NDArray[np.float64]:
    """The upper bands of D'D for the second-difference matrix D of ``n`` points (five or more), as in LAPACK."""
    outer, inner, middle = np.ones(n), np.full(n, -4.0), np.full(n, 6.0)
    outer[:2], inner[0] = 0, 0
    inner[[1, -1]] = -2
    middle[[0, -1]], middle[[1, -2]] = 1, 5
    return np.stack([outer, inner, middle])


def rows_to_position(rows: NDArray[np.float64], run: Run | None) -> NDArray[np.float64]:
    """Frame rows as Rf, or as distance from the lowest row in frame pixels."""
    return (run.origin_y - rows) / run.length_px if run else rows[0] - rows


def _rows(sheet: Sheet, run: Run | None) -> NDArray[np.float64]:
    """Frame rows sampled, from the origin upwards."""
    low = min(run.origin_y + 0.03 * run.length_px, sheet.height - 1.0) if run else sheet.height - 1.0
    high = max(run.front_y - 0.03 * run.length_px, 0.0) if run else 0.0
    return np.linspace(low, high, SAMPLES)


def _strips(
    sheet: Sheet, path: LanePath, rows: NDArray[np.float64], strips: tuple[tuple[float, float], ...]
) -> list[NDArray[np.float64]]:
    """Mean signal over strips that run along the lane, each (columns beside it, half its width).

    Light is made linear once for all of them; of a broad strip ``COLUMNS`` evenly spread columns speak for the rest.
    """
    height, width = sheet.contrast.usable.shape
    scale = sheet.contrast.scale
    x = (path.x + path.slope * (rows - path.y) + 0.5) * scale - 0.5
    spread = [_columns(offset * scale, max(1, round(half * scale))) for offset, half in strips]
    c = np.clip(np.rint(x[:, None] + np.concatenate(spread)).astype(int), 0, width - 1)
    r = np.clip(np.rint((rows + 0.5) * scale - 0.5).astype(int), 0, height - 1)[:, None]
    ends = np.cumsum([len(columns) for columns in spread])[:-1]
    return [part.mean(axis=1, dtype=np.float64) for part in np.split(sheet.signal(r, c), ends, axis=1)]


def _columns(offset: float, reach: int) -> NDArray[np.float64]:
    return offset + np.linspace(-reach, reach, min(2 * reach + 1, COLUMNS))


def _quieter(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Row by row the side strip nearer to zero, smoothed: a neighbour's band never digs a hole here."""
    nearer = np.where(np.abs(one) < np.abs(other), one, other)
    kernel = np.hanning(17) / np.hanning(17).sum()
    return np.convolve(np.pad(nearer, 8, mode="edge"), kernel, mode="valid")
