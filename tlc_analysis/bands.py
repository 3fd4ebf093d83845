"""Fits sums of bands to a stretch of lane profile, in three channels at once.

Each band is a bi-Gaussian (two halves that share an apex: Buys & de Clerk, Anal. Chem. 1972, 44, 1273), flattened on
top as far as the data ask for it (an exponent above 2: overloaded, clipped and sprayed-on bands have plateaus), with
one height per channel. Heights and a straight baseline are linear and solved exactly at every step (variable
projection: Golub & Pereyra, SIAM J. Numer. Anal. 1973, 10, 413), so only apex, widths and flatness are searched
(Levenberg-Marquardt, MINPACK). Colour thus helps to separate what overlaps.
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
"""Neighbouring rows of a compressed or resampled picture are not independent: so many rows count as one."""
MODEL_ERROR: Final = 0.04
"""What the shape of a band is trusted to, as a share of its height: no band is added to explain less."""

_Array = NDArray[np.float64]
_PARAMETERS = 4  # apex, ln sigma towards the front, ln sigma towards the origin, ln(exponent / 2)


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
    """Bands of one stretch with the Bayesian information criterion of the model (smaller is better)."""

    bands: tuple[Band, ...]
    bic: float


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

    def design(self, p: _Array) -> _Array:
        q = np.clip(p.reshape(-1, _PARAMETERS), [-np.inf, -1.5, -1.5, -0.35], [np.inf, 6.0, 6.0, 1.4])
        bands = [shape(self.rows, m, np.exp(a), np.exp(b), 2 * np.exp(c)) for m, a, b, c in q]
        return np.stack([*bands, *self.ramp.T], axis=1)

    def heights(self, design: _Array) -> _Array:
        weighted = design * self.root[:, None]
        normal = weighted.T @ weighted + 1e-8 * np.eye(design.shape[1])
        return np.asarray(np.linalg.solve(normal, weighted.T @ self.target))

    def cost(self, p: _Array) -> _Array:
        design = self.design(p)
        misfit = (design @ self.heights(design) - self.profile) * self.root[:, None]
        q = p.reshape(-1, _PARAMETERS)
        prior = [
            (q[:, 0] - self.start[:, 0]) / np.exp(self.start[:, 1]),
            (q[:, 1:3].mean(axis=1) - self.start[:, 1]) / PRIOR_WIDTH,
            (q[:, 1] - q[:, 2]) / PRIOR_SKEW,
            q[:, 3] / PRIOR_FLATNESS,
        ]
        return np.concatenate([misfit.ravel(), *prior])

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
        problem.cost, problem.start.ravel(), full_output=True, ftol=1e-4, xtol=1e-4, maxfev=40 * (len(starts) + 1)
    )
    design = problem.design(best)
    heights = problem.heights(design)
    misfit = profile - design @ heights
    mean_square = float((weight * (misfit**2).sum(axis=1)).sum() / max(float(weight.sum()) * 3, 1.0))
    spread = _spread(covariance, mean_square, len(starts))
    bands = tuple(
        Band(
            apex=float(m), apex_u=float(spread[i]), sigma_front=float(np.exp(np.clip(a, -1.5, 6))),
            sigma_origin=float(np.exp(np.clip(b, -1.5, 6))), exponent=float(2 * np.exp(np.clip(c, -0.35, 1.4))),
            heights=heights[i], pedestal=_pedestal(heights[-2:], float(m), rows),
        )
        for i, (m, a, b, c) in enumerate(best.reshape(-1, _PARAMETERS))
    )  # fmt: skip
    return BandFit(bands=bands, bic=problem.bic(misfit))


def _pedestal(ramp: _Array, apex: float, rows: _Array) -> _Array:
    return np.asarray(ramp[0] + ramp[1] * (apex - rows.mean()) / max(float(np.ptp(rows)), 1.0))


def _spread(covariance: _Array | None, mean_square: float, count: int) -> _Array:
    """Standard uncertainty of each apex, correlated noise included; infinite where the fit is degenerate."""
    if covariance is None:
        return np.full(count, np.inf)
    variance = np.diag(covariance)[::_PARAMETERS] * max(mean_square, 1.0) * CORRELATION
    return np.asarray(np.sqrt(np.maximum(variance, 0)))
