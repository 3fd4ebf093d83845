"""Regions of a picture that might be plates, as quadrilaterals: several ways of cutting it up, none of them trusted.

Brightness alone fails on paper behind a plate, colour alone on a white plate on a white table. Every cut gives
candidates; what is a plate is decided by their edges (``quads``).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .frames import Picture

WORK_PX = 640  # longer side of the copy on which plates are looked for; 1.5 % of a plate is 3 to 9 pixels of it
_COARSER = 2  # regions are cut at half the working size; their sides are refined later
_SMALLEST = 0.012  # of the picture
_FILL = 0.86  # of a quadrilateral that its region must fill
_SAMPLE = 3000
_OPPONENT = np.array([[1 / 3, 1 / 3, 1 / 3], [1, -1, 0], [-0.5, -0.5, 1]], dtype=np.float32)

Array = NDArray[np.float32]
Quad = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class WorkingCopy:
    """The picture reduced by whole blocks, each ``block`` pixels of the whole picture wide.

    ``planes``: (h, w, 3) float32: brightness, red-green, blue-yellow, relative to the picture's white.
    """

    planes: Array
    block: int

    def to_picture(self, points: Quad) -> Quad:
        """Working coordinates to picture pixels."""
        return points * self.block + (self.block - 1) / 2


def working_copy(picture: Picture) -> WorkingCopy:
    """Reduce, scale to the picture's own white, and set brightness apart from colour."""
    pixels = picture.pixels
    height, width = pixels.shape[:2]
    block = max(1, round(max(height, width) / WORK_PX))
    size = (width // block, height // block)
    whole = pixels[: size[1] * block, : size[0] * block]
    small = whole if block == 1 else cv2.resize(whole, size, interpolation=cv2.INTER_AREA)
    rgb = np.multiply(small, 1.0 / picture.full_scale, dtype=np.float32)
    # A picture under 366 nm may hold nothing brighter than a tenth of full scale.
    white = max(float(np.percentile(rgb[::4, ::4].max(axis=2), 99.5)), 0.08)
    planes = cv2.GaussianBlur(cv2.transform(rgb, _OPPONENT / np.float32(white)), (3, 3), 0)
    return WorkingCopy(planes=np.asarray(planes, dtype=np.float32), block=block * picture.block)


def candidate_quads(copy: WorkingCopy) -> list[Quad]:
    """Quadrilaterals (4, 2) in working coordinates, one for each different region found."""
    height, width = copy.planes.shape[:2]
    size = (width // _COARSER, height // _COARSER)
    coarse = np.asarray(cv2.resize(copy.planes, size, interpolation=cv2.INTER_AREA), np.float32)
    quads: list[Quad] = []
    for mask in _masks(coarse):
        for quad in _quads_of(mask):
            if all(_far(quad, other) for other in quads):
                quads.append(quad)
    # Contours run through the centres of a region's outermost pixels: half a pixel is missing all round.
    return [_grown(quad, 0.5) * _COARSER + (_COARSER - 1) / 2 for quad in quads]


def _grown(quad: Quad, by: float) -> Quad:
    outward = quad - quad.mean(axis=0)
    return np.asarray(quad + by * outward / np.maximum(np.abs(outward), 1e-9), dtype=np.float64)


def _far(quad: Quad, other: Quad) -> bool:
    size = np.sqrt(cv2.contourArea(other.astype(np.float32)))
    return bool(np.max(np.linalg.norm(quad - other, axis=1)) > 0.02 * size)


def _masks(planes: Array) -> list[NDArray[np.uint8]]:
    masks: list[NDArray[np.uint8]] = []
    levels = [_to_bytes(planes[..., i]) for i in range(3)]
    for level in levels:
        if level is not None:
            masks.extend(_thresholded(level))
    if levels[0] is not None:
        masks.extend(_three_levels(levels[0]))
        masks.append(_enclosed(levels[0]))
    masks.extend(_clustered(planes))
    return masks


def _to_bytes(plane: Array) -> NDArray[np.uint8] | None:
    low, high = np.percentile(plane[::3, ::3], (0.5, 99.5))
    if high - low < 0.04:
        return None
    scaled = np.clip((plane - np.float32(low)) * np.float32(255 / (high - low)), 0, 255)
    return np.asarray(scaled, dtype=np.uint8)


def _thresholded(level: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    _, bright = cv2.threshold(level, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    mask = np.asarray(bright, dtype=np.uint8)
    return [mask, 255 - mask]


def _three_levels(level: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Otsu's criterion with two thresholds: lamp-lit table, paper and plate are three levels."""
    counts = np.bincount(level.ravel(), minlength=256).reshape(64, 4).sum(axis=1).astype(np.float64)
    weight = np.concatenate([[0.0], np.cumsum(counts)])
    moment = np.concatenate([[0.0], np.cumsum(counts * np.arange(64))])
    low, high = np.triu_indices(63, k=1)
    low, high = low + 1, high + 1

    def between(start: NDArray[np.intp] | int, stop: NDArray[np.intp] | int) -> NDArray[np.float64]:
        total = weight[stop] - weight[start]
        return np.asarray((moment[stop] - moment[start]) ** 2 / np.maximum(total, 1e-9), dtype=np.float64)

    best = int(np.argmax(between(0, low) + between(low, high) + between(high, 64)))
    first, second = int(low[best]) * 4, int(high[best]) * 4
    bright = level >= second
    middle = (level >= first) & ~bright
    return [np.where(mask, 255, 0).astype(np.uint8) for mask in (bright, middle, level >= first)]


def _clustered(planes: Array) -> list[NDArray[np.uint8]]:
    """k-means on brightness and colour, colour counted double: a plate differs from paper mostly in tint."""
    scaled = planes * np.array([1.0, 2.0, 2.0], dtype=np.float32)
    step = max(1, int(np.sqrt(planes.shape[0] * planes.shape[1] / _SAMPLE)))
    sample = np.ascontiguousarray(scaled[::step, ::step].reshape(-1, 3))
    cv2.setRNGSeed(1)  # the same picture must give the same plates
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 12, 0.005)
    _, _, centres = cv2.kmeans(sample, 4, np.empty((0, 0), np.int32), criteria, 1, cv2.KMEANS_PP_CENTERS)
    # |x - c|^2 less |x|^2, which is the same for all centres, is linear in x.
    linear = np.array([[*(-2.0 * c), float(c @ c)] for c in np.asarray(centres, dtype=np.float32)], dtype=np.float32)
    distances = cv2.split(cv2.transform(scaled, linear))
    nearest = cv2.min(cv2.min(distances[0], distances[1]), cv2.min(distances[2], distances[3]))
    return [np.asarray(cv2.compare(distance, nearest, cv2.CMP_LE), dtype=np.uint8) for distance in distances]


def _enclosed(level: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What strong edges close in: the picture less its edges."""
    across = cv2.convertScaleAbs(cv2.Sobel(level, cv2.CV_16S, 1, 0))
    along = cv2.convertScaleAbs(cv2.Sobel(level, cv2.CV_16S, 0, 1))
    edge = np.asarray(cv2.max(across, along), dtype=np.uint8)
    strong = max(30.0, 4.0 * float(np.median(edge[::3, ::3])))
    _, mask = cv2.threshold(edge, strong, 255, cv2.THRESH_BINARY_INV)
    return np.asarray(cv2.erode(mask, np.ones((2, 2), np.uint8)), dtype=np.uint8)


def _quads_of(mask: NDArray[np.uint8]) -> list[Quad]:
    smallest = _SMALLEST * mask.size
    found: list[Quad] = []
    for shape in _opened_and_closed(mask):
        contours, _ = cv2.findContours(shape, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        for contour in contours:
            outline = np.asarray(contour, dtype=np.int32).reshape(-1, 2)
            if len(outline) >= 4 and cv2.contourArea(outline) > smallest:
                quad = hull_quad(outline)
                if quad is not None:
                    found.append(quad)
    return found


def _opened_and_closed(mask: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
    """Opening cuts bridges to a neighbour, closing heals what spots and lines have cut."""
    kernel = np.ones((3, 3), np.uint8)
    framed = cv2.copyMakeBorder(mask, 8, 8, 8, 8, cv2.BORDER_CONSTANT, value=(0.0,))
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel)
    closed = cv2.morphologyEx(framed, cv2.MORPH_CLOSE, kernel)[8:-8, 8:-8]
    return np.asarray(opened, np.uint8), np.ascontiguousarray(closed, np.uint8)


def hull_quad(outline: NDArray[np.int32]) -> Quad | None:
    """The four-sided hull of an outline, or None when it is no quadrilateral. Corners may lie outside the picture."""
    hull = np.asarray(cv2.convexHull(outline)).reshape(-1, 1, 2)
    if len(hull) < 4 or cv2.contourArea(outline) < 0.72 * cv2.contourArea(hull):
        return None
    quad = np.asarray(cv2.approxPolyN(hull.astype(np.float32), 4), dtype=np.float64).reshape(-1, 2)
    if len(quad) != 4 or cv2.contourArea(hull) < _FILL * cv2.contourArea(quad.astype(np.float32)):
        return None
    return clockwise(quad)


def clockwise(quad: Quad) -> Quad:
    """Corners in the order top-left, top-right, bottom-right, bottom-left of the picture as seen."""
    centre = quad.mean(axis=0)
    angle = np.arctan2(quad[:, 1] - centre[1], quad[:, 0] - centre[0])
    ordered = quad[np.argsort(angle)]
    middles = (ordered + np.roll(ordered, -1, axis=0)) / 2
    # The side whose middle is highest above the centre comes first.
    return np.asarray(np.roll(ordered, -int(np.argmin(middles[:, 1])), axis=0), dtype=np.float64)
