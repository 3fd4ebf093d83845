"""The solvent front: a line somebody drew, the ticks at the sides, or the edge of what was wet. In that order.

What a person marked wins over what the layer shows, because a person saw it while it was wet.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .frames import Line
from .ridges import Ridge
from .steps import Step, bulge, edge_near, find_steps
from .strips import Strips
from .ticks import Tick, find_ticks

_TOP = 0.015  # of the height: nearer to the edge is the plate's rim
_TOP_EDGE = 0.03  # as above for a wetting edge, since a chipped or shaded rim is a step too
_PAIR = 0.045  # of the height: how far the ticks of one front may differ
_LOUD = 4.5  # standard deviations, mean over a tick that stands alone
_AGREES = 6.0  # standard deviations of a level edge at a tick's height
_RIM = 0.07  # of the width: bands end before, the solvent does not
_ACROSS = 0.62  # of the width: a shorter stroke may be a hair or a circle's arc, and comes last
_BULGE = 4.0  # standard deviations by which a bulging front must be clearer than a straight one
_WIDE = 0.0085  # of the height: a wider ridge was washed there, not drawn, where no origin tells the pencil
_BOW_COUNTS = 0.025  # of the height: a stronger bow is no less certain

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """A line and how it was found; ``ridge`` when it can be seen as one, so that its ink can be masked."""

    line: Line
    ridge: Ridge | None = None
    ticks: tuple[Tick, ...] = ()


def to_line(x: Floats, y: Floats, u_px: float, *, knots: int = 25) -> Line:
    """Every strip is more than a polyline needs."""
    keep = np.unique(np.linspace(0, len(x) - 1, knots).round().astype(int))
    return Line(x=x[keep], y=y[keep], u_px=u_px)


def line_of(ridge: Ridge, strips: Strips) -> Line:
    """The middle of a drawn line, as uncertain as the curve is, plus what the hand wavered round it.

    Graphite is uneven across its stroke, and its two flanks are blurred unlike: 2 % of its width are added. So are 3 %
    of its bow, where it is bent: a smooth curve cuts a bent line's corners.
    """
    inside = slice(ridge.first, ridge.last + 1)
    bow = min(_bow(ridge.curve.y[inside]), _BOW_COUNTS * len(strips.signal))
    known = float(np.mean(ridge.curve.se[inside] ** 2)) + _wander(ridge)
    u = float(np.sqrt(known + (0.02 * ridge.width_px) ** 2 + (0.03 * bow) ** 2 + 0.05**2))
    return to_line(strips.x, ridge.curve.y, u)


def _wander(ridge: Ridge) -> float:
    """Variance of a drawn line round its curve, in rows squared: what neighbouring strips agree about is no noise."""
    weight = ridge.curve.weight
    used = weight > 0
    apart = np.where(used, ridge.heights - ridge.curve.y, 0.0)
    apart -= float(np.average(apart, weights=weight)) if weight.sum() > 0 else 0.0
    both = used[1:] & used[:-1]
    return max(0.0, float(np.mean((apart[1:] * apart[:-1])[both]))) if both.any() else 0.0


def _bow(y: Floats) -> float:
    """How far a curve strays from the chord between its ends."""
    return float(np.abs(y - np.linspace(y[0], y[-1], len(y))).max())


def find_front(strips: Strips, lines: list[Ridge], *, origin: Ridge | None, bottom: float) -> Found | None:
    """The front above the row ``bottom``. ``lines``: ridges that pass for lines."""
    height = len(strips.signal)
    top = _TOP * height
    drawn = [ridge for ridge in lines if top < ridge.y < bottom]
    washed = [ridge for ridge in drawn if _washed(ridge, origin, height)]
    pencil = [ridge for ridge in drawn if ridge not in washed]
    whole = [ridge for ridge in pencil if ridge.last - ridge.first + 1 > _ACROSS * len(strips.x)]
    if whole:
        return _best_line(whole, strips)
    ticks = find_ticks(strips, top=top, bottom=bottom)
    pair = tick_pair([tick for tick in ticks if not tick.short], height)
    wet = _wetting(strips, washed, bottom)
    if pair is not None and not (wet is not None and _is_above(wet.line, pair, height)):
        return _marked_by(pair, strips)
    if wet is not None:
        return wet
    if pencil:
        return _best_line(pencil, strips)
    dashes = tick_pair(ticks, height // 2)
    return _marked_by(dashes, strips) if dashes is not None else _single(ticks, strips)


def _is_above(wet: Line, pair: tuple[Tick, Tick], height: int) -> bool:
    """Whether the layer was wet above two strokes: then they are a circle's or a scratch's, and mark no front."""
    return all(tick.y - wet.at(tick.x) > _PAIR * height for tick in pair)


def _best_line(lines: list[Ridge], strips: Strips) -> Found:
    best = max(lines, key=lambda ridge: line_score(ridge, strips))
    return Found(line=line_of(best, strips), ridge=best)


def _wetting(strips: Strips, washed: list[Ridge], bottom: float) -> Found | None:
    """The edge of what was wet: above a ridge of what the solvent carried along, or a step of the layer itself."""
    if washed:
        best = max(washed, key=lambda ridge: line_score(ridge, strips))
        return Found(line=_upper_edge(best, strips), ridge=best)
    steps = find_steps(strips, top=_TOP_EDGE * len(strips.signal), bottom=bottom)
    edges = [step for step in steps if is_edge(step, strips)]
    return Found(line=_edge_line(edges[0], strips)) if edges else None


def _marked_by(pair: tuple[Tick, Tick], strips: Strips) -> Found:
    """Ticks say where the front was at the sides; between them it may have run ahead, if a wetting edge shows that."""
    straight = _through(pair, strips)
    at = np.array([straight.at(x) for x in strips.x])
    drop, clear = bulge(strips, at)
    if clear < _BULGE:
        return Found(line=straight, ticks=pair)
    share = (strips.x - pair[0].x) / (pair[1].x - pair[0].x)
    line = to_line(strips.x, at + drop * 4 * share * (1 - share), max(straight.u_px, 0.003 * len(strips.signal)))
    return Found(line=line, ticks=pair)


def line_score(ridge: Ridge, strips: Strips) -> float:
    """How much a ridge is a line: how far it goes, how closely, how clearly."""
    cover = ridge.density * (ridge.last - ridge.first + 1) / len(strips.x)
    return cover * float(np.log1p(min(ridge.snr, 150.0))) * min(1.0, ridge.evenness + 0.3)


def _washed(ridge: Ridge, origin: Ridge | None, height: int) -> bool:
    """Whether a ridge is what the solvent carried along, rather than a pencil's line.

    The pencil that drew the origin is at hand for comparison: the same width, about as dark, with the same layer on
    both sides of it. What was washed is wider or fainter, and the layer is dry above it.
    """
    if origin is None:
        return ridge.width_px > max(_WIDE * height, 4.5)
    if not ridge.dark and origin.dark:
        return True
    wider = ridge.width_px / max(origin.width_px, 1.0)
    fainter = ridge.contrast / max(origin.contrast, 1e-6) < 0.7
    on_a_step = abs(ridge.step) > 0.3 * ridge.contrast
    return wider > 1.6 or (wider > 1.25 and (fainter or on_a_step)) or (fainter and on_a_step)


def _upper_edge(ridge: Ridge, strips: Strips) -> Line:
    """The front is where the wet begins, on the flank above the ridge of what it carried; where on it, none can say."""
    base = line_of(ridge, strips)
    return Line(x=base.x, y=base.y - 0.35 * ridge.width_px, u_px=float(np.hypot(base.u_px, 0.17 * ridge.width_px)))


def tick_pair(ticks: list[Tick], height: int) -> tuple[Tick, Tick] | None:
    """The ticks at both sides that agree best about a front."""
    pairs = [
        (left, right)
        for left in ticks
        for right in ticks
        if left.left and not right.left and abs(left.y - right.y) < _PAIR * height
    ]
    if not pairs:
        return None
    return max(pairs, key=lambda pair: min(pair[0].score, pair[1].score) - 20 * abs(pair[0].y - pair[1].y) / height)


def _through(ticks: tuple[Tick, ...], strips: Strips) -> Line:
    """A straight line through two ticks, or level through one; the height of a short stroke is known below a row."""
    height = len(strips.signal)
    if len(ticks) == 1:
        return to_line(strips.x, np.full(len(strips.x), ticks[0].y), 0.004 * height)
    x, y = np.array([tick.x for tick in ticks]), np.array([tick.y for tick in ticks])
    slope = (y[1] - y[0]) / (x[1] - x[0])
    return to_line(strips.x, y[0] + slope * (strips.x - x[0]), max(0.4, 0.0007 * height))


def is_edge(step: Step, strips: Strips) -> bool:
    """Whether a step goes far enough across the plate, and to its rims, to be the edge of what was wet."""
    n = len(strips.x)
    run = (step.last - step.first + 1) / n
    to_the_rims = step.first < _RIM * n and step.last > (1 - _RIM) * n
    return step.density > 0.75 and run > 0.75 and to_the_rims and step.snr > 18


def _edge_line(step: Step, strips: Strips) -> Line:
    inside = slice(step.first, step.last + 1)
    height = len(strips.signal)
    u = float(np.sqrt(np.mean(step.curve.se[inside] ** 2) + (0.001 * height) ** 2 + 0.3**2))
    return to_line(strips.x, step.curve.y, u)


def _single(ticks: list[Tick], strips: Strips) -> Found | None:
    """One tick alone is a letter's stroke as likely as a front's: the layer must agree with it."""
    agreed = [(edge_near(strips, tick.y)[1], tick) for tick in ticks if tick.score > _LOUD]
    clear = [(min(seen, 2 * _AGREES) + tick.score, tick) for seen, tick in agreed if seen > _AGREES]
    if clear:
        tick = max(clear, key=lambda item: item[0])[1]
        return Found(line=_through((tick,), strips), ticks=(tick,))
    return None
