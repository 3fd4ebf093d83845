"""What a person changes on a reading, as JSON and as dataclasses: :func:`tlc_analysis.amend.amend` carries it out.

    {"plates": [{"plate": 1,
                 "corners_px": [[x, y] x4], "origin_px": [[x, y], ...], "front_px": [[x, y], ...],
                 "lanes": [{"lane": 3, "at_px": [x, y]}, {"lane": null, "at_px": [x, y]}, {"lane": 5, "at_px": null}],
                 "spots": [{"lane": 2, "replaces": [0, 1], "becomes": [[x, y]]}]}]}

Plates and lanes are counted from 1 as the reading counts them, spots from 0 as the reading lists them in their lane.
A lane that is null is a new one; a place that is null takes the lane away. Spots that a person names are replaced by
spots at the points given: one by one is a move, none by one an addition (to the lane nearest), one by none a
removal, two by one a merger, one by two a division. Everything may be left out; what is not known by name is refused.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from .errors import InvalidHintsError
from .model import Corners, Point, Polyline

_FARTHEST = 1e6  # pixels: beyond any picture
_MOST = 500


@dataclass(frozen=True, kw_only=True)
class LaneEdit:
    """A lane that is moved (``lane`` and ``at_px``), added (``at_px`` alone) or taken away (``lane`` alone)."""

    lane: int | None
    at_px: Point | None


@dataclass(frozen=True, kw_only=True)
class SpotEdit:
    """Spots of one lane that make way for spots at other places. ``lane`` None: the lane nearest to each place."""

    lane: int | None
    replaces: tuple[int, ...]
    becomes: tuple[Point, ...]


@dataclass(frozen=True, kw_only=True)
class PlateEdits:
    """The changes of one plate; None and empty where nothing is said."""

    plate: int
    corners_px: Corners | None = None
    origin_px: Polyline | None = None
    front_px: Polyline | None = None
    lanes: tuple[LaneEdit, ...] = ()
    spots: tuple[SpotEdit, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said of this plate."""
        return not (self.corners_px or self.origin_px or self.front_px or self.lanes or self.spots)


@dataclass(frozen=True, kw_only=True)
class Edits:
    """The changes of a reading."""

    plates: tuple[PlateEdits, ...]

    def of(self, plate: int) -> PlateEdits | None:
        """The changes of a plate, counted from 1."""
        return next((one for one in self.plates if one.plate == plate and not one.is_empty), None)


def read_edits(data: Any) -> Edits:
    """The changes in a JSON document. Raises :class:`InvalidHintsError`, which names the field."""
    fields = _object(data, {"plates"}, "the corrections")
    plates = tuple(_plate(plate) for plate in _list(fields.get("plates", []), "plates"))
    if all(plate.is_empty for plate in plates):
        raise InvalidHintsError("The corrections change nothing.")
    numbers = [plate.plate for plate in plates]
    if len(set(numbers)) < len(numbers):
        raise InvalidHintsError("The corrections name a plate twice; say everything of one plate together.")
    return Edits(plates=plates)


def edits_to_json(edits: Edits) -> dict[str, Any]:
    """The changes as :func:`read_edits` takes them."""
    return asdict(edits)


def _plate(data: Any) -> PlateEdits:
    fields = _object(data, set(PlateEdits.__dataclass_fields__), "a plate's corrections")

    def given(name: str, read: Callable[[Any, str], Any]) -> Any:
        value = fields.get(name)
        return None if value is None else read(value, name)

    return PlateEdits(
        plate=_whole(fields.get("plate", 1), "plate", least=1),
        corners_px=given("corners_px", _corners),
        origin_px=given("origin_px", _points),
        front_px=given("front_px", _points),
        lanes=tuple(_lane(lane) for lane in _list(fields.get("lanes") or [], "lanes")),
        spots=tuple(_spot(spot) for spot in _list(fields.get("spots") or [], "spots")),
    )


def _lane(data: Any) -> LaneEdit:
    fields = _object(data, {"lane", "at_px"}, "a lane's correction")
    lane, at = fields.get("lane"), fields.get("at_px")
    if lane is None and at is None:
        raise InvalidHintsError("A lane's correction needs a lane, a place “at_px”, or both.")
    return LaneEdit(
        lane=None if lane is None else _whole(lane, "lane", least=1), at_px=None if at is None else _point(at, "at_px")
    )


def _spot(data: Any) -> SpotEdit:
    fields = _object(data, {"lane", "replaces", "becomes"}, "a spot's correction")
    lane = fields.get("lane")
    replaces = tuple(_whole(spot, "replaces", least=0) for spot in _list(fields.get("replaces") or [], "replaces"))
    becomes = tuple(_point(point, "becomes") for point in _list(fields.get("becomes") or [], "becomes"))
    if not replaces and not becomes:
        raise InvalidHintsError("A spot's correction neither replaces a spot nor gives a place.")
    if replaces and lane is None:
        raise InvalidHintsError("A spot's correction replaces spots without naming their “lane”.")
    return SpotEdit(
        lane=None if lane is None else _whole(lane, "lane", least=1), replaces=replaces, becomes=becomes
    )  # fmt: skip


def _object(data: Any, known: set[str], what: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise InvalidHintsError(f"Expected an object for {what}.")
    strange = sorted(str(name)[:40] for name in set(data) - known)
    if strange:
        raise InvalidHintsError(f"Unknown field {', '.join(strange)} in {what}; known are {', '.join(sorted(known))}.")
    return data


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidHintsError(f"“{name}” must be a list.")
    if len(value) > _MOST:
        raise InvalidHintsError(f"“{name}” has {len(value)} entries; at most {_MOST} are taken.")
    return value


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _FARTHEST:
        raise InvalidHintsError(f"“{name}” holds {str(value)[:40]!r}, which is not a number that fits.")
    return float(value)


def _whole(value: Any, name: str, *, least: int) -> int:
    number = _number(value, name)
    if number != int(number) or number < least:
        raise InvalidHintsError(f"“{name}” is {number:g}; it must be a whole number from {least} on.")
    return int(number)


def _point(value: Any, name: str) -> Point:
    numbers = [_number(item, name) for item in _list(value, name)]
    if len(numbers) != 2:
        raise InvalidHintsError(f"A point of “{name}” needs x and y, not {len(numbers)} numbers.")
    return numbers[0], numbers[1]


def _points(value: Any, name: str) -> Polyline:
    points = tuple(_point(item, name) for item in _list(value, name))
    if len(points) < 2:
        raise InvalidHintsError(f"The line “{name}” needs two points or more.")
    return points


def _corners(value: Any, name: str) -> Corners:
    points = _points(value, name)
    if len(points) != 4:
        raise InvalidHintsError(f"“{name}” needs four corners, not {len(points)}.")
    return points[0], points[1], points[2], points[3]
