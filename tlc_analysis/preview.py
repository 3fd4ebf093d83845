"""A small copy of a picture for the eye: upright, 8 bits, JPEG. Never measured on, and holding no metadata."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .decode import decode

MAX_SIDE_PX = 1600
_QUALITY = 85


def preview(image: bytes, *, max_side_px: int = MAX_SIDE_PX) -> bytes:
    """A JPEG of ``image`` as displayed, its longer side at most ``max_side_px``.

    16-bit pictures are cut to their high 8 bits. Raises :class:`UnreadableImageError`.
    """
    picture = decode(image, illumination="visible")  # which light it was does not matter here
    pixels: NDArray[Any] = picture.pixels if picture.full_scale == 255 else (picture.pixels >> 8).astype(np.uint8)
    scale = max_side_px / max(pixels.shape[:2])
    if scale < 1:
        size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return encoded.tobytes()
