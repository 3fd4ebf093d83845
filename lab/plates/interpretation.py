"""What a reading says of each sample on the plate, and no more than it can say.

Per spot: hRf, hRfc where standards on the plate allow it, every substance of the library that is compatible, whether
they can be told apart, and what was only reported elsewhere. Probabilities are for chemists, and only where the
laboratory's own standards cover the network's watch list in this system (DESIGN.md, Match).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlmodel import Session

from lab.kit.messages import Message
from lab.library.models import TlcSystem
from lab.library.names import fold
from lab.library.service import Reported, match_library, reported_elsewhere, spread_settings
from lab.network.access import Actor, Permission
from lab.plates.colours import colours_by_place, own_colours
from lab.plates.correction import Correction, correction_of, internal_standard
from lab.plates.joining import Joined, JoinedLane, join
from lab.plates.lettering import letter
from lab.plates.models import LaneKind, Plate, PlatePicture
from lab.plates.queries import lanes_of
from lab.plates.readings import get_reading
from lab.plates.standards import substance_names
from tlc_analysis.colour_evidence import ColourEntry
from tlc_analysis.correct import Value
from tlc_analysis.library import LibraryEntry
from tlc_analysis.match import MatchSettings, MeasuredSpot, SpotMatch, match_spots
from tlc_analysis.model import Flag, Lab, Lane, Spot
from tlc_analysis.prediction import predict
from tlc_analysis.serialise import from_json

ELSEWHERE_HRF = 5.0  # values printed within this distance are shown; they decide nothing
SAME_PLACE_U = 2.0  # a blank's band within so many uncertainties of a spot may be the spot's cause
POSSIBLE = 0.05  # the complement of the 95 % sets


@dataclass(frozen=True, kw_only=True)
class Compatible:
    """A substance of the library that the spot is compatible with.

    ``expected_hrf`` and ``spread_hrf``: where it is expected on this plate and the spread *between plates*, which is
    another number than the uncertainty of reading. ``own``: rests on the laboratory's own standards.
    ``probability`` is None wherever it may not be shown.
    """

    substance: str
    expected_hrf: float
    spread_hrf: float
    own: bool
    probability: float | None


@dataclass(frozen=True, kw_only=True)
class SpotReading:
    """One spot, lettered from the origin upwards. ``u_hrf`` and ``u_hrfc`` are of reading this picture alone.

    ``told_apart`` is False when several substances are compatible: this plate cannot tell them apart.
    ``perhaps_unlisted``: it may as well be something that the library does not have.
    ``elsewhere``: printed values near it that may not speak: uncorrected, second-hand or doubtfully printed.
    ``colours``: what was compared with the laboratory's own standards, by light or reagent; empty where none could be.
    """

    letter: str
    hrf: float | None
    u_hrf: float | None
    hrfc: float | None
    u_hrfc: float | None
    beyond_standards: bool
    rrf: float | None
    u_rrf: float | None
    compatible: tuple[Compatible, ...]
    told_apart: bool
    perhaps_unlisted: bool
    not_in_library: float | None
    elsewhere: tuple[Reported, ...]
    in_blank: bool
    flags: tuple[Flag, ...]
    centre_px: tuple[float, float]
    colours: Mapping[str, Lab] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LaneReading:
    """One lane of the layout; ``read_index`` is the lane of the reading that it was joined to."""

    index: int
    kind: LaneKind
    sample_id: UUID | None
    substance: str | None
    read_index: int | None
    spots: tuple[SpotReading, ...]


@dataclass(frozen=True, kw_only=True)
class Interpretation:
    """A reading seen through the layout, the system and the library.

    ``problems``: why something could not be said. ``standards_used`` of ``standards_expected`` corrected the plate.
    ``blank_clean`` is None when no blank was run. ``colours``: of own standards, which bands were compared with.
    """

    reading_id: UUID
    system: str
    corrected: bool
    standards_used: int
    standards_expected: int
    blank_clean: bool | None
    probabilities_shown: bool
    lanes: tuple[LaneReading, ...]
    problems: tuple[Message, ...]
    colours: tuple[ColourEntry, ...] = ()

    def of_sample(self, sample_id: UUID) -> tuple[LaneReading, ...]:
        """The lanes that carry a sample."""
        return tuple(lane for lane in self.lanes if lane.sample_id == sample_id)


@dataclass(frozen=True, kw_only=True)
class _Basis:
    """Everything that spots are judged by."""

    joined: Joined
    correction: Correction
    internal: Value | None
    library: tuple[LibraryEntry, ...]
    settings: MatchSettings
    system: str
    elsewhere: Sequence[Reported]
    probabilities: bool
    colours: tuple[ColourEntry, ...] = ()
    seen: Mapping[tuple[float, float], Mapping[str, Lab]] = field(default_factory=dict)

    def colours_of(self, spot: Spot) -> Mapping[str, Lab]:
        """The colours of a spot under the lights and reagents that own standards were seen under too."""
        known = {entry.reagent for entry in self.colours}
        return {view: lab for view, lab in self.seen.get(spot.centre_px, {}).items() if view in known}


def interpret(session: Session, *, actor: Actor, reading_id: UUID, watch_list: Collection[str] = ()) -> Interpretation:
    """Interpret a reading. ``watch_list``: substances that own standards must cover before probabilities are shown.

    Raises :class:`~lab.plates.errors.ReadingNotFoundError`.
    """
    reading = get_reading(session, actor=actor, reading_id=reading_id)
    picture = session.get_one(PlatePicture, reading.picture_id)
    plate = session.get_one(Plate, picture.plate_id)
    system = session.get_one(TlcSystem, plate.system_id)
    layout = lanes_of(session, plate_id=plate.id)
    names = substance_names(session, lanes=layout)
    joined = join(from_json(reading.document), layout)
    correction = correction_of(joined, system, names)
    library = match_library(
        session, system_id=system.id, site_id=plate.site_id, layer=plate.layer, corrected=bool(correction.standards)
    )
    basis = _Basis(
        joined=joined,
        correction=correction,
        internal=internal_standard(joined),
        library=library,
        settings=MatchSettings(spread=spread_settings(session, system_id=system.id)),
        system=system.code,
        elsewhere=reported_elsewhere(session, system_id=system.id),
        probabilities=actor.may(Permission.PLATE_WORK, plate.site_id) and covers(library, watch_list),
    )
    lanes = _lanes(basis, names)
    fitting = {match.substance for lane in lanes for spot in lane.spots for match in spot.compatible}
    colours = own_colours(
        session, system=system, site_id=plate.site_id, layer=plate.layer, corrected=bool(correction.standards),
        substances=fitting,
    )  # fmt: skip
    if colours:
        lanes = _lanes(replace(basis, colours=colours, seen=colours_by_place(session, picture=picture)), names)
    return Interpretation(
        reading_id=reading.id,
        system=system.code,
        corrected=bool(correction.standards),
        standards_used=len(correction.standards),
        standards_expected=correction.expected,
        blank_clean=_blank_clean(joined),
        probabilities_shown=basis.probabilities,
        lanes=lanes,
        problems=_problems(basis),
        colours=colours,
    )


def _lanes(basis: _Basis, names: Mapping[UUID, str]) -> tuple[LaneReading, ...]:
    return tuple(_lane(lane, basis, names.get(lane.laid.substance_id or UUID(int=0))) for lane in basis.joined.lanes)


def covers(library: Sequence[LibraryEntry], watch_list: Collection[str]) -> bool:
    """Whether own standards cover the whole watch list. A list that nobody has drawn up is covered by nothing."""
    own = {fold(entry.substance) for entry in library if entry.kind == "own"}
    return bool(watch_list) and all(fold(name) in own for name in watch_list)


def _problems(basis: _Basis) -> tuple[Message, ...]:
    nothing_speaks = None if basis.library else Message("plate.match.library_silent", {"system": basis.system})
    found = (basis.joined.problem, basis.correction.problem, nothing_speaks)
    return tuple(problem for problem in found if problem is not None)


def _blank_clean(joined: Joined) -> bool | None:
    blanks = [lane.read for lane in joined.lanes if lane.laid.kind is LaneKind.BLANK and lane.read is not None]
    return not any(lane.spots for lane in blanks) if blanks else None


def _lane(lane: JoinedLane, basis: _Basis, substance: str | None) -> LaneReading:
    read = lane.read
    spots = () if read is None else tuple(_spot(n, spot, read, lane, basis) for n, spot in enumerate(_upwards(read)))
    return LaneReading(
        index=lane.laid.index,
        kind=lane.laid.kind,
        sample_id=lane.laid.sample_id,
        substance=substance,
        read_index=None if read is None else read.index,
        spots=spots,
    )


def _upwards(lane: Lane) -> list[Spot]:
    """From the origin to the front; where Rf is withheld, by the distance migrated."""
    return sorted(lane.spots, key=lambda spot: spot.migration_px if spot.migration_px is not None else spot.rf or 0.0)


def _spot(number: int, spot: Spot, read: Lane, lane: JoinedLane, basis: _Basis) -> SpotReading:
    corrected = basis.correction.apply(read, spot)
    related = basis.correction.relate(read, spot, basis.internal)
    hrf = None if spot.rf is None else 100 * spot.rf
    u_hrf = None if spot.rf_u is None else 100 * spot.rf_u
    measured = (hrf, u_hrf) if corrected is None else (corrected.hrfc, corrected.u_hrfc)
    is_sample = lane.laid.kind is LaneKind.SAMPLE
    colours = basis.colours_of(spot) if is_sample else {}
    found = _match(read.index, measured, colours, basis) if is_sample else None
    compatible = () if found is None else _compatible(found, basis)
    unlisted = None if found is None else found.not_in_library
    return SpotReading(
        letter=letter(number),
        hrf=hrf,
        u_hrf=u_hrf,
        hrfc=None if corrected is None else corrected.hrfc,
        u_hrfc=None if corrected is None else corrected.u_hrfc,
        beyond_standards=corrected is not None and corrected.beyond_standards,
        rrf=None if related is None else related.rrf,
        u_rrf=None if related is None else related.u_rrf,
        compatible=compatible,
        told_apart=len(compatible) < 2,
        perhaps_unlisted=unlisted is None or unlisted >= POSSIBLE,
        not_in_library=unlisted if basis.probabilities else None,
        elsewhere=_near(hrf, basis) if is_sample else (),
        in_blank=is_sample and _in_blank(hrf, u_hrf, basis.joined),
        flags=spot.flags,
        centre_px=spot.centre_px,
        colours=colours,
    )


def _match(
    lane: int, measured: tuple[float | None, float | None], colours: Mapping[str, Lab], basis: _Basis
) -> SpotMatch | None:
    hrf, u_hrf = measured
    if hrf is None or not basis.library:
        return None
    spot = MeasuredSpot(lane=lane, rf=hrf / 100, rf_u=None if u_hrf is None else u_hrf / 100, colours=colours)
    (found,) = match_spots([spot], basis.library, system=basis.system, settings=basis.settings, colours=basis.colours)
    return found


def _compatible(found: SpotMatch, basis: _Basis) -> tuple[Compatible, ...]:
    expected = predict(basis.library, system=basis.system, settings=basis.settings.spread)
    places = {name: number for number, name in enumerate(expected.substances)}
    own = {entry.substance for entry in basis.library if entry.kind == "own"}
    return tuple(
        Compatible(
            substance=candidate.substance,
            expected_hrf=float(expected.location[places[candidate.substance]]),
            spread_hrf=float(expected.scale[places[candidate.substance]]),
            own=candidate.substance in own,
            probability=candidate.probability if basis.probabilities else None,
        )
        for candidate in found.candidates
        if candidate.in_set
    )


def _near(hrf: float | None, basis: _Basis) -> tuple[Reported, ...]:
    if hrf is None:
        return ()
    near = [row for row in basis.elsewhere if abs(row.value.value_hrf - hrf) <= ELSEWHERE_HRF]
    return tuple(sorted(near, key=lambda row: (abs(row.value.value_hrf - hrf), row.substance)))


def _in_blank(hrf: float | None, u_hrf: float | None, joined: Joined) -> bool:
    """Whether a blank has a band at the same place: then the spot may come from the solvent or the layer."""
    if hrf is None or u_hrf is None:
        return False
    bands = [
        (100 * spot.rf, 100 * spot.rf_u)
        for lane in joined.lanes
        if lane.laid.kind is LaneKind.BLANK and lane.read is not None
        for spot in lane.read.spots
        if spot.rf is not None and spot.rf_u is not None
    ]
    return any(abs(hrf - other) <= SAME_PLACE_U * (u_hrf**2 + u**2) ** 0.5 for other, u in bands)
