"""A plate cut into narrow upright strips: each row of each strip is a mean, so that lines across stand out of noise."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

STRIP_PX = 9.0  # narrow enough that a line tilted by 3 degrees stays within half a pixel of a strip's mean
_FEWEST, _MOST = 24, 128
_BURNT = 0.97  # of full scale
_QUIET = 0.003  # relative: a channel without noise is a scan's, whose three are alike

Array = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Strips:
    """``rgb``: (H, n, 3), relative to the layer (1 on bare layer). ``signal``: (H, n), its brightness.

    ``x``: (n,) frame x of the strips' centres. ``valid``: (H, n) bool.
    """

    rgb: Array
    signal: Array
    x: NDArray[np.float64]
    valid: NDArray[np.bool_]

    @property
    def pitch(self) -> float:
        """Width of a strip in frame pixels."""
        return float(self.x[1] - self.x[0])


def cut_strips(srgb: Array, valid: NDArray[np.bool_], *, rows: int | None = None) -> Strips:
    """``srgb``: (H, W, 3) of a frame, reduced to ``rows``. A channel counts by how little noise it has."""
    width = valid.shape[1]
    n = int(np.clip(round(width / STRIP_PX), _FEWEST, _MOST))
    size = (n, rows or len(valid))
    means = np.asarray(cv2.resize(srgb, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    share = _share(valid, size)
    inside = share > 0.99
    sample = means.reshape(-1, 3)[np.flatnonzero(inside)[::7]]
    layer = np.maximum(np.median(sample, axis=0), 0.01) if len(sample) else np.ones(3)
    relative = np.asarray(means / layer.astype(np.float32), dtype=np.float32)
    weight = _weights(relative, means).reshape(1, 3)
    return Strips(
        rgb=relative,
        signal=np.asarray(cv2.transform(relative, weight), dtype=np.float32),
        x=(np.arange(n) + 0.5) * (width / n) - 0.5,
        valid=inside,
    )


def _weights(relative: Array, means: Array) -> Array:
    """(3,) weights that add up to 1, by inverse variance of the noise from row to row.

    Graphite takes the same part of every colour, and on a dark layer two channels are little but noise. A channel is
    quiet as well where it is burnt out: that part of it says nothing.
    """
    rough = np.abs(np.diff(relative[::3], axis=0)).reshape(-1, 3)[::5]
    burnt = means[:-3:3].reshape(-1, 3)[::5][: len(rough)] > _BURNT
    noise = [float(np.median(rough[~burnt[:, c], c])) if not burnt[:, c].all() else 1.0 for c in range(3)]
    weight = np.maximum(noise, _QUIET) ** -2.0 * (1 - burnt.mean(axis=0)) ** 2 if len(rough) else np.ones(3)
    return np.asarray((weight + 1e-9) / (weight + 1e-9).sum(), dtype=np.float32)


def _share(valid: NDArray[np.bool_], size: tuple[int, int]) -> Array:
    """How much of each strip's rows lies on the plate."""
    if valid.all():
        return np.ones(size[::-1], dtype=np.float32)
    return np.asarray(cv2.resize(valid.astype(np.float32), size, interpolation=cv2.INTER_AREA), dtype=np.float32)
