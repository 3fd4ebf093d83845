"""The whole way from the bytes of a picture to Rf values, step by step."""

from dataclasses import replace

import numpy as np

from .across import cut_between, lies_across
from .bodies import join_bodies
from .contrast import FINE_HEIGHT_PX, Contrast, measure_contrast
from .decode import decode
from .densitogram import densitogram
from .detection import Blob, find_blobs, shows_narrow_bands
from .features import Judged, contradicts_front, judge, marks_lane
from .frames import Landmarks, Line, Picture, PlateFrame
from .handmade import apply_hints
from .hard_edges import are_hard_edged
from .labels import label_columns
from .landmarks import find_landmarks
from .lanes import Evidence, LanePath, LaneSet, find_lanes, lanes_at
from .locate import locate
from .model import (
    Feature,
    Flag,
    Hints,
    Illumination,
    ImageInfo,
    Lane,
    Plate,
    PlateHints,
    PlateReading,
    Polyline,
)
from .plates import find_plates
from .printed import PRINTED_CONFIDENCE, is_called_a_plate, is_printed
from .progress import Progress, Step, untold
from .quality import picture_flags, plate_flags
from .sheet import Sheet
from .spots import lane_contents, lane_ends, lane_run, stroke_features
from .streaks import streak_evidence
from .version import method


def analyse(
    image: bytes,
    *,
    illumination: Illumination | None = None,
    hints: Hints | None = None,
    progress: Progress = untold,
) -> PlateReading:
    """Measure the plates on a picture, as far as Rf.

    ``image``: a JPEG, PNG, TIFF, WebP or HEIC file. ``illumination``: inferred from the picture when not given.
    ``hints``: what a person or the plate layout says; each replaces its automatic step.
    ``progress``: told of each step as it begins. Raises :class:`UnreadableImageError` and :class:`InvalidHintsError`.
    """
    progress(Step.DECODE)
    picture = decode(image, illumination=illumination, reduced=True)
    progress(Step.PLATE)
    frames = find_plates(picture, hints=hints)
    given = hints.plates if hints else ()
    plates = tuple(
        read_plate(frame, picture.illumination, given[i] if i < len(given) else None, progress)
        for i, frame in enumerate(frames)
    )  # fmt: skip
    return PlateReading(
        image=_info(picture), plates=plates, flags=picture_flags(picture, frames, plates), method=method()
    )


def read_plate(
    frame: PlateFrame, illumination: Illumination, hints: PlateHints | None = None, progress: Progress = untold
) -> Plate:
    """Everything on one rectified plate, its origin and front included."""
    progress(Step.LINES)
    landmarks = find_landmarks(frame, illumination=illumination, hints=hints)
    return read_sheet(frame, landmarks, illumination, hints, progress)


def read_sheet(
    frame: PlateFrame,
    landmarks: Landmarks,
    illumination: Illumination,
    hints: PlateHints | None = None,
    progress: Progress = untold,
) -> Plate:
    """Lanes, spots and features of a plate whose origin and front are known, or known to be unknown."""
    progress(Step.BANDS)
    contrast, blobs = candidates(frame, landmarks)
    sheet = Sheet(frame=frame, landmarks=landmarks, contrast=contrast, illumination=illumination)
    printed = is_printed(sheet)
    blobs = [] if printed else blobs
    bands = locate(sheet, blobs)
    judged = judge(sheet, bands)
    if Flag.FRONT_FROM_HINT not in landmarks.flags and contradicts_front(sheet, judged):
        landmarks = replace(landmarks, front=None)
        sheet = replace(sheet, landmarks=landmarks)
        judged = judge(sheet, bands)
    if not is_called_a_plate(sheet) and are_hard_edged(sheet, [item.band for item in judged if item.claimed]):
        printed, blobs, judged = True, [], []
    progress(Step.LANES)
    wide = [item for item in judged if lies_across(item, judged)]
    lanes = _lanes(sheet, [item for item in judged if item not in wide], hints)
    judged = cut_between(sheet, wide, judged, blobs, lanes.paths)
    per_lane = _assign(lanes.paths, judged)
    read = tuple(_read_lane(sheet, i + 1, path, per_lane[i]) for i, path in enumerate(lanes.paths))
    if hints is not None and hints.spots:
        read = apply_hints(sheet, lanes.paths, read, hints.spots)
    return Plate(
        corners_px=_corners(sheet),
        confidence=min(frame.confidence, PRINTED_CONFIDENCE) if printed else frame.confidence,
        origin_px=_polyline(sheet, landmarks.origin),
        front_px=_polyline(sheet, landmarks.front),
        lanes=read,
        flags=plate_flags(sheet, lanes, read, from_hint=bool(hints and hints.lane_x_px)),
        origin_u_px=None if landmarks.origin is None else landmarks.origin.u_px,
        front_u_px=None if landmarks.front is None else landmarks.front.u_px,
        features=_outside_lanes(sheet, lanes.paths),
    )


