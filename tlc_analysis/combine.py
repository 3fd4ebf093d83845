"""Evidence over several systems and colours, combined per sample: which substances does it hold?

A sample is run in several systems, one plate each; a mixture gives several spots in each, and nobody says which
spot of one plate belongs with which of another. A *component* is one substance, known or not: it gives at most one
spot per system, and is missed in a system with a small probability. Every way of sorting the spots into components
is summed over, exactly, by dynamic programming over subsets of spots; the result is how probable it is that a
substance is behind each spot, and that the sample holds it. With one system and no colours it is ``match``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from .colour_evidence import ColourEntry, log_colour_ratio
from .errors import MatchError
from .library import LibraryEntry
from .match import READING_U_HRF, MatchSettings, credible_set, likelihood, ranked, unknown_density
from .model import Candidate, Lab
from .prediction import Prediction, predict

Array = NDArray[np.float64]
MOST_SPOTS = 20  # subsets double with each: a second or two for so many


@dataclass(frozen=True, kw_only=True)
class SampleSpot:
    """A spot of the sample in one system. ``colours``: CIELAB by reagent or light."""

    rf: float
    rf_u: float | None = None
    colours: Mapping[str, Lab] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SystemRun:
    """The sample's lane in one system."""

    system: str
    spots: tuple[SampleSpot, ...]


@dataclass(frozen=True, kw_only=True)
class CombineSettings:
    """``missed``: probability that a substance gives no spot of its own in a system: hidden, or not detected there."""

    match: MatchSettings = field(default_factory=MatchSettings)
    missed: float = 0.05


@dataclass(frozen=True, kw_only=True)
class CombinedSpot:
    """As ``SpotMatch``, with all systems and colours taken into account."""

    system: str
    rf: float
    candidates: tuple[Candidate, ...]
    not_in_library: float


@dataclass(frozen=True, kw_only=True)
class SampleMatch:
    """``substances``: probability that the sample holds each, by falling probability; they need not add to 1.

    ``in_set``: in the 95 % set of one of the spots. ``unknown``: expected number of components that are not in the
    library. ``spots``: in the order given.
    """

    substances: tuple[Candidate, ...]
    unknown: float
    spots: tuple[CombinedSpot, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Component:
    """A group of spots, one at most per system: its bits, and its weight by substance (K + 1,), unknown last."""

    bits: int
    weight: Array


def combine(
    runs: Sequence[SystemRun],
    library: Sequence[LibraryEntry],
    *,
    colours: Sequence[ColourEntry] = (),
    settings: CombineSettings | None = None,
) -> SampleMatch:
    """Combines the runs of one sample. Raises :class:`MatchError` for nothing to combine, or too much."""
    settings = settings or CombineSettings()
    predictions = [predict(library, system=run.system, settings=settings.match.spread) for run in runs]
    substances = tuple(dict.fromkeys(name for p in predictions for name in p.substances))
    spots = [(i, spot) for i, run in enumerate(runs) for spot in run.spots]
    _check(substances, spots)
    density = np.array(
        [
            _density(
                spot,
                predictions[i],
                substances,
                log_colour_ratio(substances, spot.colours, colours, settings.match.colour, system=runs[i].system),
            )
            for i, spot in spots
        ]
    )
    components = _components(runs, density, settings)
    by_spot, by_sample = _marginals(components, len(spots))
    level = settings.match.level
    members = [credible_set(row[:-1], float(row[-1]), level) for row in by_spot]
    return SampleMatch(
        substances=ranked(substances, np.minimum(by_sample[:-1], 1.0), np.any(members, axis=0)),
        unknown=float(by_sample[-1]),
        spots=tuple(
            CombinedSpot(
                system=runs[i].system,
                rf=spot.rf,
                candidates=ranked(substances, row[:-1], inside),
                not_in_library=float(row[-1]),
            )
            for (i, spot), row, inside in zip(spots, by_spot, members, strict=True)
        ),
    )


def _check(substances: Sequence[str], spots: Sequence[tuple[int, SampleSpot]]) -> None:
    if not substances:
        raise MatchError("The library has no entry for any of these systems.")
    if not spots:
        raise MatchError("There is no spot to combine.")
    if len(spots) > MOST_SPOTS:
        raise MatchError(f"{len(spots)} spots are too many to combine; at most {MOST_SPOTS} in all systems together.")


def _density(
    spot: SampleSpot,
    prediction: Prediction,
    substances: Sequence[str],
    colour_ratio: Array,
) -> Array:
    """(K + 1,) likelihood of the spot under each substance, unknown last. No entry in this system: anywhere."""
    u_hrf = READING_U_HRF if spot.rf_u is None else 100 * spot.rf_u
    known = dict(zip(prediction.substances, likelihood(prediction, hrf=100 * spot.rf, u_hrf=u_hrf)[0], strict=True))
    elsewhere = unknown_density(hrf=100 * spot.rf, u_hrf=u_hrf)
    here = np.array([known.get(name, elsewhere) for name in substances])
    return np.append(here * np.exp(colour_ratio), elsewhere)


def _components(runs: Sequence[SystemRun], density: Array, settings: CombineSettings) -> list[_Component]:
    kinds = density.shape[1]
    prior = np.full(kinds, (1 - settings.match.unknown_prior) / (kinds - 1))
    prior[-1] = settings.match.unknown_prior
    first = np.cumsum([0, *(len(run.spots) for run in runs)])
    choices = [[None, *range(int(first[i]), int(first[i + 1]))] for i in range(len(runs))]
    components = []
    for group in product(*choices):
        seen = [number for number in group if number is not None]
        if seen:
            missed = settings.missed ** (len(group) - len(seen)) * (1 - settings.missed) ** len(seen)
            weight = prior * missed * np.prod(density[seen], axis=0)
            components.append(_Component(bits=sum(1 << number for number in seen), weight=weight))
    return components


def _marginals(components: Sequence[_Component], spots: int) -> tuple[Array, Array]:
    """Posterior by spot (N, K + 1), and expected number of components by substance (K + 1,)."""
    whole = (1 << spots) - 1
    ways = _ways(components, spots)
    by_spot = np.zeros((spots, len(components[0].weight)))
    by_sample = np.zeros(len(components[0].weight))
    for component in components:
        share = component.weight * (ways[whole ^ component.bits] / ways[whole])
        by_sample += share
        for number in range(spots):
            if component.bits >> number & 1:
                by_spot[number] += share
    return by_spot, by_sample


def _ways(components: Sequence[_Component], spots: int) -> Array:
    """(2^N,) sum over all ways of sorting a subset of the spots into components, each way once.

    A subset's first spot is in exactly one component: summing over that one counts each way once. Subsets are taken by
    their first spot, the last one first, so that what is left of a subset is known already.
    """
    by_first: list[list[tuple[int, float]]] = [[] for _ in range(spots)]
    for component in components:
        first = (component.bits & -component.bits).bit_length() - 1
        by_first[first].append((component.bits, float(component.weight.sum())))
    ways = np.zeros(1 << spots)
    ways[0] = 1.0
    for first in reversed(range(spots)):
        later = np.arange(1 << (spots - 1 - first)) << (first + 1)
        for bits, total in by_first[first]:
            rest = bits & ~(1 << first)
            free = later if rest == 0 else later[(later & rest) == 0]
            ways[free | bits] += total * ways[free]
    return ways
