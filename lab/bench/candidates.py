"""What all plates of one sample say together: which substances are compatible, in which systems, and how they rank.

A substance that fits a band in every system it could speak in comes before one that fits in some. Probabilities over
all systems (``tlc_analysis.combine``) are given only where each plate may show its own (DESIGN.md, Match).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, select

from lab.library.models import Substance, TlcSystem
from lab.library.service import match_library, spread_settings
from lab.network.access import Actor, Permission
from lab.plates import service as plates
from lab.plates.interpretation import Compatible, Interpretation, LaneReading, SpotReading, interpret
from lab.plates.models import Plate, PlatePicture, Reading
from tlc_analysis.colour_evidence import ColourEntry
from tlc_analysis.combine import CombineSettings, SampleMatch, SampleSpot, SystemRun, combine
from tlc_analysis.errors import MatchError
from tlc_analysis.library import LibraryEntry
from tlc_analysis.match import MatchSettings
from tlc_analysis.prediction import SpreadSettings


@dataclass(frozen=True)
class LaneOfSample:
    """One lane that carries the sample, on the standing reading of one picture."""

    plate: Plate
    system: TlcSystem
    picture: PlatePicture
    reading: Reading
    found: Interpretation
    lane: LaneReading


@dataclass(frozen=True)
class Ranked:
    """A substance that at least one band is compatible with.

    ``systems``: where it fits; ``of``: how many systems could have said. ``apart_z``: the distance of its best band
    from where it is expected, in standard deviations of both together. ``alike``: others that fit the very same bands,
    so that these plates cannot tell them apart.
    """

    substance: str
    substance_id: UUID | None
    systems: tuple[str, ...]
    of: int
    own: bool
    apart_z: float
    probability: float | None
    alike: tuple[str, ...]


def lanes_of_sample(
    session: Session, *, actor: Actor, sample_id: UUID, watch_list: Collection[str] = ()
) -> list[LaneOfSample]:
    """Every lane of every read picture of the sample's plates that ``actor`` works on, oldest plate first."""
    lanes = []
    for plate in plates.plates_of_sample(session, sample_id=sample_id):
        if not actor.may(Permission.PLATE_WORK, plate.site_id):
            continue
        system = session.get_one(TlcSystem, plate.system_id)
        for picture in plates.pictures_of(session, plate_id=plate.id):
            reading = plates.latest_reading(session, picture_id=picture.id)
            if reading is None:
                continue
            found = interpret(session, actor=actor, reading_id=reading.id, watch_list=watch_list)
            lanes += [LaneOfSample(plate, system, picture, reading, found, lane) for lane in found.of_sample(sample_id)]
    return lanes


def rank(session: Session, *, lanes: Sequence[LaneOfSample]) -> list[Ranked]:
    """The candidates of all ``lanes`` together, the best supported first."""
    fits: dict[str, list[tuple[LaneOfSample, SpotReading, Compatible]]] = {}
    for one in lanes:
        for spot in one.lane.spots:
            for match in spot.compatible:
                fits.setdefault(match.substance, []).append((one, spot, match))
    chances = _chances(session, lanes)
    rows = [_ranked(name, found, fits, chances) for name, found in fits.items()]
    ids = dict(session.exec(select(Substance.name, Substance.id)).all())
    systems = len({one.system.code for one in lanes if one.lane.spots})
    placed = [Ranked(row.substance, ids.get(row.substance), row.systems, systems, row.own, row.apart_z,
                     row.probability, row.alike) for row in rows]  # fmt: skip
    return sorted(placed, key=lambda row: (-len(row.systems), -(row.probability or 0.0), row.apart_z, row.substance))


_Fit = tuple[LaneOfSample, SpotReading, Compatible]


def _ranked(name: str, found: list[_Fit], fits: dict[str, list[_Fit]], chances: dict[str, float]) -> Ranked:
    bands = _bands(found)
    return Ranked(
        substance=name,
        substance_id=None,
        systems=tuple(dict.fromkeys(one.system.code for one, _, _ in found)),
        of=0,
        own=any(match.own for _, _, match in found),
        apart_z=min(_apart(spot, match) for _, spot, match in found),
        probability=chances.get(name),
        alike=tuple(sorted(other for other, rest in fits.items() if other != name and _bands(rest) == bands)),
    )


def _bands(found: list[_Fit]) -> frozenset[tuple[UUID, int, str]]:
    return frozenset((one.reading.id, one.lane.index, spot.letter) for one, spot, _ in found)


def _apart(spot: SpotReading, match: Compatible) -> float:
    measured, u = (spot.hrf, spot.u_hrf) if spot.hrfc is None else (spot.hrfc, spot.u_hrfc)
    spread = float((match.spread_hrf**2 + (u or 0.0) ** 2) ** 0.5)
    return abs((measured or 0.0) - match.expected_hrf) / spread if spread else 0.0


def _chances(session: Session, lanes: Sequence[LaneOfSample]) -> dict[str, float]:
    """Probability that the sample holds each substance; empty wherever it may not be shown or cannot be said."""
    best: dict[UUID, LaneOfSample] = {}
    for one in lanes:
        if one.plate.id not in best or len(one.lane.spots) > len(best[one.plate.id].lane.spots):
            best[one.plate.id] = one
    if not best or not all(one.found.probabilities_shown for one in best.values()):
        return {}
    library: dict[LibraryEntry, None] = {}
    spread: dict[str, float] = {}
    for one in best.values():
        library |= dict.fromkeys(
            match_library(session, system_id=one.system.id, site_id=one.plate.site_id, layer=one.plate.layer,
                          corrected=one.found.corrected)
        )  # fmt: skip
        spread |= dict(spread_settings(session, system_id=one.system.id).laboratory_sd_hrf)
    colours = dict.fromkeys(entry for one in best.values() for entry in one.found.colours)
    found = _combined([_run(one) for one in best.values()], tuple(library), spread, tuple(colours))
    return {} if found is None else {row.substance: row.probability for row in found.substances}


def _combined(
    runs: list[SystemRun],
    library: tuple[LibraryEntry, ...],
    spread: dict[str, float],
    colours: tuple[ColourEntry, ...],
) -> SampleMatch | None:
    settings = CombineSettings(match=MatchSettings(spread=SpreadSettings(laboratory_sd_hrf=spread)))
    try:
        return combine(runs, library, colours=colours, settings=settings)
    except MatchError:  # nothing to combine, or more bands than can be combined
        return None


def _run(one: LaneOfSample) -> SystemRun:
    measured = [(spot.hrf, spot.u_hrf) if spot.hrfc is None else (spot.hrfc, spot.u_hrfc) for spot in one.lane.spots]
    return SystemRun(
        system=one.system.code,
        spots=tuple(
            SampleSpot(rf=hrf / 100, rf_u=None if u is None else u / 100, colours=spot.colours)
            for spot, (hrf, u) in zip(one.lane.spots, measured, strict=True)
            if hrf is not None
        ),
    )
