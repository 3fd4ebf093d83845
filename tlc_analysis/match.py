"""Which substances a spot is compatible with, how probable each is, and whether it is in the library at all.

For each spot the hypotheses are the library's substances in that system, equally probable beforehand, and "not in
the library" with a declared prior. A substance's likelihood is its predictive distribution (``prediction``) widened
by the reading's own uncertainty; what is not in the library may lie anywhere from 0 to 100 hRf. The method and its
calibration are in ``docs/method.md``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from .colour_evidence import ColourEntry, ColourSettings, log_colour_ratio
from .errors import ReadingFormatError, UnknownSystemError
from .json_fields import items, member, optional_number, whole
from .library import LibraryEntry
from .model import SCHEMA as READING_SCHEMA
from .model import Candidate, Lab, PlateReading
from .prediction import Prediction, SpreadSettings, predict
from .student import log_density, two_sided_tail

SCHEMA = "plate-match/1"
Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
UNKNOWN_DENSITY = 0.01  # per hRf: anywhere on the plate
READING_U_HRF = 1.0  # where a reading states none: the repeatability of reading a plate by hand with a ruler


@dataclass(frozen=True, kw_only=True)
class MatchSettings:
    """``unknown_prior``: share of spots expected to be of no substance in the library. ``level``: of the sets."""

    unknown_prior: float = 0.2
    level: float = 0.95
    spread: SpreadSettings = field(default_factory=SpreadSettings)
    colour: ColourSettings = field(default_factory=ColourSettings)


@dataclass(frozen=True, kw_only=True)
class MeasuredSpot:
    """What matching needs of a spot; ``lane`` is the lane's index in the reading. ``colours``: by light or reagent."""

    lane: int
    rf: float | None
    rf_u: float | None = None
    colours: Mapping[str, Lab] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SpotMatch:
    """``candidates`` by falling probability; with ``not_in_library`` they add to 1. No Rf: neither is known."""

    lane: int
    rf: float | None
    candidates: tuple[Candidate, ...]
    not_in_library: float | None


def match(
    reading: PlateReading, library: Sequence[LibraryEntry], *, system: str, settings: MatchSettings | None = None
) -> tuple[SpotMatch, ...]:
    """Matches every spot of the reading, in its order. Raises :class:`UnknownSystemError`."""
    spots = [
        MeasuredSpot(lane=lane.index, rf=spot.rf, rf_u=spot.rf_u)
        for plate in reading.plates
        for lane in plate.lanes
        for spot in lane.spots
    ]
    return match_spots(spots, library, system=system, settings=settings)


def match_spots(
    spots: Sequence[MeasuredSpot],
    library: Sequence[LibraryEntry],
    *,
    system: str,
    settings: MatchSettings | None = None,
    colours: Sequence[ColourEntry] = (),
) -> tuple[SpotMatch, ...]:
    """As :func:`match`, for spots from anywhere.

    ``colours`` move probability between substances; no substance that runs here leaves the set because of its colour.
    """
    settings = settings or MatchSettings()
    prediction = predict(library, system=system, settings=settings.spread)
    if not prediction.substances:
        known = ", ".join(sorted({entry.system for entry in library})) or "none"
        raise UnknownSystemError(f"The library has no entry for system “{system}”; it has: {known}.")
    return tuple(_match_spot(spot, prediction, settings, colours, system) for spot in spots)


def _match_spot(
    spot: MeasuredSpot, prediction: Prediction, settings: MatchSettings, colours: Sequence[ColourEntry], system: str
) -> SpotMatch:
    if spot.rf is None:
        return SpotMatch(lane=spot.lane, rf=None, candidates=(), not_in_library=None)
    u_hrf = READING_U_HRF if spot.rf_u is None else 100 * spot.rf_u
    density, tail = likelihood(prediction, hrf=100 * spot.rf, u_hrf=u_hrf)
    elsewhere = unknown_density(hrf=100 * spot.rf, u_hrf=u_hrf)
    density *= np.exp(log_colour_ratio(prediction.substances, spot.colours, colours, settings.colour, system=system))
    posterior, unknown = posterior_of(density, elsewhere, settings.unknown_prior)
    members = credible_set(posterior, unknown, settings.level) | (tail >= 1 - settings.level)
    return SpotMatch(
        lane=spot.lane,
        rf=spot.rf,
        candidates=ranked(prediction.substances, posterior, members),
        not_in_library=unknown,
    )


