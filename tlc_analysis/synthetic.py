"""Synthetic plates: what a chemist photographs, with exact truth.

``render(random_spec("phone", "uv254", seed=7), seed=7)`` is one picture; the same arguments give the same
bytes. ``synthetic_spec`` describes, ``synthetic_random`` invents, ``synthetic_layer`` draws the plate,
``synthetic_camera`` photographs it and ``synthetic_truth`` says what is true of the picture.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .synthetic_camera import Matrix, photograph, plate_to_picture
from .synthetic_layer import Layer, draw_plate
from .synthetic_random import blank_spec, no_plate_spec, random_spec
from .synthetic_spec import (
    ILLUMINATIONS,
    TIERS,
    CameraSpec,
    LaneSpec,
    PictureSpec,
    Placement,
    PlateSpec,
    SpotSpec,
    Tier,
    Writing,
)
from .synthetic_truth import Json, truth_of

__all__ = [
    "ILLUMINATIONS",
    "TIERS",
    "CameraSpec",
    "LaneSpec",
    "PictureSpec",
    "Placement",
    "PlateSpec",
    "SpotSpec",
    "SyntheticPlate",
    "Tier",
    "Writing",
    "blank_spec",
    "no_plate_spec",
    "random_spec",
    "render",
]

LAYER_PX = 16_000_000  # a plate is drawn on at most so many pixels, whatever the camera's resolution


@dataclass(frozen=True, kw_only=True, eq=False)
class SyntheticPlate:
    """A picture file, the pixels that went into it ((H, W, 3) uint8 RGB) and its ``plate-truth/1``."""

    image: bytes
    suffix: str  # ".png" or ".jpg"
    pixels: NDArray[np.uint8]
    truth: Json


def render(spec: PictureSpec, *, seed: int) -> SyntheticPlate:
    """Draws the picture. Everything that is left to chance comes from ``seed``."""
    rng = np.random.default_rng(seed)
    layers = [_drawn(spec, placement, rng) for placement in spec.plates]
    pixels = photograph(layers, spec, rng)
    image, suffix = _file(pixels, spec.camera.jpeg_quality)
    return SyntheticPlate(image=image, suffix=suffix, pixels=pixels, truth=truth_of(layers, spec, seed=seed))


def _drawn(spec: PictureSpec, placement: Placement, rng: np.random.Generator) -> tuple[Layer, Matrix]:
    plate = placement.plate
    finest = float(np.sqrt(LAYER_PX / (plate.width_mm * plate.height_mm)))
    scale = min(1.4 * spec.camera.px_per_mm, finest)
    layer = draw_plate(plate, illumination=spec.illumination, scale=scale, rng=rng)
    return layer, plate_to_picture(placement, spec.camera)


def _file(pixels: NDArray[np.uint8], jpeg_quality: int | None) -> tuple[bytes, str]:
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    if jpeg_quality is None:
        return cv2.imencode(".png", bgr)[1].tobytes(), ".png"
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality])[1].tobytes(), ".jpg"
