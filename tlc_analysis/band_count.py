"""How many bands a stretch of profile holds, by the Bayesian information criterion."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .bands import Band, BandFit, fit_bands

CROWDED: Final = 2.2
"""Candidates nearer than this many summed standard deviations may be one band."""
BIC_MARGIN: Final = 6.0
"""A band more must lower the criterion by this: strong evidence (Kass & Raftery, JASA 1995, 90, 773)."""
PLATEAU: Final = 2.5
LONG: Final = 1.4
"""A plateau so many times longer than wide is rather two spots than an overloaded one, which is round."""
LESSER: Final = 0.2
"""Of two bands made of one, the lesser has at least this share of the other's height."""

_Array = NDArray[np.float64]
Start = tuple[float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice:
    """The fit chosen, and for each of its bands the index of the candidate it comes from."""

    fit: BandFit
    candidate: list[int]


def choose(
    rows: _Array, profile: _Array, weight: _Array, starts: list[Start], *, scores: list[float], width: float
) -> Choice:
    """As many bands as the profile supports.

    A candidate that crowds a stronger one is left out if the rest explains the profile as well; a plateau longer than
    the lane's bands are wide (``width``, rows) is tried as two.
    """
    kept = list(range(len(starts)))
    fit = fit_bands(rows, profile, weight, starts)
    for i in sorted(kept, key=lambda k: scores[k]):
        if len(kept) == 1 or not _crowded(i, kept, starts, scores):
            continue
        rest = [k for k in kept if k != i]
        trial = fit_bands(rows, profile, weight, [starts[k] for k in rest])
        if trial.bic < fit.bic + BIC_MARGIN:
            fit, kept = trial, rest
    return _with_split(rows, profile, weight, Choice(fit=fit, candidate=kept), width)


def _crowded(i: int, kept: list[int], starts: list[Start], scores: list[float]) -> bool:
    """Whether a stronger candidate is so near that the two may be one band."""
    apex, sigma = starts[i]
    return any(
        scores[k] >= scores[i] and abs(starts[k][0] - apex) < CROWDED * (starts[k][1] + sigma) for k in kept if k != i
    )


def _with_split(rows: _Array, profile: _Array, weight: _Array, choice: Choice, width: float) -> Choice:
    for i, band in enumerate(choice.fit.bands):
        sigma = (band.sigma_front + band.sigma_origin) / 2
        if band.exponent < PLATEAU or 2.2 * sigma < LONG * width:
            continue
        bands = choice.fit.bands
        starts = [(b.apex, (b.sigma_front + b.sigma_origin) / 2) for b in bands]
        halves = [(band.apex - 0.6 * sigma, 0.55 * sigma), (band.apex + 0.6 * sigma, 0.55 * sigma)]
        trial = fit_bands(rows, profile, weight, [*starts[:i], *halves, *starts[i + 1 :]])
        if trial.bic < choice.fit.bic + BIC_MARGIN and _are_two(trial.bands[i], trial.bands[i + 1]):
            candidate = choice.candidate
            return Choice(fit=trial, candidate=[*candidate[: i + 1], candidate[i], *candidate[i + 1 :]])
    return choice


def _are_two(one: Band, other: Band) -> bool:
    heights = sorted(float(np.linalg.norm(band.heights)) for band in (one, other))
    apart = abs(other.apex - one.apex) > 0.8 * (one.sigma_origin + other.sigma_front)
    return apart and heights[0] > LESSER * heights[1]