def likelihood(prediction: Prediction, *, hrf: float, u_hrf: float) -> tuple[Array, Array]:
    """Density at the measured value, per hRf, and the probability of lying at least that far out, (K,) each.

    The reading's normal uncertainty widens the t distribution; the degrees of freedom follow Welch and
    Satterthwaite (JCGM 100:2008, G.4.1).
    """
    variance = prediction.scale**2 + u_hrf**2
    dof = prediction.dof * (variance / prediction.scale**2) ** 2
    scale = np.sqrt(variance)
    z = (hrf - prediction.location) / scale
    beyond = max(0.0, hrf - 100.0, -hrf)  # no substance runs there: it would take an error of the reading
    density = np.exp(log_density(z, dof)) / scale * np.exp(-0.5 * (beyond / max(u_hrf, 1.0)) ** 2)
    return np.asarray(density, np.float64), two_sided_tail(z, dof)


def unknown_density(*, hrf: float, u_hrf: float) -> float:
    """Density of a reading, per hRf, if its substance may lie anywhere on the plate.

    Outside 0 to 100 the value at the nearer end is kept: what nobody can have measured is nobody's substance.
    """
    at = float(np.clip(hrf, 0.0, 100.0))
    if u_hrf <= 0:
        return UNKNOWN_DENSITY
    return UNKNOWN_DENSITY * float(ndtr((100.0 - at) / u_hrf) - ndtr(-at / u_hrf))


def posterior_of(density: Array, elsewhere: float, unknown_prior: float) -> tuple[Array, float]:
    """Posterior of each substance (K,) and of "not in the library", by Bayes' rule with equal priors."""
    weight = (1 - unknown_prior) / len(density) * density
    unknown = unknown_prior * elsewhere
    total = weight.sum() + unknown
    return weight / total, float(unknown / total)


def credible_set(posterior: Array, unknown: float, level: float) -> Mask:
    """Members of the smallest set of hypotheses, "not in the library" being one, that holds ``level``, (K,) bool."""
    everything = np.append(posterior, unknown)
    order = np.argsort(-everything, kind="stable")
    before = np.cumsum(everything[order]) - everything[order]
    inside = np.zeros(len(everything), bool)
    inside[order] = before < level
    return inside[:-1]


def ranked(substances: Sequence[str], posterior: Array, members: Mask) -> tuple[Candidate, ...]:
    """All substances by falling probability, ties in the library's order."""
    order = np.argsort(-posterior, kind="stable")
    return tuple(
        Candidate(substance=substances[i], probability=float(posterior[i]), in_set=bool(members[i])) for i in order
    )


def spots_from_json(data: Any) -> tuple[MeasuredSpot, ...]:
    """The spots of a ``plate-reading/1``, in its order; nothing else of it is looked at.

    Raises :class:`ReadingFormatError`.
    """
    if not isinstance(data, dict) or data.get("schema") != READING_SCHEMA:
        raise ReadingFormatError(f"This is not a {READING_SCHEMA} document.")
    return tuple(
        MeasuredSpot(lane=whole(lane, "index"), rf=_rf(spot), rf_u=_spread(spot))
        for plate in items(data, "plates")
        for lane in items(plate, "lanes")
        for spot in items(lane, "spots")
    )


def _rf(spot: Any) -> float | None:
    member(spot, "rf")  # null says that there is none; left out it would say nothing
    return optional_number(spot, "rf")


def _spread(spot: Any) -> float | None:
    spread = optional_number(spot, "rf_u")
    if spread is not None and spread < 0:
        raise ReadingFormatError(f"This reading has a spot whose rf_u is {spread:g}; an uncertainty is not negative.")
    return spread


def to_json(matches: Sequence[SpotMatch]) -> dict[str, Any]:
    """``plate-match/1``. A spot without an Rf has no candidates and a null ``not_in_library``."""
    return {"schema": SCHEMA, "spots": [_spot_json(match) for match in matches]}


def _spot_json(match: SpotMatch) -> Mapping[str, Any]:
    candidates = [
        {"substance": c.substance, "probability": c.probability, "in_set": c.in_set} for c in match.candidates
    ]
    return {"lane": match.lane, "rf": match.rf, "candidates": candidates, "not_in_library": match.not_in_library}
