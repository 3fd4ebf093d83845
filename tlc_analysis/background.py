"""The bare layer behind the spots, and signals measured against it.

The lamp, the lens and the layer make a brightness that varies slowly over a plate. It is estimated as a
low-order surface fitted robustly (iteratively reweighted least squares with Tukey's biweight: Beaton & Tukey,
Technometrics 1974, 16, 147) plus a smooth residue of what is not a spot, in two passes: the first finds the
spots, the second leaves them out.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

GRID_PX: Final = 100
"""Longer side of the grid on which the background is estimated: it is smooth, a coarse grid loses nothing."""
EVERY: Final = 2
"""Of the grid's cells one in so many is enough for the surface's ten coefficients."""
TUKEY: Final = 4.685  # 95 % efficiency on Gaussian data
MASK_SIGMA: Final = 2.5
SMOOTHING_SHARE: Final = 0.07
"""Standard deviation of the residue's smoothing as a share of the plate's height: wider than any spot."""

_ENCODED = np.linspace(0.0, 1.0, 4096)
_LINEAR = np.where(_ENCODED <= 0.04045, _ENCODED / 12.92, ((_ENCODED + 0.055) / 1.055) ** 2.4).astype(np.float32)


def linearise(srgb: NDArray[np.float32]) -> NDArray[np.float32]:
    """Undo the sRGB transfer curve (IEC 61966-2-1): encoded 0..1 to linear light 0..1, same shape."""
    return np.asarray(_LINEAR[np.clip(srgb * 4095.0 + 0.5, 0, 4095).astype(np.uint16)], dtype=np.float32)


def robust_sigma(values: NDArray[np.floating]) -> float:
    """Standard deviation of the Gaussian core, from the median absolute deviation; 0 for no values."""
    middle = values.size // 2
    if values.size == 0:
        return 0.0
    away = np.abs(values - np.partition(values, middle)[middle])
    return 1.4826 * float(np.partition(away, middle)[middle])


def _design(shape: tuple[int, int], order: int) -> NDArray[np.float64]:
    """(h*w, terms): products of Legendre polynomials up to a total ``order``."""
    y = np.linspace(-1.0, 1.0, shape[0])
    x = np.linspace(-1.0, 1.0, shape[1])
    py = np.polynomial.legendre.legvander(y, order)
    px = np.polynomial.legendre.legvander(x, order)
    terms = [np.outer(py[:, i], px[:, j]).ravel() for i in range(order + 1) for j in range(order + 1 - i)]
    return np.stack(terms, axis=1)


def _robust_surface(values: NDArray[np.float32], usable: NDArray[np.bool_], order: int) -> NDArray[np.float32]:
    """A polynomial surface through most of the usable cells of one channel."""
    design = _design((values.shape[0], values.shape[1]), order)
    inside = np.flatnonzero(usable)[:: EVERY if usable.sum() > 60 * EVERY else 1]
    a, b = design[inside], values.ravel()[inside].astype(np.float64)
    weight = np.ones(len(b))
    coefficients = np.zeros(design.shape[1])
    for _ in range(5):
        weighted = a.T * weight
        coefficients = np.asarray(np.linalg.lstsq(weighted @ a, weighted @ b, rcond=None)[0], dtype=np.float64)
        residual = b - a @ coefficients
        u = residual / max(TUKEY * robust_sigma(residual), 1e-6)
        weight = np.where(np.abs(u) < 1, (1 - u**2) ** 2, 0.0)
    return (design @ coefficients).reshape(values.shape).astype(np.float32)


def _masked_smooth(values: NDArray[np.float32], mask: NDArray[np.bool_], sigma: float) -> NDArray[np.float32]:
    """Normalised convolution (Knutsson & Westin, CVPR 1993); fades to 0 far from any unmasked cell."""
    weight = mask.astype(np.float32)
    smooth = cv2.GaussianBlur(values * weight[..., None], (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    norm = cv2.GaussianBlur(weight, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return np.asarray(smooth / (norm + 0.02)[..., None], dtype=np.float32)


def _clear_cells(residual: NDArray[np.float32], usable: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cells that look like the bare layer: every channel within a few standard deviations, and so their neighbours."""
    clear = usable.copy()
    for channel in range(residual.shape[2]):
        values = residual[..., channel]
        centre = np.median(values[usable])
        clear &= np.abs(values - centre) < MASK_SIGMA * max(robust_sigma(values[usable]), 0.15)
    occupied = (usable & ~clear).astype(np.uint8)
    opened = cv2.morphologyEx(occupied, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return np.asarray(usable & (cv2.dilate(opened, np.ones((3, 3), np.uint8)) == 0), dtype=np.bool_)


def fit_background(lab: NDArray[np.float32], usable: NDArray[np.bool_], *, order: int = 3) -> NDArray[np.float32]:
    """CIELAB of the bare layer under every pixel.

    ``lab``: (H, W, 3). ``usable``: (H, W), pixels that may be layer or spot (not outside the plate, not ink).
    Where nothing is usable the surface is continued. Returns (H, W, 3).
    """
    height, width = usable.shape
    shrink = min(1.0, GRID_PX / max(height, width))
    size = (max(8, round(width * shrink)), max(8, round(height * shrink)))
    weight = usable.astype(np.float32)
    share = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    grid = cv2.resize(lab * weight[..., None], size, interpolation=cv2.INTER_AREA) / np.maximum(share, 1e-6)[..., None]
    cells = share > 0.5
    if np.count_nonzero(cells) < 30:
        mean = lab[usable].mean(axis=0) if usable.any() else lab.reshape(-1, 3).mean(axis=0)
        return np.broadcast_to(mean.astype(np.float32), lab.shape).copy()
    surface = np.stack([_robust_surface(grid[..., c].astype(np.float32), cells, order) for c in range(3)], axis=-1)
    residual = np.where(cells[..., None], grid - surface, 0).astype(np.float32)
    sigma = max(2.0, SMOOTHING_SHARE * size[1])
    smooth = _masked_smooth(residual, _clear_cells(residual, cells), sigma)
    smooth = _masked_smooth(residual, _clear_cells(residual - smooth, cells), sigma)
    whole = cv2.resize(surface + smooth, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(whole, dtype=np.float32)


def optical_density(linear: NDArray[np.float32], background: NDArray[np.float32]) -> NDArray[np.float32]:
    """Brightness-weighted optical density, positive where light is missing.

    Per channel log10(background / picture), weighted by the background's brightness in that channel so that a
    channel in which the layer emits nothing adds no noise. (..., 3) linear light in, (...) out.
    """
    floor = 1e-3
    density = np.log10(np.maximum(background, floor) / np.maximum(linear, floor))
    weight = background / np.maximum(background.sum(axis=-1, keepdims=True), floor)
    return np.asarray((density * weight).sum(axis=-1), dtype=np.float32)


def relative_fluorescence(linear: NDArray[np.float32], background: NDArray[np.float32]) -> NDArray[np.float32]:
    """Light added to the layer's own, as a share of the picture's full scale: the mean of three channels."""
    return np.asarray((linear - background).mean(axis=-1), dtype=np.float32)
