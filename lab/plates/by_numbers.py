"""Corrections written as numbers, for whoever does not point: an hRf instead of a place on the picture."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.plates.errors import HrfOutsidePlateError, LaneOutsidePlateError, LineOutsidePlateError
from tlc_analysis.ground import Ground, ground_of, path_of, point_at, way_of
from tlc_analysis.lanes import LanePath
from tlc_analysis.model import Lane, Plate, Point, Polyline
from tlc_analysis.serialise import from_json

_WHOLE = 100.0  # per cent across
BandName = tuple[int, int, int]
"""Plate from 1, lane from 1, place in the reading's list of its spots from 0."""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """What a person typed. ``moved``: new hRf of bands; ``added``: (plate, lane, hRf). ``new_lane``: % across."""

    origin_px: Polyline | None = None
    front_px: Polyline | None = None
    moved: Mapping[BandName, float] = field(default_factory=dict)
    removed: Sequence[BandName] = ()
    added: Sequence[tuple[int, int, float]] = ()
    removed_lanes: Sequence[tuple[int, int]] = ()
    new_lane: float | None = None


def edits_of(document: Mapping[str, Any], numbers: Numbers) -> dict[str, Any]:
    """The corrections (:mod:`tlc_analysis.edits`) that ``numbers`` mean on a reading. Lines are those of plate 1.

    Raises :class:`LineOutsidePlateError`, :class:`HrfOutsidePlateError`, :class:`LaneOutsidePlateError`, each of which
    says where the plate ends.
    """
    reading = from_json(dict(document))
    size = reading.image.width_px, reading.image.height_px
    plates = []
    for number, plate in enumerate(reading.plates, start=1):
        ground = ground_of(plate, size, None)
        told: dict[str, Any] = {"plate": number, "spots": _spots(number, plate, ground, numbers), "lanes": []}
        if number == 1:
            _check_lines(plate, ground, numbers)
            told |= {"origin_px": numbers.origin_px, "front_px": numbers.front_px}
            told["lanes"] = _new_lane(ground, numbers)
        told["lanes"] += [{"lane": lane, "at_px": None} for on, lane in numbers.removed_lanes if on == number]
        plates.append(told)
    return {"plates": [_as_lists(told) for told in plates if any(told[key] for key in told if key != "plate")]}


def _as_lists(told: dict[str, Any]) -> dict[str, Any]:
    lines = ("origin_px", "front_px")
    return told | {name: [list(point) for point in told[name]] for name in lines if told.get(name)}


def _spots(number: int, plate: Plate, ground: Ground, numbers: Numbers) -> list[dict[str, Any]]:
    gone = {lane for on, lane in numbers.removed_lanes if on == number}
    told = []
    for lane in plate.lanes:
        if lane.index in gone:
            continue
        path = path_of(ground, lane)
        for place, spot in enumerate(lane.spots):
            name = (number, lane.index, place)
            if name in numbers.removed:
                told.append({"lane": lane.index, "replaces": [place], "becomes": []})
            elif name in numbers.moved:
                aside = _aside(ground, path, spot.centre_px)
                field_name = f"hrf-{number}-{lane.index}-{place}"
                told.append(_placed(lane, [place], _point(ground, aside, numbers.moved[name], field_name)))
        added = [hrf for on, index, hrf in numbers.added if (on, index) == (number, lane.index)]
        told += [_placed(lane, [], _point(ground, path, hrf, "add_hrf")) for hrf in added]
    return told


def _check_lines(plate: Plate, ground: Ground, numbers: Numbers) -> None:
    for name, line in (("origin_px", numbers.origin_px), ("front_px", numbers.front_px)):
        if line and not any(ground.holds(point) for point in line):
            corners = ", ".join(f"{max(x, 0.0):.0f} {max(y, 0.0):.0f}" for x, y in plate.corners_px)
            raise LineOutsidePlateError(field=name, corners=corners)


def _point(ground: Ground, path: LanePath, hrf: float, field_name: str) -> Point | None:
    """Where a lane has an hRf; refused above and below the plate, with the hRf of its edges."""
    run = way_of(ground, path).run
    if run is not None:
        low = math.ceil(1000 * (run.origin_y - (ground.height - 0.5)) / run.length_px) / 10
        high = math.floor(1000 * (run.origin_y + 0.5) / run.length_px) / 10
        if not low <= hrf <= high:
            raise HrfOutsidePlateError(field=field_name, low=low, high=high)
    return point_at(ground, path, hrf / 100)


def _aside(ground: Ground, path: LanePath, centre_px: Point) -> LanePath:
    """The lane's line through a band that stands a little beside it."""
    x, y = ground.frame_point(centre_px)
    return LanePath(x=x + path.slope * (path.y - y), y=path.y, slope=path.slope, half_width=path.half_width)


def _placed(lane: Lane, replaces: list[int], at: Point | None) -> dict[str, Any]:
    """A band without a place is one on a plate without origin or front: it is refused with the rest."""
    return {"lane": lane.index, "replaces": replaces, "becomes": [] if at is None else [list(at)]}


def _new_lane(ground: Ground, numbers: Numbers) -> list[dict[str, Any]]:
    if numbers.new_lane is None:
        return []
    if not 0 <= numbers.new_lane <= _WHOLE:
        raise LaneOutsidePlateError
    x = min(max(numbers.new_lane / 100 * ground.width - 0.5, 0.0), ground.width - 1.0)  # the edge itself is a pixel's
    y = ground.origin.at(x) if ground.origin else 0.92 * ground.height
    return [{"lane": None, "at_px": list(ground.picture_point(x, y))}]
