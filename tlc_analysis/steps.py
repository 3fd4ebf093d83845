"""Wetting edges: where the layer's brightness or colour changes from one side of a curve to the other."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .curves import Curve, fit_curve
from .paths import best_paths, longest_run
from .ridges import noise_of
from .strips import Strips

_REACH = 0.012  # of the height: means over so much above and below are compared
_CLIP = 5.0
_SUPPORT = 2.0
_SLOPE = 0.25
_LASTING = 0.3  # beyond a row of spots the layer is what it was before
_GRADIENT = 2.0  # a linear gradient seen from afar is four times as large

Array = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """A step across the plate. ``height``: relative change of (brightness, red-green, blue-yellow) from above to below.

    ``snr``: of the change averaged along the curve; ``density``: share of strips that show it; ``first``, ``last``: the
    strips it is seen in.
    """

    curve: Curve
    first: int
    last: int
    height: tuple[float, float, float]
    snr: float
    density: float

    @property
    def y(self) -> float:
        """Mean height where it is seen."""
        return float(self.curve.y[self.first : self.last + 1].mean())


def find_steps(strips: Strips, *, top: float, bottom: float, count: int = 4) -> list[Step]:
    """Candidates for a wetting edge between the rows ``top`` and ``bottom``, strongest first."""
    height = len(strips.signal)
    reach = max(3, round(_REACH * height))
    maps = [_step_map(channel, reach) for channel in _channels(strips)]
    noise = [noise_of(each, strips.valid) for each in maps]
    energy = np.sqrt(sum((each / np.float32(s)) ** 2 for each, s in zip(maps, noise, strict=True)))
    score = np.clip(energy - np.float32(2.2), -1.0, _CLIP).astype(np.float32)
    score[~strips.valid] = 0.0
    score[: max(reach, round(top))] = score[round(bottom) :] = -1.0
    rows = max(1, round(height / 450))
    coarse = score[: height // rows * rows].reshape(-1, rows, score.shape[1]).max(axis=1)
    steepest = max(1, int(np.ceil(_SLOPE * strips.pitch / rows)))
    paths = best_paths(coarse, steepest=steepest, count=count, apart=max(3, reach // rows))
    found = [_measure(strips, path * rows, maps, noise, reach) for path in paths]
    return sorted((step for step in found if step is not None), key=lambda step: -step.snr * step.density)


def _channels(strips: Strips) -> tuple[Array, Array, Array]:
    red, green, blue = (strips.rgb[..., i] for i in range(3))
    return strips.signal, red - green, np.asarray(blue - (red + green) / 2, dtype=np.float32)


def _step_map(channel: Array, reach: int) -> Array:
    """Mean of ``reach`` rows below minus mean of ``reach`` rows above."""
    mean = cv2.blur(channel, (1, reach))
    half = reach // 2 + 1
    padded = np.pad(mean, ((half, half), (0, 0)), mode="edge")
    return np.asarray(padded[2 * half :] - padded[: -2 * half], dtype=np.float32)


def _measure(strips: Strips, path: NDArray[np.intp], maps: list[Array], noise: list[float], reach: int) -> Step | None:
    columns = np.arange(len(path))
    tall = [float(np.median(m[path, columns])) / s for m, s in zip(maps, noise, strict=True)]
    best = int(np.argmax(np.abs(tall)))
    signed = maps[best] * np.float32(np.sign(tall[best]) or 1.0)
    heights = _peaks(signed, path, reach)
    loud = np.clip(signed[np.rint(heights).astype(np.intp), columns] / noise[best], 0.0, _CLIP)
    loud[~strips.valid[path, columns]] = 0.0
    first, last = longest_run(loud > _SUPPORT)
    if last - first < 5:
        return None
    inside = (columns >= first) & (columns <= last)
    weight = np.where(inside & (loud > _SUPPORT), loud / _CLIP, 0.0)
    curve = fit_curve(strips.x, heights, weight=weight, bends=(0, 1, 2, 4))
    at = np.clip(np.rint(curve.y).astype(np.intp), 0, len(signed) - 1)
    seen = (signed[at, columns] > _SUPPORT * noise[best]) & inside
    if seen.sum() < 5:
        return None
    level = [float(np.median(m[at, columns][inside])) for m in maps]
    lasting = _from_afar(_channels(strips)[best], at, reach, inside) / (level[best] or 1.0)
    if not _LASTING < lasting < _GRADIENT:
        return None
    return Step(
        curve=curve,
        first=first,
        last=last,
        height=(level[0], level[1], level[2]),
        snr=abs(level[best]) / noise[best] * float(np.sqrt(seen.sum())),
        density=float(seen[first : last + 1].mean()),
    )


def _from_afar(channel: Array, at: NDArray[np.intp], reach: int, inside: NDArray[np.bool_]) -> float:
    """The change between windows four reaches apart: a step stays what it is, a lamp's falloff grows."""
    columns = np.flatnonzero(inside)
    offsets = np.arange(reach, 3 * reach)[:, None]
    below = channel[np.clip(at[columns] + offsets, 0, len(channel) - 1), columns].mean(axis=0)
    above = channel[np.clip(at[columns] - offsets, 0, len(channel) - 1), columns].mean(axis=0)
    return float(np.median(below - above))


