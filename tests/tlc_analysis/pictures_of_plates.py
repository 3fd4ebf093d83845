"""Photographs of plates drawn by a few lines of arithmetic: a rectangle on a ground, seen through a homography."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tlc_analysis.frames import Picture
from tlc_analysis.model import Illumination

Floats = NDArray[np.float64]
HEIGHT = 800
LAYER: dict[Illumination, tuple[int, int, int]] = {
    "visible": (225, 222, 212),
    "uv254": (70, 200, 60),
    "uv366": (32, 26, 92),
}


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A plate's picture, (H, W, 3) in 0..1, with its lines as y over x in its own pixels."""

    pixels: NDArray[np.float32]
    origin: Floats
    front: Floats


def drawn_plate(
    *,
    illumination: Illumination = "visible",
    width: int = 400,
    front: str = "line",
    dome: float = 0.0,
    ticks_at: tuple[float, ...] = (0.2, 0.5, 0.8),
    spots: bool = True,
    seed: int = 1,
) -> Drawn:
    """A plate of 800 rows: origin at 700, front at 80 in the middle and ``dome`` rows lower at the sides.

    ``front``: "line", "ticks", "wet" (the layer is 12 % darker below it) or "none".
    """
    rng = np.random.default_rng(seed)
    pixels = np.full((HEIGHT, width, 3), np.array(LAYER[illumination]) / 255, dtype=np.float32)
    across = np.arange(width) / (width - 1) * 2 - 1
    origin_y, front_y = 700 + 4 * across, 80 - 2 * across + dome * across**2
    rows = np.arange(HEIGHT)[:, None]
    if front == "wet":
        pixels *= (1 - 0.12 / (1 + np.exp(-np.clip((rows - front_y) / 1.5, -40, 40))))[..., None].astype(np.float32)
    if spots:
        for i, at in enumerate(ticks_at):
            y, x = 250 + 110 * i, at * width
            blob = np.exp(-0.5 * (((np.arange(width) - x) / 12) ** 2 + ((rows - y) / 10) ** 2))[..., None]
            pixels = (pixels + 0.5 * blob if illumination == "uv366" else pixels * (1 - 0.5 * blob)).astype(np.float32)
    _stroke(pixels, np.arange(8, width - 8), origin_y[8:-8])
    if front == "line":
        _stroke(pixels, np.arange(8, width - 8), front_y[8:-8])
    if front == "ticks":
        for part in (slice(6, 30), slice(width - 30, width - 6)):
            _stroke(pixels, np.arange(width)[part], front_y[part])
    for at in ticks_at:
        x = at * width
        _stroke(pixels, np.array([x, x]), np.interp(x, np.arange(width), origin_y) + np.array([-12.0, 12.0]))
    pixels *= (1 + 0.01 * rng.standard_normal((HEIGHT, width, 1))).astype(np.float32)
    return Drawn(pixels=pixels, origin=origin_y, front=front_y)


def _stroke(pixels: NDArray[np.float32], x: Floats | NDArray[np.int_], y: Floats) -> None:
    """A pencil line three pixels wide, anti-aliased: half the light is lost."""
    mask = np.zeros((pixels.shape[0] * 4, pixels.shape[1] * 4), np.uint8)
    points = np.column_stack([(np.asarray(x) + 0.5) * 4 - 0.5, (y + 0.5) * 4 - 0.5])
    cv2.polylines(mask, [np.rint(points * 16).astype(np.int32).reshape(-1, 1, 2)], False, (255,), 12, cv2.LINE_8, 4)
    cover = cv2.resize(mask, pixels.shape[1::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    pixels *= 1 - 0.5 * cover[..., None]


def placed(
    plates: list[tuple[Drawn, Floats]],
    *,
    illumination: Illumination = "visible",
    size: tuple[int, int] = (1000, 900),
    ground: tuple[int, int, int] = (60, 50, 45),
    seed: int = 2,
) -> Picture:
    """The plates on a ground, each with its (4, 2) corners: top-left, top-right, bottom-right, bottom-left."""
    rng = np.random.default_rng(seed)
    scene = np.ones((*size, 3), np.float32) * np.array(ground, np.float32) / 255
    for plate, corners in plates:
        matrix = homography(plate, corners)
        light = cv2.warpPerspective(plate.pixels, matrix, size[::-1], borderMode=cv2.BORDER_REPLICATE)
        cover = cv2.warpPerspective(np.ones(plate.pixels.shape[:2], np.float32), matrix, size[::-1])[..., None]
        scene = scene * (1 - cover) + light * cover
    scene = scene + rng.normal(0, 0.006, scene.shape)
    return picture_of(scene, illumination)


def picture_of(scene: NDArray[np.floating], illumination: Illumination = "visible") -> Picture:
    """A picture from values in 0..1."""
    pixels = (np.clip(scene, 0, 1) * 255 + 0.5).astype(np.uint8)
    return Picture(pixels=pixels, full_scale=255, sha256="", illumination=illumination, illumination_inferred=False)


def homography(plate: Drawn, corners: Floats) -> Floats:
    """Plate pixels to picture pixels."""
    height, width = plate.pixels.shape[:2]
    rim = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])
    return np.asarray(cv2.getPerspectiveTransform(rim.astype(np.float32), corners.astype(np.float32)), np.float64)


def through(matrix: Floats, points: Floats) -> Floats:
    """(N, 2) points through a homography."""
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:], np.float64)
