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
_SAME = 0.25  # working pixels between the corners of one outline found twice

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


def examine(planes: Array, quads: list[Quad]) -> list[Evidence]:
    """Refines ``quads`` and weighs them, all at once; what is no plausible plate after refinement is left out."""
    stack = np.array([quad for quad in quads if _sides_inside(quad, planes.shape) > 1]).reshape(-1, 4, 2)
    reach = np.array([max(3.0, 0.03 * float(np.sqrt(_area(quad)))) for quad in stack])
    for share, least in ((1.0, 3.0), (0.4, 2.5)):
        if len(stack) > 0:
            stack = _refined(planes, stack, np.maximum(share * reach, least))
            whole = np.isfinite(stack).all(axis=(1, 2))
            stack, reach = stack[whole], reach[whole]
    distinct: list[Quad] = []
    for quad in stack:
        if plausible(quad, planes.shape) and all(float(np.abs(quad - other).max()) > _SAME for other in distinct):
            distinct.append(quad)
    return _weigh(planes, np.array(distinct)) if distinct else []


def _sides_inside(quad: Quad, shape: tuple[int, ...]) -> int:
    """How many sides do not run along the picture's own border, which is no edge of a plate."""
    return int(_seen(_feet(quad[None]), shape).sum())


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


def _feet(quads: Quad) -> Quad:
    """Points along the sides of (Q, 4, 2) quadrilaterals: (Q, 4, samples, 2)."""
    along = np.linspace(0.5 - _MIDDLE / 2, 0.5 + _MIDDLE / 2, _SAMPLES)
    sides = np.roll(quads, -1, axis=1) - quads
    return np.asarray(quads[:, :, None] + along[:, None] * sides[:, :, None], dtype=np.float64)


