"""Colours as evidence: how the laboratory's own standards looked under each light and after each reagent.

Printed colours are words and decide nothing. What speaks is what may speak in matching: accepted runs of the
laboratory's own standards, in that system, on that layer (DESIGN.md, Match). A run's colours are read where its band
stands on every picture of its plate; bands flagged ``saturated`` have lost their colour and are left out.
"""

import statistics
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from lab.library.learning import may_speak
from lab.library.models import RetentionValue, Substance, TlcSystem, ValueKind
from lab.library.names import fold
from lab.plates.alignments import ReadPicture, overlaid, read_pictures
from lab.plates.joining import main_spot
from lab.plates.models import PlateLane, PlatePicture, Reading, StandardRun
from tlc_analysis.colour_evidence import ColourEntry
from tlc_analysis.model import Flag, Lab, Spot

MOST_RUNS = 8  # the newest ones of each substance: lamps and cameras change
SAME_BAND_RF = 0.02  # on two pictures of one plate; as ``tlc_analysis.register`` joins them

Point = tuple[float, float]


def own_colours(
    session: Session, *, system: TlcSystem, site_id: UUID, layer: str, corrected: bool, substances: Collection[str]
) -> tuple[ColourEntry, ...]:
    """The colours of own standards of ``substances``, one entry for each light or reagent they were seen under."""
    seen: dict[tuple[str, str], list[Lab]] = {}
    plates: dict[UUID, list[ReadPicture]] = {}
    runs = _runs(
        session, system_id=system.id, site_id=site_id, layer=layer, corrected=corrected, substances=substances
    )  # fmt: skip
    for name, lane, reading_id in runs:
        if lane.plate_id not in plates:
            plates[lane.plate_id] = read_pictures(session, plate_id=lane.plate_id)
        accepted = session.get_one(Reading, reading_id)
        for view, colour in _colours_of_run(plates[lane.plate_id], lane, accepted).items():
            seen.setdefault((name, view), []).append(colour)
    return tuple(_entry(name, view, colours, system.code) for (name, view), colours in sorted(seen.items()))


def view_of(one: ReadPicture) -> str:
    """The name that a picture's colours go by: its light, after the reagent if there was one."""
    return f"{fold(one.picture.reagent)} {one.light}" if one.picture.reagent else one.light


def _runs(
    session: Session, *, system_id: UUID, site_id: UUID, layer: str, corrected: bool, substances: Collection[str]
) -> list[tuple[str, PlateLane, UUID]]:
    """(substance, lane, accepted reading) of the newest runs that may speak."""
    statement = (
        select(RetentionValue, Substance.name, PlateLane, StandardRun.reading_id)
        .join(Substance, col(Substance.id) == col(RetentionValue.substance_id))
        .join(StandardRun, col(StandardRun.retention_value_id) == col(RetentionValue.id))
        .join(PlateLane, col(PlateLane.id) == col(StandardRun.lane_id))
        .where(
            RetentionValue.system_id == system_id,
            RetentionValue.kind == ValueKind.OWN,
            RetentionValue.site_id == site_id,
            col(Substance.name).in_(list(substances)),
        )
        .order_by(col(RetentionValue.recorded_at).desc(), col(RetentionValue.id))
    )
    kept: dict[str, list[tuple[str, PlateLane, UUID]]] = {}
    for value, name, lane, reading_id in session.exec(statement).all():
        if may_speak(value, site_id=site_id, layer=layer, corrected=corrected):
            kept.setdefault(name, []).append((name, lane, reading_id))
    return [run for runs in kept.values() for run in runs[:MOST_RUNS]]


def colours_by_place(session: Session, *, picture: PlatePicture) -> Mapping[Point, Mapping[str, Lab]]:
    """The colours of every band of a picture, by its centre: on this picture, and on those aligned with it."""
    pictures = {one.picture.id: one for one in read_pictures(session, plate_id=picture.plate_id)}
    if picture.id not in pictures:
        return {}
    here = pictures[picture.id]
    found: dict[Point, dict[str, Lab]] = {
        spot.centre_px: {view_of(here): spot.colour_lab}
        for lane in here.plate.lanes
        for spot in lane.spots
        if Flag.SATURATED not in spot.flags
    }
    for band in overlaid(session, plate_id=picture.plate_id, picture_id=picture.id):
        if band.here is not None:
            clear = [one for one in band.seen if not one.saturated]
            found[band.here] = {view_of(pictures[one.picture_id]): one.colour_lab for one in clear}
    return found


def _colours_of_run(pictures: Sequence[ReadPicture], lane: PlateLane, accepted: Reading) -> dict[str, Lab]:
    """How a standard's own band looks on each picture of its plate that shows it at the Rf where it was accepted."""
    anchor = next((_own(one, lane) for one in pictures if one.picture.id == accepted.picture_id), None)
    if anchor is None or anchor.rf is None:
        return {}
    seen = {view_of(one): _own(one, lane) for one in pictures}
    return {
        view: spot.colour_lab
        for view, spot in seen.items()
        if spot is not None
        and spot.rf is not None
        and abs(spot.rf - anchor.rf) <= SAME_BAND_RF
        and Flag.SATURATED not in spot.flags
    }


def _own(one: ReadPicture, lane: PlateLane) -> Spot | None:
    read = next((joined.read for joined in one.lanes if joined.laid.id == lane.id), None)
    return None if read is None else main_spot(read)


def _entry(substance: str, view: str, colours: Sequence[Lab], system: str) -> ColourEntry:
    lightness, a, b = (statistics.fmean(channel) for channel in zip(*colours, strict=True))
    spread = None
    if len(colours) > 1:
        spread = statistics.fmean(statistics.variance(channel) for channel in zip(*colours, strict=True)) ** 0.5
    return ColourEntry(
        substance=substance, reagent=view, colour_lab=(lightness, a, b), sd_lab=spread, n=len(colours), system=system
    )
