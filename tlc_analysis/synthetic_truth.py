"""What is true of a synthetic picture, as ``plate-truth/1``.

    {"schema": "plate-truth/1",
     "image": {"width_px", "height_px", "illumination", "tier", "seed"},
     "plates": [{"corners_px": [[x, y] x4: top-left, top-right, bottom-right, bottom-left], "cut": bool,
                 "width_mm", "height_mm",
                 "origin_px": [[x, y], ...], "origin_visible": bool,
                 "front_px": [[x, y], ...], "front_visible": bool, "front_mark",
                 "lanes": [{"index", "x_px", "origin_px": [x, y], "front_px": [x, y], "empty": bool, "marked": bool,
                            "spots": [{"centre_px": [x, y], "rf", "class", "fluorescent", "contrast", "width_px",
                                       "height_px"}],
                            "features": [{"kind", "centre_px"}]}],
                 "features": [{"kind", "centre_px"}]}]}

Pixels follow ``docs/coordinates.md``; plates are in reading order (left to right, then top to bottom).
A lane is ``marked`` when a tick or a label at its origin shows where it is, ``empty`` when it has no spot.
``centre_px`` and ``rf`` are at the band's apex; ``rf`` is the share of the way from the lane's origin to where
the lane meets the front. ``contrast`` is the apex's difference from the bare layer in 8-bit code values of the
channel that shows it best; ``width_px`` and ``height_px`` are full widths at half maximum across and along
the lane. ``class``: ``overlapping`` when a neighbour is nearer than a resolution of 0.75, ``faint`` when the
contrast is under 10 code values or 2.5 times the noise of a pixel or the apex is out of the picture, else ``clear``.
"""

from typing import Any

import numpy as np

from .model import Point
from .synthetic_camera import Matrix, Placed, encode_srgb, noise_at, project
from .synthetic_layer import DrawnFeature, DrawnSpot, Layer, lane_point
from .synthetic_spec import CameraSpec, PictureSpec, SpotSpec

SCHEMA = "plate-truth/1"
CLEAR_CONTRAST = 10.0
CLEAR_NOISE = 2.5
OVERLAP = 1.5  # distance in sums of standard deviations: a resolution of 0.75

Json = dict[str, Any]


def truth_of(layers: list[Placed], spec: PictureSpec, *, seed: int) -> Json:
    """The truth of one picture."""
    camera = spec.camera
    plates = [_plate(layer, matrix, camera) for layer, matrix in layers]
    return {
        "schema": SCHEMA,
        "image": {
            "width_px": camera.width_px,
            "height_px": camera.height_px,
            "illumination": spec.illumination,
            "tier": spec.tier,
            "seed": seed,
        },
        "plates": plates,
    }


def _plate(layer: Layer, matrix: Matrix, camera: CameraSpec) -> Json:
    plate, lines = layer.plate, layer.lines
    corners = [(0.0, 0.0), (plate.width_mm, 0.0), (plate.width_mm, plate.height_mm), (0.0, plate.height_mm)]
    corners_px = [project(matrix, *corner) for corner in corners]
    drawn = plate.front_mark != "none"
    return {
        "corners_px": [list(corner) for corner in corners_px],
        "cut": not all(_inside(corner, camera, slack=1.0) for corner in corners_px),
        "width_mm": plate.width_mm,
        "height_mm": plate.height_mm,
        "origin_px": [list(project(matrix, x, lines.origin(x))) for x in lines.x_mm],
        "origin_visible": plate.origin_mark,
        "front_px": [list(project(matrix, x, lines.front(x))) for x in lines.x_mm],
        "front_visible": drawn,
        "front_mark": plate.front_mark,
        "lanes": [_lane(layer, index, matrix, camera) for index in range(len(plate.lanes))],
        "features": [_feature(f, matrix) for f in layer.features if f.lane is None],
    }


def _lane(layer: Layer, index: int, matrix: Matrix, camera: CameraSpec) -> Json:
    lane = layer.plate.lanes[index]
    foot, head = (project(matrix, *lane_point(layer.lines, lane, rf)) for rf in (0.0, 1.0))
    own = [spot for spot in layer.spots if spot.lane == index]
    return {
        "index": index + 1,
        "x_px": foot[0],
        "origin_px": list(foot),
        "front_px": list(head),
        "empty": not own,
        "marked": layer.plate.ticks or bool(lane.label),
        "spots": [_spot(layer, spot, matrix, camera) for spot in own],
        "features": [_feature(f, matrix) for f in layer.features if f.lane == index],
    }


def _spot(layer: Layer, spot: DrawnSpot, matrix: Matrix, camera: CameraSpec) -> Json:
    centre = project(matrix, spot.x_mm, spot.y_mm)
    contrast, snr = _contrast(layer, spot, camera)
    right = project(matrix, spot.x_mm + 1, spot.y_mm)
    wide = 2 * (2 * np.log(2)) ** (1 / spot.spec.flatness)  # where the profile has fallen to a half
    down = project(matrix, spot.x_mm, spot.y_mm + 1)
    return {
        "centre_px": list(centre),
        "rf": spot.spec.rf,
        "class": _class(layer, spot, contrast, snr, visible=_inside(centre, camera)),
        "fluorescent": spot.spec.fluorescent,
        "contrast": contrast,
        "width_px": (wide * spot.spec.sigma_x_mm + spot.spec.band_mm) * float(np.hypot(*np.subtract(right, centre))),
        "height_px": wide * spot.spec.sigma_y_mm * float(np.hypot(*np.subtract(down, centre))),
    }


def _contrast(layer: Layer, spot: DrawnSpot, camera: CameraSpec) -> tuple[float, float]:
    gain = np.asarray(camera.cast) * camera.exposure
    with_it, without = (light * gain for light in layer.contrast(spot))
    change = 255 * np.abs(encode_srgb(with_it) - encode_srgb(without))
    spread = 255 * (encode_srgb(without + noise_at(without, camera)) - encode_srgb(without))
    return float(change.max()), float((change / np.maximum(spread, 0.3)).max())


def _class(layer: Layer, spot: DrawnSpot, contrast: float, snr: float, *, visible: bool) -> str:
    if any(_overlap(spot, other) for other in layer.spots if other is not spot):
        return "overlapping"
    return "clear" if visible and contrast >= CLEAR_CONTRAST and snr >= CLEAR_NOISE else "faint"


def _overlap(one: DrawnSpot, other: DrawnSpot) -> bool:
    def reach(spec: SpotSpec) -> tuple[float, float]:
        return spec.sigma_x_mm + spec.band_mm / 3, spec.sigma_y_mm + spec.tail_mm / 2

    (x1, y1), (x2, y2) = reach(one.spec), reach(other.spec)
    apart = np.hypot((one.x_mm - other.x_mm) / (x1 + x2), (one.y_mm - other.y_mm) / (y1 + y2))
    return bool(apart < OVERLAP)


def _inside(point: Point, camera: CameraSpec, slack: float = 0.0) -> bool:
    x, y = point
    return -0.5 - slack <= x <= camera.width_px - 0.5 + slack and -0.5 - slack <= y <= camera.height_px - 0.5 + slack


def _feature(feature: DrawnFeature, matrix: Matrix) -> Json:
    return {"kind": str(feature.kind), "centre_px": list(project(matrix, feature.x_mm, feature.y_mm))}
