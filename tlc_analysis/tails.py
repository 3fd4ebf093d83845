"""Where the apex of a tailing band lies, when two shapes compete to say so.

A band that tails may be two halves of different width (bi-Gaussian) or one whose tail decays exponentially (a Gaussian
convolved with an exponential; Grushka, Anal. Chem. 1972, 44, 1733). They put the apex of the same data some per cent of
the band's height apart. Both are fitted, each counts as much as the data bear it out (Bayesian model averaging:
Hoeting et al., Stat. Sci. 1999, 14, 382), and what they disagree about is added to the uncertainty.
"""

import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import leastsq
from scipy.special import erfcx

LEANING: Final = 1.12
"""Bands whose two widths differ by less are symmetrical: both shapes agree about their apex."""
PLATEAU: Final = 3.0
"""An exponent from which on a band is flat on top: no exponential tail tells its flanks."""
REACH: Final = 2.2
"""Widths on either side of the apex that are heard: farther out, baselines and neighbours speak louder than shape."""
MIN_ROWS: Final = 8
ODDS: Final = 3.0
"""Beforehand: chromatography makes exponential tails (Foley & Dorsey, Anal. Chem. 1983, 55, 730)."""
SUREST: Final = 0.9
"""No shape is believed more than this: neither is a band's own."""

_Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Apex:
    """An apex in rows, and the standard uncertainty that comes from not knowing the band's shape."""

    y: float
    shape_u: float


def exponential_tail(t: _Array, sigma: float, tau: float) -> _Array:
    """A Gaussian at 0 convolved with a one-sided exponential towards larger ``t``; not normalised."""
    at = (sigma / tau - t / sigma) / np.sqrt(2)
    far = 2 * np.exp(np.minimum(0.5 * (sigma / tau) ** 2 - t / tau, 0.0))  # erfc is 2 there
    return np.where(at > -5, np.exp(-0.5 * (t / sigma) ** 2) * erfcx(np.maximum(at, -5.0)), far)


def mode_of(sigma: float, tau: float) -> float:
    """Where the peak of :func:`exponential_tail` lies."""
    grid = np.linspace(0.0, min(tau, 3 * sigma), 101)
    return float(grid[int(np.argmax(exponential_tail(grid, sigma, tau)))])


def apex_of(
    rows: _Array, signal: _Array, weight: _Array, *, apex: float, sigma_front: float, sigma_origin: float,
    fitted: _Array, independent: float,
) -> Apex | None:  # fmt: skip
    """The apex with both shapes heard; None where there is nothing to choose.

    ``signal``: (n,) the band alone, baseline and neighbours taken off. ``fitted``: (n,) the bi-Gaussian that was fitted
    to it. ``independent``: how many rows count as one.
    """
    lean = sigma_origin / sigma_front
    used = (np.abs(rows - apex) < REACH * np.where(rows < apex, sigma_front, sigma_origin)) & (weight > 0)
    if 1 / LEANING < lean < LEANING or np.count_nonzero(used) < MIN_ROWS:
        return None
    sign = 1.0 if lean > 1 else -1.0
    t, seen = sign * (rows[used] - apex), signal[used]
    narrow, wide = min(sigma_front, sigma_origin), max(sigma_front, sigma_origin)
    start = np.array([-0.3 * (wide - narrow), np.log(narrow), np.log(1.3 * (wide - narrow))])

    def misfit(p: _Array) -> _Array:
        model, ramp = _tail_at(t, p)
        design = np.stack([model, *ramp], axis=1)
        return _residue(design, seen)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # not converged is good enough: its misfit speaks against it
        best, _ = leastsq(misfit, start, ftol=1e-3, xtol=1e-3, maxfev=150)
    tail_square = float((misfit(best) ** 2).mean())
    plain = np.stack([fitted[used], np.ones_like(t), t], axis=1)
    plain_square = float((_residue(plain, seen) ** 2).mean())
    floor = 1e-6 * float(np.ptp(seen)) ** 2
    gain = np.log((plain_square + floor) / (tail_square + floor)) * len(t) / max(independent, 1.0) / 2
    share = float(np.clip(1 / (1 + np.exp(-np.clip(gain, -30, 30)) / ODDS), 1 - SUREST, SUREST))
    shift = sign * (best[0] + mode_of(*_widths(best)))
    if not np.isfinite(shift) or abs(shift) > narrow + wide:
        return None
    return Apex(y=apex + share * shift, shape_u=float(np.sqrt(share * (1 - share)) * abs(shift)))


def _residue(design: _Array, seen: _Array) -> _Array:
    """What the best combination of the columns leaves over."""
    normal = design.T @ design
    normal += 1e-9 * np.trace(normal) * np.eye(len(normal))
    return np.asarray(design @ np.linalg.solve(normal, design.T @ seen) - seen)


def _widths(p: _Array) -> tuple[float, float]:
    sigma = float(np.exp(np.clip(p[1], -1.5, 6.0)))
    return sigma, float(np.exp(np.clip(p[2], np.log(0.05 * sigma), np.log(8 * sigma))))


def _tail_at(t: _Array, p: _Array) -> tuple[_Array, tuple[_Array, _Array]]:
    sigma, tau = _widths(p)
    shape = exponential_tail(t - p[0], sigma, tau)
    return shape / max(float(shape.max()), 1e-12), (np.ones_like(t), t)
