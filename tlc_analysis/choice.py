"""Which of the outlines found in a picture are its plates."""

import cv2
import numpy as np

from .quads import Evidence
from .regions import Quad

_ACCEPT, _EVEN = 0.45, 0.25  # score and evenness below which an outline is no plate
_FAINT_PLATE, _FAINT_REST, _CLEAN = 0.15, 0.3, 0.8
_PIECE = 0.6  # score of a plate of a row: in a narrow gap its edge and its neighbour's are confused here and there
_PEER = 0.35  # of the largest plate of a row: a smaller piece is no plate of that row


def choose(seen: list[Evidence]) -> list[Evidence]:
    """The outlines that are plates: none overlaps another; of two that share their sides the outer one is kept."""
    good = [evidence for evidence in seen if evidence.score > _ACCEPT and evidence.even > _EVEN]
    good = [one for one in good if not _is_row(one, good)]
    good = [one for one in good if not any(_is_part(one, other) for other in good)]
    chosen: list[Evidence] = []
    for evidence in sorted(good, key=lambda e: -e.score):
        if all(_overlap(evidence.quad, other.quad) < 0.15 for other in chosen):
            chosen.append(evidence)
    # Beside a plate lie its label, its neighbour's reflection and the pattern of the table.
    largest = max((evidence.share for evidence in chosen), default=0.0)
    clearest = max((float(np.nanmedian(evidence.contrast)) for evidence in chosen), default=0.0)
    return [e for e in chosen if e.share > 0.2 * largest and float(np.nanmedian(e.contrast)) > _least(e) * clearest]


def _least(evidence: Evidence) -> float:
    """Of the clearest plate's contrast: layers under 366 nm differ by more, where four clean sides speak for one."""
    return _FAINT_PLATE if evidence.score > _CLEAN and not evidence.cut else _FAINT_REST


def _is_row(outer: Evidence, others: list[Evidence]) -> bool:
    """Whether ``outer`` goes round several plates that lie side by side, each as clear of its neighbour as of the rest.

    A dry strip and the wet layer below it tile a plate as well, but the step between them is small or the wrong way;
    and where a bold line marks front or origin, what lies beyond it is a strip, and no plate of its neighbour's size.
    """
    pieces: list[Evidence] = []
    for one in sorted(others, key=lambda e: -e.score):
        of_it = one.share < 0.75 * outer.share and _inside(one.quad, outer.quad) > 0.93
        apart = all(_overlap(one.quad, piece.quad) < 0.1 for piece in pieces)
        if of_it and apart and one.score > _PIECE and _stands_alone(one) and _shared_sides(one.quad, outer.quad) >= 2:
            pieces.append(one)
    largest = max((piece.share for piece in pieces), default=0.0)
    pieces = [piece for piece in pieces if piece.share > _PEER * largest]
    return len(pieces) >= 2 and sum(piece.share for piece in pieces) > 0.6 * outer.share


def _stands_alone(piece: Evidence) -> bool:
    return float(np.nanmin(piece.contrast)) > 0.5 * float(np.nanmedian(piece.contrast))


def _is_part(inner: Evidence, outer: Evidence) -> bool:
    """Whether ``inner`` is a piece of ``outer``, marked off by a line or by the wetting edge."""
    if inner is outer or inner.share > 0.985 * outer.share or _inside(inner.quad, outer.quad) < 0.95:
        return False
    if _shared_sides(inner.quad, outer.quad) < 2:
        return False
    # A dry strip between front and rim has four clean sides; three of them are the plate's.
    # What spans two plates and the gap between them has its own sides borne out in part only.
    strip = inner.share < 0.35 * outer.share and float(np.nanmin(outer.support)) > 0.65
    return outer.score > (0.55 if strip else 0.85) * inner.score


def _shared_sides(inner: Quad, outer: Quad) -> int:
    size = float(np.sqrt(abs(cv2.contourArea(outer.astype(np.float32)))))
    shared = 0
    for i in range(4):
        start, end = inner[i], inner[(i + 1) % 4]
        for j in range(4):
            one, two = outer[j], outer[(j + 1) % 4]
            along = (two - one) / np.linalg.norm(two - one)
            off = [abs(float(along[0] * (p - one)[1] - along[1] * (p - one)[0])) for p in (start, end)]
            if max(off) < 0.02 * size:
                shared += 1
                break
    return shared


def _inside(inner: Quad, outer: Quad) -> float:
    area, _ = cv2.intersectConvexConvex(inner.astype(np.float32), outer.astype(np.float32))
    return float(area) / max(abs(float(cv2.contourArea(inner.astype(np.float32)))), 1e-9)


def _overlap(one: Quad, other: Quad) -> float:
    return max(_inside(one, other), _inside(other, one))
