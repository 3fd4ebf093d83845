"""What is seen on a plate but is not an analyte band, and how it is told."""

from dataclasses import dataclass
from typing import Final

from .detection import Blob
from .locate import Located
from .model import FeatureKind
from .rf import Run
from .sheet import Sheet

RESIDUE_SHARE: Final = 0.02
"""Nearer to the origin than this share of the run nothing has been chromatographed."""
RIM_SHARE: Final = 0.02
STREAK_SHARE: Final = 0.22
"""A band longer than this share of the run, and long for its width, is smeared material."""
GRAIN_SHARE: Final = 0.009
SMALLEST_SHARE: Final = 0.015
"""Geometric mean of a band's width and height as a share of the plate's height: about 1 mm on 75 mm."""
FLATTEST: Final = 7.0
LANE_SCORE: Final = 12.0
"""Fainter candidates do not make a lane."""
FRONT_RF: Final = 0.97
FRONT_CONTRAST_LAB: Final = 10.0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """``claimed``: an analyte band. Otherwise ``kind`` says what it is; None for what is outside the run."""

    claimed: bool
    kind: FeatureKind | None = None


def judge(sheet: Sheet, band: Located, run: Run | None, lane_width: float) -> Verdict:
    """Whether a fitted band is an analyte's. ``run``: of its lane, None when origin or front is unknown."""
    outside = _outside_run(sheet, band, run)
    if outside is not None:
        return outside
    kind = _by_shape(sheet, band, run, lane_width)
    return Verdict(claimed=kind is None, kind=kind)


def _outside_run(sheet: Sheet, band: Located, run: Run | None) -> Verdict | None:
    """Residue at the origin, the front itself, and what lies beyond them."""
    origin = run.origin_y if run else _line(sheet, band, front=False)
    front = run.front_y if run else _line(sheet, band, front=True)
    length = run.length_px if run else 0.7 * sheet.height
    reach = RESIDUE_SHARE * length
    if origin is not None and abs(band.y - origin) < max(reach, 0.5 * band.height):
        return Verdict(claimed=False, kind=FeatureKind.ORIGIN_RESIDUE)
    if origin is not None and band.y > origin:
        return Verdict(claimed=False)
    if front is not None and band.y < front + 0.25 * band.height:
        return Verdict(claimed=False, kind=FeatureKind.FRONT if band.y > front - reach else None)
    if front is not None and band.y < front + (1 - FRONT_RF) * length and band.contrast < FRONT_CONTRAST_LAB:
        return Verdict(claimed=False, kind=FeatureKind.FRONT)
    return None


def _line(sheet: Sheet, band: Located, *, front: bool) -> float | None:
    line = sheet.landmarks.front if front else sheet.landmarks.origin
    return None if line is None else line.at(band.x)


def _by_shape(sheet: Sheet, band: Located, run: Run | None, lane_width: float) -> FeatureKind | None:
    rim = RIM_SHARE * sheet.height
    if min(band.x, sheet.width - 1 - band.x, band.y, sheet.height - 1 - band.y) < rim:
        return FeatureKind.EDGE
    if band.width > max(2.2 * lane_width, 0.12 * sheet.width) and band.width > 3 * band.height:
        return FeatureKind.FRONT
    length = run.length_px if run else 0.7 * sheet.height
    if band.height > STREAK_SHARE * length and band.height > 1.8 * band.width:
        return FeatureKind.STREAK
    if (band.width * band.height) ** 0.5 < SMALLEST_SHARE * sheet.height:
        return FeatureKind.DUST
    grain = GRAIN_SHARE * sheet.height
    if band.width < grain and band.height < grain:
        return FeatureKind.DUST
    if band.width < grain and band.height > 3 * band.width:
        return FeatureKind.SCRATCH
    return None


def for_lanes(sheet: Sheet, blobs: list[Blob]) -> list[Blob]:
    """Candidates that may tell where lanes are: inside the run or on the origin, narrower than half the plate."""
    contrast = sheet.contrast
    rim = RIM_SHARE * contrast.usable.shape[0]
    width, height = contrast.usable.shape[1], contrast.usable.shape[0]
    kept = []
    for blob in blobs:
        small = (blob.width * 2.35 * blob.sigma) ** 0.5 < SMALLEST_SHARE * height or blob.score < LANE_SCORE
        if small or blob.width > 0.45 * width or not (rim < blob.x < width - rim and rim < blob.y < height - rim):
            continue
        x, y = contrast.to_frame(blob.x), contrast.to_frame(blob.y)
        origin, front = sheet.landmarks.origin, sheet.landmarks.front
        below = origin is not None and y > origin.at(x) + 0.02 * sheet.height
        above = front is not None and y < front.at(x)
        if not below and not above:
            kept.append(blob)
    return kept
