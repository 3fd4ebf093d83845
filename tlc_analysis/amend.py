"""A reading with a person's corrections in it: what was corrected is new, everything else stays as it was, to the bit.

Reading the picture anew with a moved front would move bands by hundredths of a pixel that nobody touched: the line is
taken out of the picture before bands are fitted. So nothing is read anew but what a person names. A line that moves
gives new Rf values to the lanes that meet it elsewhere, and leaves every apex, colour and volume alone.

Three rules: a spot stands exactly where it was put, and is as certain as pointing is. A lane nudged by less than half
its width keeps its spots; one put elsewhere, and a new one, is read from the picture. Where corners move, spots stay
on their pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from .edits import Edits, LaneEdit, PlateEdits, SpotEdit
from .errors import InvalidHintsError
from .ground import Ground, Way, ground_of, path_of, way_of
from .landmarks import is_curved
from .lanes import LanePath
from .model import Densitogram, Flag, Lane, Plate, PlateReading, Point, Spot
from .rf import APEX_FLOOR_PX, rf_of, rf_uncertainty
from .spots import NEAR_FRONT_RF, NEAR_ORIGIN_RF, TAILING_RF
from .version import METHOD_VERSION


class Measurer(Protocol):
    """What only the picture can say. Places are frame pixels of the corrected plate."""

    def spots(self, path: LanePath, places: Sequence[Point], /) -> tuple[Spot, ...]:
        """A spot at each place of a lane, exactly there."""

    def apex_u(self, path: LanePath, place: Point, /) -> float:
        """How certainly an apex is read there, frame pixels."""

    def lane(self, path: LanePath, others: Sequence[LanePath], /) -> Lane:
        """Everything in a lane that nobody has read yet; what lies nearer to one of ``others`` belongs there."""

    def densitogram(self, path: LanePath, /) -> Densitogram | None:
        """The lane's profile."""


class Measuring(Protocol):
    """Makes the measurer of a corrected plate."""

    def __call__(self, plate: Plate, ground: Ground, /) -> Measurer: ...


@dataclass(frozen=True, kw_only=True, eq=False)
class _Site:
    """A plate before and after its lines and corners were corrected."""

    plate: Plate
    before: Ground
    after: Ground
    measurer: Measurer
    moved: bool  # the corners


@dataclass(frozen=True, kw_only=True, eq=False)
class _Row:
    """A lane of the corrected plate with its centre line there."""

    path: LanePath
    lane: Lane


def amend(
    reading: PlateReading, edits: Edits, *, measuring: Measuring, plate_mm: tuple[float, float] | None = None
) -> PlateReading:
    """``reading`` with ``edits``. ``plate_mm``: width and height, where the reader was told them.

    The method's version stays that of the reading corrected; ``amended_by`` among its parameters is that of this code.
    Raises :class:`InvalidHintsError` for what the reading does not have and for lines, lanes and spots off the plate.
    """
    for one in edits.plates:
        if one.plate > len(reading.plates):
            raise InvalidHintsError(f"There is no plate {one.plate} on this reading.")
    size = reading.image.width_px, reading.image.height_px
    plates = []
    for number, plate in enumerate(reading.plates, start=1):
        told = edits.of(number)
        plates.append(plate if told is None else _amended(plate, told, size, plate_mm, measuring))
    empty = not any(lane.spots for plate in plates for lane in plate.lanes)
    return replace(
        reading,
        plates=tuple(plates),
        flags=_flagged(reading.flags, {Flag.NO_SPOTS: empty}),
        method=replace(reading.method, parameters=reading.method.parameters | {"amended_by": METHOD_VERSION}),
    )


def _amended(
    plate: Plate, told: PlateEdits, size: tuple[int, int], plate_mm: tuple[float, float] | None, measuring: Measuring
) -> Plate:
    before = ground_of(plate, size, plate_mm)
    outlined = _with_outline(plate, told)
    after = _pointed(ground_of(outlined, size, plate_mm), told)
    site = _Site(
        plate=plate, before=before, after=after, measurer=measuring(outlined, after), moved=told.corners_px is not None
    )  # fmt: skip
    rows = _spotted(site, _lanes(site, told.lanes), told.spots)
    lanes = tuple(replace(row.lane, index=i) for i, row in enumerate(rows, start=1))
    return replace(
        outlined,
        lanes=lanes,
        origin_u_px=after.origin.u_px if told.origin_px and after.origin else plate.origin_u_px,
        front_u_px=after.front.u_px if told.front_px and after.front else plate.front_u_px,
        flags=_flagged(outlined.flags, _plate_flags(site, told, lanes)),
    )


