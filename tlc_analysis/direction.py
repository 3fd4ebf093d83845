"""Which end of a plate the front is at. The origin carries marks, the front a step to the dry layer above it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .fronts import line_of, line_score
from .landmarks import drawn_lines
from .marks import grey_of, tick_marks
from .model import Illumination
from .ridges import Ridge
from .strips import Strips, cut_strips

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
    turned = np.ascontiguousarray(np.rot90(srgb, -1))
    sideways, side_lines = _lines(turned, np.rot90(valid, -1), illumination)
    across, along = _strength(up_lines, upright), _strength(side_lines, sideways)
    if max(across, along) <= 0:
        return Direction(quarter_turns=0, certain=False)
    if along > 1.3 * across:
        odds = _front_on_top(turned, sideways, side_lines)
        return Direction(quarter_turns=1 if odds >= 0 else 3, certain=abs(odds) > 1.0)
    odds = 1.5 + _front_on_top(srgb, upright, up_lines)  # people hold a camera the way they hold the plate
    return Direction(quarter_turns=0 if odds >= 0 else 2, certain=odds > 1.0 or odds < -1.0)


def _lines(srgb: Array, valid: NDArray[np.bool_], illumination: Illumination) -> tuple[Strips, list[Ridge]]:
    height, width = valid.shape
    rows = min(height, _ROWS)
    small = cv2.resize(srgb, (width, rows), interpolation=cv2.INTER_AREA) if rows < height else srgb
    mask = cv2.resize(valid.astype(np.uint8), (width, rows), interpolation=cv2.INTER_NEAREST) > 0
    strips = cut_strips(np.asarray(small, np.float32), np.asarray(mask, np.bool_))
    return strips, drawn_lines(strips, illumination)


def _strength(lines: list[Ridge], strips: Strips) -> float:
    """The two best lines that can be an origin and a front: neither in the middle of the plate."""
    height = len(strips.signal)
    scores = sorted((line_score(line, strips) * _at_an_end(line.y / height) for line in lines), reverse=True)
    return sum(scores[:2])


def _at_an_end(y: float) -> float:
    return float(np.clip(1.6 - 3.2 * min(y, 1 - y), 0.2, 1.0))


def _front_on_top(srgb: Array, strips: Strips, lines: list[Ridge]) -> float:
    """Log-odds that the front is at the top, from the outermost lines."""
    height = len(strips.signal)
    top = max((r for r in lines if r.y < 0.45 * height), key=lambda r: line_score(r, strips), default=None)
    low = max((r for r in lines if r.y > 0.55 * height), key=lambda r: line_score(r, strips), default=None)
    if top is None and low is None:
        return 0.0
    grey = grey_of(srgb)
    odds = _marked(grey, low, strips) - _marked(grey, top, strips)
    if top is None or low is None:
        return odds + (1.5 if top is None else -1.5)  # an origin is always drawn, a front not always
    # The layer is dry above the front alone: the origin has wet layer on both sides.
    odds += 1.5 * float(np.clip((abs(top.step) - abs(low.step)) / 0.03, -1, 1))
    bent = (top.curve.bends > 0) - (low.curve.bends > 0)
    return odds + 0.7 * bent


def _marked(grey: Array, line: Ridge | None, strips: Strips) -> float:
    """How much a line looks like an origin by its application marks: 0 to 3."""
    if line is None:
        return 0.0
    scale = grey.shape[0] / len(strips.signal)
    drawn = line_of(line, strips)
    stretched = type(drawn)(x=drawn.x, y=drawn.y * scale, u_px=drawn.u_px)
    marks = tick_marks(grey, stretched, line_width_px=line.width_px * scale, dark=line.dark)
    return min(3.0, 1.2 * len([mark for mark in marks if mark[1] > 5.0]))
