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
from .model import Corners, Hints, PlateHints, Point, Polyline, SpotHint

_FARTHEST = 1e6  # pixels: beyond any picture, and what stands beyond it is a slip
_MOST = 500  # points of a line, lanes, spots
SIDES = ("top", "right", "bottom", "left")


def read_hints(data: Any) -> Hints:
    """The hints in a JSON document. Raises :class:`InvalidHintsError`, which names the field."""
    fields = _object(data, {"up", "plates"}, "the hints")
    up = fields.get("up")
    if up is not None and up not in SIDES:
        raise InvalidHintsError(f"The hint “up” is {up!r}; it must be one of {', '.join(SIDES)}.")
    return Hints(plates=tuple(_plate(plate) for plate in _list(fields.get("plates", []), "plates")), up=up)


def _plate(data: Any) -> PlateHints:
    fields = _object(data, set(PlateHints.__dataclass_fields__), "a plate's hints")

    def given(name: str, read: Callable[[Any, str], Any]) -> Any:
        value = fields.get(name)
        return None if value is None else read(value, name)

    return PlateHints(
        corners_px=given("corners_px", _corners),
        origin_px=given("origin_px", _points),
        front_px=given("front_px", _points),
        lane_count=given("lane_count", _count),
        lane_x_px=given("lane_x_px", _numbers),
        width_mm=given("width_mm", _length),
        height_mm=given("height_mm", _length),
        spots=tuple(_spot(spot) for spot in _list(fields.get("spots") or [], "spots")),
    )


def _spot(data: Any) -> SpotHint:
    fields = _object(data, {"action", "centre_px"}, "a spot's hint")
    action = fields.get("action")
    if action not in ("add", "remove"):
        raise InvalidHintsError(f"A spot's “action” is {action!r}; it must be add or remove.")
    return SpotHint(action=action, centre_px=_point(fields.get("centre_px"), "centre_px"))


def _object(data: Any, known: set[str], what: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise InvalidHintsError(f"Expected an object for {what}.")
    strange = sorted(set(data) - known)
    if strange:
        raise InvalidHintsError(f"Unknown field {', '.join(strange)} in {what}; known are {', '.join(sorted(known))}.")
    return data


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidHintsError(f"The hint “{name}” must be a list.")
    if len(value) > _MOST:
        raise InvalidHintsError(f"The hint “{name}” has {len(value)} entries; at most {_MOST} are taken.")
    return value


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _FARTHEST:
        raise InvalidHintsError(f"The hint “{name}” holds {str(value)[:40]!r}, which is not a number that fits.")
    return float(value)


def _numbers(value: Any, name: str) -> tuple[float, ...]:
    return tuple(_number(item, name) for item in _list(value, name))


def _point(value: Any, name: str) -> Point:
    numbers = _numbers(value, name)
    if len(numbers) != 2:
        raise InvalidHintsError(f"A point of “{name}” needs x and y, not {len(numbers)} numbers.")
    return numbers[0], numbers[1]


def _points(value: Any, name: str) -> Polyline:
    points = tuple(_point(item, name) for item in _list(value, name))
    if not points:
        raise InvalidHintsError(f"The hint “{name}” has no point.")
    return points


def _corners(value: Any, name: str) -> Corners:
    points = _points(value, name)
    if len(points) != 4:
        raise InvalidHintsError(f"The hint “{name}” needs four corners, not {len(points)}.")
    return points[0], points[1], points[2], points[3]


def _length(value: Any, name: str) -> float:
    length = _number(value, name)
    if not 1 <= length <= 1000:
        raise InvalidHintsError(f"The hint “{name}” is {length:g}; a plate measures 1 to 1000 mm.")
    return length


def _count(value: Any, name: str) -> int:
    number = _number(value, name)
    if number < 1 or number != int(number):
        raise InvalidHintsError(f"The hint “{name}” is {number:g}; it counts lanes, 1 or more.")
    return int(number)