def _with_outline(plate: Plate, told: PlateEdits) -> Plate:
    """The plate with the corners and lines that were told."""
    if told.corners_px is not None:
        _check_corners(told.corners_px)
    gone = {Flag.PLATE_CUT, Flag.WHOLE_PICTURE, Flag.DIRECTION_UNCERTAIN} if told.corners_px else set()
    return replace(
        plate,
        corners_px=told.corners_px or plate.corners_px,
        origin_px=told.origin_px or plate.origin_px,
        front_px=told.front_px or plate.front_px,
        flags=tuple(flag for flag in plate.flags if flag not in gone),
    )


def _check_corners(corners: Sequence[Point]) -> None:
    quad = np.array(corners, dtype=np.float64)
    sides = np.roll(quad, -1, axis=0) - quad
    turns = sides[:, 0] * np.roll(sides[:, 1], -1) - sides[:, 1] * np.roll(sides[:, 0], -1)
    if not (np.all(turns > 16) or np.all(turns < -16)):  # four pixels by four
        raise InvalidHintsError("The corners fall together, lie on a line or cross over.")


def _pointed(ground: Ground, told: PlateEdits) -> Ground:
    """The ground with the uncertainty of pointing on the lines that a person drew; refused where they cannot be."""
    origin, front = ground.origin, ground.front
    for polyline, name in ((told.origin_px, "origin"), (told.front_px, "front")):
        if polyline and not any(ground.holds(point) for point in polyline):
            raise InvalidHintsError(f"The {name} lies outside its plate.")
    if told.origin_px and origin:
        origin = replace(origin, u_px=ground.pointing_u)
    if told.front_px and front:
        front = replace(front, u_px=ground.pointing_u)
    return replace(ground, origin=origin, front=front)


def _lanes(site: _Site, told: Sequence[LaneEdit]) -> list[_Row]:
    """The lanes from left to right, with the spots they keep."""
    known = {lane.index for lane in site.plate.lanes}
    named = [edit.lane for edit in told if edit.lane is not None]
    if not set(named) <= known or len(set(named)) < len(named):
        raise InvalidHintsError("The corrections name a lane that the reading does not have, or one of them twice.")
    places = {edit.lane: edit for edit in told if edit.lane is not None}
    rows, unread = [], [_new_path(site, edit.at_px) for edit in told if edit.lane is None and edit.at_px is not None]
    for lane in site.plate.lanes:
        edit = places.get(lane.index)
        if edit is None:
            rows.append(_kept(site, lane, None))
        elif edit.at_px is not None:
            path = path_of(site.before, lane)
            at = _foot(site, edit.at_px)
            if abs(at.x - path.at(at.y)) > path.half_width and not site.moved:
                unread.append(replace(path, x=at.x, y=at.y))
            else:
                rows.append(_kept(site, lane, at))
    rows += [_Row(path=path, lane=site.measurer.lane(path, _others(rows, unread, path))) for path in unread]
    rows.sort(key=lambda row: way_of(site.after, row.path).x_origin)
    return rows


def _others(rows: Sequence[_Row], unread: Sequence[LanePath], path: LanePath) -> list[LanePath]:
    return [row.path for row in rows] + [other for other in unread if other is not path]


def _foot(site: _Site, at_px: Point) -> LanePath:
    """Where on the origin a person put a lane."""
    if not site.after.holds(at_px):
        raise InvalidHintsError("A lane lies outside its plate.")
    x, y = site.after.frame_point(at_px)
    return LanePath(x=x, y=site.after.origin.at(x) if site.after.origin else y)


def _new_path(site: _Site, at_px: Point) -> LanePath:
    """The centre line of a new lane: it leans and is as wide as the others."""
    foot = _foot(site, at_px)
    others = [path_of(site.before, lane) for lane in site.plate.lanes]
    if not others:
        return replace(foot, half_width=0.03 * site.after.width)
    return replace(
        foot,
        slope=float(np.median([path.slope for path in others])),
        half_width=float(np.median([path.half_width for path in others])),
    )