def candidates(frame: PlateFrame, landmarks: Landmarks) -> tuple[Contrast, list[Blob]]:
    """The plate's contrast and what stands out in it, in more detail where the bands are narrow."""
    contrast = measure_contrast(frame, landmarks)
    blobs = find_blobs(contrast)
    if contrast.scale < 1 and shows_narrow_bands(blobs):
        contrast = measure_contrast(frame, landmarks, rows=FINE_HEIGHT_PX)
        blobs = find_blobs(contrast)
    return contrast, join_bodies(contrast, blobs)


def _lanes(sheet: Sheet, judged: list[Judged], hints: PlateHints | None) -> LaneSet:
    origin = sheet.landmarks.origin
    origin_y = origin.at(sheet.width / 2) if origin else 0.92 * sheet.height
    seen = [
        Evidence(x=j.band.x, y=j.band.y, width=j.band.width, weight=min(j.band.score, 40.0))
        for j in judged
        if marks_lane(sheet, j)
    ]
    smears = streak_evidence(sheet)
    seen += [smear for smear in smears if all(abs(smear.x - e.x) > 0.5 * (smear.width + e.width) for e in seen)]
    if hints is not None and hints.lane_x_px:
        columns = tuple(_hinted_columns(sheet, hints))
        return lanes_at(columns, seen, origin_y=origin_y, width=sheet.width)
    return find_lanes(
        seen,
        marks=sheet.landmarks.mark_x,
        origin_y=origin_y,
        width=sheet.width,
        labels=label_columns(sheet, judged),
        lane_count=hints.lane_count if hints else None,
    )


def _hinted_columns(sheet: Sheet, hints: PlateHints) -> list[float]:
    """Frame columns of the lanes that a person set by their x at the origin, in picture pixels."""
    origin = sheet.landmarks.origin
    columns = np.linspace(0, sheet.width - 1, 64)
    rows = [origin.at(float(c)) if origin else 0.92 * sheet.height for c in columns]
    seen = np.array([sheet.to_picture(float(c), r) for c, r in zip(columns, rows, strict=True)])
    if np.ptp(seen[:, 0]) < 0.2 * np.ptp(seen[:, 1]):  # a plate on its side: x says nothing along the origin
        return []
    order = np.argsort(seen[:, 0])
    return [float(np.interp(x, seen[order, 0], columns[order])) for x in hints.lane_x_px or ()]


def _assign(paths: tuple[LanePath, ...], judged: list[Judged]) -> list[list[Judged]]:
    """Each band to the lane whose centre line it lies on."""
    lanes: list[list[Judged]] = [[] for _ in paths]
    for item in judged:
        away = [abs(item.band.x - path.at(item.band.y)) for path in paths]
        nearest = int(np.argmin(away)) if away else 0
        if paths and away[nearest] <= paths[nearest].half_width:
            lanes[nearest].append(item)
    return lanes


def _read_lane(sheet: Sheet, index: int, path: LanePath, judged: list[Judged]) -> Lane:
    spots, features = lane_contents(sheet, path, judged)
    run = lane_run(sheet, path)
    x_origin, x_front = lane_ends(sheet, path)
    origin, front = sheet.landmarks.origin, sheet.landmarks.front
    y_origin = origin.at(x_origin) if origin else path.y
    return Lane(
        index=index,
        x_px=sheet.to_picture(x_origin, y_origin)[0],
        spots=spots,
        features=features,
        origin_px=sheet.to_picture(x_origin, y_origin) if origin else None,
        front_px=sheet.to_picture(x_front, front.at(x_front)) if front else None,
        width_px=2 * path.half_width,
        densitogram=densitogram(sheet, path, run),
    )


def _corners(sheet: Sheet) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]:
    right, bottom = sheet.width - 0.5, sheet.height - 0.5
    return (
        sheet.to_picture(-0.5, -0.5),
        sheet.to_picture(right, -0.5),
        sheet.to_picture(right, bottom),
        sheet.to_picture(-0.5, bottom),
    )


def _polyline(sheet: Sheet, line: Line | None) -> Polyline | None:
    """A line of the frame in picture pixels: its knots inside the plate and its ends at the edges."""
    if line is None:
        return None
    inside = [float(x) for x in line.x if 0 < x < sheet.width - 1]
    step = max(1, len(inside) // 30)
    columns = [0.0, *inside[::step], float(sheet.width - 1)]
    return tuple(sheet.to_picture(x, line.at(x)) for x in columns)


def _outside_lanes(sheet: Sheet, paths: tuple[LanePath, ...]) -> tuple[Feature, ...]:
    """Drawn things that belong to no lane."""
    return stroke_features(sheet, lambda x, y: not any(abs(x - p.at(y)) <= p.half_width for p in paths))


def _info(picture: Picture) -> ImageInfo:
    return ImageInfo(
        sha256=picture.sha256,
        width_px=picture.width,
        height_px=picture.height,
        illumination=picture.illumination,
        illumination_inferred=picture.illumination_inferred,
    )
