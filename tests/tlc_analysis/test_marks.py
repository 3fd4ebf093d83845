"""What is drawn on an origin is no band, however large it was drawn."""

import cv2
import numpy as np
import pytest
from pictures_of_plates import drawn_plate, picture_of

from tlc_analysis.analyse import read_plate
from tlc_analysis.rectify import rectify

WIDTH, HEIGHT = 400, 800


def plate_with_crosses(arm: int) -> tuple[np.ndarray, tuple[int, ...]]:
    """A plate of three lanes, a cross of strokes ``arm`` pixels long on the origin of each, and a spot above it."""
    plate = drawn_plate(ticks_at=(), spots=False)
    pixels, columns = plate.pixels.copy(), (80, 200, 320)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for x in columns:
        y = round(float(plate.origin[x]))
        cv2.line(mask, (x - arm, y - arm), (x + arm, y + arm), (255,), 5, cv2.LINE_AA)
        cv2.line(mask, (x - arm, y + arm), (x + arm, y - arm), (255,), 5, cv2.LINE_AA)
        away = ((np.arange(WIDTH)[None, :] - x) / 12) ** 2 + ((np.arange(HEIGHT)[:, None] - 400) / 9) ** 2
        pixels *= (1 - 0.4 * np.exp(-0.5 * away))[..., None].astype(np.float32)
    pixels *= 1 - 0.3 * (cv2.GaussianBlur(mask, (0, 0), 1.2) / 255.0)[..., None].astype(np.float32)
    return pixels, columns


@pytest.mark.parametrize("arm", [8, 14, 20, 26])
def test_crosses_on_the_origin_are_no_bands(arm: int) -> None:
    pixels, columns = plate_with_crosses(arm)
    rim = np.array([[-0.5, -0.5], [WIDTH - 0.5, -0.5], [WIDTH - 0.5, HEIGHT - 0.5], [-0.5, HEIGHT - 0.5]])
    plate = read_plate(rectify(picture_of(pixels), rim, confidence=1.0), "visible")
    spots = [spot for lane in plate.lanes for spot in lane.spots]
    assert sorted(round(spot.centre_px[0]) for spot in spots) == pytest.approx(columns, abs=3)
    assert all(spot.centre_px[1] == pytest.approx(400, abs=2) for spot in spots)
