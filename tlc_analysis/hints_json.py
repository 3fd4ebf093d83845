"""Hints as JSON, as ``drugcheck plate analyse --hints FILE`` takes them: the fields of ``Hints`` by their names.

    {"up": "left",
     "plates": [{"corners_px": [[x, y] x4], "origin_px": [[x, y], ...], "front_px": [[x, y], ...],
                 "lane_count": 4, "lane_x_px": [x, ...], "width_mm": 100, "height_mm": 100,
                 "spots": [{"action": "add", "centre_px": [x, y]}]}]}

Everything may be left out; what is not known by name is refused, since a misspelt hint would be ignored silently.
"""

from collections.abc import Callable
from typing import Any

from .errors import InvalidHintsError
from .json_shapes import (
    read_corners,
    read_list,
    read_number,
    read_numbers,
    read_object,
    read_point,
    read_points,
    read_whole,
)
from .model import Hints, PlateHints, Polyline, SpotHint

SIDES = ("top", "right", "bottom", "left")


def read_hints(data: Any) -> Hints:
    """The hints in a JSON document. Raises :class:`InvalidHintsError`, which names the field."""
    fields = read_object(data, {"up", "plates"}, "the hints")
    up = fields.get("up")
    if up is not None and up not in SIDES:
        raise InvalidHintsError(f"The hint “up” is {up!r}; it must be one of {', '.join(SIDES)}.")
    return Hints(plates=tuple(_plate(plate) for plate in read_list(fields.get("plates", []), "plates")), up=up)


def _plate(data: Any) -> PlateHints:
    fields = read_object(data, set(PlateHints.__dataclass_fields__), "a plate's hints")

    def given(name: str, read: Callable[[Any, str], Any]) -> Any:
        value = fields.get(name)
        return None if value is None else read(value, name)

    return PlateHints(
        corners_px=given("corners_px", read_corners),
        origin_px=given("origin_px", _points),
        front_px=given("front_px", _points),
        lane_count=given("lane_count", _count),
        lane_x_px=given("lane_x_px", read_numbers),
        width_mm=given("width_mm", _length),
        height_mm=given("height_mm", _length),
        spots=tuple(_spot(spot) for spot in read_list(fields.get("spots") or [], "spots")),
    )


def _spot(data: Any) -> SpotHint:
    fields = read_object(data, {"action", "centre_px"}, "a spot's hint")
    action = fields.get("action")
    if action not in ("add", "remove"):
        raise InvalidHintsError(f"A spot's “action” is {action!r}; it must be add or remove.")
    return SpotHint(action=action, centre_px=read_point(fields.get("centre_px"), "centre_px"))


def _points(value: Any, name: str) -> Polyline:
    return read_points(value, name, least=1)  # one point gives a straight line across the plate


def _count(value: Any, name: str) -> int:
    return read_whole(value, name, least=1)


def _length(value: Any, name: str) -> float:
    length = read_number(value, name)
    if not 1 <= length <= 1000:
        raise InvalidHintsError(f"The hint “{name}” is {length:g}; a plate measures 1 to 1000 mm.")
    return length
