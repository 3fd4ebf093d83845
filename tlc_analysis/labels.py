"""What is written under the origin: which columns carry a label."""

from typing import Final

from .features import Judged
from .sheet import Sheet

BELOW_SHARE: Final = 0.015
"""Writing starts this share of the height under the origin; nearer are application marks."""
LETTER_GAP_SHARE: Final = 0.03
"""Letters nearer than this share of the height belong to one label."""
WIDEST_SHARE: Final = 0.3
"""Wider than this share of the plate's width it is a sentence, not a label."""


def label_columns(sheet: Sheet, judged: list[Judged]) -> tuple[float, ...]:
    """Frame columns of the middles of labels, from left to right; none without an origin."""
    origin = sheet.landmarks.origin
    if origin is None:
        return ()
    spans = []
    for left, right, y in _pieces(sheet, judged):
        below = y - origin.at((left + right) / 2)
        if BELOW_SHARE * sheet.height < below < 0.15 * sheet.height and y < 0.985 * sheet.height:
            spans.append((left, right))
    words = _joined(sorted(spans), LETTER_GAP_SHARE * sheet.height)
    smallest, widest = 0.008 * sheet.height, WIDEST_SHARE * sheet.width
    return tuple((left + right) / 2 for left, right in words if smallest < right - left < widest)


def _pieces(sheet: Sheet, judged: list[Judged]) -> list[tuple[float, float, float]]:
    """(left, right, y) of everything that may be part of a letter, frame pixels."""
    to_frame = sheet.contrast.to_frame
    strokes = [(to_frame(s.box[0]), to_frame(s.box[2]), to_frame(s.centre[1])) for s in sheet.contrast.strokes]
    bands = [item.band for item in judged if not item.claimed and item.kind is None]
    return strokes + [(b.x - b.width / 2, b.x + b.width / 2, b.y) for b in bands]


def _joined(spans: list[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    """Spans, ascending, with those nearer than ``gap`` made one."""
    words: list[tuple[float, float]] = []
    for left, right in spans:
        if words and left - words[-1][1] < gap:
            words[-1] = (words[-1][0], max(words[-1][1], right))
        else:
            words.append((left, right))
    return words
