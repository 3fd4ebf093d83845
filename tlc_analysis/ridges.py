"""Thin lines across a plate: the best paths through a map of ridges, by dynamic programming.

A path is free to bend, since pencil wavers and fronts are curved; what makes it a line is decided afterwards,
on its contrast strip by strip.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .curves import Curve, fit_curve
from .paths import best_paths, longest_run
from .strips import Strips

_CLIP = 6.0  # a strip says "line here" at most this loudly: a spot must not outshout a pencil line
_MISSING = -1.0  # cost of a strip without line
_SLOPE = 0.30  # steepest piece of a domed front
_FAINTEST = 2.5  # mean score of a path: noise alone makes 1.6 to 2.5, a line over half the plate more
_SUPPORT = 2.0  # standard deviations
_BEYOND = 6  # reaches from a line, where a residue on it has ended
_MOST_GLOW = 0.75  # of the strips: where more glows, what is left says too little
_SHORTEST = 0.38  # of the width: what does not go across is no line, and is not measured

Array = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Ridge:
    """A line found across the plate, frame pixels.

    ``curve``: smooth y at the strips' centres; ``first``, ``last``: the strips it is seen in; ``dark``: darker than
    the layer; ``contrast``: relative to the layer; ``snr``: of the profile averaged along the line; ``width_px``: full
    width at half depth; ``density``: share of its strips that show it; ``evenness``: its contrast where it is weak
    (15th percentile of the strips that no spot covers) relative to its middle contrast; ``gaps``: number of clear gaps
    when they are regular, as between bands, else 0; ``step``: relative
    change of the layer's brightness from above to below the line; ``colour``: relative contrast in R, G and B;
    ``heights``: y strip by strip, before smoothing.
    """

    curve: Curve
    heights: Floats
    first: int
    last: int
    dark: bool
    contrast: float
    snr: float
    width_px: float
    density: float
    evenness: float
    gaps: int
    step: float
    colour: tuple[float, float, float]

    @property
    def y(self) -> float:
        """Mean height where it is seen."""
        return float(self.curve.y[self.first : self.last + 1].mean())


def _smooth(signal: Array, sigma: float) -> Array:
    return np.asarray(cv2.GaussianBlur(signal, (1, 0), sigmaX=0.01, sigmaY=sigma), dtype=np.float32)


def _shifted(signal: Array, rows: int) -> tuple[Array, Array]:
    """The signal ``rows`` above and below, edges repeated."""
    padded = np.pad(signal, ((rows, rows), (0, 0)), mode="edge")
    return padded[: -2 * rows], padded[2 * rows :]


def ridge_map(signal: Array, *, dark: bool, reach: int) -> Array:
    """How much each pixel stands out from both sides ``reach`` rows away: a step scores nothing."""
    smooth = _smooth(signal, max(0.7, reach / 3.5))
    above, below = _shifted(smooth, reach)
    rim = np.minimum(above, below) if dark else -np.maximum(above, below)
    return np.asarray(rim - (smooth if dark else -smooth), dtype=np.float32)


def noise_of(values: Array, valid: NDArray[np.bool_]) -> float:
    """Robust standard deviation, with a floor for pictures without noise."""
    step = 11 if values.shape[1] % 11 else 13  # every strip gets its turn
    used = values.ravel()[::step][valid.ravel()[::step]]
    if len(used) == 0:
        return 1.0
    middle = len(used) // 2
    away = np.abs(used - np.partition(used, middle)[middle])
    return max(1.4826 * float(np.partition(away, middle)[middle]), 0.0008)


def find_ridges(strips: Strips, *, dark: bool, count: int = 5, margin: float = 0.012) -> list[Ridge]:
    """Candidates for lines across the plate, strongest first. ``margin``: rows left out at both ends, share of H."""
    height = strips.signal.shape[0]
    reaches = reaches_for(height)
    maps = [ridge_map(strips.signal, dark=dark, reach=reach) for reach in reaches]
    noise = [noise_of(each, strips.valid) for each in maps]
    score = np.full(strips.signal.shape, -np.inf, dtype=np.float32)
    for each, sigma in zip(maps, noise, strict=True):
        np.maximum(score, each / np.float32(sigma), out=score)
    score[~strips.valid] = 0.0
    skip = max(2, round(margin * height))
    score[:skip] = score[-skip:] = _MISSING
    rows = max(1, round(height / 450))
    whole = score[: height // rows * rows].reshape(height // rows, rows, -1)
    coarse = np.clip(whole.max(axis=1), _MISSING, _CLIP).astype(np.float32)
    steepest = max(1, int(np.ceil(_SLOPE * strips.pitch / rows)))
    paths = best_paths(coarse, steepest=steepest, count=count, apart=max(3, round(0.012 * height / rows)))
    columns = np.arange(len(strips.x))
    paths = [path for path in paths if float(coarse[path, columns].mean()) > _FAINTEST]
    found = [_measure(strips, path * rows, maps, noise, reaches, dark=dark) for path in paths]
    return [ridge for ridge in found if ridge is not None]


def reaches_for(height: int) -> tuple[int, int, int]:
    """Half-widths at which lines are looked for, in rows: from a sharp pencil to a felt pen."""
    small, middle, large = (round(share * height) for share in (0.003, 0.0055, 0.010))
    return max(2, small), max(3, middle), max(4, large)


def _measure(
    strips: Strips,
    path: NDArray[np.intp],
    maps: list[Array],
    noise: list[float],
    reaches: tuple[int, ...],
    *,
    dark: bool,
) -> Ridge | None:
    columns = np.arange(len(path))
    tall = [np.clip(_near(m, path) / s, _MISSING, _CLIP).mean() for m, s in zip(maps, noise, strict=True)]
    best = int(np.argmax(tall))
    reach, sigma = reaches[best], noise[best]
    heights = _centres(strips.signal, path, reach, dark=dark)
    loud = np.clip(_near(maps[best], path) / sigma, 0.0, _CLIP)
    loud[~strips.valid[path, columns]] = 0.0
    first, last = longest_run(loud > _SUPPORT)
    if last - first < max(4, _SHORTEST * len(path)):
        return None
    inside = (columns >= first) & (columns <= last)
    curve = fit_curve(strips.x, heights, weight=np.where(inside & (loud > _SUPPORT), loud / _CLIP, 0.0))
    # Noise follows no smooth curve: only what is still there on the curve counts.
    at = np.clip(np.rint(curve.y).astype(np.intp), 0, len(strips.signal) - 1)
    contrast = _near(maps[best], at, 1)
    used = (contrast > _SUPPORT * sigma) & (np.abs(heights - curve.y) < max(reach, 3 * curve.scatter)) & inside
    if used.sum() < 5:
        return None
    profile, colour = straightened(strips, curve.y, used, 4 * reach)
    above, below = float(np.median(profile[: 2 * reach])), float(np.median(profile[-2 * reach :]))
    depth = (above + below) / 2 - profile[4 * reach]
    flanks = flanks_of(profile if dark else -profile, 4 * reach)
    curve = replace(curve, y=curve.y + (flanks[0] + flanks[1]) / 2)
    # Graphite takes its share of the light that falls there: at a plate's dim end it is no fainter.
    share = contrast / np.maximum(_beside(strips.signal, at, reach).mean(axis=0), 0.1)
    along, middle = contrast[first : last + 1], float(np.median(contrast[used]))
    open_layer = ~_covered(strips.signal, at, reach, middle, dark=dark)[first : last + 1]
    if open_layer.sum() < 5:
        return None
    return Ridge(
        curve=curve,
        heights=heights,
        first=first,
        last=last,
        dark=dark,
        contrast=float(depth if dark else -depth),
        snr=float(np.mean(contrast[used]) / sigma * np.sqrt(used.sum())),
        width_px=flanks[1] - flanks[0],
        density=float((used[first : last + 1] | ~open_layer).mean()),
        evenness=float(np.percentile(share[first : last + 1][open_layer], 15) / max(np.median(share[used]), 1e-6)),
        gaps=_regular_gaps((along < 0.6 * middle) & open_layer),
        step=below - above,
        colour=colour,
    )


def _covered(signal: Array, at: NDArray[np.intp], reach: int, contrast: float, *, dark: bool) -> NDArray[np.bool_]:
    """Strips where something wider lies over the line, darker or brighter, so that the line need not be seen."""
    near, beyond = (_beside(signal if dark else -signal, at, rows) for rows in (reach, _BEYOND * reach))
    # A residue that glows on a dark layer hides the pencil as well as one that quenches.
    glow = near.max(axis=0) - beyond.max(axis=0) > contrast
    if glow.mean() > _MOST_GLOW:
        glow[:] = False
    level = near.min(axis=0)
    return np.asarray(glow | (np.median(level[~glow]) - level > 0.5 * contrast), dtype=np.bool_)


def _beside(signal: Array, at: NDArray[np.intp], rows: int) -> Array:
    """(2, n) the signal so many rows above and below."""
    columns = np.arange(len(at))
    return np.asarray([signal[np.clip(at + k, 0, len(signal) - 1), columns] for k in (-rows, rows)])


def _regular_gaps(missing: NDArray[np.bool_]) -> int:
    """How many gaps there are if they are evenly spaced; those of a worn pencil line are not."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], missing.astype(np.int8), [0]])))
    middles = (edges[::2] + edges[1::2]) / 2
    middles = middles[(edges[::2] > 0) & (edges[1::2] < len(missing))]
    if len(middles) < 4:
        return 0
    spacing = np.diff(middles)
    return len(middles) if float(spacing.std()) < 0.25 * float(spacing.mean()) else 0