def _kept(site: _Site, lane: Lane, at: LanePath | None) -> _Row:
    """A lane that keeps its spots, with new Rf values where its way has changed."""
    path_before = path_of(site.before, lane)
    path = path_of(site.after, lane) if at is None else replace(path_before, x=at.x, y=at.y)
    was, now = way_of(site.before, path_before), way_of(site.after, path)
    now = _with_old_u(was, now)
    if was == now and not site.moved:
        return _Row(path=path, lane=lane)
    if site.after.origin and site.after.front and now.run is None:
        raise InvalidHintsError("The front must lie above the origin, with room between them.")
    stays = not site.moved and (was.x_origin, was.y_origin) == (now.x_origin, now.y_origin)
    origin_px = None if now.y_origin is None else site.after.picture_point(now.x_origin, now.y_origin)
    spots = [_moved_spot(site, spot, path, was, now, lane.origin_px if stays else origin_px) for spot in lane.spots]
    same_front = not site.moved and (was.x_front, was.y_front) == (now.x_front, now.y_front)
    return _Row(
        path=path,
        lane=replace(
            lane,
            x_px=lane.x_px if stays or origin_px is None else origin_px[0],
            origin_px=lane.origin_px if stays else origin_px,
            front_px=lane.front_px if same_front else _front_px(site, now),
            spots=_upwards(spots),
            densitogram=site.measurer.densitogram(path),
        ),
    )


def _front_px(site: _Site, way: Way) -> Point | None:
    return None if way.y_front is None else site.after.picture_point(way.x_front, way.y_front)


def _with_old_u(was: Way, now: Way) -> Way:
    """A line that was drawn anew, but not here, is as certain here as it was."""
    return replace(
        now,
        u_origin=was.u_origin if was.y_origin is not None and was.y_origin == now.y_origin else now.u_origin,
        u_front=was.u_front if was.y_front is not None and was.y_front == now.y_front else now.u_front,
    )


def _moved_spot(site: _Site, spot: Spot, path: LanePath, was: Way, now: Way, origin_px: Point | None) -> Spot:
    """A spot that nobody touched, in a lane whose way has changed."""
    x, y = site.after.frame_point(spot.centre_px)
    migration = spot.migration_px if origin_px is None else float(np.hypot(*np.subtract(spot.centre_px, origin_px)))
    if (was.x_origin, was.y_origin) == (now.x_origin, now.y_origin) and not site.moved:
        migration = spot.migration_px
    run = now.run
    if run is None:
        return replace(spot, rf=None, rf_u=None, rf_centroid=None, migration_px=migration)
    rf = rf_of(y, run)
    apex_u = _apex_u(site.before, spot, was)
    if apex_u is None:
        apex_u = site.measurer.apex_u(path, (x, y))
    else:
        apex_u *= site.after.height / site.before.height
    centroid = None
    if was.run is not None and spot.rf is not None and spot.rf_centroid is not None:
        stretch = site.after.height / site.before.height
        centroid = rf + (spot.rf_centroid - spot.rf) * was.run.length_px * stretch / run.length_px
    return replace(
        spot,
        rf=rf,
        rf_u=rf_uncertainty(y, apex_u, run, geometry=site.after.geometry),
        rf_centroid=centroid,
        migration_px=migration,
        flags=_rf_flags(spot.flags, rf, centroid),
    )


def _apex_u(ground: Ground, spot: Spot, way: Way) -> float | None:
    """What of ``rf_u`` came from the apex, frame pixels, by taking the rest out of it again (``rf.rf_uncertainty``)."""
    run = way.run
    if run is None or spot.rf is None or spot.rf_u is None:
        return None
    rf = spot.rf
    lines = ((1 - rf) * run.origin_u) ** 2 + (rf * run.front_u) ** 2
    bend = ground.geometry * (0.5 + 2 * abs(rf * (1 - rf)))
    apex = (spot.rf_u**2 - bend**2) * run.length_px**2 - lines - APEX_FLOOR_PX**2
    return float(np.sqrt(max(apex, 0.0)))


def _rf_flags(flags: Sequence[Flag], rf: float, centroid: float | None) -> tuple[Flag, ...]:
    told = {Flag.NEAR_ORIGIN: rf < NEAR_ORIGIN_RF, Flag.NEAR_FRONT: rf > NEAR_FRONT_RF}
    if centroid is not None:
        told[Flag.TAILING] = abs(rf - centroid) > TAILING_RF
    return _in_order({flag for flag in flags if flag not in told} | {flag for flag, holds in told.items() if holds})


def _in_order(flags: set[Flag]) -> tuple[Flag, ...]:
    return tuple(flag for flag in Flag if flag in flags)


