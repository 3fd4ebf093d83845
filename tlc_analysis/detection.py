"""Where something bounded along the lane lies on the plate: candidates for bands.

At each scale the contrast is smoothed with a Gaussian and its curvature along the lane is taken
(scale-normalised second derivative: Lindeberg, Int. J. Comput. Vision 1998, 30, 79). Each of L, a and b is divided
by the noise that the same filter gives on this plate, mottle of the layer included, and the curvature is projected
on the direction of the contrast itself: quenching, fluorescence and colours are treated alike, the side lobes of
the filter point the other way, and a streak along the lane has no curvature at all.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .background import robust_sigma
from .contrast import Contrast

SCALES_PX: Final = (1.5, 2.4, 3.8, 6.0, 9.5, 15.0, 22.0)
"""Standard deviations along the lane, in pixels of a plate reduced to 640 rows."""
MIN_SCALE_X_PX: Final = 5.0
FLAT_SCALE_X_PX: Final = 8.0
"""Across the lane the filter is at least this wide: only an applicator's flat band is thinner than a spot."""
MIN_SCORE: Final = 6.0
CLIPPED_GAUSSIAN: Final = 1.03
"""Variance of a Gaussian over that of the same cut at three standard deviations."""
MIN_CONTRAST_LAB: Final = 2.0
CHROMA_SHARE: Final = 0.5
"""What a and b count for against the least contrast: JPEG quantises and halves them, and leaves steps of 2 to 3."""
SHADOW_SHARE: Final = 0.12
SHADOW_REACH: Final = 2.5
NOISE_FLOOR_LAB: Final = 0.12
"""Curvature noise is never taken to be less: a synthetic plate without noise must not make ghosts."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Blob:
    """A candidate in reduced-plate pixels.

    ``x``, ``y``: centre; ``sigma``: scale along the lane; ``left``, ``right``: where it falls to half across the
    lane; ``score``: curvature over its noise; ``amplitude``: (3,) L, a, b contrast at the centre; ``whiten``: (3, 3),
    takes a contrast to units of the curvature's noise at that scale, independent of each other.
    """

    x: float
    y: float
    sigma: float
    left: float
    right: float
    score: float
    amplitude: NDArray[np.float64]
    whiten: NDArray[np.float64]

    @property
    def width(self) -> float:
        """Full width at half height across the lane."""
        return self.right - self.left

    @property
    def contrast(self) -> float:
        """Size of the contrast in CIELAB units."""
        return float(np.linalg.norm(self.amplitude))


def find_blobs(contrast: Contrast) -> list[Blob]:
    """Candidates, strongest first; none for a bare plate."""
    raw: list[Blob] = []
    levels = {0: contrast.difference}
    for sigma in SCALES_PX:
        octave = 0 if sigma < 5 else 1 if sigma < 10 else 2
        if octave not in levels:
            levels[octave] = cv2.pyrDown(levels[octave - 1])
        raw += _at_scale(contrast, levels[octave], sigma, 2**octave)
    raw.sort(key=lambda blob: -blob.score)
    kept: list[Blob] = []
    for blob in raw:
        if not any(_same(blob, other) or _shadow(blob, other) for other in kept):
            kept.append(blob)
    return kept


def _same(a: Blob, b: Blob) -> bool:
    """Whether two candidates are one thing seen at two scales or at two places of one band."""
    reach = 1.2 * max(a.sigma, b.sigma)
    inside = a.left - 2 <= b.x <= a.right + 2 or b.left - 2 <= a.x <= b.right + 2
    return abs(a.y - b.y) < reach and inside


def _shadow(a: Blob, b: Blob) -> bool:
    """Whether ``a`` is but a wrinkle in the flank or halo of the much stronger ``b``."""
    near = abs(a.y - b.y) < SHADOW_REACH * (a.sigma + b.sigma) and b.left - b.width < a.x < b.right + b.width
    return near and a.contrast < SHADOW_SHARE * b.contrast


def _at_scale(contrast: Contrast, level: NDArray[np.float32], sigma: float, step: int) -> list[Blob]:
    sigma_y = sigma / step
    sigma_x = max(sigma, MIN_SCALE_X_PX if sigma > 3 else FLAT_SCALE_X_PX) / step
    smooth = cv2.GaussianBlur(level, (0, 0), sigmaX=sigma_x, sigmaY=sigma_y, borderType=cv2.BORDER_REFLECT)
    curvature = np.zeros_like(smooth)
    curvature[1:-1] = (2 * smooth[1:-1] - smooth[2:] - smooth[:-2]) * sigma_y**2
    size = (level.shape[1], level.shape[0])
    usable = cv2.resize(contrast.usable.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    if not usable.any():
        return []
    whiten = whitening(curvature[usable][:: max(1, int(sigma_y))])
    seen = smooth @ whiten.astype(np.float32)
    bend = curvature @ whiten.astype(np.float32)
    score = (bend * seen).sum(axis=-1) / (np.sqrt((seen**2).sum(axis=-1)) + 1e-6)
    score = np.where(usable, score, 0).astype(np.float32)
    window = np.ones((2 * max(1, round(sigma_y)) + 1, 2 * max(2, round(1.5 * sigma_x)) + 1), np.uint8)
    peaks = (score >= cv2.dilate(score, window)) & (score > MIN_SCORE)
    blobs = []
    for row, column in zip(*np.nonzero(peaks), strict=True):
        amplitude = smooth[row, column].astype(np.float64) * np.sqrt(2)
        if np.linalg.norm(amplitude * [1, CHROMA_SHARE, CHROMA_SHARE]) < MIN_CONTRAST_LAB:
            continue
        x, y = (column + 0.5) * step - 0.5, (_vertex(score[:, column], row) + 0.5) * step - 0.5
        left, right = _extent(contrast, x, y, sigma, whiten @ whiten.T @ amplitude)
        blobs.append(
            Blob(
                x=(left + right) / 2, y=y, sigma=sigma, left=left, right=right,
                score=float(score[row, column]), amplitude=amplitude, whiten=whiten,
            )
        )  # fmt: skip
    return blobs


def whitening(sample: NDArray[np.floating]) -> NDArray[np.float64]:
    """(3, 3) matrix W such that ``sample @ W`` has independent channels of unit noise.

    ``sample``: (n, 3), mostly noise; what stands out in any channel is left out of the covariance.
    """
    sigma = np.array([max(robust_sigma(sample[:, c]), 1e-6) for c in range(3)])
    core = sample[(np.abs(sample) < 3 * sigma).all(axis=1)].astype(np.float64)
    covariance = core.T @ core / max(len(core), 1) * CLIPPED_GAUSSIAN + NOISE_FLOOR_LAB**2 * np.eye(3)
    return np.asarray(np.linalg.cholesky(np.linalg.inv(covariance)), dtype=np.float64)


def _vertex(values: NDArray[np.float32], i: int) -> float:
    """Position of the parabola's vertex through three samples around a maximum."""
    if i <= 0 or i >= len(values) - 1:
        return float(i)
    a, b, c = (float(v) for v in values[i - 1 : i + 2])
    bend = a - 2 * b + c
    return float(i) if bend >= 0 else i + float(np.clip(0.5 * (a - c) / bend, -0.5, 0.5))


