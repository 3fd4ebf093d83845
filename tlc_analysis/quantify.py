"""Semi-quantitative estimates by videodensitometry, from a calibration series on the same plate.

Three curves are fitted by least squares and chosen by the corrected Akaike criterion (Hurvich and Tsai,
Biometrika 1989, 76, 297):

    linear      y = a + b x
    quadratic   y = a + b x + c x²         (only while it rises over the whole range)
    saturating  y = V x / (K + x)          (Michaelis-Menten, as plates saturate: TLC.md, quanTLC)

An amount is where the curve meets the response; its interval is all amounts whose own prediction interval holds the
response (inverse prediction; Draper and Smith, Applied Regression Analysis, 3.2). Nothing is extrapolated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, least_squares
from scipy.stats import t

from .errors import CalibrationError

Array = NDArray[np.float64]
Model = Literal["linear", "quadratic", "saturating"]
LEAST_LEVELS = 3
LEAST_SPOTS = 5  # the criterion needs two more spots than a line has parameters, its variance included
LEAST_RISE_SD = 3.0  # a series that rises by less than this many of its scatter says nothing
GRID = 2001


@dataclass(frozen=True, kw_only=True)
class CalibrationPoint:
    """A standard on the plate: the amount applied (any unit, the same for all) and its spot's ``volume``."""

    amount: float
    response: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibration:
    """A fitted curve. ``covariance`` (p, p) of ``parameters``; ``residual_sd`` in response, on ``dof`` degrees."""

    model: Model
    parameters: Array
    covariance: Array
    residual_sd: float
    dof: int
    aicc: float
    lowest: float
    highest: float

    def response(self, amount: float) -> float:
        """The curve at an amount."""
        return float(CURVES[self.model](self.parameters, np.array([amount]))[0])


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An amount with its interval at ``level``. ``truncated``: the interval ends at the end of the series."""

    amount: float
    low: float
    high: float
    level: float
    truncated: bool
    model: Model


def calibrate(points: Sequence[CalibrationPoint]) -> Calibration:
    """The best of the three curves. Raises :class:`CalibrationError` when the series cannot carry one."""
    x = np.array([p.amount for p in points], np.float64)
    y = np.array([p.response for p in points], np.float64)
    _check(x, y)
    fits = [fit for fit in (_fit(model, x, y) for model in CURVES) if fit is not None]
    if not fits:
        raise CalibrationError("The responses of the calibration series do not rise with the amount.")
    return min(fits, key=lambda fit: fit.aicc)


def quantify(responses: Sequence[float], calibration: Calibration, *, level: float = 0.95) -> Estimate:
    """The amount behind the mean of replicate responses (one, usually).

    Raises :class:`CalibrationError` outside the range of the series.
    """
    if not responses:
        raise CalibrationError("There is no response to estimate an amount from.")
    response = float(np.mean(responses))
    bottom, top = (calibration.response(end) for end in (calibration.lowest, calibration.highest))
    if not bottom <= response <= top:
        side = "below" if response < bottom else "above"
        raise CalibrationError(
            f"The response {response:.4g} lies {side} the calibration series ({bottom:.4g} to {top:.4g});"
            " amounts are not extrapolated."
        )
    amount = _solve(lambda x: calibration.response(x) - response, calibration)
    low, high, truncated = _interval(response, len(responses), calibration, level)
    return Estimate(amount=amount, low=low, high=high, level=level, truncated=truncated, model=calibration.model)


def _check(x: Array, y: Array) -> None:
    if not (np.isfinite(x).all() and np.isfinite(y).all()) or (x < 0).any():
        raise CalibrationError("Amounts and responses must be finite numbers, amounts not negative.")
    levels = len(np.unique(x))
    if levels < LEAST_LEVELS or len(x) < LEAST_SPOTS:
        raise CalibrationError(
            f"A calibration needs at least {LEAST_LEVELS} amounts and {LEAST_SPOTS} spots;"
            f" this one has {levels} and {len(x)}."
        )


def _linear(p: Array, x: Array) -> Array:
    return np.asarray(p[0] + p[1] * x, np.float64)


def _quadratic(p: Array, x: Array) -> Array:
    return np.asarray(p[0] + p[1] * x + p[2] * x**2, np.float64)


def _saturating(p: Array, x: Array) -> Array:
    return np.asarray(p[0] * x / (p[1] + x), np.float64)


CURVES: dict[Model, Callable[[Array, Array], Array]] = {
    "linear": _linear,
    "quadratic": _quadratic,
    "saturating": _saturating,
}


def _gradient(model: Model, p: Array, x: Array) -> Array:
    """(n, p) derivatives of the curve by its parameters."""
    if model == "saturating":
        return np.column_stack([x / (p[1] + x), -p[0] * x / (p[1] + x) ** 2])
    return np.column_stack([x**power for power in range(len(p))])


def _fit(model: Model, x: Array, y: Array) -> Calibration | None:
    parameters = _parameters(model, x, y)
    if parameters is None:
        return None
    n, k = len(x), len(parameters) + 1  # the residual variance is a parameter too
    if n - k - 1 <= 0:
        return None
    rss = float(((y - CURVES[model](parameters, x)) ** 2).sum())
    dof = n - len(parameters)
    residual_sd = float(np.sqrt(rss / dof))
    if not _rises(model, parameters, x, residual_sd):
        return None
    jacobian = _gradient(model, parameters, x)
    floor = (1e-9 * float(np.abs(y).max())) ** 2 * n  # a perfect fit has no logarithm
    return Calibration(
        model=model,
        parameters=parameters,
        covariance=np.asarray(np.linalg.pinv(jacobian.T @ jacobian) * rss / dof, np.float64),
        residual_sd=residual_sd,
        dof=dof,
        aicc=float(n * np.log(max(rss, floor) / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1)),
        lowest=float(x.min()),
        highest=float(x.max()),
    )


def _parameters(model: Model, x: Array, y: Array) -> Array | None:
    if model != "saturating":
        degree = 1 if model == "linear" else 2
        return np.asarray(np.polynomial.polynomial.polyfit(x, y, degree), np.float64)
    start = np.array([2 * y.max(), x.max()])
    bounds = (np.array([1e-12, 1e-9 * x.max()]), np.array([np.inf, 1e3 * x.max()]))
    if start[0] <= bounds[0][0]:
        return None

    def residuals(parameters: Array) -> Array:
        return _saturating(parameters, x) - y

    solution = least_squares(residuals, start, bounds=bounds, x_scale=start)
    return np.asarray(solution.x, np.float64) if solution.success else None


def _rises(model: Model, parameters: Array, x: Array, residual_sd: float) -> bool:
    """Whether the curve rises everywhere, and by more than its own scatter."""
    curve = CURVES[model](parameters, np.linspace(x.min(), x.max(), 200))
    return bool((np.diff(curve) > 0).all() and curve[-1] - curve[0] > LEAST_RISE_SD * residual_sd)


def _solve(function: Callable[[float], float], calibration: Calibration) -> float:
    return float(brentq(function, calibration.lowest, calibration.highest))


def _interval(response: float, replicates: int, calibration: Calibration, level: float) -> tuple[float, float, bool]:
    """The amounts in range that are compatible with the response, and whether the range cut them."""
    amounts = np.linspace(calibration.lowest, calibration.highest, GRID)
    curve = CURVES[calibration.model](calibration.parameters, amounts)
    jacobian = _gradient(calibration.model, calibration.parameters, amounts)
    variance = np.einsum("ij,jk,ik->i", jacobian, calibration.covariance, jacobian)
    spread = np.sqrt(calibration.residual_sd**2 / replicates + variance)
    inside = np.abs(curve - response) <= t.ppf((1 + level) / 2, calibration.dof) * spread
    if not inside.any():  # a perfect fit: narrower than the grid
        nearest = float(amounts[int(np.argmin(np.abs(curve - response)))])
        return nearest, nearest, False
    low, high = float(amounts[inside][0]), float(amounts[inside][-1])
    return low, high, bool(inside[0] or inside[-1])
