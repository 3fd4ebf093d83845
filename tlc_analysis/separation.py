"""How well a system would tell candidates apart that another one could not, before anybody runs it.

Each candidate's next plate follows its predictive distribution (``prediction``), widened by the reading's own
uncertainty; a candidate that the library does not have in a system may lie anywhere. Of K candidates, equally
probable, whoever names the most probable one at each place is right with probability

    P = 1/K * integral of max_i f_i(x) dx

(the accuracy of the Bayes classifier: Duda, Hart & Stork, Pattern Classification, 2nd ed. 2001, section 2.2). P is
1/K where a system says nothing and 1 where it leaves no doubt; so systems can be ranked without running them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from .library import LibraryEntry
from .match import READING_U_HRF
from .prediction import Prediction, SpreadSettings, predict

Array = NDArray[np.float64]
STEP_HRF: Final = 0.05
GRID: Final = np.arange(0.0, 100.0 + STEP_HRF / 2, STEP_HRF)
"""hRf: what lies beyond the plate's ends is read at its ends, so the tails are folded back onto them."""
TOLD_APART: Final = 0.95
"""Of two, named rightly so often: they count as told apart."""


@dataclass(frozen=True, kw_only=True)
class SystemSeparation:
    """What one system promises for the candidates of all groups.

    ``probability``: of naming the right one of a group, the mean over groups. ``at_best_guess``: the same without any
    plate. ``apart`` of ``pairs``: how many pairs it tells apart. ``unlisted``: candidates that it has no value for.
    """

    system: str
    probability: float
    at_best_guess: float
    apart: int
    pairs: int
    unlisted: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SeparationSettings:
    """``spreads``: what is assumed of spreads, by system. ``u_hrf``: of reading a plate."""

    spreads: Mapping[str, SpreadSettings] = field(default_factory=dict)
    u_hrf: float = READING_U_HRF


def best_systems(
    groups: Sequence[Sequence[str]],
    libraries: Mapping[str, Sequence[LibraryEntry]],
    *,
    settings: SeparationSettings | None = None,
) -> tuple[SystemSeparation, ...]:
    """The systems of ``libraries`` that promise anything, best first; ties in the order of their names.

    ``groups``: for each spot that is open, the substances that it is compatible with; groups of one are left out.
    ``libraries``: by system, what may speak there. A system that knows fewer than two candidates of every group can
    only guess and is left out.
    """
    settings = settings or SeparationSettings()
    open_groups = [tuple(dict.fromkeys(group)) for group in groups]
    open_groups = [group for group in open_groups if len(group) > 1]
    if not open_groups:
        return ()
    rated = [_rate(system, open_groups, entries, settings) for system, entries in libraries.items()]
    return tuple(sorted((one for one in rated if one is not None), key=lambda one: (-one.probability, one.system)))


def _rate(
    system: str, groups: Sequence[tuple[str, ...]], entries: Sequence[LibraryEntry], settings: SeparationSettings
) -> SystemSeparation | None:
    prediction = predict(entries, system=system, settings=settings.spreads.get(system, SpreadSettings()))
    known = {_key(name): number for number, name in enumerate(prediction.substances)}
    if not any(sum(_key(name) in known for name in group) > 1 for group in groups):
        return None
    names = dict.fromkeys(name for group in groups for name in group)
    density = {name: _density(prediction, known.get(_key(name)), settings.u_hrf) for name in names}
    pairs = list(dict.fromkeys(pair for group in groups for pair in combinations(sorted(group), 2)))
    apart = sum(
        _key(a) in known and _key(b) in known and accuracy([density[a], density[b]]) >= TOLD_APART for a, b in pairs
    )
    return SystemSeparation(
        system=system,
        probability=float(np.mean([accuracy([density[name] for name in group]) for group in groups])),
        at_best_guess=float(np.mean([1 / len(group) for group in groups])),
        apart=apart,
        pairs=len(pairs),
        unlisted=tuple(name for name in names if _key(name) not in known),
    )


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def accuracy(masses: Sequence[Array]) -> float:
    """Probability of naming the right one of several equally probable ones; each array holds masses that add to 1."""
    return float(np.max(np.stack(masses), axis=0).sum() / len(masses))


def _density(prediction: Prediction, place: int | None, u_hrf: float) -> Array:
    """The probability of each place of ``GRID``, (G,), adding to 1."""
    if place is None:
        return np.full(len(GRID), 1.0 / len(GRID))
    variance = float(prediction.scale[place]) ** 2 + u_hrf**2
    # Welch and Satterthwaite, as in ``match.likelihood``
    dof = float(prediction.dof[place]) * (variance / float(prediction.scale[place]) ** 2) ** 2
    edges = np.concatenate([[-np.inf], (GRID[:-1] + GRID[1:]) / 2, [np.inf]])
    below = stats.t.cdf((edges - float(prediction.location[place])) / np.sqrt(variance), dof)
    return np.asarray(np.diff(below), np.float64)
