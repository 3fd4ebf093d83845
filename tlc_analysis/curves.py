"""Smooth curves through scattered heights: as stiff as the data allow, deaf to outliers."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

_TUKEY = 4.685  # 95 % efficiency for normal errors (Holland & Welsch, Commun. Stat. A6 (1977) 813)
_ROUNDS = 5
_INFLATION = 1.4  # plain cross-validation follows correlated errors (Kim & Gu, J. R. Stat. Soc. B 66 (2004) 337)

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """``y`` and its standard error at every x, the scatter of the data round it, and the robust weights.

    ``bends``: how many knots between the ends it needed; 0 is a straight line.
    """

    y: Array
    se: Array
    scatter: float
    weight: Array
    bends: int


def fit_curve(x: Array, y: Array, *, weight: Array, bends: tuple[int, ...] = (0, 1, 3, 6, 11)) -> Curve:
    """A natural cubic spline, straight beyond the outermost data, its knots chosen by cross-validation.

    ``x`` (n,) ascending; ``weight`` (n,) 0 where there is no datum; ``bends``: numbers of inner knots to try. Tukey's
    biweight keeps spots and writing on the line from pulling it.
    """
    used = np.flatnonzero(weight > 0)
    allowed = [count for count in bends if count == 0 or 4 * (count + 2) <= len(used)]
    low, high = (float(x[used[0]]), float(x[used[-1]])) if len(used) > 1 else (float(x[0]), float(x[-1]))
    unit = (x - low) / max(high - low, 1e-9)
    start = _median_line(unit, y, weight)
    fits = [_robust(unit, y, weight, start, count) for count in allowed]
    return min(fits, key=lambda fit: _gcv(fit, y))


@lru_cache(maxsize=32)
def _cardinal(count: int) -> CubicSpline:
    knots = np.linspace(0.0, 1.0, count + 2)
    return CubicSpline(knots, np.eye(count + 2), bc_type="natural")


def _design(unit: Array, count: int) -> Array:
    """Natural cubic splines, 1 at one knot and 0 at the others; straight outside 0..1."""
    if count == 0:
        return np.column_stack([1 - unit, unit])
    spline = _cardinal(count)
    inside = np.clip(unit, 0.0, 1.0)
    return np.asarray(spline(inside) + spline(inside, 1) * (unit - inside)[:, None], dtype=np.float64)


def _robust(unit: Array, y: Array, weight: Array, start: Array, count: int) -> Curve:
    design = _design(unit, count)
    fitted, robust = start, weight
    covariance = np.eye(design.shape[1])
    for _ in range(_ROUNDS):
        scale = max(_scatter(y - fitted, weight), 0.05)
        robust = weight * _tukey((y - fitted) / (_TUKEY * scale))
        if np.count_nonzero(robust) < design.shape[1] + 1:
            robust = weight
        normal = design.T @ (design * robust[:, None])
        covariance = np.linalg.inv(normal + 1e-9 * np.trace(normal) * np.eye(len(normal)) + 1e-12 * np.eye(len(normal)))
        fitted, before = design @ (covariance @ (design.T @ (robust * y))), fitted
        if np.max(np.abs(fitted - before)) < 1e-3:
            break
    total = max(float(robust.sum()), 1e-9)
    freedom = max(1.0, total - design.shape[1])
    scatter = float(np.sqrt(np.sum(robust * (y - fitted) ** 2) / freedom))
    se = scatter * np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", design, covariance, design), 0.0))
    return Curve(y=fitted, se=se, scatter=scatter, weight=robust, bends=count)


def _gcv(fit: Curve, y: Array) -> float:
    """Generalised cross-validation; data thrown out as outliers are paid for."""
    total = float(fit.weight.sum())
    spent = _INFLATION * (fit.bends + 2)
    if total <= spent + 1:
        return float("inf")
    mean_square = max(float(np.sum(fit.weight * (y - fit.y) ** 2)) / total, 1e-4)
    return mean_square / (1 - spent / total) ** 2 * (len(y) / total) ** 2


def _tukey(u: Array) -> Array:
    return np.where(np.abs(u) < 1, (1 - u**2) ** 2, 0.0)


def _scatter(residual: Array, weight: Array) -> float:
    used = np.abs(residual[weight > 0])
    return 1.4826 * median(used) if len(used) else 0.0


def median(values: Array) -> float:
    """The upper median: for the hundred numbers of a line, sorting is ten times quicker than ``numpy.median``."""
    return float(np.sort(values)[len(values) // 2])


def _median_line(x: Array, y: Array, weight: Array) -> Array:
    """A line through medians of the data that have weight: a run of outliers cannot bend the first fit to itself.

    Slopes between points half the data apart are enough (Theil's incomplete method).
    """
    used = weight > 0
    xs, ys = x[used], y[used]
    if len(xs) < 2:
        return np.full_like(x, ys[0] if len(ys) else 0.0)
    apart = max(1, len(xs) // 2)
    i, j = np.arange(len(xs) - apart), np.arange(apart, len(xs))
    slope = median((ys[j] - ys[i]) / (xs[j] - xs[i]))
    return np.asarray(slope * x + median(ys - slope * xs), dtype=np.float64)
