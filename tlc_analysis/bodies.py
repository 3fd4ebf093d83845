"""Candidates that are parts of one body: the rims of an overloaded spot, the halves of a plateau."""

from dataclasses import replace
from typing import Final

import numpy as np

from .contrast import Contrast
from .detection import Blob

ROUND: Final = 1.35
"""A body no longer than this many times its width is one spot; two that overlap are longer together."""
VALLEY: Final = 0.75
"""Two candidates are two bands if the contrast between them falls below this share of the lesser."""
SAME_COLOUR: Final = 0.6
"""Cosine between the contrasts of two parts of one body, at least."""
HALF: Final = 1.18  # half width at half height of a Gaussian, in standard deviations


def join_bodies(contrast: Contrast, blobs: list[Blob]) -> list[Blob]:
    """The candidates with parts of one body made one. Order is not kept."""
    result = sorted(blobs, key=lambda blob: blob.y)
    i = 0
    while i < len(result):
        partner = next((k for k in range(i + 1, len(result)) if _one_body(contrast, result[i], result[k])), None)
        if partner is None:
            i += 1
            continue
        joined = _joined(contrast, result[i], result[partner])
        result = sorted([b for k, b in enumerate(result) if k not in (i, partner)] + [joined], key=lambda b: b.y)
        i = 0
    return result


def _one_body(contrast: Contrast, upper: Blob, lower: Blob) -> bool:
    width = max(upper.width, lower.width)
    length = lower.y + HALF * lower.sigma - (upper.y - HALF * upper.sigma)
    beside = abs(upper.x - lower.x) < 0.35 * width
    if not beside or length > ROUND * width or min(upper.width, lower.width) < 0.5 * width:
        return False
    cosine = float(upper.amplitude @ lower.amplitude) / max(upper.contrast * lower.contrast, 1e-9)
    return cosine > SAME_COLOUR and _filled(contrast, upper, lower)


def _filled(contrast: Contrast, upper: Blob, lower: Blob) -> bool:
    """Whether the contrast does not fall between two candidates."""
    height, width = contrast.usable.shape
    rows = np.clip(np.arange(round(upper.y), round(lower.y) + 1), 0, height - 1)
    column = int(np.clip(round((upper.x + lower.x) / 2), 1, width - 2))
    along = contrast.difference[rows, column - 1 : column + 2].mean(axis=1)
    mean = (upper.amplitude + lower.amplitude) / 2
    seen = along @ (mean / max(float(np.linalg.norm(mean)), 1e-9))
    return bool(seen.min() > VALLEY * min(upper.contrast, lower.contrast))


def _joined(contrast: Contrast, upper: Blob, lower: Blob) -> Blob:
    top, bottom = upper.y - HALF * upper.sigma, lower.y + HALF * lower.sigma
    left, right = min(upper.left, lower.left), max(upper.right, lower.right)
    y, x = (top + bottom) / 2, (left + right) / 2
    height, width = contrast.usable.shape
    row, column = int(np.clip(round(y), 0, height - 1)), int(np.clip(round(x), 0, width - 1))
    stronger = max(upper, lower, key=lambda blob: blob.score)
    return replace(
        stronger,
        x=x,
        y=y,
        sigma=(bottom - top) / (2 * HALF),
        left=left,
        right=right,
        amplitude=contrast.difference[row, column].astype(np.float64),
    )
