"""Plates as four straight edges, where no region stands out: a white plate on white paper has only its rim."""

from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from .regions import Quad, WorkingCopy, clockwise

_SHORTEST = 0.04  # of the longer side of the picture, for a piece of an edge
_LINES = 14  # longest lines kept: the sides of two plates and what is drawn on them
_QUADS = 10
_TOLERANCE = 0.0035  # of the longer side: pieces of one line lie so close to it

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Edge:
    """A straight line a x + b y = c with unit normal, and the intervals along it that were seen."""

    normal: Floats
    offset: float
    spans: list[tuple[float, float]]

    @property
    def length(self) -> float:
        return sum(stop - start for start, stop in self.spans)


def segment_quads(copy: WorkingCopy) -> list[Quad]:
    """Quadrilaterals (4, 2) in working coordinates whose sides follow long straight edges, best borne out first."""
    size = max(copy.planes.shape[:2])
    edges = _edges(copy, size)
    pairs = [pair for pair in combinations(edges, 2) if _parallel(*pair, 0.08 * size)]
    found: list[tuple[float, Quad]] = []
    for one, other in combinations(pairs, 2):
        if abs(float(one[0].normal @ other[0].normal)) < 0.45:
            quad = _corners(one, other)
            if quad is not None:
                found.append((_borne_out(quad, one, other) * float(np.sqrt(_area(quad))) / size, quad))
    found.sort(key=lambda item: -item[0])
    return [quad for score, quad in found[:_QUADS] if score > 0.05]


def _edges(copy: WorkingCopy, size: int) -> list[_Edge]:
    plane = copy.planes[..., 0]
    low, high = np.percentile(plane[::3, ::3], (1, 99))
    level = np.clip((plane - low) * (255 / max(high - low, 0.05)), 0, 255).astype(np.uint8)
    detected = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD).detect(level)[0]
    if detected is None:
        return []
    pieces = np.asarray(detected, dtype=np.float64).reshape(-1, 2, 2)
    lengths = np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1)
    order = np.argsort(lengths)[::-1]
    edges: list[_Edge] = []
    for i in order[: 8 * _LINES]:
        if lengths[i] > _SHORTEST * size:
            _join(edges, pieces[i], _TOLERANCE * size)
    return sorted(edges, key=lambda edge: -edge.length)[:_LINES]


def _join(edges: list[_Edge], piece: Floats, tolerance: float) -> None:
    """Adds a piece to the line it continues, or begins a line."""
    for edge in edges:
        if float(np.max(np.abs(piece @ edge.normal - edge.offset))) < tolerance:
            along = piece @ np.array([-edge.normal[1], edge.normal[0]])
            edge.spans.append((float(along.min()), float(along.max())))
            return
    direction = (piece[1] - piece[0]) / np.linalg.norm(piece[1] - piece[0])
    normal = np.array([direction[1], -direction[0]])
    along = piece @ np.array([-normal[1], normal[0]])
    edges.append(
        _Edge(normal=normal, offset=float(piece[0] @ normal), spans=[(float(along.min()), float(along.max()))])
    )


def _parallel(one: _Edge, other: _Edge, apart: float) -> bool:
    cosine = float(one.normal @ other.normal)
    return abs(cosine) > 0.93 and abs(one.offset - np.sign(cosine) * other.offset) > apart


def _corners(one: tuple[_Edge, _Edge], other: tuple[_Edge, _Edge]) -> Quad | None:
    points = []
    for a, b in ((one[0], other[0]), (one[0], other[1]), (one[1], other[1]), (one[1], other[0])):
        matrix = np.array([a.normal, b.normal])
        if abs(float(np.linalg.det(matrix))) < 0.2:
            return None
        points.append(np.linalg.solve(matrix, np.array([a.offset, b.offset])))
    quad = np.array(points)
    return clockwise(quad) if cv2.isContourConvex(quad.astype(np.float32)) else None


def _area(quad: Quad) -> float:
    return abs(float(cv2.contourArea(quad.astype(np.float32))))


def _borne_out(quad: Quad, one: tuple[_Edge, _Edge], other: tuple[_Edge, _Edge]) -> float:
    """Share of the least covered side on which an edge was seen."""
    return min(_covered(quad, edge) for edge in (*one, *other))


def _covered(quad: Quad, edge: _Edge) -> float:
    off = np.abs(quad @ edge.normal - edge.offset)
    ends = quad[np.argsort(off)[:2]] @ np.array([-edge.normal[1], edge.normal[0]])
    start, stop = float(ends.min()), float(ends.max())
    seen = sum(max(0.0, min(stop, b) - max(start, a)) for a, b in edge.spans)
    return min(1.0, seen / max(stop - start, 1e-9))
