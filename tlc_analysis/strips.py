"""A plate cut into narrow upright strips: each row of each strip is a mean, so that lines across stand out of noise."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

STRIP_PX = 9.0  # narrow enough that a line tilted by 3 degrees stays within half a pixel of a strip's mean
_FEWEST, _MOST = 24, 128

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


def cut_strips(srgb: Array, valid: NDArray[np.bool_]) -> Strips:
    """``srgb``: (H, W, 3) of a frame. A channel counts by how much of the layer's light it carries."""
    height, width = valid.shape
    n = int(np.clip(round(width / STRIP_PX), _FEWEST, _MOST))
    means = cv2.resize(srgb, (n, height), interpolation=cv2.INTER_AREA)
    share = cv2.resize(valid.astype(np.float32), (n, height), interpolation=cv2.INTER_AREA)
    layer = np.maximum(np.median(means[share > 0.99][::7], axis=0), 0.01) if (share > 0.99).any() else np.ones(3)
    relative = (means / layer.astype(np.float32)).astype(np.float32)
    weight = (layer / layer.sum()).astype(np.float32)
    return Strips(
        rgb=relative,
        signal=np.asarray(relative @ weight, dtype=np.float32),
        x=(np.arange(n) + 0.5) * (width / n) - 0.5,
        valid=share > 0.99,
    )
