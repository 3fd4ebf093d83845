"""Origin and solvent front of a rectified plate, as curves with their own uncertainty."""

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidHintsError
from .faint import find_faint, is_noisy
from .frames import Landmarks, Line, PlateFrame
from .fronts import Found, find_front, line_of, line_score, to_line
from .marks import grey_of, ink_mask, tick_marks
from .model import Flag, Illumination, PlateHints, Polyline
from .rectify import inverse, to_picture_points
from .ridges import Ridge, find_ridges
from .strips import Strips, cut_strips

_ORIGIN_FROM = 0.55  # of the height: no developed plate has its origin above the middle
_RUN = 0.22  # of the height: an origin and a front nearer to each other leave nothing to measure
_PLAIN = 20.0  # standard deviations of a whole ridge, from which it can be judged strip by strip
_BESIDE = 0.025  # of the height
_CURVED = 0.006  # of the height: a front that leaves its chord by more is called curved


def find_landmarks(frame: PlateFrame, *, illumination: Illumination, hints: PlateHints | None = None) -> Landmarks:
    """Origin, front and application marks of ``frame``; None and a flag where there is nothing to be found."""
    strips = cut_strips(frame.srgb, frame.valid)
    lines = drawn_lines(strips, illumination)
    given_origin = _from_hint(frame, hints.origin_px if hints else None)
    given_front = _from_hint(frame, hints.front_px if hints else None)
    origin = _find_origin(strips, lines, above=given_front) if given_origin is None else None
    origin_line = given_origin or (origin.line if origin else None)
    front = None
    if given_front is None:
        front = find_front(strips, lines, origin=origin.ridge if origin else None, bottom=_lowest(strips, origin_line))
    front_line = given_front or (front.line if front else None)
    if Flag.DIRECTION_UNCERTAIN in frame.flags and origin is not None and front is not None:
        front_line = None  # it may be the origin: an Rf read upside down looks like any other
    marks = _marks(frame, origin_line, origin)
    return Landmarks(
        origin=origin_line,
        front=front_line,
        mark_x=tuple(marks),
        ink=ink_mask(frame.valid.shape, [*_strokes(origin, strips), *_strokes(front, strips)], marks, origin_line),
        flags=_flags(given_origin, origin_line, given_front, front_line, len(strips.signal)),
    )


def _marks(frame: PlateFrame, line: Line | None, found: Found | None) -> list[float]:
    """x of the application marks on the origin."""
    if line is None:
        return []
    ridge = found.ridge if found is not None else None
    width_px = ridge.width_px if ridge is not None else 0.005 * frame.srgb.shape[0]
    dark = ridge.dark if ridge is not None else True
    return [x for x, _ in tick_marks(grey_of(frame.srgb), line, line_width_px=width_px, dark=dark)]


def _strokes(found: Found | None, strips: Strips) -> list[tuple[Line, float, float, float]]:
    """What is drawn of a line: line, first and last x, width."""
    if found is None:
        return []
    if found.ridge is not None:
        ridge = found.ridge
        half = strips.pitch / 2
        drawn = to_line(strips.x, ridge.curve.y, 0.0)
        return [(drawn, strips.x[ridge.first] - half, strips.x[ridge.last] + half, ridge.width_px)]
    reach = 0.05 * float(strips.x[-1])
    return [(found.line, tick.x - reach, tick.x + reach, 0.005 * len(strips.signal)) for tick in found.ticks]


def drawn_lines(strips: Strips, illumination: Illumination) -> list[Ridge]:
    """Ridges that pass for lines across the plate, rather than rows of bands or the grain of the layer."""
    height = len(strips.signal)
    ridges = find_ridges(strips, dark=True)
    lines = [ridge for ridge in ridges if is_line(ridge, strips, illumination)]
    across = [ridge.y / height for ridge in lines if ridge.last - ridge.first + 1 > 0.6 * len(strips.x)]
    if any(y < 0.45 for y in across) and any(y > 0.55 for y in across):
        return lines  # pencil at both ends: nobody draws one of them in light
    bright = find_ridges(strips, dark=False, count=4)
    lines += [ridge for ridge in bright if is_line(ridge, strips, illumination)]
    if not is_noisy(strips):
        return lines
    judged = [ridge.y / height for ridge in ridges if ridge.snr > _PLAIN and ridge not in lines]
    return lines + find_faint(strips, taken=lambda y: _is_taken(y / height, across, judged))


