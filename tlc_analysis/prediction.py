"""Where a library's substances are expected on the next plate: Student-t predictive distributions.

A substance's own mean over n plates is uncertain by sigma/sqrt(n), and sigma itself is uncertain when n is small.
As in moderated t-statistics (Smyth, Stat. Appl. Genet. Mol. Biol. 2004, 3, article 3), an entry's variance is
shrunk towards the common one of its system, with as many degrees of freedom as the entries' agreement supports:

    tau^2 = (nu0 s0^2 + (n - 1) s^2) / (nu0 + n - 1),    next plate ~ t(nu0 + n - 1; mean, tau^2 (1 + 1/n))

A literature value has in addition the shift between laboratories, a declared setting; own runs and literature of
one substance are combined by their precision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, polygamma

from .library import LibraryEntry


@dataclass(frozen=True, kw_only=True)
class SpreadSettings:
    """What is assumed of spreads, in hRf, until a library's own numbers say better.

    ``plate_sd_hrf``: between plates in one laboratory; 2 is the tolerance that several methods print for
    themselves (``systems.csv``: WJPPS-TME, SS-CE73, ESC-TAEA). ``plate_dof``: how firmly, in degrees of freedom.
    ``laboratory_sd_hrf``: shift of a corrected value between laboratories, by system; ``laboratory_sd_default_hrf``
    for the others. The default is a declared judgement: one uncorrected value (morphine: 20, 27, 32 to 39) has a
    standard deviation of 8 over three brands of plate, and correction is credited with half of it.
    """

    plate_sd_hrf: float = 2.0
    plate_dof: float = 4.0
    laboratory_sd_hrf: Mapping[str, float] = field(default_factory=dict)
    laboratory_sd_default_hrf: float = 4.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Prediction:
    """Per substance: location and scale (hRf) and degrees of freedom of the next plate's value, (K,) each."""

    substances: tuple[str, ...]
    location: NDArray[np.float64]
    scale: NDArray[np.float64]
    dof: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The common spread of a system: variance and the degrees of freedom it is worth."""

    variance: float
    dof: float


ROUNDING_SD_HRF = 0.3  # of a value printed without decimals: 1 / sqrt(12)
PRIOR_ENTRIES = 4.0  # how many entries the declared plate spread is worth
MOST_DOF = 12.0  # agreement between entries may also mean that their spreads were copied from one another


def predict(entries: Sequence[LibraryEntry], *, system: str, settings: SpreadSettings) -> Prediction:
    """The substances of ``system``, each once, in order and spelling of first appearance."""
    mine = _of_system(entries, system)
    pool = pool_spread([entry for group in mine.values() for entry in group], settings)
    rows = [_combine(group, pool, system, settings) for group in mine.values()]
    table = np.array(rows, np.float64).reshape(-1, 3)
    return Prediction(substances=tuple(mine), location=table[:, 0], scale=table[:, 1], dof=table[:, 2])


def _of_system(entries: Sequence[LibraryEntry], system: str) -> dict[str, list[LibraryEntry]]:
    """The entries of a system by substance, under the name first used; spellings that differ by case are one name.

    A line that repeats another in every column is the same measurement copied, and is counted once.
    """
    named: dict[str, list[LibraryEntry]] = {}
    first: dict[str, str] = {}
    for entry in dict.fromkeys(entry for entry in entries if entry.system == system):
        name = first.setdefault(" ".join(entry.substance.split()).casefold(), entry.substance)
        named.setdefault(name, []).append(_without_empty_spread(entry))
    return named


def _without_empty_spread(entry: LibraryEntry) -> LibraryEntry:
    """A spread of zero over one plate, or over nobody knows how many, says nothing: one value has no spread."""
    return replace(entry, sd_hrf=None) if entry.sd_hrf == 0 and (entry.n or 1) == 1 else entry


def pool_spread(entries: Sequence[LibraryEntry], settings: SpreadSettings) -> Pool:
    """Moments of log s² over the own entries (Smyth 2004, section 6.2), the declared spread counting as a few."""
    known = [(e.sd_hrf, _dof(e)) for e in entries if e.kind == "own" and e.sd_hrf is not None]
    sd = np.array([max(s, ROUNDING_SD_HRF) for s, _ in known])
    dof = np.array([d for _, d in known], np.float64)
    z = np.log(sd**2) - digamma(dof / 2) + np.log(dof / 2)
    prior_z = np.log(settings.plate_sd_hrf**2) - digamma(settings.plate_dof / 2) + np.log(settings.plate_dof / 2)
    centre = (z.sum() + PRIOR_ENTRIES * prior_z) / (len(z) + PRIOR_ENTRIES)
    prior_excess = float(polygamma(1, settings.plate_dof / 2))
    excess = ((z - centre) ** 2 - polygamma(1, dof / 2)).sum() if len(z) else 0.0
    excess = (excess + PRIOR_ENTRIES * prior_excess) / (len(z) + PRIOR_ENTRIES)
    nu = min(_inverse_trigamma(max(float(excess), 1e-3)) * 2, MOST_DOF)
    return Pool(variance=float(np.exp(centre + digamma(nu / 2) - np.log(nu / 2))), dof=nu)


def _dof(entry: LibraryEntry) -> float:
    """A spread that comes without a number of plates is taken to be worth two of them."""
    return float(max((entry.n or 2) - 1, 1))


def _inverse_trigamma(value: float) -> float:
    """Newton's method of Smyth (2004), appendix."""
    x = 0.5 + 1 / value
    for _ in range(50):
        tri = float(polygamma(1, x))
        step = tri * (1 - tri / value) / float(polygamma(2, x))
        x += step
        if -step / x < 1e-8:
            break
    return float(x)


def _combine(
    entries: Sequence[LibraryEntry], pool: Pool, system: str, settings: SpreadSettings
) -> tuple[float, float, float]:
    """Location, scale, degrees of freedom of the next plate, from all entries of one substance."""
    own = [e for e in entries if e.kind == "own"]
    tau2, dof = _moderated(own or entries, pool)
    laboratory2 = settings.laboratory_sd_hrf.get(system, settings.laboratory_sd_default_hrf) ** 2
    spread2 = np.array([tau2 / (e.n or 1) + (0.0 if e.kind == "own" else laboratory2) for e in entries])
    said = np.array([e.hrf for e in entries])
    best = np.array([e.kind == "own" or not own for e in entries])
    excess = _disagreement(said[best], spread2[best])
    weight = 1 / (spread2 + np.where(best, excess, 0.0))
    location = float((weight * said).sum() / weight.sum())
    return location, float(np.sqrt(tau2 + excess + 1 / weight.sum())), dof


def _disagreement(said: NDArray[np.float64], spread2: NDArray[np.float64]) -> float:
    """Variance between series of one substance beyond what their spreads explain (DerSimonian & Laird, 1986).

    A standard that ran at 30 in one series and at 60 in another may run at either next time, and not at 45.
    """
    if len(said) < 2:
        return 0.0
    weight = 1 / spread2
    total = float(weight.sum())
    mean = float((weight * said).sum()) / total
    excess = float((weight * (said - mean) ** 2).sum()) - (len(said) - 1)
    return max(0.0, excess / (total - float((weight**2).sum()) / total))


def _moderated(entries: Sequence[LibraryEntry], pool: Pool) -> tuple[float, float]:
    known = [(max(e.sd_hrf, ROUNDING_SD_HRF), _dof(e)) for e in entries if e.sd_hrf is not None]
    dof = pool.dof + sum(d for _, d in known)
    return (pool.dof * pool.variance + sum(d * s**2 for s, d in known)) / dof, dof
