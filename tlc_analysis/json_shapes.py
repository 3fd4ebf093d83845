"""Points, lines and numbers read from JSON that a person or a page wrote; what does not fit is refused by its name."""

from typing import Any

from .errors import InvalidHintsError
from .model import Corners, Point, Polyline

_FARTHEST = 1e6  # pixels: beyond any picture, and what stands beyond it is a slip
_MOST = 500  # points of a line, lanes, spots


def read_object(data: Any, known: set[str], what: str) -> dict[str, Any]:
    """An object with no other fields than ``known``. Each of these functions raises :class:`InvalidHintsError`."""
    if not isinstance(data, dict):
        raise InvalidHintsError(f"Expected an object for {what}.")
    strange = sorted(str(name)[:40] for name in set(data) - known)
    if strange:
        raise InvalidHintsError(f"Unknown field {', '.join(strange)} in {what}; known are {', '.join(sorted(known))}.")
    return data


def read_list(value: Any, name: str) -> list[Any]:
    """A list that is not endless."""
    if not isinstance(value, list):
        raise InvalidHintsError(f"“{name}” must be a list.")
    if len(value) > _MOST:
        raise InvalidHintsError(f"“{name}” has {len(value)} entries; at most {_MOST} are taken.")
    return value


def read_number(value: Any, name: str) -> float:
    """A finite number that a picture's pixels or a plate's millimetres can be."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _FARTHEST:
        raise InvalidHintsError(f"“{name}” holds {str(value)[:40]!r}, which is not a number that fits.")
    return float(value)


def read_numbers(value: Any, name: str) -> tuple[float, ...]:
    """A list of such numbers."""
    return tuple(read_number(item, name) for item in read_list(value, name))


def read_whole(value: Any, name: str, *, least: int) -> int:
    """A whole number from ``least`` on."""
    number = read_number(value, name)
    if number != int(number) or number < least:
        raise InvalidHintsError(f"“{name}” is {number:g}; it must be a whole number from {least} on.")
    return int(number)


def read_point(value: Any, name: str) -> Point:
    """x and y in pixels of the picture."""
    numbers = read_numbers(value, name)
    if len(numbers) != 2:
        raise InvalidHintsError(f"A point of “{name}” needs x and y, not {len(numbers)} numbers.")
    return numbers[0], numbers[1]


def read_points(value: Any, name: str, *, least: int) -> Polyline:
    """A line of ``least`` points (0, 1 or 2) or more."""
    points = tuple(read_point(item, name) for item in read_list(value, name))
    if len(points) < least:
        count = "two points" if least == 2 else "a point"
        raise InvalidHintsError(f"“{name}” needs {count} or more, not {len(points)}.")
    return points


def read_corners(value: Any, name: str) -> Corners:
    """The four corners of a plate."""
    points = read_points(value, name, least=0)
    if len(points) != 4:
        raise InvalidHintsError(f"“{name}” needs four corners, not {len(points)}.")
    return points[0], points[1], points[2], points[3]
