"""The colour of a spot in CIELAB, white-balanced on the plate's own layer.

Von Kries scaling in linear RGB so that the bare layer around the spot becomes neutral; its brightness becomes
that of white. On a dark layer (fluorescence under 366 nm) there is no white to balance on: the layer's light is
subtracted instead and what the spot adds is reported.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .model import Lab

DARK_LAYER: Final = 0.05
"""Luminance (share of full scale) below which a layer cannot serve as white."""
CHANNEL_FLOOR: Final = 0.05
"""A channel in which the layer emits less than this share of its brightest is not amplified further."""

# Linear sRGB to XYZ, D65 (IEC 61966-2-1).
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = _TO_XYZ.sum(axis=1)


def lab_from_linear(rgb: NDArray[np.floating]) -> Lab:
    """CIELAB (D65) of one linear sRGB colour (CIE 015:2018, section 8.2.1)."""
    ratio = (_TO_XYZ @ np.asarray(rgb, dtype=np.float64)) / _WHITE
    f = np.where(ratio > 216 / 24389, np.cbrt(np.maximum(ratio, 0)), (24389 / 27 * ratio + 16) / 116)
    return (float(116 * f[1] - 16), float(500 * (f[0] - f[1])), float(200 * (f[1] - f[2])))


def luminance(rgb: NDArray[np.floating]) -> float:
    """Relative luminance Y of one linear sRGB colour."""
    return float(_TO_XYZ[1] @ np.asarray(rgb, dtype=np.float64))


def spot_colour(spot: NDArray[np.floating], layer: NDArray[np.floating]) -> Lab:
    """CIELAB of a spot, from the mean linear RGB of its core and of the bare layer under it."""
    spot = np.maximum(np.asarray(spot, dtype=np.float64), 0)
    layer = np.maximum(np.asarray(layer, dtype=np.float64), 0)
    if luminance(layer) < DARK_LAYER:
        return lab_from_linear(np.maximum(spot - layer, 0))
    white = np.maximum(layer, CHANNEL_FLOOR * layer.max())
    return lab_from_linear((spot + white - layer) / white)