def _spotted(site: _Site, rows: list[_Row], told: Sequence[SpotEdit]) -> list[_Row]:
    """The lanes with spots put, moved, merged, divided and taken away; positions are those of the reading corrected."""
    named = _named(site.plate, told)
    old = {lane.index: lane for lane in site.plate.lanes}
    result = list(rows)
    for edit in told:
        at = None if edit.lane is None else _row_of(rows, old[edit.lane])
        if edit.lane is not None and at is None:
            raise InvalidHintsError(f"Lane {edit.lane} was taken away or put elsewhere; its spots went with it.")
        for point in edit.becomes:
            if not site.after.holds(point):
                raise InvalidHintsError("A spot lies outside its plate.")
            chosen = at if at is not None else _nearest(site, rows, point)
            path = rows[chosen].path
            (spot,) = site.measurer.spots(path, [site.after.frame_point(point)])
            spot = replace(spot, centre_px=point, flags=_in_order({*spot.flags, Flag.MANUAL}))
            result[chosen] = _with(result[chosen], spot)
    for index, positions in named.items():
        at = _row_of(rows, old[index])
        if at is not None:
            gone = {old[index].spots[position].centre_px for position in positions}
            result[at] = _without(result[at], rows[at].lane, gone)
    return result


def _named(plate: Plate, told: Sequence[SpotEdit]) -> dict[int, set[int]]:
    """Positions of the spots that make way, by lane."""
    spots = {lane.index: len(lane.spots) for lane in plate.lanes}
    named: dict[int, set[int]] = {}
    for edit in told:
        if edit.lane is None:
            continue
        if edit.lane not in spots:
            raise InvalidHintsError(f"There is no lane {edit.lane} on this reading.")
        taken = named.setdefault(edit.lane, set())
        for position in edit.replaces:
            if position >= spots[edit.lane] or position in taken:
                raise InvalidHintsError(f"Lane {edit.lane} has no spot {position}, or it is named twice.")
            taken.add(position)
    return named


def _row_of(rows: Sequence[_Row], lane: Lane) -> int | None:
    """Which row carries on a lane of the reading corrected; a lane keeps its old index until all are counted anew."""
    return next((i for i, row in enumerate(rows) if row.lane.index == lane.index), None)


def _nearest(site: _Site, rows: Sequence[_Row], point: Point) -> int:
    if not rows:
        raise InvalidHintsError("There is no lane for a spot; add the lane first.")
    x, y = site.after.frame_point(point)
    return int(np.argmin([abs(row.path.at(y) - x) for row in rows]))


def _with(row: _Row, spot: Spot) -> _Row:
    return replace(row, lane=replace(row.lane, spots=_upwards([*row.lane.spots, spot])))


def _without(row: _Row, before: Lane, gone: set[Point]) -> _Row:
    """The row without the spots of ``before`` that stood at ``gone``; what a person put to the same place stays."""
    old = {id(spot) for spot in before.spots if spot.centre_px in gone}
    return replace(row, lane=replace(row.lane, spots=tuple(s for s in row.lane.spots if id(s) not in old)))


def _upwards(spots: Sequence[Spot]) -> tuple[Spot, ...]:
    return tuple(sorted(spots, key=lambda spot: spot.rf if spot.rf is not None else -spot.centre_px[1]))


def _plate_flags(site: _Site, told: PlateEdits, lanes: Sequence[Lane]) -> dict[Flag, bool]:
    flags = {Flag.NO_SPOTS: not any(lane.spots for lane in lanes)}
    if told.corners_px:
        flags[Flag.CORNERS_FROM_HINT] = True
    if told.origin_px:
        flags |= {Flag.ORIGIN_NOT_FOUND: False, Flag.ORIGIN_FROM_HINT: True}
    if told.front_px and site.after.front:
        curved = is_curved(site.after.front, site.after.height)
        flags |= {Flag.FRONT_NOT_FOUND: False, Flag.FRONT_FROM_HINT: True, Flag.FRONT_CURVED: curved}
    if told.lanes:
        flags |= {Flag.LANES_UNCERTAIN: False, Flag.LANES_FROM_HINT: True}
    return flags


def _flagged(flags: Sequence[Flag], told: dict[Flag, bool]) -> tuple[Flag, ...]:
    """``flags`` in their order without those that do not hold, and with those that do."""
    kept = [flag for flag in flags if told.get(flag, True)]
    return tuple(dict.fromkeys((*kept, *(flag for flag, holds in told.items() if holds))))
