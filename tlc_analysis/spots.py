"""From fitted bands of a lane to the spots and features that a reading reports."""

from collections.abc import Callable
from typing import Final

from .colour import spot_colour
from .features import Judged
from .lanes import LanePath
from .locate import Located
from .model import Feature, FeatureKind, Flag, Lab, Point, Spot
from .rf import Run, geometry_share, is_askew, rf_of, rf_uncertainty, run_at
from .sheet import Sheet
from .streaks import streak_in

SATURATED_SHARE: Final = 0.01
TAILING_RF: Final = 0.02
NEAR_ORIGIN_RF: Final = 0.05
NEAR_FRONT_RF: Final = 0.95
FAINT_CONTRAST_LAB: Final = 3.0
EDGE_SHARE: Final = 0.04
TWIN_SHARE: Final = 0.33
"""Of the larger band's height: nearer apexes in one lane are one band's."""


def lane_run(sheet: Sheet, path: LanePath) -> Run | None:
    """The way of a lane, in frame pixels, from its own origin to its own front."""
    x_origin, x_front = lane_ends(sheet, path)
    return run_at(sheet.landmarks.origin, sheet.landmarks.front, x_origin=x_origin, x_front=x_front)


def lane_ends(sheet: Sheet, path: LanePath) -> tuple[float, float]:
    """Frame columns where a lane meets the origin and the front, or the plate's ends where those are unknown."""
    origin, front = sheet.landmarks.origin, sheet.landmarks.front
    y_origin = origin.at(path.x) if origin else path.y
    y_front = front.at(path.x) if front else 0.1 * sheet.height
    return path.at(y_origin), path.at(y_front)


def lane_contents(sheet: Sheet, path: LanePath, judged: list[Judged]) -> tuple[tuple[Spot, ...], tuple[Feature, ...]]:
    """Spots of a lane from the origin upwards, and what else was seen in it."""
    claimed = without_twins([item.band for item in judged if item.claimed])
    spots = [spot_of(sheet, band, path) for band in claimed]
    features = [
        Feature(kind=item.kind, centre_px=sheet.to_picture(item.band.x, item.band.y))
        for item in judged
        if item.kind is not None
    ]
    features += stroke_features(sheet, lambda x, y: abs(x - path.at(y)) <= path.half_width)
    streak = streak_in(sheet, path, judged)
    if streak is not None and not any(feature.kind is FeatureKind.STREAK for feature in features):
        features.append(streak)
    return tuple(sorted(spots, key=lambda spot: spot.rf if spot.rf is not None else -spot.centre_px[1])), tuple(
        features
    )


def without_twins(bands: list[Located]) -> list[Located]:
    """One band at one place of a lane: of several whose apexes lie within a third of a band's height, the largest.

    What ran in one lane to one Rf is one spot, whatever shape it has; a blob that is wide and ragged fits as two.
    """
    kept: list[Located] = []
    for band in sorted(bands, key=lambda one: -abs(one.volume)):
        if all(abs(band.y - other.y) > TWIN_SHARE * max(band.height, other.height) for other in kept):
            kept.append(band)
    return kept


def stroke_features(sheet: Sheet, where: Callable[[float, float], bool]) -> tuple[Feature, ...]:
    """Drawn things whose centre (x, y), in frame pixels, is ``where`` asked."""
    to_frame = sheet.contrast.to_frame
    centres = [(s.kind, to_frame(s.centre[0]), to_frame(s.centre[1])) for s in sheet.contrast.strokes]
    return tuple(Feature(kind=kind, centre_px=sheet.to_picture(x, y)) for kind, x, y in centres if where(x, y))


def spot_of(sheet: Sheet, band: Located, path: LanePath) -> Spot:
    """A fitted band as the reading reports it."""
    run = lane_run(sheet, path)
    rf = rf_of(band.y, run) if run else None
    centroid = rf_of(band.centroid_y, run) if run else None
    return Spot(
        rf=rf,
        rf_u=rf_uncertainty(band.y, band.apex_u, run, geometry=_geometry(sheet)) if run else None,
        migration_px=_migration(sheet, band, path),
        centre_px=sheet.to_picture(band.x, band.y),
        snr=band.snr,
        asymmetry=band.asymmetry,
        volume=band.volume / sheet.area_unit_px2,
        colour_lab=_colour(sheet, band),
        flags=_flags(sheet, band, rf, centroid),
        rf_centroid=centroid,
        width_px=_length(sheet, (band.x - band.width / 2, band.y), (band.x + band.width / 2, band.y)),
        height_px=_length(sheet, (band.x, band.y - band.height / 2), (band.x, band.y + band.height / 2)),
    )


def _geometry(sheet: Sheet) -> float:
    flags, lines = sheet.frame.flags, sheet.landmarks
    return geometry_share(
        sheet.frame.to_picture, sheet.width, sheet.height, cut=Flag.PLATE_CUT in flags,
        askew=Flag.WHOLE_PICTURE in flags and is_askew(lines.origin, lines.front),
    )  # fmt: skip


def _length(sheet: Sheet, one: Point, other: Point) -> float:
    """Distance between two frame points, in picture pixels."""
    (x0, y0), (x1, y1) = sheet.to_picture(*one), sheet.to_picture(*other)
    return float(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5)


def _migration(sheet: Sheet, band: Located, path: LanePath) -> float | None:
    if sheet.landmarks.origin is None:
        return None
    x = lane_ends(sheet, path)[0]
    return _length(sheet, (x, sheet.landmarks.origin.at(x)), (band.x, band.y))


def _colour(sheet: Sheet, band: Located) -> Lab:
    core, layer = sheet.core_light(band.x, band.y, 0.2 * band.width, 0.2 * band.height)
    return spot_colour(core, layer)


def _flags(sheet: Sheet, band: Located, rf: float | None, centroid: float | None) -> tuple[Flag, ...]:
    edge = EDGE_SHARE * sheet.height
    margin = min(band.x - band.width / 2, sheet.width - 1 - band.x - band.width / 2)
    clipped = sheet.clipped_share(band.x, band.y, 0.5 * band.width, 0.5 * band.height)
    told = {
        Flag.SATURATED: clipped > SATURATED_SHARE,
        Flag.TAILING: rf is not None and centroid is not None and abs(rf - centroid) > TAILING_RF,
        Flag.OVERLAPPING: band.overlapping,
        Flag.NEAR_ORIGIN: rf is not None and rf < NEAR_ORIGIN_RF,
        Flag.NEAR_FRONT: rf is not None and rf > NEAR_FRONT_RF,
        Flag.EDGE: margin < edge,
        Flag.FAINT: band.contrast < FAINT_CONTRAST_LAB or band.snr < 10,
        Flag.FLUORESCENT: band.heights[0] > 0 and sheet.illumination != "visible",
    }
    return tuple(flag for flag, holds in told.items() if holds)
