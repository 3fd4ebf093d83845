"""How much signal each fitted band holds, and where its centre of mass is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .background import optical_density, relative_fluorescence
from .bands import Band, BandFit
from .sheet import Sheet

_Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Amount:
    """``volume``: integral of the contrast signal over the band, frame px². ``centroid_y``: frame row."""

    volume: float
    centroid_y: float


def band_amounts(sheet: Sheet, rows: _Array, fit: BandFit, *, x: float, width: float) -> list[Amount]:
    """One per band of ``fit``: the signal above a straight baseline, shared out as the fit says.

    ``rows``: frame rows of the fitted stretch. ``x``, ``width``: where the bands stand across the lane, frame px.
    """
    contrast = sheet.contrast
    y0 = max(0, int(contrast.from_frame(float(rows[0]))))
    y1 = max(y0 + 3, min(contrast.usable.shape[0], round(contrast.from_frame(float(rows[-1]))) + 1))
    x0 = max(0, round(contrast.from_frame(x - 0.9 * width)))
    x1 = max(x0 + 1, min(contrast.usable.shape[1], round(contrast.from_frame(x + 0.9 * width)) + 1))
    at = np.array([contrast.to_frame(y) for y in range(y0, y1)])
    box = (slice(y0, y1), slice(x0, x1))
    seen, bare = sheet.light(*box)
    dark = optical_density(seen, bare).sum(axis=1, dtype=np.float64)
    bright = relative_fluorescence(seen, bare).sum(axis=1, dtype=np.float64)
    area = 1 / contrast.scale**2
    return [_amount(at, bright if b.heights[0] > 0 else dark, fit, j, area) for j, b in enumerate(fit.bands)]


def _amount(at: _Array, signal: _Array, fit: BandFit, j: int, area: float) -> Amount:
    """The share of band ``j`` in ``signal``; ``area``: frame px² of a sample."""
    shapes = np.stack([band.shape(at) for band in fit.bands], axis=1)
    design = np.concatenate([shapes, np.ones((len(at), 1)), (at - at.mean())[:, None]], axis=1)
    heights = np.linalg.lstsq(design, signal, rcond=None)[0]
    parts = shapes * np.abs(heights[: shapes.shape[1]])
    share = parts[:, j] / np.maximum(parts.sum(axis=1), 1e-12)
    own = np.maximum((signal - design[:, -2:] @ heights[-2:]) * share, 0)
    own[~_near(at, fit.bands[j])] = 0
    total = float(own.sum())
    centroid = float((own * at).sum() / total) if total > 0 else fit.bands[j].apex
    return Amount(volume=total * area, centroid_y=centroid)


def _near(at: _Array, band: Band) -> NDArray[np.bool_]:
    return np.asarray(np.abs(at - band.apex) <= 4 * max(band.sigma_front, band.sigma_origin), dtype=np.bool_)
