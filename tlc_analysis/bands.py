"""Fits sums of bands to a stretch of lane profile, in three channels at once.

Each band is a bi-Gaussian (two halves that share an apex: Buys & de Clerk, Anal. Chem. 1972, 44, 1273), flattened on
top as far as the data ask for it (an exponent above 2: overloaded, clipped and sprayed-on bands have plateaus), with
one height per channel. Heights and a straight baseline are linear and solved exactly at every step (variable
projection: Golub & Pereyra, SIAM J. Numer. Anal. 1973, 10, 413; derivatives after Kaufman, BIT 1975, 15, 49), so only
apex, widths and flatness are searched (Levenberg-Marquardt, MINPACK). Colour thus helps to separate what overlaps.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import leastsq

PRIOR_WIDTH: Final = 0.6
"""Spread of ln(width) around its starting value."""
PRIOR_SKEW: Final = 0.5
"""Spread of ln(lower width / upper width): most bands are nearly symmetrical."""
PRIOR_FLATNESS: Final = 0.25
"""Spread of ln(exponent / 2)."""
CORRELATION: Final = 3.0
"""Neighbouring rows of a compressed or resampled picture are not independent: so many rows count as one, where the
number of bands is decided."""
MOST_CORRELATED: Final = 8.0
"""So many rows count as one at most, where the residue of a fit is asked how many do."""
MODEL_ERROR: Final = 0.04
"""What the shape of a band is trusted to, as a share of its height: no band is added to explain less."""

SIDES: Final = 2.5
"""So many standard deviations on both sides of an apex say how sure it is."""
FEWEST_PAIRS: Final = 6

_Array = NDArray[np.float64]
_PARAMETERS = 4  # apex, ln sigma towards the front, ln sigma towards the origin, ln(exponent / 2)
_LEAST, _MOST = np.array([-np.inf, -1.5, -1.5, -0.35]), np.array([np.inf, 6.0, 6.0, 1.4])


@dataclass(frozen=True, kw_only=True, eq=False)
class Band:
    """A fitted band, in rows of the stretch: apex, widths towards the front and the origin, heights per channel.

    ``exponent``: 2 for a Gaussian, more for a plateau. ``pedestal``: (3,) the baseline under the apex.
    """

    apex: float
    apex_u: float
    sigma_front: float
    sigma_origin: float
    exponent: float
    heights: _Array
    pedestal: _Array

    def shape(self, rows: _Array) -> _Array:
        """The band at ``rows``, height 1."""
        return shape(rows, self.apex, self.sigma_front, self.sigma_origin, self.exponent)


@dataclass(frozen=True, kw_only=True, eq=False)
class BandFit:
    """Bands of one stretch with the Bayesian information criterion of the model (smaller is better).

    ``misfit``: (n, 3) profile less model. ``independent``: how many rows count as one, by what the residue says.
    """

    bands: tuple[Band, ...]
    bic: float
    misfit: _Array
    independent: float

    def alone(self, index: int, rows: _Array) -> tuple[_Array, _Array]:
        """One band's (n,) signal with baseline and neighbours taken off, and what was fitted to it."""
        band = self.bands[index]
        size = max(float(np.linalg.norm(band.heights)), 1e-9)
        fitted = band.shape(rows) * size
        return fitted + self.misfit @ (band.heights / size), fitted


def shape(rows: _Array, apex: float, sigma_front: float, sigma_origin: float, exponent: float = 2.0) -> _Array:
    """A flattened bi-Gaussian of height 1; the front is towards smaller rows."""
    sigma = np.where(rows < apex, sigma_front, sigma_origin)
    return np.asarray(np.exp(-0.5 * (np.abs(rows - apex) / sigma) ** exponent))


