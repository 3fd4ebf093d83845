"""Under which light a picture was taken, when nobody has said."""

import numpy as np
from numpy.typing import NDArray

from .model import Illumination

_SAMPLE_PX = 160  # a few tens of thousands of pixels carry the colour of a picture


def infer_illumination(pixels: NDArray[np.uint8] | NDArray[np.uint16], *, full_scale: int) -> Illumination:
    """The light that best explains the colours of ``pixels``, (H, W, 3) RGB.

    The F254 indicator glows green: the brightest third of the picture is then green. Under 366 nm the layer
    itself stays dark and takes the violet-blue of the lamp. All else is daylight.
    """
    step = max(1, max(pixels.shape[:2]) // _SAMPLE_PX)
    sample = pixels[::step, ::step].reshape(-1, 3).astype(np.float32) / full_scale
    value = sample.max(axis=1)
    bright = sample[value >= np.quantile(value, 0.7)].mean(axis=0)
    red, green, blue = (float(c) for c in bright)
    if green > 1.18 * red and green > 1.12 * blue:
        return "uv254"
    middle = sample[value <= np.quantile(value, 0.9)].mean(axis=0)
    violet = float(middle[2]) > 1.15 * max(float(middle[1]), 0.02) and float(middle[2]) > 1.1 * float(middle[0])
    dark = float(np.quantile(value, 0.75)) < 0.55
    return "uv366" if violet and dark else "visible"
