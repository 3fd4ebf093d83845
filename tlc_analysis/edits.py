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
from .json_shapes import read_corners, read_list, read_object, read_point, read_points, read_whole
from .model import Corners, Point, Polyline


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
    fields = read_object(data, {"plates"}, "the corrections")
    plates = tuple(_plate(plate) for plate in read_list(fields.get("plates", []), "plates"))
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
    fields = read_object(data, set(PlateEdits.__dataclass_fields__), "a plate's corrections")

    def given(name: str, read: Callable[[Any, str], Any]) -> Any:
        value = fields.get(name)
        return None if value is None else read(value, name)

    return PlateEdits(
        plate=read_whole(fields.get("plate", 1), "plate", least=1),
        corners_px=given("corners_px", read_corners),
        origin_px=given("origin_px", _line),
        front_px=given("front_px", _line),
        lanes=tuple(_lane(lane) for lane in read_list(fields.get("lanes") or [], "lanes")),
        spots=tuple(_spot(spot) for spot in read_list(fields.get("spots") or [], "spots")),
    )


def _lane(data: Any) -> LaneEdit:
    fields = read_object(data, {"lane", "at_px"}, "a lane's correction")
    lane, at = fields.get("lane"), fields.get("at_px")
    if lane is None and at is None:
        raise InvalidHintsError("A lane's correction needs a lane, a place “at_px”, or both.")
    return LaneEdit(
        lane=None if lane is None else read_whole(lane, "lane", least=1),
        at_px=None if at is None else read_point(at, "at_px"),
    )


def _spot(data: Any) -> SpotEdit:
    fields = read_object(data, {"lane", "replaces", "becomes"}, "a spot's correction")
    lane = fields.get("lane")
    replaces = tuple(
        read_whole(spot, "replaces", least=0) for spot in read_list(fields.get("replaces") or [], "replaces")
    )
    becomes = tuple(read_point(point, "becomes") for point in read_list(fields.get("becomes") or [], "becomes"))
    if not replaces and not becomes:
        raise InvalidHintsError("A spot's correction neither replaces a spot nor gives a place.")
    if replaces and lane is None:
        raise InvalidHintsError("A spot's correction replaces spots without naming their “lane”.")
    return SpotEdit(
        lane=None if lane is None else read_whole(lane, "lane", least=1), replaces=replaces, becomes=becomes
    )  # fmt: skip


def _line(value: Any, name: str) -> Polyline:
    return read_points(value, name, least=2)
