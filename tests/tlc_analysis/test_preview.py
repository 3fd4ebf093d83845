"""A preview shows the picture as displayed, small, and nothing else of it."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from tlc_analysis.errors import UnreadableImageError
from tlc_analysis.preview import preview


def test_a_large_picture_is_made_small_and_keeps_its_shape() -> None:
    _, encoded = cv2.imencode(".png", np.full((1000, 2000, 3), 200, np.uint8))
    assert Image.open(io.BytesIO(preview(encoded.tobytes(), max_side_px=400))).size == (400, 200)


def test_sixteen_bits_keep_their_brightness() -> None:
    _, encoded = cv2.imencode(".png", np.full((40, 40, 3), 200 * 257, np.uint16))
    shown = np.asarray(Image.open(io.BytesIO(preview(encoded.tobytes()))))
    assert abs(float(shown.mean()) - 200) < 2


def test_a_turned_picture_is_upright_and_its_metadata_stay_behind() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # shown after a quarter turn
    exif[0x010F] = "a camera that says who owns it"
    buffer = io.BytesIO()
    Image.new("RGB", (80, 40), "white").save(buffer, "JPEG", exif=exif)
    shown = preview(buffer.getvalue())
    assert Image.open(io.BytesIO(shown)).size == (40, 80)
    assert b"a camera" not in shown


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(UnreadableImageError):
        preview(b"no picture")
