"""What a picture and a plate have to say about themselves: the flags."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .frames import Picture, PlateFrame
from .lanes import LaneSet
from .model import FeatureKind, Flag, Lane, Plate
from .printed import PRINTED_CONFIDENCE
from .sheet import Sheet

OVEREXPOSED_SHARE: Final = 0.10
"""Share of a plate's pixels at the ends of the scale from which exposure is said to be wrong."""
DARK_LEVEL: Final = 0.04
_PART: Final = (slice(None, None, 6), slice(None, None, 6))
LOW_RESOLUTION_PX: Final = 250
"""Fewer rows than this on a plate: 0.01 Rf is less than two pixels."""


def picture_flags(
    picture: Picture, frames: tuple[PlateFrame, ...], plates: tuple[Plate, ...]
) -> tuple[Flag, ...]:  # fmt: skip
    """Flags of the picture as a whole."""
    told = {
        Flag.NO_PLATE: all(plate.confidence <= PRINTED_CONFIDENCE for plate in plates),
        Flag.NO_SPOTS: bool(plates) and not any(lane.spots for plate in plates for lane in plate.lanes),
        Flag.OVEREXPOSED: any(_overexposed(frame) for frame in frames),
        Flag.UNDEREXPOSED: picture.illumination != "uv366" and any(_dark(frame) for frame in frames),
        Flag.DAMAGED_PICTURE: picture.damaged,
        Flag.LOW_RESOLUTION: any(frame.valid.shape[0] < LOW_RESOLUTION_PX for frame in frames),
    }
    return tuple(flag for flag, holds in told.items() if holds)


def _overexposed(frame: PlateFrame) -> bool:
    bright = _brightest(frame) > 0.99
    return bool((bright & frame.valid[_PART]).mean() > OVEREXPOSED_SHARE)


def _dark(frame: PlateFrame) -> bool:
    return bool(np.median(_brightest(frame)) < DARK_LEVEL)


def _brightest(frame: PlateFrame) -> NDArray[np.float32]:
    """The highest of the three channels, on every sixth row and column."""
    red, green, blue = (frame.srgb[(*_PART, channel)] for channel in range(3))
    return np.maximum(np.maximum(red, green), blue)


def plate_flags(sheet: Sheet, lanes: LaneSet, read: tuple[Lane, ...], *, from_hint: bool) -> tuple[Flag, ...]:
    """Flags of one plate, those of its frame and its landmarks first."""
    streaked = [any(f.kind == FeatureKind.STREAK for f in lane.features) for lane in read]
    told = {
        Flag.ORIGIN_NOT_FOUND: sheet.landmarks.origin is None,
        Flag.FRONT_NOT_FOUND: sheet.landmarks.front is None,
        Flag.LANES_FROM_HINT: from_hint,
        Flag.LANES_UNCERTAIN: lanes.uncertain,
        Flag.NO_SPOTS: not any(lane.spots for lane in read),
        Flag.STREAKS: bool(streaked) and sum(streaked) >= 0.5 * len(streaked),
    }
    before = (*sheet.frame.flags, *sheet.landmarks.flags)
    return tuple(dict.fromkeys((*before, *(flag for flag, holds in told.items() if holds))))
