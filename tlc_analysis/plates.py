"""Which plates a picture shows, each rectified with its front towards row 0."""

from dataclasses import dataclass, replace

import numpy as np

from .choice import choose
from .cut_sides import complete
from .direction import Direction, find_direction
from .errors import InvalidHintsError
from .frames import Picture, PlateFrame
from .model import Flag, Hints, PlateHints
from .quads import Evidence, examine
from .rectify import rectify, sharp_enough, side_lengths
from .regions import Quad, WorkingCopy, candidate_quads, working_copy
from .scans import is_plate
from .segments import segment_quads

_SMALLEST_PX = 64  # of the picture: on less, no line and no spot can be told from noise
_SURE, _LARGE = 0.7, 0.15  # score and share of the picture below which a second way of looking is worth its time
_LEAST_TURN_PX2 = 16.0  # between sides that meet: four pixels by four
_TURNS = {"top": 0, "left": 1, "bottom": 2, "right": 3}  # clockwise quarter turns that bring that side up


@dataclass(frozen=True, kw_only=True, eq=False)
class _Outline:
    """A plate's corners in picture pixels, as it lies in the picture."""

    quad: Quad
    confidence: float
    flags: tuple[Flag, ...] = ()


def find_plates(picture: Picture, *, hints: Hints | None = None) -> tuple[PlateFrame, ...]:
    """The plates of a picture, left to right and then top to bottom.

    Corners in a hint are in the plate's own order and replace the search for that plate; ``hints.up`` replaces the
    recognition of the direction. Raises :class:`InvalidHintsError` for corners that no plate can have.
    """
    given = hints.plates if hints is not None else ()
    if given and all(plate.corners_px for plate in given):
        return tuple(_from_corners(picture, plate) for plate in given)
    outlines = find_outlines(picture)
    picture = sharp_enough(picture, [outline.quad for outline in outlines])
    frames = [rectify(picture, o.quad, confidence=o.confidence, flags=o.flags) for o in outlines]
    directions = _directions(picture, frames, hints)
    frames = [
        _upright(picture, outline, frame, direction, _nth(given, i))
        for i, (outline, frame, direction) in enumerate(zip(outlines, frames, directions, strict=True))
    ]
    for i, plate in enumerate(given):
        if plate.corners_px:
            frames[i : i + 1] = [_from_corners(picture, plate)]
    return tuple(frames)


def _nth(given: tuple[PlateHints, ...], index: int) -> PlateHints | None:
    return given[index] if index < len(given) else None


def _size_mm(hints: PlateHints | None) -> tuple[float, float] | None:
    if hints is None or not hints.width_mm or not hints.height_mm:
        return None
    return hints.width_mm, hints.height_mm


def _from_corners(picture: Picture, hints: PlateHints) -> PlateFrame:
    quad = np.array(hints.corners_px, dtype=np.float64)
    sides = np.roll(quad, -1, axis=0) - quad
    turns = sides[:, 0] * np.roll(sides[:, 1], -1) - sides[:, 1] * np.roll(sides[:, 0], -1)
    if not (np.all(turns > _LEAST_TURN_PX2) or np.all(turns < -_LEAST_TURN_PX2)):
        raise InvalidHintsError(
            "The hint “corners_px” is no outline of a plate: its corners fall together, lie on a line or cross over."
        )
    picture = sharp_enough(picture, [quad])
    return rectify(picture, quad, confidence=1.0, flags=(Flag.CORNERS_FROM_HINT,), plate_mm=_size_mm(hints))


def _directions(picture: Picture, frames: list[PlateFrame], hints: Hints | None) -> list[Direction]:
    """Which way each plate must be turned; an unsure one goes with its neighbours, and is sure where it agrees."""
    if hints is not None and hints.up is not None:
        return [Direction(quarter_turns=_TURNS[hints.up], certain=True)] * len(frames)
    found = [find_direction(frame.srgb, frame.valid, picture.illumination) for frame in frames]
    turns = [direction.quarter_turns for direction in found if direction.certain]
    if not turns:
        return found
    common = max(set(turns), key=turns.count)
    return [
        direction if direction.certain else Direction(quarter_turns=common, certain=direction.quarter_turns == common)
        for direction in found
    ]


def _upright(
    picture: Picture, outline: _Outline, frame: PlateFrame, direction: Direction, plate: PlateHints | None
) -> PlateFrame:
    flags = outline.flags if direction.certain else (*outline.flags, Flag.DIRECTION_UNCERTAIN)
    if direction.quarter_turns == 0 and _size_mm(plate) is None:
        return replace(frame, flags=flags)
    quad = np.roll(outline.quad, direction.quarter_turns, axis=0)
    return rectify(picture, quad, confidence=outline.confidence, flags=flags, plate_mm=_size_mm(plate))


def find_outlines(picture: Picture) -> list[_Outline]:
    """The plates' outlines in reading order, or the whole picture where it is itself a plate, or nothing."""
    if min(picture.width, picture.height) < _SMALLEST_PX:
        return []
    copy = working_copy(picture)
    seen = examine(copy.planes, candidate_quads(copy))
    if not any(evidence.score > _SURE and evidence.share > _LARGE for evidence in seen):
        seen += examine(copy.planes, segment_quads(copy))
    chosen = [e for e in choose(seen) if min(side_lengths(copy.to_picture(e.quad))) > _SMALLEST_PX]
    if chosen:
        return _in_reading_order([_outline(picture, copy, evidence) for evidence in chosen])
    whole = _whole(picture, copy)
    return [whole] if whole is not None else []


def _outline(picture: Picture, copy: WorkingCopy, evidence: Evidence) -> _Outline:
    return _Outline(
        quad=complete(copy.to_picture(evidence.quad), np.isnan(evidence.support), (picture.height, picture.width)),
        confidence=round(min(1.0, evidence.score), 3),
        flags=(Flag.PLATE_CUT,) if evidence.cut else (),
    )


def _in_reading_order(outlines: list[_Outline]) -> list[_Outline]:
    """Left to right; plates that stand above one another top to bottom."""

    def key(outline: _Outline) -> tuple[float, float]:
        x, y = outline.quad.mean(axis=0)
        width = float(np.ptp(outline.quad[:, 0]))
        return round(x / max(0.6 * width, 1.0)), y

    return sorted(outlines, key=key)


def _whole(picture: Picture, copy: WorkingCopy) -> _Outline | None:
    """The whole picture, when it is a scan of a plate that fills it."""
    width, height = picture.width, picture.height
    quad = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])
    frame = rectify(picture, quad, confidence=0.3)
    if not is_plate(copy, frame.srgb, picture.illumination):
        return None
    return _Outline(quad=quad, confidence=0.3, flags=(Flag.WHOLE_PICTURE,))
