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
"""Standard deviations along the lane, in pixels of the reduced plate."""
MIN_SCALE_X_PX: Final = 8.0
"""Across the lane the filter is at least this wide: only an applicator's flat band is thinner than a spot."""
NARROW_PX: Final = 2.4
MIN_SCORE: Final = 6.0
SAMPLE: Final = 6000
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


@dataclass(frozen=True, kw_only=True, eq=False)
class _Peak:
    x: float
    y: float
    sigma: float
    score: float
    amplitude: NDArray[np.float64]
    whiten: NDArray[np.float64]


def find_blobs(contrast: Contrast) -> list[Blob]:
    """Candidates, strongest first; none for a bare plate."""
    peaks: list[_Peak] = []
    levels: dict[tuple[int, int], NDArray[np.float32]] = {(1, 1): contrast.difference}
    for sigma in SCALES_PX:
        steps = (_step(max(sigma, MIN_SCALE_X_PX)), _step(sigma))
        levels = {steps: levels.get(steps, _reduced(levels, steps, contrast.usable.shape))}
        peaks += _at_scale(contrast, levels[steps], sigma)
    kept: list[Blob] = []
    for peak in sorted(peaks, key=lambda p: -p.score):
        if any(_within(peak, other) for other in kept):
            continue
        left, right = _extent(contrast, peak)
        blob = Blob(
            x=(left + right) / 2, y=peak.y, sigma=peak.sigma, left=left, right=right, score=peak.score,
            amplitude=peak.amplitude, whiten=peak.whiten,
        )  # fmt: skip
        if not any(_same(blob, other) or _shadow(blob, other) for other in kept):
            kept.append(blob)
    return kept


def shows_narrow_bands(blobs: list[Blob]) -> bool:
    """Whether several candidates are flat and near the finest scale: sprayed-on bands that deserve more rows."""
    narrow = [b for b in blobs if b.sigma <= NARROW_PX and b.score > 2 * MIN_SCORE and b.width > 4 * 2.35 * b.sigma]
    return len(narrow) >= 4


def _reduced(
    levels: dict[tuple[int, int], NDArray[np.float32]], steps: tuple[int, int], shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """The contrast in pixels of ``steps`` (columns, rows), from the finer one at hand."""
    (finer,) = levels.values()
    size = (max(4, shape[1] // steps[0]), max(4, shape[0] // steps[1]))
    return np.asarray(cv2.resize(finer, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _within(peak: _Peak, blob: Blob) -> bool:
    """Whether a peak is a blob seen at another scale or at another place of it."""
    return abs(peak.y - blob.y) < 1.2 * max(peak.sigma, blob.sigma) and blob.left - 2 <= peak.x <= blob.right + 2


def _same(a: Blob, b: Blob) -> bool:
    """Whether two candidates are one thing seen at two scales or at two places of one band."""
    reach = 1.2 * max(a.sigma, b.sigma)
    inside = a.left - 2 <= b.x <= a.right + 2 or b.left - 2 <= a.x <= b.right + 2
    return abs(a.y - b.y) < reach and inside


def _shadow(a: Blob, b: Blob) -> bool:
    """Whether ``a`` is but a wrinkle in the flank or halo of the much stronger ``b``."""
    near = abs(a.y - b.y) < SHADOW_REACH * (a.sigma + b.sigma) and b.left - b.width < a.x < b.right + b.width
    return near and a.contrast < SHADOW_SHARE * b.contrast


def _step(sigma: float) -> int:
    """How coarsely a Gaussian may be sampled: the largest power of two that leaves it two samples wide."""
    return 1 << max(0, int(np.floor(np.log2(sigma / 2))))


def _at_scale(contrast: Contrast, coarse: NDArray[np.float32], sigma: float) -> list[_Peak]:
    height, width = contrast.usable.shape
    size = (coarse.shape[1], coarse.shape[0])
    usable = cv2.resize(contrast.usable.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    if not usable.any():
        return []
    fine_x, fine_y = width / size[0], height / size[1]
    across, along = max(sigma, MIN_SCALE_X_PX) / fine_x, sigma / fine_y
    smooth = cv2.GaussianBlur(coarse, (0, 0), sigmaX=across, sigmaY=along, borderType=cv2.BORDER_REFLECT)
    curvature = np.zeros_like(smooth)
    curvature[1:-1] = (2 * smooth[1:-1] - smooth[2:] - smooth[:-2]) * along**2
    sample = curvature.reshape(-1, 3)[_some(np.flatnonzero(usable))]
    whiten = whitening(np.asarray(sample, dtype=np.float32))
    turn = np.ascontiguousarray(whiten.T, dtype=np.float32)
    seen, bend = (cv2.transform(each, turn) for each in (smooth, curvature))
    size_of_seen = np.sqrt(_sum_of_channels(seen * seen)) + np.float32(1e-6)
    score = _sum_of_channels(bend * seen) / size_of_seen
    score = np.where(usable, score, 0).astype(np.float32)
    window = np.ones((2 * max(1, round(along)) + 1, 2 * max(2, round(1.5 * across)) + 1), np.uint8)
    found = (score >= cv2.dilate(score, window)) & (score > MIN_SCORE)
    peaks = []
    for row, column in zip(*np.nonzero(found), strict=True):
        amplitude = smooth[row, column].astype(np.float64) * np.sqrt(2)
        if np.linalg.norm(amplitude * [1, CHROMA_SHARE, CHROMA_SHARE]) < MIN_CONTRAST_LAB:
            continue
        x = (float(column) + 0.5) * fine_x - 0.5
        y = (_vertex(score[:, column], int(row)) + 0.5) * fine_y - 0.5
        strength = float(score[row, column])
        peaks.append(_Peak(x=x, y=y, sigma=sigma, score=strength, amplitude=amplitude, whiten=whiten))
    return peaks


def _sum_of_channels(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.transform(values, np.ones((1, 3), np.float32)), dtype=np.float32)


def _some(sample: NDArray[np.intp]) -> NDArray[np.intp]:
    """Enough of many for their statistics."""
    return sample[:: max(1, len(sample) // SAMPLE)]


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


def _extent(contrast: Contrast, seen: _Peak) -> tuple[float, float]:
    """Where the contrast falls to half of its peak left and right, stopping at a dip between neighbours."""
    half = max(1, round(0.7 * seen.sigma))
    top, bottom = max(0, round(seen.y) - half), min(contrast.difference.shape[0], round(seen.y) + half + 1)
    direction = seen.whiten @ seen.whiten.T @ seen.amplitude
    unit = (direction / np.linalg.norm(direction)).astype(np.float32)
    profile = contrast.difference[top:bottom].mean(axis=0) @ unit
    profile = cv2.GaussianBlur(profile[None, :], (0, 0), 2.0)[0]
    peak = int(np.clip(round(seen.x), 0, len(profile) - 1))
    reach = max(2, round(1.5 * max(seen.sigma, MIN_SCALE_X_PX)))
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
