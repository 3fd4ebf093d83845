"""What the reader is doing: said as it begins each step, to whoever wants to know."""

from collections.abc import Callable
from enum import StrEnum


class Step(StrEnum):
    """A step of reading a picture. From ``LINES`` on they come once for each plate on it."""

    DECODE = "decode"
    PLATE = "plate"
    LINES = "lines"
    BANDS = "bands"
    LANES = "lanes"


Progress = Callable[[Step], None]
"""Called with each step as it begins."""


def untold(_step: Step) -> None:
    """Tell nobody."""
