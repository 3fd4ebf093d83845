"""Where labels go so that none covers another: boxes beside points, tried place by place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

GLYPH_WIDTH_EM = 0.61  # advance of the monospaced face that plates are labelled in (DejaVu Sans Mono: 0.602)
LINE_HEIGHT_EM = 1.35
PADDING_EM = 0.3


@dataclass(frozen=True, kw_only=True)
class Box:
    """An upright rectangle: its top-left corner and size."""

    x: float
    y: float
    width: float
    height: float

    def overlap(self, other: "Box") -> float:
        """The shared area with ``other``."""
        width = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        height = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return max(width, 0.0) * max(height, 0.0)

    def inside(self, frame: "Box") -> bool:
        """Whether this box lies wholly in ``frame``."""
        return (
            self.x >= frame.x
            and self.y >= frame.y
            and self.x + self.width <= frame.x + frame.width
            and self.y + self.height <= frame.y + frame.height
        )


def text_box(text: str, font_px: float) -> tuple[float, float]:
    """Width and height of a padded one-line label."""
    return (len(text) * GLYPH_WIDTH_EM + 2 * PADDING_EM) * font_px, LINE_HEIGHT_EM * font_px


def place(anchors: Sequence[Box], texts: Sequence[str], *, font_px: float, frame: Box) -> list[Box]:
    """One box per anchor for its text: beside it, inside ``frame``, over no other label and little of any anchor.

    Labels are placed in the order given; where no free place is left, the one that hides least is taken.
    """
    placed: list[Box] = []
    for anchor, text in zip(anchors, texts, strict=True):
        candidates = list(_around(anchor, text_box(text, font_px), font_px))
        allowed = [box for box in candidates if box.inside(frame)] or candidates
        labels, spots = _near(allowed, placed), _near(allowed, anchors)
        costs = [_cost(box, labels, spots, rank) for rank, box in enumerate(allowed)]
        placed.append(allowed[costs.index(min(costs))])
    return placed


def _near(boxes: Sequence[Box], others: Sequence[Box]) -> list[Box]:
    """Those of ``others`` that any of ``boxes`` could touch: of a hundred bands a handful."""
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.x + box.width for box in boxes), max(box.y + box.height for box in boxes)
    return [
        box
        for box in others
        if box.x < right and box.y < bottom and box.x + box.width > left and box.y + box.height > top
    ]


def _cost(box: Box, placed: Sequence[Box], anchors: Sequence[Box], rank: int) -> float:
    """Hiding a label is worst, hiding a spot bad, a far place a pity."""
    labels = sum(box.overlap(other) for other in placed)
    spots = sum(box.overlap(anchor) for anchor in anchors)
    return 100 * labels + 3 * spots + rank * 0.04 * box.width * box.height


def _around(anchor: Box, size: tuple[float, float], gap_unit: float) -> Iterator[Box]:
    """Places for a label of ``size``, best first: right, left, then stepping up and down, then above and below."""
    width, height = size
    gap = 0.25 * gap_unit
    middle = anchor.y + anchor.height / 2 - height / 2
    right, left = anchor.x + anchor.width + gap, anchor.x - gap - width
    for step in (0.0, 0.55, -0.55, 1.05, -1.05, 1.6, -1.6, 2.1, -2.1):
        for x in (right, left):
            yield Box(x=x, y=middle + step * height, width=width, height=height)
    centre = anchor.x + anchor.width / 2 - width / 2
    for y in (anchor.y - gap - height, anchor.y + anchor.height + gap):
        yield Box(x=centre, y=y, width=width, height=height)
