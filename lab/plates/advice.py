"""What a layout lacks, and which second system would tell apart what is still open: advice, never a refusal."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from lab.kit.messages import Message
from lab.library.models import Substance, TlcSystem
from lab.library.names import fold
from lab.library.service import list_systems, match_library, spread_settings
from lab.network.access import Actor, Permission
from lab.plates.interpretation import Interpretation, interpret
from lab.plates.models import LaneKind, Plate, PlateLane, PlatePicture
from lab.plates.readings import latest_reading
from lab.plates.schemas import LaneIn
from lab.quality.criteria import Criteria, criteria_at
from tlc_analysis.separation import SeparationSettings, SystemSeparation, best_systems

MOST_PLATES = 6  # of a sample, the newest: what is open is open on those too
MOST_NAMED = 6


def missing_on(
    session: Session, *, actor: Actor, site_id: UUID, system_id: UUID, lanes: Sequence[LaneIn]
) -> tuple[Message, ...]:
    """What this layout lacks: by the laboratory's criteria, by the system, by what its samples may still be."""
    criteria = criteria_at(session, site_id=site_id)
    system = session.get(TlcSystem, system_id)
    if system is None or not lanes:
        return ()
    laid = _laid(session, lanes)
    found = [*_standards(system, lanes, laid, criteria), *_blank(lanes, criteria)]
    samples = [lane.sample_id for lane in lanes if lane.sample_id is not None]
    names = dict.fromkeys(name for group in open_groups(session, actor=actor, sample_ids=samples) for name in group)
    wanted = [name for name in names if fold(name) not in laid]
    if wanted:
        found.append(Message("layout.missing.candidates", {"names": ", ".join(wanted[:MOST_NAMED])}))
    twice = {sample for sample in samples if samples.count(sample) > 1}
    if criteria.duplicate_limit is not None and samples and not twice:
        found.append(Message("layout.missing.duplicate"))
    return tuple(found)


def _laid(session: Session, lanes: Sequence[LaneIn]) -> frozenset[str]:
    """The folded names of the standards on the lanes."""
    ids = [lane.substance_id for lane in lanes if lane.substance_id is not None]
    return frozenset(
        fold(name) for name in session.exec(select(Substance.name).where(col(Substance.id).in_(ids))).all()
    )


def _standards(
    system: TlcSystem, lanes: Sequence[LaneIn], laid: Collection[str], criteria: Criteria
) -> Iterable[Message]:
    mixture = any(lane.kind is LaneKind.STANDARD and lane.substance_id is None for lane in lanes)
    expected = [str(row["substance"]) for row in system.correction_standards]
    lacking = [] if mixture else [name for name in expected if fold(name) not in laid]
    if lacking:
        kind = "demanded" if criteria.standards_required else "standards"
        yield Message(f"layout.missing.{kind}", {"names": ", ".join(lacking), "system": system.code})
    elif not expected and not any(lane.kind is LaneKind.STANDARD for lane in lanes):
        yield Message("layout.missing.any_standard", {"system": system.code})


def _blank(lanes: Sequence[LaneIn], criteria: Criteria) -> Iterable[Message]:
    if not any(lane.kind is LaneKind.BLANK for lane in lanes):
        yield Message("layout.missing.blank_demanded" if criteria.blank_required else "layout.missing.blank")


def open_groups(session: Session, *, actor: Actor, sample_ids: Sequence[UUID]) -> list[tuple[str, ...]]:
    """For each band of these samples that several substances are compatible with: which, on their newest plates."""
    groups = []
    for sample_id in dict.fromkeys(sample_ids):
        for found in _interpretations(session, actor, sample_id):
            groups += groups_of(found, sample_ids=[sample_id])
    return list(dict.fromkeys(groups))


def groups_of(found: Interpretation, *, sample_ids: Collection[UUID] | None = None) -> list[tuple[str, ...]]:
    """The bands of one reading that are still open."""
    return [
        tuple(sorted(one.substance for one in spot.compatible))
        for lane in found.lanes
        if lane.sample_id is not None and (sample_ids is None or lane.sample_id in sample_ids)
        for spot in lane.spots
        if len(spot.compatible) > 1
    ]


def _interpretations(session: Session, actor: Actor, sample_id: UUID) -> Iterable[Interpretation]:
    statement = (
        select(PlatePicture.id)
        .join(Plate, col(Plate.id) == col(PlatePicture.plate_id))
        .join(PlateLane, col(PlateLane.plate_id) == col(Plate.id))
        .where(PlateLane.sample_id == sample_id)
        .order_by(col(Plate.created_at).desc(), col(PlatePicture.uploaded_at))
        .limit(MOST_PLATES)
    )
    sites = actor.sites(Permission.PLATE_WORK)
    if sites is not None:
        statement = statement.where(col(Plate.site_id).in_(sites))
    for picture_id in dict.fromkeys(session.exec(statement).all()):
        reading = latest_reading(session, picture_id=picture_id)
        if reading is not None:
            yield interpret(session, actor=actor, reading_id=reading.id)


def second_systems(
    session: Session, *, site_id: UUID, groups: Sequence[Sequence[str]], besides: Collection[UUID] = ()
) -> tuple[SystemSeparation, ...]:
    """Which systems would best tell these candidates apart, as far as what may speak in them says; best first.

    ``besides``: systems that have been run already.
    """
    systems = [system for system in list_systems(session) if system.id not in besides]
    libraries = {
        system.code: entries
        for system in systems
        if (entries := match_library(session, system_id=system.id, site_id=site_id))
    }
    spreads = {
        system.code: spread_settings(session, system_id=system.id) for system in systems if system.code in libraries
    }
    return best_systems(groups, libraries, settings=SeparationSettings(spreads=spreads))
