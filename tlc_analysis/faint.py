"""Lines too faint to be followed from strip to strip: a stiff line is looked for in the mean of neighbouring strips.

On a dark layer a pencil's line stands out of the noise of a strip by less than a standard deviation. Averaged along
every slope that a line may have, over several strips at once, it does stand out; a row of spots would too, so that each
strip is clipped first, and what is found must show in every third of the plate without its loudest strips.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .curves import Curve, fit_curve
from .paths import best_paths
from .ridges import Ridge, flanks_of, noise_of, reaches_for, ridge_map, straightened
from .strips import Strips

NOISY = 0.012  # relative noise of a strip, from which a pencil's line may be lost in it
_SPAN = 3  # strips to either side that are averaged along a slope
_STEEPEST = 0.24  # of a piece of a line
_LOW, _HIGH = -2.0, 3.0  # standard deviations that a strip counts at most
_LEVEL = 1.9  # mean over strips, of what noise alone makes along its best slopes
_SURE = 4.5  # standard deviations of the whole line; the best path through noise alone reached 2.3
_THIRD = 0.8  # of each third of it
_HALF = 0.4  # of the middle strip: words in a row leave most strips bare
_LOUD = 4.0  # strips louder than this are left out of the thirds

Array = NDArray[np.float32]
Floats = NDArray[np.float64]


def is_noisy(strips: Strips) -> bool:
    """Whether a drawn line may be hidden in the noise of the strips."""
    reach = reaches_for(len(strips.signal))[1]
    return noise_of(ridge_map(strips.signal, dark=True, reach=reach), strips.valid) > NOISY


def find_faint(strips: Strips, *, taken: Callable[[float], bool], count: int = 4) -> list[Ridge]:
    """Dark lines across the plate at heights that are not ``taken``, surest first."""
    height = len(strips.signal)
    found: list[Ridge] = []
    for reach in reaches_for(height)[1:]:
        relief = ridge_map(strips.signal, dark=True, reach=reach)
        z = np.where(strips.valid, relief / np.float32(noise_of(relief, strips.valid)), 0).astype(np.float32)
        mean = _along_slopes(np.clip(z, _LOW, _HIGH), strips.pitch)
        rim = max(2, round(0.012 * height))
        score = mean - np.float32(_LEVEL)
        score[:rim] = score[-rim:] = -3.0
        steepest = max(1, int(np.ceil(_STEEPEST * strips.pitch)))
        for path in best_paths(score, steepest=steepest, count=count, apart=max(3, round(0.012 * height))):
            ridge = None if taken(float(path.mean())) else _measure(strips, path, z, mean, reach)
            if ridge is not None:
                found.append(ridge)
    found.sort(key=lambda ridge: -ridge.snr)
    apart = 0.02 * height
    return [r for i, r in enumerate(found) if all(abs(r.y - other.y) > apart for other in found[:i])]


def _along_slopes(z: Array, pitch: float) -> Array:
    """The largest mean over 2 x _SPAN + 1 strips along any slope, in standard deviations of such a mean."""
    height, n = z.shape
    most = max(1, int(np.ceil(_STEEPEST * pitch)))
    room = most * _SPAN + 1
    padded = np.pad(z, ((room, room), (_SPAN, _SPAN)))
    best = np.full(z.shape, -9.0, dtype=np.float32)
    for slope in np.arange(-most, most + 0.01, 0.5):
        total = np.zeros_like(z)
        for k in range(-_SPAN, _SPAN + 1):
            down = room + round(slope * k)
            total += padded[down : down + height, _SPAN + k : _SPAN + k + n]
        np.maximum(best, total, out=best)
    # At the sides there are fewer strips to be averaged.
    columns = np.arange(n)
    held = np.minimum(columns, _SPAN) + np.minimum(n - 1 - columns, _SPAN) + 1
    return np.asarray(best / np.sqrt(held).astype(np.float32), dtype=np.float32)


def _measure(strips: Strips, path: NDArray[np.intp], z: Array, mean: Array, reach: int) -> Ridge | None:
    curve = _stiff(strips, path, z, reach)
    at = np.clip(np.rint(curve.y).astype(np.intp), 1, len(z) - 2)
    columns = np.arange(len(at))
    along = np.max([z[at + k, columns] for k in (-1, 0, 1)], axis=0) - 0.6  # of three of noise the largest is 0.6 more
    if not _is_everywhere(along):
        return None
    used = along > -1.0
    profile, colour = straightened(strips, curve.y, used, 4 * reach)
    above, below = float(np.median(profile[: 2 * reach])), float(np.median(profile[-2 * reach :]))
    depth = (above + below) / 2 - profile[4 * reach]
    left, right = flanks_of(profile, 4 * reach)
    if depth <= 0:
        return None
    seen = np.clip(along, _LOW, _HIGH)
    return Ridge(
        curve=replace(curve, y=curve.y + np.clip((left + right) / 2, -1.0, 1.0)),
        heights=curve.y,
        first=0,
        last=len(at) - 1,
        dark=True,
        contrast=float(depth),
        snr=float(seen.mean() * np.sqrt(len(seen))),
        width_px=right - left,
        density=float((mean[at, columns] > 2.0).mean()),
        evenness=1.0,
        gaps=0,
        step=below - above,
        colour=colour,
    )


def _is_everywhere(along: Floats) -> bool:
    """Whether a line shows as a whole and in each of its thirds, but for its loudest strips."""
    clipped = np.clip(along, _LOW, _HIGH)
    if float(clipped.mean()) * np.sqrt(len(clipped)) < _SURE or float(np.median(clipped)) < _HALF:
        return False
    thirds = [part[part < _LOUD] for part in np.array_split(along, 3)]
    return all(len(part) > 2 and float(part.mean()) * np.sqrt(len(part)) > _THIRD for part in thirds)


def _stiff(strips: Strips, path: NDArray[np.intp], z: Array, reach: int) -> Curve:
    """A curve through the path, drawn to where the strips round it are darkest."""
    columns = np.arange(len(path))
    offsets = np.arange(-reach, reach + 1)
    heights = path.astype(np.float64)
    curve = fit_curve(strips.x, heights, weight=np.ones(len(path)), bends=(0, 1, 2))
    for _ in range(2):
        rows = np.clip(np.rint(curve.y).astype(np.intp)[None, :] + offsets[:, None], 0, len(z) - 1)
        weight = np.clip(z[rows, columns], 0.0, _HIGH)
        loud = weight.sum(axis=0)
        heights = np.where(loud > 0, (weight * rows).sum(axis=0) / np.maximum(loud, 1e-6), curve.y)
        curve = fit_curve(strips.x, heights, weight=np.clip(loud, 0.0, 6.0) / 6.0, bends=(0, 1, 2))
    return curve