class _Problem:
    """One stretch of profile and where its bands are thought to be."""

    def __init__(self, rows: _Array, profile: _Array, weight: _Array, starts: list[tuple[float, float]]) -> None:
        self.rows, self.profile, self.weight = rows, profile, weight
        self.root = np.sqrt(weight)
        self.ramp = np.stack([np.ones_like(rows), (rows - rows.mean()) / max(float(np.ptp(rows)), 1.0)], axis=1)
        self.target = profile * self.root[:, None]
        self.start = np.array([[apex, np.log(sigma), np.log(sigma), 0.0] for apex, sigma in starts])
        self.start_sigma = np.exp(self.start[:, 1])
        self.ridge = 1e-8 * np.eye(len(starts) + 2)
        self.pull = self._pull()

    def design(self, p: _Array) -> _Array:
        q = np.minimum(np.maximum(p.reshape(-1, _PARAMETERS), _LEAST), _MOST)
        apex, (front, origin) = q[:, 0], np.exp(q[:, 1:3]).T
        away = self.rows[:, None] - apex
        sigma = np.where(away < 0, front, origin)
        bands = np.exp(-0.5 * (np.abs(away) / sigma) ** (2 * np.exp(q[:, 3])))
        return np.concatenate([bands, self.ramp], axis=1)

    def heights(self, design: _Array) -> _Array:
        weighted = design * self.root[:, None]
        normal = weighted.T @ weighted + self.ridge
        return np.asarray(np.linalg.solve(normal, weighted.T @ self.target))

    def cost(self, p: _Array) -> _Array:
        design = self.design(p)
        misfit = (design @ self.heights(design) - self.profile) * self.root[:, None]
        q = p.reshape(-1, _PARAMETERS)
        prior = [
            (q[:, 0] - self.start[:, 0]) / self.start_sigma,
            ((q[:, 1] + q[:, 2]) / 2 - self.start[:, 1]) / PRIOR_WIDTH,
            (q[:, 1] - q[:, 2]) / PRIOR_SKEW,
            q[:, 3] / PRIOR_FLATNESS,
        ]
        return np.concatenate([misfit.ravel(), *prior])

    def jacobian(self, p: _Array) -> _Array:
        """(parameters, misfits) derivatives of :meth:`cost`, the heights following the shapes (Kaufman's form)."""
        design = self.design(p)
        weighted = design * self.root[:, None]
        heights = self.heights(design)
        moved = self._moved(p, design) * self.root[:, None]
        normal = weighted.T @ weighted + self.ridge
        moved -= weighted @ np.linalg.solve(normal, weighted.T @ moved)
        count = len(self.start)
        of_band = np.repeat(heights[:count], _PARAMETERS, axis=0)
        bent = moved.T[:, :, None] * of_band[:, None, :]
        return np.concatenate([bent.reshape(len(of_band), -1), self.pull], axis=1)

    def _moved(self, p: _Array, design: _Array) -> _Array:
        """(n, parameters) derivatives of each band's shape; 0 where a parameter is at its limit."""
        raw = p.reshape(-1, _PARAMETERS)
        q = np.minimum(np.maximum(raw, _LEAST), _MOST)
        away = self.rows[:, None] - q[:, 0]
        before = away < 0
        sigma = np.where(before, np.exp(q[:, 1]), np.exp(q[:, 2]))
        power = 2 * np.exp(q[:, 3])
        u = np.maximum(np.abs(away) / sigma, 1e-9)
        raised = u**power
        slope = 0.5 * power * raised * design[:, : len(q)]
        parts = [slope / (u * sigma) * np.sign(away), slope * before, slope * ~before, -slope * np.log(u)]
        moved = np.stack(parts, axis=2) * (q == raw)
        return np.asarray(moved.reshape(len(self.rows), -1))

    def _pull(self) -> _Array:
        """(parameters, priors) derivatives of what holds the parameters near their start."""
        count = len(self.start)
        pull = np.zeros((count, _PARAMETERS, 4, count))
        for i in range(count):
            pull[i, 0, 0, i] = 1 / self.start_sigma[i]
            pull[i, 1, 1, i] = pull[i, 2, 1, i] = 0.5 / PRIOR_WIDTH
            pull[i, 1, 2, i], pull[i, 2, 2, i] = 1 / PRIOR_SKEW, -1 / PRIOR_SKEW
            pull[i, 3, 3, i] = 1 / PRIOR_FLATNESS
        return pull.reshape(count * _PARAMETERS, -1)

    def bic(self, misfit: _Array) -> float:
        """Criterion with the noise known (1 in whitened units) and the shape trusted to ``MODEL_ERROR``."""
        expected = 1 + (MODEL_ERROR**2) * (self.profile**2).sum(axis=1)
        chi2 = float((self.weight * (misfit**2).sum(axis=1) / expected).sum()) / CORRELATION
        count = max(float(self.weight.sum()) * 3 / CORRELATION, 2.0)
        return chi2 + (_PARAMETERS + 3) * len(self.start) * float(np.log(count))