def straightened(
    strips: Strips, y: Floats, used: NDArray[np.bool_], reach: int
) -> tuple[Floats, tuple[float, float, float]]:
    """The mean profile across a line, from ``reach`` rows above to as many below, and its contrast in R, G and B."""
    offsets = np.arange(-reach, reach + 1)
    columns = np.flatnonzero(used)
    rows = np.clip(y[columns][None, :] + offsets[:, None], 0, len(strips.signal) - 1.001)
    low = rows.astype(np.intp)
    part = (rows - low)[..., None]
    rgb = strips.rgb[low, columns] * (1 - part) + strips.rgb[low + 1, columns] * part
    signal = strips.signal[low, columns] * (1 - part[..., 0]) + strips.signal[low + 1, columns] * part[..., 0]
    mean = rgb.mean(axis=1)
    third = reach // 2
    lost = (mean[:third].mean(axis=0) + mean[-third:].mean(axis=0)) / 2 - mean[reach]
    return np.asarray(signal.mean(axis=1), dtype=np.float64), (float(lost[0]), float(lost[1]), float(lost[2]))


def flanks_of(profile: Floats, middle: int) -> tuple[float, float]:
    """Where the valley at ``middle`` is half as deep on either side, each side measured from its own level.

    Halfway between is the middle of a stroke even where the layer is darker on one side of it.
    """
    rims = float(np.median(profile[: middle // 2])), float(np.median(profile[-(middle // 2) :]))
    left = _crossing(profile[middle::-1], (rims[0] + profile[middle]) / 2)
    right = _crossing(profile[middle:], (rims[1] + profile[middle]) / 2)
    return -left, right


def _crossing(values: Floats, level: float) -> float:
    """Index, between samples, where ``values`` first exceed ``level``."""
    over = np.flatnonzero(values > level)
    if len(over) == 0 or over[0] == 0:
        return float(len(values) - 1 if len(over) == 0 else 0.5)
    i = int(over[0])
    return i - 1 + float((level - values[i - 1]) / (values[i] - values[i - 1]))


def _near(values: Array, path: NDArray[np.intp], rows: int = 2) -> Array:
    """The largest of ``values`` within ``rows`` of the path."""
    columns = np.arange(len(path))
    return np.asarray(
        np.max([values[np.clip(path + k, 0, len(values) - 1), columns] for k in range(-rows, rows + 1)], axis=0),
        np.float32,
    )


def _centres(signal: Array, path: NDArray[np.intp], reach: int, *, dark: bool) -> Floats:
    """Where each strip is darkest (brightest) within ``reach`` rows of the path, by a parabola through three rows."""
    smooth = _smooth(signal if dark else -signal, max(0.8, reach / 2.5))
    offsets = np.arange(-reach, reach + 1)
    rows = np.clip(path[None, :] + offsets[:, None], 1, len(signal) - 2)
    columns = np.arange(len(path))
    at = rows[np.argmin(smooth[rows, columns], axis=0), columns]
    left, here, right = smooth[at - 1, columns], smooth[at, columns], smooth[at + 1, columns]
    bend = left - 2 * here + right
    shift = np.where(bend > 1e-9, 0.5 * (left - right) / np.maximum(bend, 1e-9), 0.0)
    return np.asarray(at + np.clip(shift, -0.5, 0.5), dtype=np.float64)
