"""From candidates in a lane to fitted bands, on the full rectified frame."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .amounts import Amount, band_amounts
from .band_count import choose
from .bands import Band, BandFit
from .detection import Blob
from .sheet import Sheet
from .tails import PLATEAU, apex_of

WINDOW: Final = 3.2
"""Reach of a fit beyond the outermost candidate, in standard deviations."""
REACH: Final = 2.5
"""Candidates nearer than this many summed standard deviations are fitted together."""
SAMPLES: Final = 48
"""Rows that a fit is given, at least, where there are so many."""
MAX_TOGETHER: Final = 6
LEANS: Final = 0.7
HIDDEN: Final = 0.5
"""A band that leans more than two to one is partly hidden or two in one: its apex is so much less certain."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Located:
    """A fitted band in frame pixels: apex, its standard uncertainty, half widths (standard deviations) and width.

    ``heights``: (3,) CIELAB contrast at the apex. ``snr``: its size over the noise of the lane's profile.
    ``pedestal``: contrast of the smear on which the band stands, CIELAB units. ``volume``: the contrast signal's
    integral in frame px². ``centroid_y``: its centre of mass.
    """

    x: float
    y: float
    apex_u: float
    sigma_front: float
    sigma_origin: float
    width: float
    exponent: float
    heights: NDArray[np.float64]
    pedestal: float
    snr: float
    score: float
    volume: float
    centroid_y: float
    overlapping: bool

    @property
    def height(self) -> float:
        """Full width at half maximum along the lane."""
        return half_width(0.5, self.exponent) * (self.sigma_front + self.sigma_origin)

    @property
    def asymmetry(self) -> float:
        """Tail towards the origin over tail towards the front at 10 % of the height."""
        return self.sigma_origin / self.sigma_front

    @property
    def contrast(self) -> float:
        """Size of the contrast at the apex in CIELAB units."""
        return float(np.linalg.norm(self.heights))


def half_width(level: float, exponent: float) -> float:
    """Distance from the apex, in sigmas, at which a band has fallen to ``level`` of its height."""
    return float((-2 * np.log(level)) ** (1 / exponent))


def locate(sheet: Sheet, blobs: list[Blob]) -> list[Located]:
    """Fit the candidates of a plate, those that reach into each other together. Top to bottom."""
    found = [band for group in _groups(blobs) for band in _fit_group(sheet, group)]
    return sorted(found, key=lambda band: band.y)


def _groups(blobs: list[Blob]) -> list[list[Blob]]:
    """Neighbours along a lane that reach into each other, from the top down, at most ``MAX_TOGETHER``."""
    groups: list[list[Blob]] = []
    for blob in sorted(blobs, key=lambda b: b.y):
        joined = next((g for g in groups if len(g) < MAX_TOGETHER and _touch(g[-1], blob)), None)
        if joined is None:
            groups.append([blob])
        else:
            joined.append(blob)
    return groups


def _touch(a: Blob, b: Blob) -> bool:
    beside = abs(a.x - b.x) < 0.4 * min(a.width, b.width) + 2
    return beside and abs(a.y - b.y) < REACH * (a.sigma + b.sigma)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stretch:
    """Part of a lane's profile with its candidates: ``rows`` (n,) of the frame, ``profile`` (n, 3) whitened."""

    x: float
    width: float
    rows: NDArray[np.float64]
    profile: NDArray[np.float64]
    weight: NDArray[np.float64]
    whiten: NDArray[np.float64]
    starts: list[tuple[float, float]]


def _stretch(sheet: Sheet, group: list[Blob]) -> _Stretch | None:
    """The profile round a group of candidates; None where the plate leaves no room for one."""
    contrast = sheet.contrast
    top = contrast.to_frame(min(b.y - WINDOW * b.sigma for b in group))
    bottom = contrast.to_frame(max(b.y + WINDOW * b.sigma for b in group))
    y0, y1 = max(0, int(np.floor(top))), min(sheet.height, int(np.ceil(bottom)) + 1)
    if y1 - y0 < 6:
        return None
    x = contrast.to_frame(float(np.average([b.x for b in group], weights=[b.score + 1e-6 for b in group])))
    width = float(np.median([b.width for b in group])) / contrast.scale
    half = max(1.0, 0.3 * width)
    whiten = max(group, key=lambda b: b.score).whiten
    rows, profile, weight = _binned(
        np.arange(y0, y1, dtype=np.float64),
        sheet.profile(y0, y1, x, half) @ whiten,
        _weights(sheet, y0, y1, x, half),
    )
    starts = [(contrast.to_frame(b.y), max(1.0, b.sigma / contrast.scale)) for b in group]
    return _Stretch(x=x, width=width, rows=rows, profile=profile, weight=weight, whiten=whiten, starts=starts)


