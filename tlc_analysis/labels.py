"""What is written under the origin: which columns carry a label."""

from typing import Final

from .features import Judged
from .sheet import Sheet

BELOW_SHARE: Final = 0.015
"""Writing starts this share of the height under the origin; nearer are application marks."""
LETTER_GAP_SHARE: Final = 0.03
"""Letters nearer than this share of the height belong to one label."""
LETTER_SHARE: Final = 0.3
"""Of the highest word: what is lower is no word."""
WIDEST_SHARE: Final = 0.3
"""Wider than this share of the plate's width it is a sentence, not a label."""

Box = tuple[float, float, float, float]


def label_columns(sheet: Sheet, judged: list[Judged]) -> tuple[float, ...]:
    """Frame columns of the middles of labels, from left to right; none without an origin."""
    origin = sheet.landmarks.origin
    if origin is None:
        return ()
    boxes = []
    for box in _pieces(sheet, judged):
        left, top, right, bottom = box
        y = (top + bottom) / 2
        below = y - origin.at((left + right) / 2)
        if BELOW_SHARE * sheet.height < below < 0.15 * sheet.height and y < 0.985 * sheet.height:
            boxes.append(box)
    words = _joined(sorted(boxes), LETTER_GAP_SHARE * sheet.height)
    smallest, widest = 0.008 * sheet.height, WIDEST_SHARE * sheet.width
    words = _of_one_hand([word for word in words if smallest < word[2] - word[0] < widest])
    return tuple((left + right) / 2 for left, _, right, _ in words)


def _pieces(sheet: Sheet, judged: list[Judged]) -> list[Box]:
    """Boxes of everything that may be part of a letter, frame pixels."""
    to_frame = sheet.contrast.to_frame
    strokes = [tuple(to_frame(edge) for edge in stroke.box) for stroke in sheet.contrast.strokes]
    bands = [item.band for item in judged if not item.claimed and item.kind is None]
    return [(s[0], s[1], s[2], s[3]) for s in strokes] + [
        (b.x - b.width / 2, b.y - b.height / 2, b.x + b.width / 2, b.y + b.height / 2) for b in bands
    ]


def _joined(boxes: list[Box], gap: float) -> list[Box]:
    """Boxes, from left to right, with those nearer than ``gap`` beside each other made one."""
    words: list[Box] = []
    for box in boxes:
        if words and box[0] - words[-1][2] < gap:
            last = words[-1]
            words[-1] = (last[0], min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
        else:
            words.append(box)
    return words


def _of_one_hand(words: list[Box]) -> list[Box]:
    """Words about as high as the highest: a grain of dust among letters is none."""
    sizes = [bottom - top for _, top, _, bottom in words]
    return [word for word, size in zip(words, sizes, strict=True) if size > LETTER_SHARE * max(sizes)]