def _extent(
    contrast: Contrast, x: float, y: float, sigma: float, direction: NDArray[np.float64]
) -> tuple[float, float]:
    """Where the contrast falls to half of its peak left and right of ``x``, stopping at a dip between neighbours."""
    half = max(1, round(0.7 * sigma))
    top, bottom = max(0, round(y) - half), min(contrast.difference.shape[0], round(y) + half + 1)
    unit = (direction / np.linalg.norm(direction)).astype(np.float32)
    profile = contrast.difference[top:bottom].mean(axis=0) @ unit
    profile = cv2.GaussianBlur(profile[None, :], (0, 0), 2.0)[0]
    peak = int(np.clip(round(x), 0, len(profile) - 1))
    reach = max(2, round(1.5 * max(sigma, MIN_SCALE_X_PX)))
    low, high = max(0, peak - reach), min(len(profile), peak + reach + 1)
    peak = low + int(np.argmax(profile[low:high]))
    return _walk(profile, peak, -1), _walk(profile, peak, 1)


def _walk(profile: NDArray[np.float32], peak: int, step: int) -> float:
    """The half-height crossing from ``peak`` in one direction, or the dip before a neighbour rises again."""
    height = float(profile[peak])
    lowest, where, i = height, peak, peak
    while 0 <= i + step < len(profile):
        i += step
        value = float(profile[i])
        if value < 0.5 * height:
            before = float(profile[i - step])
            return i - step + step * (before - 0.5 * height) / max(before - value, 1e-6)
        if value < lowest:
            lowest, where = value, i
        elif value > lowest + 0.15 * height:
            return float(where)
    return float(i)
