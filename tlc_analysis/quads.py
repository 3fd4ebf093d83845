"""Quadrilaterals against the edges in a picture: sides moved onto them, and how well they are borne out."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .regions import Array, Quad

_MIDDLE = 0.84  # of a side: corners are chipped, rounded or in shadow
_SAMPLES = 48
_NEIGHBOUR = 0.6  # what is left of a side that turns out to be a neighbour's
_CLEAR = 0.18  # step at the sides of a plate of which the picture shows only a corner
_NOISE_FLOOR = 0.012  # relative to the picture's white
_STRAIGHT = 1.3  # working pixels that an edge may stray from its side


_INNER = 20  # cells a side into which a plate's inside is cut to see how even it is


def _smoother() -> NDArray[np.float64]:
    """Projects on parabolas in x and y: a lamp's falloff is no texture."""
    y, x = np.mgrid[-1 : 1 : complex(0, _INNER), -1 : 1 : complex(0, _INNER)].reshape(2, -1)
    design = np.column_stack([np.ones_like(x), x, y, x * y, x**2, y**2])
    return np.asarray(design @ np.linalg.pinv(design), dtype=np.float64)


_SMOOTH = _smoother()


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """A refined quadrilateral in working coordinates and what speaks for it.

    ``support``: (4,) share of each side that lies on a straight edge, NaN where it runs outside the picture;
    ``contrast``: (4,) median step across each side, relative to the picture's white; ``even``: how uniform its inside
    is compared with the step to its outside, 0 to 1; ``share``: of the picture's area.
    """

    quad: Quad
    support: NDArray[np.float64]
    contrast: NDArray[np.float64]
    even: float
    share: float

    @property
    def cut(self) -> bool:
        """Whether a side of the plate is outside the picture."""
        return bool(np.isnan(self.support).any())

    @property
    def score(self) -> float:
        """0 to about 1: the weakest side counts most, since any region has three good ones by chance."""
        seen = self.support[~np.isnan(self.support)]
        if len(seen) < 2:
            return 0.0
        sides = 0.5 * float(seen.min()) + 0.5 * float(seen.mean())
        missing = 4 - len(seen)
        if missing == 2 and float(np.nanmedian(self.contrast)) < _CLEAR:
            return 0.0  # the front on a scan that fills the picture looks like this
        return sides * (0.55 + 0.45 * self.even) * (1.0, 0.85, 0.6)[missing]


def examine(planes: Array, quad: Quad) -> Evidence | None:
    """Refines ``quad`` and weighs it; None when it is no plausible plate after refinement."""
    reach = max(3.0, 0.03 * float(np.sqrt(_area(quad))))
    for width in (reach, max(2.5, 0.4 * reach)):
        moved = _refined(planes, quad, width)
        if moved is None:
            return None
        quad = moved
    if not plausible(quad, planes.shape):
        return None
    return _weigh(planes, quad)


def plausible(quad: Quad, shape: tuple[int, ...]) -> bool:
    """Convex, no corner sharper than 45 degrees, no side a sliver, not far outside the picture."""
    sides = np.roll(quad, -1, axis=0) - quad
    lengths = np.linalg.norm(sides, axis=1)
    turns = sides[:, 0] * np.roll(sides, -1, axis=0)[:, 1] - sides[:, 1] * np.roll(sides, -1, axis=0)[:, 0]
    sines = turns / np.maximum(lengths * np.roll(lengths, -1), 1e-9)
    height, width = shape[:2]
    room = 0.5 * np.array([width, height])
    inside = (quad > -room).all() and (quad < np.array([width, height]) + room).all()
    return bool(inside and sines.min() > 0.7 and lengths.min() > 0.05 * max(height, width))


def _area(quad: Quad) -> float:
    return abs(float(cv2.contourArea(quad.astype(np.float32))))