def _is_taken(y: float, across: list[float], judged: list[float]) -> bool:
    """Whether there is nothing faint to be looked for at a height (share): it is the middle of the plate, that end has
    its line, or what is there was plain to see and is none."""
    middle = 0.45 <= y <= 0.55
    return middle or any((one < 0.45) == (y < 0.45) for one in across) or any(abs(y - one) < _BESIDE for one in judged)


def is_line(ridge: Ridge, strips: Strips, illumination: Illumination) -> bool:
    """Whether a ridge was drawn, by how far, how clearly and how evenly it goes across the plate."""
    height, n = strips.signal.shape
    cover = ridge.density * (ridge.last - ridge.first + 1) / n
    if cover < 0.4 or ridge.snr < 8 or ridge.width_px > max(0.016 * height, 8.0) or ridge.contrast <= 0:
        return False
    to_the_rims = max(ridge.first, n - 1 - ridge.last) < 0.07 * n
    pen = to_the_rims and ridge.width_px < max(0.008 * height, 4.0) and ridge.evenness > 0.6
    if (ridge.gaps and ridge.evenness < 0.45) or (illumination == "visible" and _is_coloured(ridge) and not pen):
        return False
    if not ridge.dark:
        return ridge.evenness > 0.5
    return ridge.evenness > (0.12 if to_the_rims else 0.25)


def _is_coloured(ridge: Ridge) -> bool:
    """Graphite takes as much of every colour; a pen does not, but draws thinner and more evenly than a band runs."""
    low, high = min(ridge.colour), max(ridge.colour)
    return high - low > 0.5 * max(abs(low), abs(high))


def _find_origin(strips: Strips, lines: list[Ridge], *, above: Line | None) -> Found | None:
    height = len(strips.signal)
    highest = max(_ORIGIN_FROM * height, 0.0 if above is None else float(above.y.mean()) + _RUN * height)
    low = [ridge for ridge in lines if highest < ridge.y]
    if not low:
        return None
    best = max(low, key=lambda ridge: line_score(ridge, strips))
    return Found(line=line_of(best, strips), ridge=best)


def _lowest(strips: Strips, origin: Line | None) -> float:
    height = len(strips.signal)
    return 0.6 * height if origin is None else min(0.7 * height, float(origin.y.mean()) - _RUN * height)


def _flags(
    given_origin: Line | None, origin: Line | None, given_front: Line | None, front: Line | None, height: int
) -> tuple[Flag, ...]:
    flags: list[Flag] = []
    if given_origin is not None:
        flags.append(Flag.ORIGIN_FROM_HINT)
    elif origin is None:
        flags.append(Flag.ORIGIN_NOT_FOUND)
    if given_front is not None:
        flags.append(Flag.FRONT_FROM_HINT)
    elif front is None:
        flags.append(Flag.FRONT_NOT_FOUND)
    if front is not None and is_curved(front, height):
        flags.append(Flag.FRONT_CURVED)
    return tuple(flags)


def is_curved(line: Line, height: int) -> bool:
    """Whether a line leaves its chord by more than a hand that draws straight would, on a frame of so many rows."""
    chord = np.interp(line.x, line.x[[0, -1]], line.y[[0, -1]])
    return float(np.max(np.abs(line.y - chord))) > _CURVED * height


def _from_hint(frame: PlateFrame, polyline: Polyline | None) -> Line | None:
    if not polyline:
        return None
    points = to_picture_points(inverse(frame.to_picture), np.array(polyline, dtype=np.float64))
    points = points[np.argsort(points[:, 0])]
    if len(points) > 1 and np.ptp(points[:, 0]) < abs(np.ptp(points[:, 1])):
        raise InvalidHintsError(
            "An origin or front in the hints runs along the plate, not across it: give points from side to side."
        )
    height, width = frame.valid.shape
    return Line(x=points[:, 0], y=points[:, 1], u_px=pointing_u(frame.to_picture, width, height))


def pointing_u(to_picture: NDArray[np.float64], width: int, height: int) -> float:
    """Standard uncertainty in frame pixels of what a person points at: about two pixels of the picture."""
    ends = to_picture_points(to_picture, np.array([[width / 2, 0.0], [width / 2, height - 1.0]]))
    return 2.0 * height / max(1.0, float(np.linalg.norm(ends[1] - ends[0])))
