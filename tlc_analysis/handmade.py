"""Spots that a person set or struck out: a click replaces the search, the fit stays the same."""

from dataclasses import replace

import numpy as np

from .detection import Blob
from .errors import InvalidHintsError
from .lanes import LanePath
from .locate import Located, locate
from .model import Flag, Lane, Spot, SpotHint
from .sheet import Sheet
from .spots import spot_of


def apply_hints(
    sheet: Sheet, paths: tuple[LanePath, ...], lanes: tuple[Lane, ...], hints: tuple[SpotHint, ...]
) -> tuple[Lane, ...]:
    """The lanes with spots added and removed as told. A click belongs to the nearest lane."""
    result = list(lanes)
    for hint in hints:
        if not paths:
            break
        x, y = sheet.from_picture(hint.centre_px)
        if hint.action == "add" and not (0 <= x < sheet.width and 0 <= y < sheet.height):
            raise InvalidHintsError("A spot in the hints lies outside its plate: click on the band itself.")
        i = int(np.argmin([abs(path.at(y) - x) for path in paths]))
        spots = _without(result[i].spots, hint)
        if hint.action == "add":
            spots = tuple(sorted((*spots, _added(sheet, paths[i], x, y)), key=lambda spot: -spot.centre_px[1]))
        result[i] = replace(result[i], spots=spots)
    return tuple(result)


def _without(spots: tuple[Spot, ...], hint: SpotHint) -> tuple[Spot, ...]:
    """The spots but the one under the click."""

    def under(spot: Spot) -> bool:
        reach = 0.6 * max(spot.width_px or 10.0, spot.height_px or 10.0)
        dx, dy = spot.centre_px[0] - hint.centre_px[0], spot.centre_px[1] - hint.centre_px[1]
        return bool(np.hypot(dx, dy) <= reach)

    hit = [spot for spot in spots if under(spot)]
    if not hit:
        return spots
    nearest = min(
        hit, key=lambda s: (s.centre_px[1] - hint.centre_px[1]) ** 2 + (s.centre_px[0] - hint.centre_px[0]) ** 2
    )
    return tuple(spot for spot in spots if spot is not nearest)


def _added(sheet: Sheet, path: LanePath, x: float, y: float) -> Spot:
    """A band fitted at the click; where the fit runs away from it, the click itself is the apex."""
    band, sigma = fit_at(sheet, path, x, y)
    if abs(band.y - y) > 1.5 * sigma or not np.isfinite(band.apex_u):
        band = replace(band, y=y, apex_u=0.25 * sigma)
    spot = spot_of(sheet, band, path)
    return replace(spot, flags=(*spot.flags, Flag.MANUAL))


def fit_at(sheet: Sheet, path: LanePath, x: float, y: float) -> tuple[Located, float]:
    """The band fitted at a point of the frame, and the half height, in frame pixels, that was looked for."""
    contrast = sheet.contrast
    sigma = max(3.0, 0.012 * contrast.usable.shape[0])
    wx, wy = contrast.from_frame(x), contrast.from_frame(y)
    half = min(path.half_width * contrast.scale, 2.0 * sigma)
    row = int(np.clip(round(wy), 0, contrast.usable.shape[0] - 1))
    column = int(np.clip(round(wx), 0, contrast.usable.shape[1] - 1))
    blob = Blob(
        x=wx, y=wy, sigma=sigma, left=wx - half, right=wx + half, score=0.0,
        amplitude=contrast.difference[row, column].astype(np.float64), whiten=np.eye(3) / 0.2,
    )  # fmt: skip
    found = locate(sheet, [blob])
    return found[0] if found else _pointed_at(blob, x, y, sigma / contrast.scale), sigma / contrast.scale


def _pointed_at(blob: Blob, x: float, y: float, sigma: float) -> Located:
    """A band of which only the place is known: where nothing can be fitted, the person's word stands alone."""
    snr = float(np.linalg.norm(blob.amplitude @ blob.whiten))
    return Located(
        x=x, y=y, apex_u=np.nan, sigma_front=sigma, sigma_origin=sigma, width=2.0 * sigma, exponent=2.0,
        heights=blob.amplitude, pedestal=0.0, snr=snr, score=0.0, volume=0.0, centroid_y=y, overlapping=False,
    )  # fmt: skip