def _profiles(planes: Array, quad: Quad, offsets: NDArray[np.float64]) -> tuple[Array, NDArray[np.bool_], Quad, Quad]:
    """Colours along the normals of the sides: (4, samples, offsets, 3), outwards positive; which samples are inside
    the picture (4, samples); the samples' feet (4, samples, 2); the normals (4, 2)."""
    along = np.linspace(0.5 - _MIDDLE / 2, 0.5 + _MIDDLE / 2, _SAMPLES)
    sides = np.roll(quad, -1, axis=0) - quad
    normals = np.column_stack([sides[:, 1], -sides[:, 0]]) / np.linalg.norm(sides, axis=1)[:, None]
    feet = quad[:, None, :] + along[None, :, None] * sides[:, None, :]
    points = feet[:, :, None, :] + offsets[None, None, :, None] * normals[:, None, None, :]
    flat = points.reshape(4 * _SAMPLES, len(offsets), 2).astype(np.float32)
    colours = cv2.remap(planes, flat[..., 0], flat[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    height, width = planes.shape[:2]
    inside = ((feet > 1.0) & (feet < np.array([width - 2.0, height - 2.0]))).all(axis=2)
    shaped = np.asarray(colours, np.float32).reshape(4, _SAMPLES, len(offsets), 3)
    return shaped, np.asarray(inside, np.bool_), feet, np.asarray(normals, np.float64)


def _gradient(colours: Array) -> Array:
    """Size of the colour's change per offset, smoothed over three."""
    change = np.linalg.norm(colours[:, :, 2:] - colours[:, :, :-2], axis=3)
    return np.asarray(np.pad(change, ((0, 0), (0, 0), (1, 1)), mode="edge"), dtype=np.float32)


def _outward(colours: Array) -> Array:
    """As :func:`_gradient`, but only the change from the plate to what surrounds it counts.

    Across a narrow gap lies the edge of a neighbour, as strong as the plate's own but the other way round.
    """
    ends = np.median(colours[:, :, -1] - colours[:, :, 0], axis=1)
    size = np.linalg.norm(ends, axis=1)
    common = ends[np.argsort(size)[2:]].mean(axis=0)
    # A side that begins and ends on the same colour has a neighbour: what the other sides show holds for it.
    ends = np.where((size < 0.5 * np.linalg.norm(common))[:, None], common, ends)
    towards = ends / np.maximum(np.linalg.norm(ends, axis=1, keepdims=True), 1e-9)
    change = np.einsum("ijkc,ic->ijk", colours[:, :, 2:] - colours[:, :, :-2], towards)
    return np.asarray(np.pad(np.maximum(change, 0.0), ((0, 0), (0, 0), (1, 1)), mode="edge"), dtype=np.float32)


def _refined(planes: Array, quad: Quad, reach: float) -> Quad | None:
    offsets = np.arange(-round(reach), round(reach) + 1, dtype=np.float64)
    colours, inside, feet, normals = _profiles(planes, quad, offsets)
    gradient = _outward(colours)
    # A plate's own side is nearer to the region's than a neighbour's is.
    prior = np.exp(-0.5 * (offsets / (0.7 * reach)) ** 2)
    best = np.argmax(gradient * prior, axis=2)
    shift = _parabolic(gradient, best) + offsets[0]
    weight = np.take_along_axis(gradient, best[..., None], axis=2)[..., 0].astype(np.float64) * inside
    unseen = np.count_nonzero(weight, axis=1) < _SAMPLES // 3
    shift[unseen], weight[unseen] = 0.0, 1.0  # outside the picture: nothing to refine on
    fitted = _robust_lines(shift, weight / np.maximum(weight.max(axis=1, keepdims=True), 1e-9))
    ends = feet[:, [0, -1]] + fitted[:, [0, -1], None] * normals[:, None, :]
    ends = np.concatenate([ends, np.ones((4, 2, 1))], axis=2)
    lines = np.cross(ends[:, 0], ends[:, 1])
    corners = np.cross(np.roll(lines, 1, axis=0), lines)
    if (np.abs(corners[:, 2]) < 1e-9).any():
        return None
    return np.asarray(corners[:, :2] / corners[:, 2:], dtype=np.float64)


def _robust_lines(shift: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Straight lines through (4, samples) offsets, by iterated weights with Tukey's biweight."""
    x = np.linspace(-1.0, 1.0, shift.shape[1])
    fitted = np.broadcast_to(_weighted_median(shift, weight)[:, None], shift.shape)
    for _ in range(6):
        residual = np.abs(shift - fitted)
        scale = np.maximum(1.4826 * _weighted_median(residual, weight), 0.15)[:, None]
        w = weight * np.clip(1 - (residual / (4.685 * scale)) ** 2, 0.0, None) ** 2 + 1e-9
        total, first, second = w.sum(axis=1), (w * x).sum(axis=1), (w * x * x).sum(axis=1)
        level, tilt = (w * shift).sum(axis=1), (w * shift * x).sum(axis=1)
        determinant = np.maximum(total * second - first**2, 1e-12)
        slope = (total * tilt - first * level) / determinant
        fitted = ((level - slope * first) / total)[:, None] + slope[:, None] * x
    return fitted


def _weighted_median(values: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    share = np.cumsum(np.take_along_axis(weight, order, axis=1), axis=1)
    middle = np.argmax(share >= 0.5 * share[:, -1:], axis=1)
    return np.take_along_axis(ordered, middle[:, None], axis=1)[:, 0]


def _parabolic(values: Array, at: NDArray[np.intp]) -> NDArray[np.float64]:
    """Index of the peaks of (4, samples, offsets) near ``at``, between offsets."""
    middle = np.clip(at, 1, values.shape[2] - 2)
    three = [np.take_along_axis(values, (middle + k)[..., None], axis=2)[..., 0] for k in (-1, 0, 1)]
    bend = np.maximum(2 * three[1] - three[0] - three[2], 1e-9)
    shift = np.clip(0.5 * (three[2] - three[0]) / bend, -0.5, 0.5)
    return np.asarray(np.where(middle == at, middle + shift, at), dtype=np.float64)


def _weigh(planes: Array, quad: Quad) -> Evidence:
    offsets = np.arange(-12.0, 13.0)
    colours, inside, _, _ = _profiles(planes, quad, offsets)
    known = inside.sum(axis=1) >= _SAMPLES // 3
    gradient = _gradient(colours)[:, :, 7:18]  # strips that lie side by side leave no more room than this
    straight = np.abs(_parabolic(gradient, np.argmax(gradient, axis=2)) + offsets[7]) < _STRAIGHT
    # On a scan that fills the picture a pencil line has two ends at its rim: beyond it there must be no more layer.
    near = known.sum() > 2
    within = colours[:, :, 8:11].mean(axis=2) if near else colours[:, :, 3:8].mean(axis=2)
    without = colours[:, :, 14:17].mean(axis=2) if near else colours[:, :, 20:25].mean(axis=2)
    step = np.linalg.norm(without - within, axis=2)
    noise = max(_NOISE_FLOOR, 2.0 * _grain(planes))
    good = straight & (step > 3 * noise)
    support = np.where(known, (good & inside).sum(axis=1) / np.maximum(inside.sum(axis=1), 1), np.nan)
    # Two sides may have a neighbour; where the layer goes on beyond three, somebody drew a box on it.
    beyond = np.linalg.norm(colours[:, :, 20:25].mean(axis=2) - colours[:, :, 3:8].mean(axis=2), axis=2)
    goes_on = [known[i] and np.median(beyond[i][inside[i]]) < 0.35 * np.median(step[i][inside[i]]) for i in range(4)]
    if sum(goes_on) >= 3:
        support = np.zeros(4)
    support = support * np.where(_turned_round(within - without, inside, known), _NEIGHBOUR, 1.0)
    contrast = np.array([float(np.median(step[i][inside[i]])) if known[i] else np.nan for i in range(4)])
    return Evidence(
        quad=quad,
        support=support,
        contrast=contrast,
        even=_evenness(planes, quad, contrast),
        share=_area(quad) / (planes.shape[0] * planes.shape[1]),
    )


def _turned_round(rise: Array, inside: NDArray[np.bool_], known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Sides whose step goes the other way than the others': there lies the edge of a neighbour across a gap."""
    mean = np.array([rise[i][inside[i]].mean(axis=0) if known[i] else np.zeros(3) for i in range(4)])
    against = np.array([float(mean[i] @ (mean.sum(axis=0) - mean[i])) < 0 for i in range(4)])
    return against & known


def _grain(planes: Array) -> float:
    """Noise of a working pixel, from differences of neighbours."""
    difference = planes[::4, 1::4, 0] - planes[::4, :-1:4, 0][:, : planes[::4, 1::4, 0].shape[1]]
    return 1.4826 * float(np.median(np.abs(difference))) / float(np.sqrt(2))


def _evenness(planes: Array, quad: Quad, contrast: NDArray[np.float64]) -> float:
    """1 when the inside is one colour but for spots and light, 0 when it varies as much as the step to the outside."""
    size = _INNER + 4
    target = np.array([[0, 0], [size, 0], [size, size], [0, size]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(target, quad.astype(np.float32))
    inner = cv2.warpPerspective(
        planes, matrix, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )[2:-2, 2:-2]
    flat = np.asarray(inner, dtype=np.float64).reshape(-1, 3)
    rest = flat - _SMOOTH @ flat
    spread = 1.4826 * float(np.median(np.linalg.norm(rest, axis=1)))
    step = float(np.nanmedian(contrast)) if np.isfinite(contrast).any() else 0.0
    return float(np.clip(1.0 - 1.2 * spread / max(step, 1e-6), 0.0, 1.0))
