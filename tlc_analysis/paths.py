"""The best paths across a map of scores, by dynamic programming."""

import numpy as np
from numpy.typing import NDArray

_BEND_COST = 0.25  # per row that a path moves from strip to strip

Array = NDArray[np.float32]


def best_paths(score: Array, *, steepest: int, count: int, apart: int) -> list[NDArray[np.intp]]:
    """Up to ``count`` paths from left to right with the largest sums of ``score`` (H, n), nowhere the same line."""
    total, steps = _accumulate(score, steepest)
    peaks = np.flatnonzero((total > 0) & (total >= np.roll(total, 1)) & (total >= np.roll(total, -1)))
    paths: list[NDArray[np.intp]] = []
    for end in peaks[np.argsort(total[peaks])[::-1]][:80]:
        if len(paths) == count:
            break
        path = _trace(steps, int(end))
        if all(np.mean(np.abs(path - other) < apart) < 0.3 for other in paths):
            paths.append(path)
    return paths


def _accumulate(score: Array, steepest: int) -> tuple[Array, NDArray[np.int8]]:
    height, n = score.shape
    steps = np.zeros((n, height), dtype=np.int8)
    total = score[:, 0].copy()
    columns = np.ascontiguousarray(score.T)
    for j in range(1, n):
        padded = np.pad(total, steepest, constant_values=-1e9)
        best = padded[steepest : steepest + height].copy()
        for k in range(-steepest, steepest + 1):
            if k == 0:
                continue
            moved = padded[steepest + k : steepest + k + height] - np.float32(_BEND_COST * abs(k))
            better = moved > best
            best[better] = moved[better]
            steps[j][better] = k
        total = best + columns[j]
    return total, steps


def _trace(steps: NDArray[np.int8], end: int) -> NDArray[np.intp]:
    n = len(steps)
    path = np.empty(n, dtype=np.intp)
    path[-1] = end
    for j in range(n - 1, 0, -1):
        path[j - 1] = path[j] + steps[j][path[j]]
    return np.clip(path, 0, steps.shape[1] - 1)


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
