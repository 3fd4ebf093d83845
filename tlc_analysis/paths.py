"""The best paths across a map of scores, by dynamic programming."""

import numpy as np
from numpy.typing import NDArray

_ENDS = 60  # last rows from which paths are followed back
_BEND_COST = 0.25  # per row that a path moves from strip to strip

Array = NDArray[np.float32]


def best_paths(score: Array, *, steepest: int, count: int, apart: int) -> list[NDArray[np.intp]]:
    """Up to ``count`` paths from left to right with the largest sums of ``score`` (H, n), nowhere the same line.

    ``steepest``: rows that a path may move from one column to the next.
    """
    totals = _accumulate(score, steepest)
    final = totals[-1]
    peaks = np.flatnonzero((final > 0) & (final >= np.roll(final, 1)) & (final >= np.roll(final, -1)))
    ends = peaks[np.argsort(final[peaks])[::-1]][:_ENDS]
    paths: list[NDArray[np.intp]] = []
    for path in _trace(totals, ends, steepest):
        if len(paths) < count and all(np.mean(np.abs(path - other) < apart) < 0.3 for other in paths):
            paths.append(path)
    return paths


def _moves(steepest: int) -> list[tuple[int, np.float32]]:
    """Rows to move and what it costs, the cheapest first so that ties stay level."""
    return [(k, np.float32(_BEND_COST * abs(k))) for k in sorted(range(-steepest, steepest + 1), key=abs)]


def _accumulate(score: Array, steepest: int) -> Array:
    """(n, H): the best sum of a path that ends there, column by column."""
    height, n = score.shape
    columns = np.ascontiguousarray(score.T)
    totals = np.empty((n, height), dtype=np.float32)
    totals[0] = columns[0]
    padded = np.full(height + 2 * steepest, -1e9, dtype=np.float32)
    moved = np.empty(height, dtype=np.float32)
    for j in range(1, n):
        padded[steepest : steepest + height] = totals[j - 1]
        best = totals[j]
        best[:] = totals[j - 1]
        for k, cost in _moves(steepest)[1:]:
            np.subtract(padded[steepest + k : steepest + k + height], cost, out=moved)
            np.maximum(best, moved, out=best)
        best += columns[j]
    return totals


def _trace(totals: Array, ends: NDArray[np.intp], steepest: int) -> NDArray[np.intp]:
    """(len(ends), n) rows of the best paths to ``ends``, all followed back together."""
    n, height = totals.shape
    padded = np.full((n, height + 2 * steepest), -1e9, dtype=np.float32)
    padded[:, steepest : steepest + height] = totals
    paths = np.empty((n, len(ends)), dtype=np.intp)
    paths[-1] = ends
    moves = _moves(steepest)
    shift = np.array([k for k, _ in moves])
    cost = np.array([c for _, c in moves], dtype=np.float32)
    reach = shift + steepest
    for j in range(n - 1, 0, -1):
        gain = padded[j - 1].take(paths[j][:, None] + reach)
        gain -= cost
        np.add(paths[j], shift.take(gain.argmax(axis=1)), out=paths[j - 1])
    return paths.T


def longest_run(seen: NDArray[np.bool_]) -> tuple[int, int]:
    """First and last strip of the stretch where lines are seen more often than not, by the largest sum of +1 and -1."""
    best, start, total, best_run = 0.0, 0, 0.0, (0, -1)
    for i, hit in enumerate(seen):
        total += 1.0 if hit else -1.0
        if total <= 0:
            total, start = 0.0, i + 1
        elif total > best:
            best, best_run = total, (start, i)
    return best_run
