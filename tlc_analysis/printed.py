"""Whether what has the outline of a plate has a plate's surface: a page, a card, a screen and a gel have not.

A layer is bare for the most part, and what is drawn on it is little. A page of text is strokes all over; a printed card
has areas of colour, and no origin; what was never photographed has no grain; a gel has no colour at all.
"""

from typing import Final

import cv2
import numpy as np

from .contrast import PIXEL_NOISE_FLOOR, Contrast
from .hard_edges import has_printed_areas
from .model import Flag
from .sheet import Sheet

DRAWN_SHARE: Final = 0.17
"""Of the surface covered by thin strokes and specks; the plates measured have 0.02 to 0.11."""
MANY_STROKES: Final = 12
MARGIN: Final = 12
"""One part in so many of each side is margin."""
COVERED_SHARE: Final = 0.12
"""Of a surface in daylight that is no bare layer, where no origin is seen; the plates measured have 0.002 to 0.1."""
CLEAR_LAB: Final = 8.0
NEUTRAL_LAB: Final = 1.0
PRINTED_CONFIDENCE: Final = 0.1
GIVEN: Final = frozenset({Flag.CORNERS_FROM_HINT, Flag.ORIGIN_FROM_HINT, Flag.FRONT_FROM_HINT})


def is_printed(sheet: Sheet) -> bool:
    """Whether bands on this surface must not be believed. Never where a person has said that it is a plate."""
    contrast = sheet.contrast
    if is_called_a_plate(sheet) or not contrast.usable.any():
        return False
    if len(contrast.strokes) >= MANY_STROKES and _drawn_share(contrast) > DRAWN_SHARE:
        return True
    if has_printed_areas(contrast):
        return True
    lines = [line for line in (sheet.landmarks.origin, sheet.landmarks.front) if line is not None]
    if sheet.illumination != "visible" or len(lines) == 2:
        return False
    if _is_without_grain(contrast):
        return True
    covered = sheet.landmarks.origin is None and _covered_share(contrast) > COVERED_SHARE
    whole = Flag.WHOLE_PICTURE in sheet.frame.flags
    return covered or (not lines and whole and _is_without_colour(contrast))


def is_called_a_plate(sheet: Sheet) -> bool:
    """Whether a person has said where the plate, its origin or its front is."""
    return bool({*sheet.frame.flags, *sheet.landmarks.flags} & GIVEN)


def _drawn_share(contrast: Contrast) -> float:
    """How much is strokes and specks, but for the margins, where a plate may have a border."""
    height, width = contrast.usable.shape
    inner = (slice(height // MARGIN, -(height // MARGIN)), slice(width // MARGIN, -(width // MARGIN)))
    return float(contrast.drawn[inner][contrast.usable[inner]].mean()) if contrast.usable[inner].any() else 0.0


def _covered_share(contrast: Contrast) -> float:
    """How much of the surface is clearly not bare."""
    away = np.abs(contrast.difference[contrast.usable]).max(axis=1)
    return float((away > CLEAR_LAB).mean())


def _is_without_grain(contrast: Contrast) -> bool:
    """A camera and a scanner leave noise on every surface."""
    return bool((contrast.noise <= PIXEL_NOISE_FLOOR).all())


def _is_without_colour(contrast: Contrast) -> bool:
    usable = contrast.usable
    smooth = cv2.blur(contrast.background + contrast.difference, (5, 5))  # a camera's noise is coloured
    colour = np.abs(smooth[usable][::7, 1:])
    return bool(np.percentile(colour, 99) < NEUTRAL_LAB)
