"""Perspective out: four corners in the picture to one upright rectangle (:class:`~tlc_analysis.frames.PlateFrame`)."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .frames import Picture, PlateFrame
from .model import Flag

FRAME_HEIGHT_PX = 1200  # a pencil line is still 2 px wide here; more rows only repeat the noise
FRAME_AREA_PX = 1_700_000  # wide HPTLC plates get fewer rows instead of a slower reading
_FINEST = 0.6  # pixels decoded for a row of the frame, at least
_FOCAL_SHARE = 0.75  # focal length / longer side of the picture, a phone's main camera (26 mm on 36 x 24 mm)

Quad = NDArray[np.float64]  # (4, 2): top-left, top-right, bottom-right, bottom-left, picture pixels


def rectify(
    picture: Picture,
    quad: Quad,
    *,
    confidence: float,
    flags: tuple[Flag, ...] = (),
    plate_mm: tuple[float, float] | None = None,
) -> PlateFrame:
    """The plate inside ``quad``, whose first side is the end where the front is.

    ``plate_mm``: width and height of the plate, when known. Corners are the outer edges of the frame's corner
    pixels: the top-left corner lies at (-0.5, -0.5) of the frame.
    """
    width, height = frame_size((picture.width, picture.height), quad, plate_mm)
    to_picture = homography(width, height, quad)
    warped, valid = _warp(picture.pixels, _into_blocks(picture.block) @ to_picture, width, height)
    return PlateFrame(
        srgb=np.multiply(warped, 1.0 / picture.full_scale, dtype=np.float32),
        valid=valid,
        clipped=_clipped(warped, picture.full_scale),
        to_picture=to_picture,
        confidence=confidence,
        flags=flags,
        px_per_mm=None if plate_mm is None else height / plate_mm[1],
    )


def to_picture_points(to_picture: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 2) frame points to picture points; with the inverse matrix, the other way round."""
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ to_picture.T
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:], dtype=np.float64)


def inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The homography the other way round."""
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def side_lengths(quad: Quad) -> tuple[float, float]:
    """Mean width and mean height of a quadrilateral, as seen."""
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    return float(sides[0] + sides[2]) / 2, float(sides[1] + sides[3]) / 2


def frame_size(picture_size: tuple[int, int], quad: Quad, plate_mm: tuple[float, float] | None) -> tuple[int, int]:
    """Columns and rows of the frame for ``quad`` in a picture of this width and height."""
    seen_width, seen_height = side_lengths(quad)
    ratio = true_aspect(quad, picture_size[::-1]) if plate_mm is None else plate_mm[0] / plate_mm[1]
    # The better resolved direction sets the scale: the other one is stretched, not thrown away.
    height = max(seen_height, seen_width / ratio)
    height *= min(1.0, FRAME_HEIGHT_PX / height, float(np.sqrt(FRAME_AREA_PX / (height * height * ratio))))
    return max(8, round(height * ratio)), max(8, round(height))


def true_aspect(quad: Quad, picture_shape: tuple[int, ...]) -> float:
    """Width over height of the rectangle behind ``quad``.

    Zhang & He, "Whiteboard scanning and image enhancement", Digital Signal Processing 17 (2007) 414, with the
    focal length of a phone, since a single near-frontal view cannot give it. Held within a quarter of the
    sides' own ratio, because a cropped picture has lost its optical centre.
    """
    width, height = side_lengths(quad)
    seen = width / height
    centre = np.array([picture_shape[1] - 1, picture_shape[0] - 1]) / 2
    focal = _FOCAL_SHARE * max(picture_shape[0], picture_shape[1])
    rays = np.column_stack([(quad - centre) / focal, np.ones(4)])
    tl, tr, br, bl = rays[0], rays[1], rays[2], rays[3]
    denominator_2 = np.dot(np.cross(tr, br), bl)
    denominator_3 = np.dot(np.cross(bl, br), tr)
    if abs(denominator_2) < 1e-12 or abs(denominator_3) < 1e-12:
        return seen
    k2 = np.dot(np.cross(tl, br), bl) / denominator_2
    k3 = np.dot(np.cross(tl, br), tr) / denominator_3
    across, along = float(np.linalg.norm(k2 * tr - tl)), float(np.linalg.norm(k3 * bl - tl))
    return float(np.clip(across / max(along, 1e-12), 0.75 * seen, 1.33 * seen))


def sharp_enough(picture: Picture, quads: list[Quad]) -> Picture:
    """``picture``, or all of its pixels where a plate is too small to be read on blocks of them."""
    if picture.block == 1:
        return picture
    for quad in quads:
        width, height = frame_size((picture.width, picture.height), quad, None)
        seen_width, seen_height = side_lengths(quad)
        if max(seen_width / width, seen_height / height) < _FINEST * picture.block:
            return picture.whole()
    return picture


def _into_blocks(block: int) -> NDArray[np.float64]:
    """From pixels of the whole picture to those of one that is decoded in blocks."""
    centre = (block - 1) / 2
    return np.array([[1 / block, 0, -centre / block], [0, 1 / block, -centre / block], [0, 0, 1.0]])


def homography(width: int, height: int, quad: Quad) -> NDArray[np.float64]:
    """(3, 3) from pixels of a frame of this size to those of the picture."""
    right, bottom = width - 0.5, height - 0.5
    frame = np.array([[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]], dtype=np.float32)
    return np.asarray(cv2.getPerspectiveTransform(frame, quad.astype(np.float32)), dtype=np.float64)


def _warp(
    pixels: NDArray[np.uint8] | NDArray[np.uint16], to_picture: NDArray[np.float64], width: int, height: int
) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], NDArray[np.bool_]]:
    """Resample: means over whole blocks first where the frame is coarser than the picture, then bilinear."""
    rim = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])
    seen = to_picture_points(to_picture, rim)
    seen_width, seen_height = side_lengths(seen)
    block = max(1, round(min(seen_width / width, seen_height / height)))
    x0, y0, x1, y1 = _bounds(seen, pixels.shape, block)
    part = pixels[y0:y1, x0:x1]
    if block > 1:
        part = cv2.resize(part, ((x1 - x0) // block, (y1 - y0) // block), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]  # same dtype
    offset = (block - 1) / 2  # centre of the first block
    into_part = np.array([[1 / block, 0, -(x0 + offset) / block], [0, 1 / block, -(y0 + offset) / block], [0, 0, 1]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    matrix = into_part @ to_picture
    warped = cv2.warpPerspective(part, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return warped, _valid(to_picture, pixels.shape, width, height, seen)  # type: ignore[return-value]  # same dtype


def _bounds(seen: NDArray[np.float64], shape: tuple[int, ...], block: int) -> tuple[int, int, int, int]:
    x0, y0 = (int(v) for v in np.maximum(np.floor(seen.min(axis=0)) - 2 * block, 0))
    x1 = int(min(shape[1], np.ceil(seen[:, 0].max()) + 2 * block))
    y1 = int(min(shape[0], np.ceil(seen[:, 1].max()) + 2 * block))
    x0, y0 = min(x0, shape[1] - block), min(y0, shape[0] - block)
    return x0, y0, x0 + max(block, (x1 - x0) // block * block), y0 + max(block, (y1 - y0) // block * block)


def _valid(
    to_picture: NDArray[np.float64], shape: tuple[int, ...], width: int, height: int, seen: NDArray[np.float64]
) -> NDArray[np.bool_]:
    inside = (seen >= -0.51).all() and (seen <= np.array([shape[1], shape[0]]) - 0.49).all()
    if inside:
        return np.ones((height, width), dtype=np.bool_)
    rim = np.array([[-0.5, -0.5], [shape[1] - 0.5, -0.5], [shape[1] - 0.5, shape[0] - 0.5], [-0.5, shape[0] - 0.5]])
    polygon = to_picture_points(inverse(to_picture), rim)
    mask = np.zeros((height, width), dtype=np.uint8)
    cv2.fillConvexPoly(mask, np.rint(polygon).astype(np.int32).reshape(-1, 1, 2), 1)
    return mask.astype(np.bool_)


def _clipped(warped: NDArray[np.uint8] | NDArray[np.uint16], full_scale: int) -> NDArray[np.bool_]:
    top = full_scale - full_scale / 255  # a block mean that reaches this was white almost throughout
    burnt = cv2.inRange(warped, (-1.0, -1.0, -1.0, -1.0), (top - 1, top - 1, top - 1, top - 1)) == 0
    black = cv2.inRange(warped, (0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)) > 0
    return np.asarray(burnt | black, dtype=np.bool_)
