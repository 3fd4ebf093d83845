"""What the two ends of a plate look like: which is more of an origin, which more of a front."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .frames import Line
from .fronts import is_edge, line_of, line_score, tick_pair
from .marks import things_on, tick_marks
from .ridges import Ridge, noise_of, reaches_for, ridge_map
from .steps import Step, find_steps
from .strips import Strips
from .ticks import find_ticks

_END = 0.42  # of the height: origin and front are never nearer to the middle than this leaves
_MARK = 5.0  # standard deviations
_LABEL = 5.0
_APART = 0.05  # of the width: letters nearer to each other are one word

Array = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class End:
    """One end of a plate, seen from inside.

    ``line``: the best line there; ``marks``: what is drawn across it or lies on it; ``labelled``: share of the width
    over which words stand between it and the rim; ``change``: relative brightness of the layer beyond the line over
    that within; ``sagitta``: how far the line is bent, of the height; ``ticks``: whether there is a pair of strokes at
    the sides instead.
    """

    line: Ridge | None
    marks: int = 0
    labelled: float = 0.0
    change: float = 0.0
    sagitta: float = 0.0
    ticks: bool = False


def look_at_end(grey: Array, strips: Strips, lines: list[Ridge], *, top: bool) -> End:
    """``grey`` (H', W): brightness of the frame at its full height; ``strips``, ``lines``: of the same frame."""
    height = len(strips.signal)
    rows = (0.015 * height, _END * height) if top else ((1 - _END) * height, 0.985 * height)
    here = [ridge for ridge in lines if rows[0] < ridge.y < rows[1]]
    if not here:
        return End(line=None, ticks=tick_pair(find_ticks(strips, top=rows[0], bottom=rows[1]), height) is not None)
    line = max(here, key=lambda ridge: line_score(ridge, strips))
    return End(
        line=line,
        marks=_count_marks(grey, line, strips),
        labelled=_labelled(strips, line, top=top),
        change=_change(strips, line, top=top),
        sagitta=_sagitta(line) / height,
    )


def wetting_edge(strips: Strips, *, top: bool) -> Step | None:
    """The clearest wetting edge at an end that has no line."""
    height = len(strips.signal)
    rows = (0.03 * height, _END * height) if top else ((1 - _END) * height, 0.97 * height)
    edges = [step for step in find_steps(strips, top=rows[0], bottom=rows[1], count=2) if is_edge(step, strips)]
    return edges[0] if edges else None


def _count_marks(grey: Array, line: Ridge, strips: Strips) -> int:
    scale = grey.shape[0] / len(strips.signal)
    drawn = line_of(line, strips)
    full = Line(x=drawn.x, y=drawn.y * scale, u_px=drawn.u_px)
    marks = tick_marks(grey, full, line_width_px=line.width_px * scale, dark=line.dark)
    ticks = [x for x, strength in marks if strength > _MARK]
    apart = _APART * grey.shape[1]
    others = things_on(grey, full, line_width_px=line.width_px * scale)
    return len(ticks) + sum(all(abs(x - tick) > apart for tick in ticks) for x in others)


def _labelled(strips: Strips, line: Ridge, *, top: bool) -> float:
    """How much of the width the words in the margin are spread over, from 0 to 1; a single one says nothing.

    Lanes are labelled beside the origin from side to side; a title is one word, or a few at one side.
    """
    height, n = strips.signal.shape
    gap = max(3, round(0.012 * height))
    rim = max(2, round(0.01 * height))
    rows = slice(rim, max(rim, round(line.y) - gap)) if top else slice(round(line.y) + gap, height - rim)
    reach = reaches_for(height)[-1]
    relief = ridge_map(strips.signal, dark=True, reach=reach)
    margin = relief[rows]
    if margin.shape[0] < 3:
        return 0.0
    inked = np.asarray(margin > _LABEL * noise_of(relief, strips.valid), dtype=np.uint8).max(axis=0)
    at = 1 + np.flatnonzero(inked[1:-1])  # the outermost strips hold the rim
    words = 0 if len(at) == 0 else 1 + int(np.count_nonzero(np.diff(at) > max(2.0, _APART * n)))
    return float(at[-1] - at[0]) / n if words > 1 else 0.0


def _change(strips: Strips, line: Ridge, *, top: bool) -> float:
    """Median brightness beyond the line over that within, less 1, close to the line so that light falls off little."""
    height = len(strips.signal)
    near, far = round(0.012 * height) + 1, round(0.05 * height)
    columns = np.arange(line.first, line.last + 1)
    y = np.rint(line.curve.y[columns]).astype(np.intp)
    outwards = -1 if top else 1
    beyond = [strips.signal[np.clip(y + outwards * k, 0, height - 1), columns] for k in range(near, far)]
    within = [strips.signal[np.clip(y - outwards * k, 0, height - 1), columns] for k in range(near, far)]
    return float(np.median(beyond) / max(float(np.median(within)), 1e-3)) - 1.0


def _sagitta(line: Ridge) -> float:
    """The height of the parabola that follows the line best: a hand's wobble is no bend."""
    y = line.curve.y[line.first : line.last + 1]
    return abs(float(np.polyfit(np.linspace(-1.0, 1.0, len(y)), y, 2)[0]))
