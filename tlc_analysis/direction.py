"""Which end of a plate the front is at. The origin carries marks, the front a step to the dry layer above it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .ends import look_at_end, wetting_edge
from .fronts import line_score
from .landmarks import drawn_lines
from .marks import grey_of
from .model import Illumination
from .ridges import Ridge
from .strips import Strips, cut_strips

_PLAIN = 6.0  # strength of two lines from side to side, at which nothing is looked for across them
_SIDE_TO_SIDE, _MIDDLE = 0.55, 0.08
_ROWS = 600  # lines are clear enough at half the frame's height, and the search costs a quarter

Array = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Direction:
    """``quarter_turns``: how often the frame must be turned clockwise to have its front on top; ``certain``: whether
    the plate itself says so."""

    quarter_turns: int
    certain: bool


def find_direction(srgb: Array, valid: NDArray[np.bool_], illumination: Illumination) -> Direction:
    """``srgb`` (H, W, 3): the plate rectified as it lies in the picture."""
    upright, up_lines = _lines(srgb, valid, illumination)
    if _strength(up_lines, upright) > _PLAIN and len(up_lines) >= 2:
        return _up_or_down(srgb, upright, up_lines)
    turned = np.asarray(cv2.rotate(srgb, cv2.ROTATE_90_CLOCKWISE), dtype=np.float32)
    sideways, side_lines = _lines(turned, np.rot90(valid, -1), illumination)
    across, along = _strength(up_lines, upright), _strength(side_lines, sideways)
    if max(across, along) <= 0:
        return Direction(quarter_turns=0, certain=False)
    if along > 1.3 * across:
        odds = _front_on_top(turned, sideways, side_lines)
        return Direction(quarter_turns=1 if odds >= 0 else 3, certain=abs(odds) > 1.0)
    return _up_or_down(srgb, upright, up_lines)


def _up_or_down(srgb: Array, strips: Strips, lines: list[Ridge]) -> Direction:
    """People hold a camera the way they hold the plate: it is turned only where the plate itself is sure of it."""
    odds = 1.5 + _front_on_top(srgb, strips, lines)
    return Direction(quarter_turns=0 if odds >= -1.0 else 2, certain=abs(odds) > 1.0)


def _lines(srgb: Array, valid: NDArray[np.bool_], illumination: Illumination) -> tuple[Strips, list[Ridge]]:
    rows = min(len(valid), _ROWS)
    strips = cut_strips(srgb, valid, rows=rows)
    lines = drawn_lines(strips, illumination)
    # The dark gap between two lanes is a line too, but not one from side to side, and in the middle of the plate.
    return strips, [
        line
        for line in lines
        if line.last - line.first + 1 > _SIDE_TO_SIDE * len(strips.x) and abs(line.y / rows - 0.5) > _MIDDLE
    ]


def _strength(lines: list[Ridge], strips: Strips) -> float:
    """The two best lines that can be an origin and a front: neither in the middle of the plate."""
    height = len(strips.signal)
    scores = sorted((line_score(line, strips) * _at_an_end(line.y / height) for line in lines), reverse=True)
    return sum(scores[:2])


def _at_an_end(y: float) -> float:
    return float(np.clip(1.6 - 3.2 * min(y, 1 - y), 0.2, 1.0))


def _front_on_top(srgb: Array, strips: Strips, lines: list[Ridge]) -> float:
    """Log-odds that the front is at the top. The weights are judgements, ordered by how rarely each misleads."""
    grey = grey_of(srgb)
    top, low = (look_at_end(grey, strips, lines, top=end) for end in (True, False))
    if top.line is None and low.line is None:
        return 2.0 * (float(top.ticks) - float(low.ticks))
    odds = min(3.0, 1.2 * low.marks) - min(3.0, 1.2 * top.marks)
    odds += 2.0 * float(np.clip((low.labelled - top.labelled) / 0.3, -1, 1))
    if top.line is not None and low.line is not None:
        # The layer is dry beyond the front alone; only a front is bent, an origin is drawn along a ruler.
        odds += 2.5 * float(np.clip((abs(top.change) - abs(low.change)) / 0.02, -1, 1))
        return odds + 5.0 * float(np.clip((top.sagitta - low.sagitta) / 0.014, -1, 1))
    missing_top = top.line is None
    seen = low if missing_top else top
    front_like = 2.5 * min(1.0, abs(seen.change) / 0.03) + 3.0 * float(np.clip((seen.sagitta - 0.004) / 0.012, 0, 1))
    odds += -front_like if missing_top else front_like
    edge = wetting_edge(strips, top=missing_top) is not None or (top.ticks if missing_top else low.ticks)
    # An origin is nearly always drawn; a front is, or it shows as ticks or as an edge.
    return odds + (1.0 if missing_top else -1.0) * (3.0 if edge else 1.5)