def _fit_group(sheet: Sheet, group: list[Blob]) -> list[Located]:
    part = _stretch(sheet, group)
    if part is None:
        return []
    choice = choose(
        part.rows, part.profile, part.weight, part.starts, scores=[b.score for b in group], width=part.width
    )
    fit = choice.fit
    amounts = band_amounts(sheet, part.rows, fit, x=part.x, width=part.width)
    return [
        _located(sheet, group[i], _with_tail(fit, j, part), part.whiten, amounts[j], _overlaps(band, fit.bands))
        for j, (i, band) in enumerate(zip(choice.candidate, fit.bands, strict=True))
        if _plausible(band, part, i)
    ]


def _with_tail(fit: BandFit, index: int, part: _Stretch) -> Band:
    """A fitted band with its apex where a tail's other shape has been heard too."""
    band = fit.bands[index]
    lean = abs(float(np.log(band.sigma_origin / band.sigma_front)))
    hidden = HIDDEN * (band.sigma_front + band.sigma_origin) * max(0.0, lean - LEANS)
    signal, fitted = fit.alone(index, part.rows)
    heard = None
    if band.exponent < PLATEAU:
        heard = apex_of(
            part.rows, signal, part.weight, apex=band.apex, sigma_front=band.sigma_front,
            sigma_origin=band.sigma_origin, fitted=fitted, independent=fit.independent,
        )  # fmt: skip
    if heard is None:
        return replace(band, apex_u=float(np.hypot(band.apex_u, hidden)))
    return replace(band, apex=heard.y, apex_u=float(np.sqrt(band.apex_u**2 + heard.shape_u**2 + hidden**2)))


def _located(
    sheet: Sheet, blob: Blob, band: Band, whiten: NDArray[np.float64], amount: Amount, overlapping: bool
) -> Located:
    return Located(
        x=sheet.contrast.to_frame(blob.x),
        y=band.apex,
        apex_u=band.apex_u,
        sigma_front=band.sigma_front,
        sigma_origin=band.sigma_origin,
        exponent=band.exponent,
        width=blob.width / sheet.contrast.scale,
        heights=_lab(whiten, band.heights),
        pedestal=float(np.linalg.norm(_lab(whiten, band.pedestal))),
        snr=float(np.linalg.norm(band.heights)),
        score=blob.score,
        volume=amount.volume,
        centroid_y=amount.centroid_y,
        overlapping=overlapping,
    )


def _lab(whiten: NDArray[np.float64], value: NDArray[np.float64]) -> NDArray[np.float64]:
    """A whitened contrast in CIELAB again."""
    return np.asarray(np.linalg.solve(whiten.T, value), dtype=np.float64)


def _plausible(band: Band, part: _Stretch, candidate: int) -> bool:
    """Whether a fitted band stayed what was seen: near its candidate, not much higher than what was not clipped."""
    apex, sigma = part.starts[candidate]
    highest = float(np.linalg.norm(part.profile, axis=1).max())
    most = 2.0 if part.weight.min() > 0 else 8.0
    return abs(band.apex - apex) < 2 * sigma and float(np.linalg.norm(band.heights)) < most * highest


def _binned(
    rows: NDArray[np.float64], profile: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Means over as many rows as leave a wide band enough samples: the fit is as good and much quicker."""
    size = max(1, len(rows) // SAMPLES)
    count = len(rows) // size
    used = slice(0, count * size)
    return (
        rows[used].reshape(count, size).mean(axis=1),
        profile[used].reshape(count, size, 3).mean(axis=1),
        weight[used].reshape(count, size).mean(axis=1),
    )


def _weights(sheet: Sheet, y0: int, y1: int, x: float, half: float) -> NDArray[np.float64]:
    """Rows whose columns are mostly clipped say nothing about the top of a band; its flanks carry the fit."""
    x0 = int(np.clip(round(x - half), 0, sheet.width - 1))
    x1 = int(np.clip(round(x + half) + 1, x0 + 1, sheet.width))
    clipped = sheet.frame.clipped[y0:y1, x0:x1].mean(axis=1) > 0.5
    valid = sheet.frame.valid[y0:y1, x0:x1].mean(axis=1) > 0.5
    weight = (valid & ~clipped).astype(np.float64)
    return np.asarray(weight if weight.mean() > 0.5 else valid, dtype=np.float64)


def _overlaps(band: Band, bands: tuple[Band, ...]) -> bool:
    """Whether a neighbour's half-height region reaches into this one's."""
    top, bottom = _half_height(band)
    regions = [_half_height(other) for other in bands if other is not band]
    return any(above < bottom and top < below for above, below in regions)


def _half_height(band: Band) -> tuple[float, float]:
    """Between which rows a band is higher than half its height."""
    reach = half_width(0.5, band.exponent)
    return band.apex - reach * band.sigma_front, band.apex + reach * band.sigma_origin