def _inside(feet: Quad, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which points lie inside the picture."""
    return np.asarray(((feet > 1.0) & (feet < np.array([shape[1] - 2.0, shape[0] - 2.0]))).all(axis=-1))


def _seen(feet: Quad, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which sides are inside the picture for long enough to say something of them."""
    return np.asarray(_inside(feet, shape).sum(axis=-1) >= _SAMPLES // 3)


def _normals(quads: Quad) -> Quad:
    """(Q, 4, 2) outward unit normals of the sides."""
    sides = np.roll(quads, -1, axis=1) - quads
    across = np.stack([sides[..., 1], -sides[..., 0]], axis=-1)
    return np.asarray(across / np.linalg.norm(sides, axis=-1, keepdims=True), dtype=np.float64)


def _profiles(planes: Array, quads: Quad, offsets: NDArray[np.float64]) -> Array:
    """Colours along the normals of the sides: (Q, 4, samples, offsets, 3), outwards positive."""
    points = _feet(quads)[:, :, :, None] + offsets[:, None] * _normals(quads)[:, :, None, None]
    flat = points.reshape(-1, _SAMPLES * len(offsets), 2).astype(np.float32)
    colours = cv2.remap(planes, flat[..., 0], flat[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(colours, np.float32).reshape(-1, 4, _SAMPLES, len(offsets), 3)


def _gradient(colours: Array) -> Array:
    """Size of the colour's change per offset, smoothed over three."""
    change = np.linalg.norm(colours[..., 2:, :] - colours[..., :-2, :], axis=-1)
    return np.asarray(np.pad(change, ((0, 0), (0, 0), (0, 0), (1, 1)), mode="edge"), dtype=np.float32)


def _outward(colours: Array, reach: NDArray[np.intp]) -> Array:
    """As :func:`_gradient`, but only the change from the plate to what surrounds it counts.

    Across a narrow gap lies the edge of a neighbour, as strong as the plate's own but the other way round.
    """
    middle = colours.shape[3] // 2
    rise = [side[:, :, middle + r] - side[:, :, middle - r] for side, r in zip(colours, reach, strict=True)]
    ends = np.median(np.array(rise), axis=2)
    size = np.linalg.norm(ends, axis=2)
    common = np.take_along_axis(ends, np.argsort(size, axis=1)[:, 2:, None], axis=1).mean(axis=1, keepdims=True)
    # A side that begins and ends on the same colour has a neighbour: what the other sides show holds for it.
    ends = np.where((size < 0.5 * np.linalg.norm(common, axis=2))[..., None], common, ends)
    towards = ends / np.maximum(np.linalg.norm(ends, axis=2, keepdims=True), 1e-9)
    along = np.matmul(colours.reshape(*colours.shape[:2], -1, 3), towards[..., None]).reshape(colours.shape[:4])
    change = np.maximum(along[..., 2:] - along[..., :-2], 0.0)
    return np.asarray(np.pad(change, ((0, 0), (0, 0), (0, 0), (1, 1)), mode="edge"), dtype=np.float32)


def _refined(planes: Array, quads: Quad, reach: NDArray[np.float64]) -> Quad:
    """(Q, 4, 2) with every side moved onto the edge within its ``reach`` (Q,); NaN where sides no longer meet."""
    rows = np.rint(reach).astype(np.intp)
    offsets = np.arange(-rows.max(), rows.max() + 1, dtype=np.float64)
    gradient = _outward(_profiles(planes, quads, offsets), rows)
    gradient *= (np.abs(offsets) <= rows[:, None])[:, None, None]
    # A plate's own side is nearer to the region's than a neighbour's is.
    prior = np.exp(-0.5 * (offsets / (0.7 * reach[:, None])) ** 2).astype(np.float32)
    best = np.argmax(gradient * prior[:, None, None], axis=3)
    shift = _parabolic(gradient, best) + offsets[0]
    feet = _feet(quads)
    weight = np.take_along_axis(gradient, best[..., None], axis=3)[..., 0] * _inside(feet, planes.shape)
    unseen = np.count_nonzero(weight, axis=2) < _SAMPLES // 3
    shift[unseen], weight[unseen] = 0.0, 1.0  # outside the picture: nothing to refine on
    weight = weight / np.maximum(weight.max(axis=2, keepdims=True), 1e-9)
    fitted = _robust_lines(shift.reshape(-1, _SAMPLES), weight.reshape(-1, _SAMPLES).astype(np.float64))
    ends = feet[:, :, [0, -1]] + fitted.reshape(shift.shape)[:, :, [0, -1], None] * _normals(quads)[:, :, None]
    ends = np.concatenate([ends, np.ones((*ends.shape[:3], 1))], axis=3)
    lines = np.cross(ends[:, :, 0], ends[:, :, 1])
    corners = np.cross(np.roll(lines, 1, axis=1), lines)
    parallel = (np.abs(corners[..., 2]) < 1e-9).any(axis=1)
    corners[parallel] = np.nan
    return np.asarray(corners[..., :2] / corners[..., 2:], dtype=np.float64)


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
    """Index of the peaks of ``values`` (..., offsets) near ``at`` (...), between offsets."""
    middle = np.clip(at, 1, values.shape[-1] - 2)
    three = np.take_along_axis(values, middle[..., None] + np.arange(-1, 2), axis=-1)
    before, here, after = three[..., 0], three[..., 1], three[..., 2]
    bend = np.maximum(2 * here - before - after, 1e-9)
    shift = np.clip(0.5 * (after - before) / bend, -0.5, 0.5)
    return np.asarray(np.where(middle == at, middle + shift, at), dtype=np.float64)


def _weigh(planes: Array, quads: Quad) -> list[Evidence]:
    offsets = np.arange(-12.0, 13.0)
    colours, feet = _profiles(planes, quads, offsets), _feet(quads)
    inside, known = _inside(feet, planes.shape), _seen(feet, planes.shape)
    gradient = _gradient(colours)[..., 7:18]  # strips that lie side by side leave no more room than this
    straight = np.abs(_parabolic(gradient, np.argmax(gradient, axis=3)) + offsets[7]) < _STRAIGHT
    noise = max(_NOISE_FLOOR, 2.0 * _grain(planes))
    near_in, near_out = colours[..., 8:11, :].mean(axis=3), colours[..., 14:17, :].mean(axis=3)
    far_in, far_out = colours[..., 3:8, :].mean(axis=3), colours[..., 20:25, :].mean(axis=3)
    beyond = np.linalg.norm(far_out - far_in, axis=3)
    found: list[Evidence] = []
    for i, quad in enumerate(quads):
        # On a scan that fills the picture a pencil line has two ends at its rim: beyond it there must be no more layer.
        near = known[i].sum() > 2
        within, without = (near_in[i], near_out[i]) if near else (far_in[i], far_out[i])
        support, contrast = _borne_out(within, without, straight[i], beyond[i], inside[i], noise=noise)
        even, share = _evenness(planes, quad, contrast), _area(quad) / (planes.shape[0] * planes.shape[1])
        found.append(Evidence(quad=quad, support=support, contrast=contrast, even=even, share=share))
    return found


def _borne_out(
    within: Array,
    without: Array,
    straight: NDArray[np.bool_],
    beyond: Array,
    inside: NDArray[np.bool_],
    *,
    noise: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Support and contrast of the four sides of one quadrilateral, from its samples (4, samples)."""
    known = inside.sum(axis=1) >= _SAMPLES // 3
    step = np.linalg.norm(without - within, axis=2)
    good = straight & (step > 3 * noise)
    support = np.where(known, (good & inside).sum(axis=1) / np.maximum(inside.sum(axis=1), 1), np.nan)
    contrast = np.array([float(np.median(step[k][inside[k]])) if known[k] else np.nan for k in range(4)])
    # Two sides may have a neighbour; where the layer goes on beyond three, somebody drew a box on it.
    goes_on = [known[k] and float(np.median(beyond[k][inside[k]])) < 0.35 * contrast[k] for k in range(4)]
    if sum(goes_on) >= 3:
        support = np.zeros(4)
    other = _turned_round(within - without, inside, known)
    if not known.all():
        other |= np.array(goes_on)  # origin and front of a scan that fills the picture, likelier than neighbours
    support = support * np.where(other, _NEIGHBOUR, 1.0)
    return support, contrast


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
