"""Fits sums of bands to a stretch of lane profile, in three channels at once.

Each band is a bi-Gaussian (two half Gaussians that share an apex: Buys & de Clerk, Anal. Chem. 1972, 44, 1273) with
one height per channel. Heights and a straight baseline are linear and solved exactly at every step (variable
projection: Golub & Pereyra, SIAM J. Numer. Anal. 1973, 10, 413), so only apex and widths are searched
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
CORRELATION: Final = 3.0
"""Neighbouring rows of a compressed or resampled picture are not independent: so many rows count as one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Band:
    """A fitted band, in rows of the stretch: apex, widths towards the front and the origin, heights per channel."""

    apex: float
    apex_u: float
    sigma_front: float
    sigma_origin: float
    heights: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class BandFit:
    """Bands of one stretch with the Bayesian information criterion of the model (smaller is better)."""

    bands: tuple[Band, ...]
    bic: float
    residual: NDArray[np.float64]


def shape(rows: NDArray[np.float64], apex: float, sigma_front: float, sigma_origin: float) -> NDArray[np.float64]:
    """A bi-Gaussian of height 1; the front is towards smaller rows."""
    sigma = np.where(rows < apex, sigma_front, sigma_origin)
    return np.exp(-0.5 * ((rows - apex) / sigma) ** 2)


def fit_bands(
    rows: NDArray[np.float64],
    profile: NDArray[np.float64],
    weight: NDArray[np.float64],
    starts: list[tuple[float, float]],
) -> BandFit:
    """Fit ``len(starts)`` bands.

    ``rows``: (n,). ``profile``: (n, 3), channels in units of their noise. ``weight``: (n,) 0..1, 0 leaves a row out.
    ``starts``: (apex, sigma) of each band, in rows.
    """
    start = np.array([[apex, np.log(sigma), np.log(sigma)] for apex, sigma in starts])
    root = np.sqrt(weight)
    ramp = np.stack([np.ones_like(rows), (rows - rows.mean()) / max(np.ptp(rows), 1.0)], axis=1)
    target = profile * root[:, None]

    def design(p: NDArray[np.float64]) -> NDArray[np.float64]:
        q = np.clip(p.reshape(-1, 3), [[-np.inf, -1.5, -1.5]], [[np.inf, 6.0, 6.0]])
        bands = [shape(rows, m, np.exp(a), np.exp(b)) for m, a, b in q]
        return np.stack([*bands, *ramp.T], axis=1)

    def solve(p: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        g = design(p)
        weighted = g * root[:, None]
        normal = weighted.T @ weighted + 1e-8 * np.eye(g.shape[1])
        return g, np.linalg.solve(normal, weighted.T @ target)

    def cost(p: NDArray[np.float64]) -> NDArray[np.float64]:
        g, heights = solve(p)
        q = p.reshape(-1, 3)
        prior = np.concatenate(
            [
                (q[:, 0] - start[:, 0]) / np.exp(start[:, 1]),
                (q[:, 1:].mean(axis=1) - start[:, 1]) / PRIOR_WIDTH,
                (q[:, 1] - q[:, 2]) / PRIOR_SKEW,
            ]
        )
        return np.concatenate([((g @ heights - profile) * root[:, None]).ravel(), prior])

    best, covariance, *_ = leastsq(cost, start.ravel(), full_output=True, maxfev=60 * (len(starts) + 1))
    g, heights = solve(best)
    residual = profile - g @ heights
    count = max(float(weight.sum()) * 3 / CORRELATION, 1.0)
    mean_square = max(float(((residual * root[:, None]) ** 2).sum() / max(weight.sum() * 3, 1)), 1e-6)
    parameters = 6 * len(starts) + 6
    bic = count * np.log(mean_square) + parameters * np.log(max(count, 2.0))
    spread = _spread(covariance, mean_square, len(starts))
    bands = tuple(
        Band(
            apex=float(m), apex_u=float(spread[i]), sigma_front=float(np.exp(np.clip(a, -1.5, 6))),
            sigma_origin=float(np.exp(np.clip(b, -1.5, 6))), heights=heights[i],
        )
        for i, (m, a, b) in enumerate(best.reshape(-1, 3))
    )  # fmt: skip
    return BandFit(bands=bands, bic=float(bic), residual=residual)


def _spread(covariance: NDArray[np.float64] | None, mean_square: float, count: int) -> NDArray[np.float64]:
    """Standard uncertainty of each apex, correlated noise included; infinite where the fit is degenerate."""
    if covariance is None:
        return np.full(count, np.inf)
    variance = np.diag(covariance)[::3] * max(mean_square, 1.0) * CORRELATION
    return np.sqrt(np.maximum(variance, 0))
