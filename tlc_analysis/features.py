"""What is seen on a plate but is not an analyte band, and how it is told."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .locate import Located
from .model import FeatureKind
from .rf import Run, run_at
from .sheet import Sheet

RESIDUE_SHARE: Final = 0.02
"""Nearer to the origin than this share of the run nothing has been chromatographed."""
RIM_SHARE: Final = 0.02
STREAK_SHARE: Final = 0.22
"""A band longer than this share of the run, and long for its width, is smeared material."""
PEDESTAL_SHARE: Final = 0.25
"""A band lower than this share of the smear it stands on is a wrinkle of the smear."""
SMALLEST_SHARE: Final = 0.015
"""Geometric mean of a band's width and height as a share of the plate's height: about 1 mm on 75 mm."""
NARROWEST_SHARE: Final = 0.02
RESIDUE_HEIGHT_SHARE: Final = 0.013
"""What is flatter than this share of the height, on the origin, is the drawn line."""
FLAT_SHARE: Final = 0.011
"""What is flatter than this share of the height, on a plate whose bands are round, is a scratch."""
SPRAYED: Final = 3.0
SAME_LENGTH: Final = 0.2
"""An applicator sprays bands of one length: what has it to within this share is a band however thin it has stayed."""
LOPSIDED: Final = 7.0
"""No band tails so much to one side; the end of a smear does."""
FRONT_RF: Final = 0.97
FRONT_CONTRAST_LAB: Final = 10.0
WRITTEN_SHARE: Final = 0.15
LETTER_SHARE: Final = 0.03
MIRROR_SHARE: Final = 0.045
"""Of the height: marks on the origin reach no farther than this from it."""
MIRRORED: Final = 0.5
"""Of its contrast, from which a thing's image below the origin is taken for its other half."""
LETTER_PITCH: Final = 3.0
"""Letters of a word stand no farther apart than so many of their widths."""
ALONE: Final = 2.8
ALONE_SCORE: Final = 30.0
NARROW_SHARE: Final = 0.03
UNDIMINISHED: Final = 0.5
END_SHARE: Final = 0.015
"""A smear is followed to this share of the height above the origin, whose line hides the rest."""
SURE: Final = 15.0
ABOVE_SHARE: Final = 0.08
"""What stands in this uppermost share of the height may be writing."""
SMEAR: Final = 2.0
WIDEST: Final = 3.5
"""A band so many times wider than the typical one runs across lanes: it is a line of the solvent's."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """A fitted band: ``claimed`` as an analyte's, else what ``kind`` it is (None outside the run)."""

    band: Located
    claimed: bool
    kind: FeatureKind | None = None


@dataclass(frozen=True, kw_only=True)
class Usual:
    """What the bands of a plate are like: medians over its more prominent half, frame px."""

    width: float
    height: float
    aspect: float