def fit_bands(rows: _Array, profile: _Array, weight: _Array, starts: list[tuple[float, float]]) -> BandFit:
    """Fit ``len(starts)`` bands.

    ``rows``: (n,). ``profile``: (n, 3), channels in units of their noise. ``weight``: (n,) 0..1, 0 leaves a row out.
    ``starts``: (apex, sigma) of each band, in rows.
    """
    problem = _Problem(rows, profile, weight, starts)
    best, covariance, *_ = leastsq(
        problem.cost, problem.start.ravel(), Dfun=problem.jacobian, col_deriv=True, full_output=True,
        ftol=1e-4, xtol=1e-4, maxfev=40 * (len(starts) + 1),
    )  # fmt: skip
    design = problem.design(best)
    heights = problem.heights(design)
    misfit = profile - design @ heights
    independent = correlation_length(misfit * np.sqrt(weight)[:, None])
    spread = _spread(problem, best, covariance, misfit, independent)
    bands = tuple(
        Band(
            apex=float(m), apex_u=float(spread[i]), sigma_front=float(np.exp(np.clip(a, -1.5, 6))),
            sigma_origin=float(np.exp(np.clip(b, -1.5, 6))), exponent=float(2 * np.exp(np.clip(c, -0.35, 1.4))),
            heights=heights[i], pedestal=_pedestal(heights[-2:], float(m), rows),
        )
        for i, (m, a, b, c) in enumerate(best.reshape(-1, _PARAMETERS))
    )  # fmt: skip
    return BandFit(bands=bands, bic=problem.bic(misfit), misfit=misfit, independent=independent)


def correlation_length(misfit: _Array) -> float:
    """How many rows count as one: 1 + 2 sum of the residue's autocorrelations, as long as they are positive.

    A residue that waves because the shape is not the band's own is correlated too, and makes the apex less certain.
    """
    power = float((misfit**2).sum())
    total = 1.0
    for lag in range(1, max(2, len(misfit) // 4)):
        share = float((misfit[lag:] * misfit[:-lag]).sum()) / max(power, 1e-12)
        if share <= 0:
            break
        total += 2 * share
    return min(total, MOST_CORRELATED)


def _pedestal(ramp: _Array, apex: float, rows: _Array) -> _Array:
    return np.asarray(ramp[0] + ramp[1] * (apex - rows.mean()) / max(float(np.ptp(rows)), 1.0))


def _spread(problem: _Problem, best: _Array, covariance: _Array | None, misfit: _Array, independent: float) -> _Array:
    """Standard uncertainty of each apex from what the fit left over; infinite where the fit is degenerate."""
    count = len(problem.start)
    if covariance is None:
        return np.full(count, np.inf)
    rows = float(problem.weight.sum()) * 3
    free = max(rows - (_PARAMETERS + 3) * count - 6, 0.3 * rows, 1.0)
    everywhere = float((problem.weight * (misfit**2).sum(axis=1)).sum() / free) * independent
    left_over = [_leaning(problem.rows, misfit, *band[:3]) for band in best.reshape(-1, _PARAMETERS)]
    squares = np.array([everywhere if own is None else own for own in left_over])
    return np.asarray(np.sqrt(np.maximum(np.diag(covariance)[::_PARAMETERS] * squares, 0)))


def _leaning(rows: _Array, misfit: _Array, apex: float, front: float, origin: float) -> float | None:
    """The residue's variance, correlation included, in so far as it differs on the two sides of an apex.

    What is the same on both sides (a shape too pointed or too flat) moves no apex. None where too few rows are seen.
    """
    step = float(rows[1] - rows[0])
    reach = min(SIDES * float(np.exp(np.clip(min(front, origin), -1.5, 6.0))), apex - rows[0], rows[-1] - apex)
    count = int(reach / step) if reach > 0 else 0
    if count < FEWEST_PAIRS:
        return None
    away = (np.arange(count) + 0.5) * step
    halves = [np.stack([np.interp(apex + side * away, rows, channel) for channel in misfit.T]) for side in (1, -1)]
    odd = (halves[0] - halves[1]).T / np.sqrt(2)
    return float((odd**2).mean()) * correlation_length(odd) * count / max(count - 1.5, 1.0)
