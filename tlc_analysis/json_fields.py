"""Typed access to the JSON of a reading: what is missing or of another kind is said by its name.

Everything raises :class:`ReadingFormatError`. JSON of others holds anything: NaN, text for numbers, null for lists.
"""

import math
from typing import Any

from .errors import ReadingFormatError
from .model import Point, Polyline


def member(data: Any, name: str) -> Any:
    """The value under ``name`` of an object that must have it."""
    if not isinstance(data, dict):
        raise ReadingFormatError(f"This reading cannot be understood: an object with “{name}” is expected.")
    if name not in data:
        raise ReadingFormatError(f"This reading cannot be understood: “{name}” is missing.")
    return data[name]


def items(data: Any, name: str) -> list[Any]:
    """The list under ``name``."""
    return _list(member(data, name), name)


def number(data: Any, name: str) -> float:
    """The finite number under ``name``."""
    return _number(member(data, name), name)


def optional_number(data: Any, name: str) -> float | None:
    """The finite number under ``name``; None where it is null or left out."""
    value = data.get(name) if isinstance(data, dict) else member(data, name)
    return None if value is None else _number(value, name)


def whole(data: Any, name: str) -> int:
    """The whole number under ``name``."""
    value = number(data, name)
    if value != int(value):
        raise ReadingFormatError(f"This reading cannot be understood: “{name}” is {value:g}, not a whole number.")
    return int(value)


def text(data: Any, name: str) -> str:
    """The text under ``name``."""
    value = member(data, name)
    if not isinstance(value, str):
        raise ReadingFormatError(f"This reading cannot be understood: “{name}” must be text.")
    return value


def true_or_false(data: Any, name: str) -> bool:
    """The boolean under ``name``."""
    value = member(data, name)
    if not isinstance(value, bool):
        raise ReadingFormatError(f"This reading cannot be understood: “{name}” must be true or false.")
    return value


def numbers(data: Any, name: str, *, count: int | None = None) -> tuple[float, ...]:
    """The finite numbers under ``name``, exactly ``count`` of them when it is given."""
    return _numbers(member(data, name), name, count)


def point(data: Any, name: str) -> Point:
    """The (x, y) under ``name``."""
    return _point(member(data, name), name)


def optional_point(data: Any, name: str) -> Point | None:
    """The (x, y) under ``name``; None where it is null or left out."""
    value = data.get(name)
    return None if value is None else _point(value, name)


def points(data: Any, name: str) -> Polyline:
    """The points under ``name``."""
    return tuple(_point(value, name) for value in items(data, name))


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ReadingFormatError(f"This reading cannot be understood: “{name}” must be a list.")
    return value


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        raise ReadingFormatError(f"This reading cannot be understood: “{name}” is {_shown(value)}, not a number.")
    return float(value)


def _is_finite(value: int | float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float can hold
        return False


def _shown(value: Any) -> str:
    written = repr(value)
    return written if len(written) <= 40 else f"{written[:40]}…"


def _numbers(value: Any, name: str, count: int | None) -> tuple[float, ...]:
    found = tuple(_number(item, name) for item in _list(value, name))
    if count is not None and len(found) != count:
        raise ReadingFormatError(f"This reading cannot be understood: “{name}” needs {count} numbers.")
    return found


def _point(value: Any, name: str) -> Point:
    x, y = _numbers(value, name, 2)
    return x, y