def _usual(bands: list[Located]) -> Usual:
    prominent = sorted(bands, key=lambda band: -band.score)[: max(3, len(bands) // 2)]
    if not prominent:
        return Usual(width=0.0, height=0.0, aspect=1.0)
    return Usual(
        width=float(np.median([band.width for band in prominent])),
        height=float(np.median([band.height for band in prominent])),
        aspect=float(np.median([band.width / band.height for band in prominent])),
    )


def judge(sheet: Sheet, bands: list[Located]) -> list[Judged]:
    """Which fitted bands are analytes', in the order given."""
    outside = [_outside_run(sheet, band, bands) for band in bands]
    inside = [band for band, out in zip(bands, outside, strict=True) if out is None]
    judged = [
        out or _inside_run(sheet, band, _usual([other for other in inside if other is not band]))
        for band, out in zip(bands, outside, strict=True)
    ]
    claimed = [item.band for item in judged if item.claimed]
    return [
        Judged(band=item.band, claimed=False, kind=FeatureKind.STREAK)
        if item.claimed and any(_is_smear_of(item.band, other) for other in claimed)
        else item
        for item in judged
    ]


def contradicts_front(sheet: Sheet, judged: list[Judged]) -> bool:
    """Whether bands stand above the front: then it is not the front, since nothing runs ahead of the solvent."""
    front = sheet.landmarks.front
    if front is None:
        return False
    usual = _usual([item.band for item in judged if item.claimed])
    above = [
        item.band
        for item in judged
        if item.band.y < front.at(item.band.x) - item.band.height
        and item.band.y > ABOVE_SHARE * sheet.height
        and item.band.score > SURE
        and _by_place(sheet, item.band, usual) is None
        and _by_shape(sheet, item.band, sheet.height, usual) is None
    ]
    above = [band for band in above if not _is_letter(sheet, band, above)]
    return len(above) >= 2 and len(above) > 0.25 * sum(item.claimed for item in judged)


def _is_letter(sheet: Sheet, band: Located, others: list[Located]) -> bool:
    """Whether a small thing stands in a row with others, close as letters do: a title above the front."""
    small = (band.width * band.height) ** 0.5 < LETTER_SHARE * sheet.height and band.width < 2 * band.height
    return small and any(
        abs(band.y - other.y) < 0.6 * band.height
        and abs(band.x - other.x) < LETTER_PITCH * (band.width + other.width) / 2
        for other in others
        if other is not band
    )


def _is_smear_of(band: Located, other: Located) -> bool:
    """Whether ``band`` is but the faint broad smear in which ``other`` stands."""
    beside = abs(band.x - other.x) < 0.5 * max(band.width, other.width)
    under = abs(band.y - other.y) < 0.75 * band.height
    return beside and under and band.height > SMEAR * other.height and band.contrast < other.contrast / SMEAR


def _run(sheet: Sheet, band: Located) -> Run | None:
    return run_at(sheet.landmarks.origin, sheet.landmarks.front, x_origin=band.x, x_front=band.x)


def _inside_run(sheet: Sheet, band: Located, usual: Usual) -> Judged:
    run = _run(sheet, band)
    length = run.length_px if run else 0.7 * sheet.height
    kind = _by_place(sheet, band, usual) or _by_shape(sheet, band, length, usual)
    return Judged(band=band, claimed=kind is None, kind=kind)


def _outside_run(sheet: Sheet, band: Located, bands: list[Located]) -> Judged | None:
    """Residue at the origin, the front itself, and what lies beyond them."""
    run = _run(sheet, band)
    origin, front = sheet.landmarks.origin, sheet.landmarks.front
    reach = RESIDUE_SHARE * (run.length_px if run else 0.7 * sheet.height)
    if origin is not None:
        below = band.y - origin.at(band.x)
        if abs(below) < max(reach, 0.5 * band.height) or _is_mirrored(sheet, band, origin.at(band.x)):
            return Judged(band=band, claimed=False, kind=FeatureKind.ORIGIN_RESIDUE)
        if not _is_followed(sheet, band, bands) and _reaches(sheet, band, origin.at(band.x)):
            near = -below < 4 * band.height and band.height < 0.1 * sheet.height
            return Judged(band=band, claimed=False, kind=FeatureKind.ORIGIN_RESIDUE if near else FeatureKind.STREAK)
        if below > 0:
            return Judged(band=band, claimed=False)
    if front is not None:
        under = band.y - front.at(band.x)
        faint = band.contrast < FRONT_CONTRAST_LAB
        margin = max((1 - FRONT_RF) / RESIDUE_SHARE * reach, 0.6 * band.height)
        if under < 0.25 * band.height or (under < margin and faint):
            return Judged(band=band, claimed=False, kind=FeatureKind.FRONT if under > -reach else None)
    return None


def _is_mirrored(sheet: Sheet, band: Located, y: float) -> bool:
    """Whether what stands close above row ``y`` of the origin stands below it as well: a cross drawn on it.

    A sample leaves nothing below the place where it was applied.
    """
    if not 0 < y - band.y < MIRROR_SHARE * sheet.height:
        return False
    contrast = sheet.contrast
    half = max(1, round(contrast.from_frame(0.25 * band.height)))
    column = round(contrast.from_frame(band.x))
    columns = slice(max(0, column - 1), column + 2)
    unit = band.heights / max(float(np.linalg.norm(band.heights)), 1e-6)

    def seen(row_y: float) -> float:
        row = round(contrast.from_frame(row_y))
        part = contrast.difference[max(0, row - half) : row + half + 1, columns]
        return float((part @ unit).mean()) if part.size else 0.0

    return seen(2 * y - band.y) > MIRRORED * max(seen(band.y), 1e-6)


def _is_followed(sheet: Sheet, band: Located, bands: list[Located]) -> bool:
    """Whether another band stands close to this narrow one on the origin's side."""
    return band.height < NARROW_SHARE * sheet.height and any(
        abs(other.x - band.x) < 0.5 * band.width and band.y < other.y < band.y + 4 * band.height for other in bands
    )


def _reaches(sheet: Sheet, band: Located, y: float) -> bool:
    """Whether the contrast of a band goes on undiminished as far as row ``y``: it is the end of what lies there."""
    y -= END_SHARE * sheet.height
    if y <= band.y:
        return False
    contrast = sheet.contrast
    rows = slice(int(max(contrast.from_frame(band.y), 0)), int(max(contrast.from_frame(y), 0)) + 1)
    column = int(np.clip(round(contrast.from_frame(band.x)), 1, contrast.usable.shape[1] - 2))
    along = contrast.difference[rows, column - 1 : column + 2].mean(axis=1) @ band.heights
    return bool(len(along) > 1 and along[0] > 0 and along.min() > UNDIMINISHED * along[0])


def _by_place(sheet: Sheet, band: Located, usual: Usual) -> FeatureKind | None:
    """Artefacts of the rim, and lines that run across lanes."""
    rim = RIM_SHARE * sheet.height
    if min(band.x, sheet.width - 1 - band.x, band.y, sheet.height - 1 - band.y) < rim:
        return FeatureKind.EDGE
    if _may_be_writing(sheet, band):
        return FeatureKind.HANDWRITING
    across = band.width > max(WIDEST * usual.width, 0.25 * sheet.width) or band.width > 0.45 * sheet.width
    return FeatureKind.FRONT if across and band.width > 3 * band.height else None


def _may_be_writing(sheet: Sheet, band: Located) -> bool:
    """Whether a small thing lies at an end of the plate where, no line being known, letters are likelier than bands."""
    at_top = sheet.landmarks.front is None and band.y < WRITTEN_SHARE * sheet.height
    at_bottom = sheet.landmarks.origin is None and band.y > (1 - WRITTEN_SHARE) * sheet.height
    small = (band.width * band.height) ** 0.5 < LETTER_SHARE * sheet.height and band.width < 4 * band.height
    return (at_top or at_bottom) and small


def _is_thin(sheet: Sheet, band: Located, usual: Usual) -> bool:
    """Whether a flat thing is too flat for the company it keeps, or keeps none."""
    if usual.width == 0:
        return band.width > (ALONE if band.score < ALONE_SCORE else 2 * ALONE) * band.height
    if usual.aspect > SPRAYED and abs(np.log(band.width / usual.width)) < SAME_LENGTH:
        return False
    return band.height < FLAT_SHARE * sheet.height and band.width > max(3.0, 2.5 * usual.aspect) * band.height


def _by_shape(sheet: Sheet, band: Located, run_px: float, usual: Usual) -> FeatureKind | None:
    """Smears, grains and scratches."""
    if band.height > STREAK_SHARE * run_px and band.height > 1.8 * band.width:
        return FeatureKind.STREAK
    if band.contrast < PEDESTAL_SHARE * band.pedestal:
        return FeatureKind.STREAK
    if _is_thin(sheet, band, usual):
        return FeatureKind.SCRATCH
    if not 1 / LOPSIDED < band.asymmetry < LOPSIDED:
        return FeatureKind.STREAK
    if band.width < NARROWEST_SHARE * sheet.height and band.height > 2.5 * band.width:
        return FeatureKind.SCRATCH
    small = (band.width * band.height) ** 0.5 < SMALLEST_SHARE * sheet.height
    return FeatureKind.DUST if small else None


def marks_lane(sheet: Sheet, item: Judged) -> bool:
    """Whether a band or an origin residue tells where a lane is; remains of the drawn origin do not."""
    if item.claimed:
        return True
    band = item.band
    round_enough = band.height > RESIDUE_HEIGHT_SHARE * sheet.height and band.width < 0.25 * sheet.width
    return item.kind is FeatureKind.ORIGIN_RESIDUE and round_enough and band.contrast > 4 and band.score > 8