def edge_near(strips: Strips, y: float) -> tuple[float, float]:
    """The row within a reach of ``y`` at which a level edge is clearest, and how clear it is in standard deviations."""
    height = len(strips.signal)
    reach = max(3, round(_REACH * height))
    rows = np.arange(max(0, round(y) - 6 * reach), min(height, round(y) + 6 * reach + 1))
    seen = np.zeros(len(rows))
    for each in (_step_map(channel, reach) for channel in _channels(strips)):
        sigma = noise_of(each, strips.valid) * 1.25 / np.sqrt(each.shape[1])  # of a median
        seen = np.maximum(seen, _standing_out(np.median(each[rows], axis=1) / sigma))
    near = np.flatnonzero(np.abs(rows - y) <= reach)
    best = near[int(np.argmax(seen[near]))]
    return float(rows[best]), float(seen[best]) if near[0] < best < near[-1] else 0.0


def _standing_out(profile: Floats) -> Floats:
    """How far each step stands out of those around it, in standard deviations.

    A lamp's slope and the layer's own unevenness are steps everywhere, and larger than the noise of a strip says.
    """
    away = np.abs(profile - np.median(profile))
    return np.asarray(away / max(1.0, 1.4826 * float(np.median(away))), dtype=np.float64)


def _peaks(signed: Array, path: NDArray[np.intp], reach: int) -> Floats:
    offsets = np.arange(-reach, reach + 1)
    rows = np.clip(path[None, :] + offsets[:, None], 1, len(signed) - 2)
    columns = np.arange(len(path))
    at = rows[np.argmax(signed[rows, columns], axis=0), columns]
    left, here, right = signed[at - 1, columns], signed[at, columns], signed[at + 1, columns]
    bend = 2 * here - left - right
    shift = np.where(bend > 1e-9, 0.5 * (right - left) / np.maximum(bend, 1e-9), 0.0)
    return np.asarray(at + np.clip(shift, -0.5, 0.5), dtype=np.float64)


def bulge(strips: Strips, straight: Floats) -> tuple[float, float]:
    """How far a wetting edge between two known ends bulges off the straight line ``straight`` (n,), in rows, up being
    negative, and how clearly: its signal in standard deviations over that of the straight line.

    One number is sought, with the parabola's shape given, so that an edge much too faint to be followed is found.
    """
    height = len(strips.signal)
    reach = max(3, round(_REACH * height))
    share = (strips.x - strips.x[0]) / (strips.x[-1] - strips.x[0])
    shape = 4 * share * (1 - share)
    inner = np.flatnonzero((share > 0.15) & (share < 0.85))
    # The rim of the plate is an edge too: the apex stays away from it.
    highest = max(-0.08 * height, 0.02 * height - float(straight.min()))
    drops = np.arange(min(highest, 0.0), 0.03 * height, max(1.0, reach / 4))
    rows = np.clip(np.rint(straight[inner] + drops[:, None] * shape[inner]).astype(np.intp), 0, height - 1)
    seen = np.zeros(len(drops))
    for each in (_step_map(channel, reach) for channel in _channels(strips)):
        sigma = noise_of(each, strips.valid) * 1.25 / np.sqrt(len(inner))  # of a median
        seen = np.maximum(seen, _standing_out(np.median(each[rows, inner], axis=1) / sigma))
    best, none = int(np.argmax(seen)), int(np.argmin(np.abs(drops)))
    inside = 0 < best < len(drops) - 1
    return float(drops[best]), float(seen[best] - seen[none]) if inside and seen[best] > 6 else 0.0
