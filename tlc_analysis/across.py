"""Spots of neighbouring lanes that touch, and were seen as one.

Overloaded spots that ran equally far merge across lanes without a dip between them. What reaches over two lanes that
other bands, residues or marks show is cut between them, and each part is fitted in its own lane.
"""

import itertools
from dataclasses import replace
from typing import Final

import numpy as np

from .detection import Blob
from .features import Judged
from .lanes import LanePath
from .locate import Located, locate
from .sheet import Sheet

WIDER: Final = 1.8
"""Than the typical band, to be two in one."""
REACHES: Final = 0.42
"""Of the width: a lane nearer than this to the middle lies under the band."""
LEAST: Final = 0.5
"""Of the whole's contrast: a part has at least this much."""


def lies_across(item: Judged, judged: list[Judged]) -> bool:
    """Whether a claimed band is so wide, and others line up at both its sides, that it may be two."""
    band = item.band
    others = [j.band for j in judged if j is not item and not _inside(j.band, band)]
    if not item.claimed or len(others) < 3 or band.width < WIDER * float(np.median([b.width for b in others])):
        return False
    under = [b.x - band.x for b in others if abs(b.x - band.x) < REACHES * band.width]
    return bool(under) and max(under) - min(under) > 0.35 * band.width


def cut_between(
    sheet: Sheet, wide: list[Judged], judged: list[Judged], blobs: list[Blob], paths: tuple[LanePath, ...]
) -> list[Judged]:
    """``judged`` with each of ``wide`` replaced by its parts, where it has them."""
    result = list(judged)
    for item in wide:
        band = item.band
        under = [path for path in paths if abs(path.at(band.y) - band.x) < REACHES * band.width]
        parts = _parts(sheet, band, min(blobs, key=lambda b: _away(sheet, b, band)), under)
        if len(under) < 2 or len(parts) < len(under):
            continue
        result = [other for other in result if other is not item and not (_inside(other.band, band))]
        result += [Judged(band=part, claimed=True) for part in parts]
    return result


def _inside(band: Located, wide: Located) -> bool:
    """Whether a band lies within a wider one, and is no band of its own."""
    beside = abs(band.x - wide.x) < 0.5 * wide.width
    return beside and band.width < wide.width and abs(band.y - wide.y) < 0.5 * wide.height


def _away(sheet: Sheet, blob: Blob, band: Located) -> float:
    return abs(sheet.contrast.to_frame(blob.x) - band.x) + abs(sheet.contrast.to_frame(blob.y) - band.y)


def _parts(sheet: Sheet, band: Located, blob: Blob, under: list[LanePath]) -> list[Located]:
    """The band fitted in every lane under it, at the middle of what it has there."""
    at = sorted(path.at(band.y) for path in under)
    edges = [band.x - band.width / 2, *[(a + b) / 2 for a, b in itertools.pairwise(at)], band.x + band.width / 2]
    parts = []
    for left, right in itertools.pairwise(edges):
        if right - left < 0.1 * band.width:
            return []
        own = replace(
            blob, left=_reduced(sheet, left), right=_reduced(sheet, right), x=_reduced(sheet, (left + right) / 2)
        )
        parts += [part for part in locate(sheet, [own]) if part.contrast > LEAST * band.contrast][:1]
    return parts


def _reduced(sheet: Sheet, x: float) -> float:
    return float(sheet.contrast.from_frame(x))
