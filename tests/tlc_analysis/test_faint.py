"""Lines on dark, noisy layers: found where a strip alone says nothing, and nothing made of noise, words or spots."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pictures_of_plates import drawn_plate, picture_of

from tlc_analysis.faint import find_faint, is_noisy
from tlc_analysis.landmarks import find_landmarks
from tlc_analysis.rectify import rectify
from tlc_analysis.strips import Strips, cut_strips

HEIGHT, WIDTH = 500, 480
NOISE = 0.9  # of the layer, a pixel: a strip's is a third of it

Floats = NDArray[np.float64]


def dark_plate(lines: list[tuple[Floats, float]], seed: int = 1, noise: float = NOISE) -> Strips:
    """Strips of a dark layer on which something four rows wide was drawn: rows over columns, and its depth."""
    layer = np.array([0.10, 0.08, 0.25], np.float32)
    drawn = np.ones((HEIGHT, WIDTH), np.float32)
    rows = np.arange(HEIGHT)[:, None]
    for y, depth in lines:
        drawn *= (1 - depth * np.exp(-0.5 * ((rows - y[None, :]) / 1.7) ** 2)).astype(np.float32)
    rough = np.random.default_rng(seed).standard_normal((HEIGHT, WIDTH, 3)) * noise * 0.1
    pixels = layer * drawn[..., None] + cv2.GaussianBlur(rough, (0, 0), 0.8)
    return cut_strips(pixels.astype(np.float32), np.ones((HEIGHT, WIDTH), np.bool_))


def nowhere(_y: float) -> bool:
    return False


@pytest.mark.parametrize("bow", [0.0, 12.0])
def test_a_line_that_no_strip_shows_is_found_where_it_is(bow: float) -> None:
    across = np.linspace(-1, 1, WIDTH)
    truth = 60 + 4 * across + bow * across**2
    strips = dark_plate([(truth, 0.35)])
    assert is_noisy(strips)
    (found,) = find_faint(strips, taken=nowhere)
    at = np.interp(strips.x, np.arange(WIDTH), truth)
    assert float(np.abs(found.curve.y - at).mean()) < 1.2
    assert found.dark


@pytest.mark.parametrize("seed", range(4))
def test_noise_alone_makes_no_faint_line(seed: int) -> None:
    assert find_faint(dark_plate([], seed), taken=nowhere) == []


def test_a_row_of_words_is_no_faint_line() -> None:
    columns = np.arange(WIDTH)
    words = ((columns % 96) < 24).astype(np.float64)
    y = np.full(WIDTH, 440.0)
    pixels = [(np.where(words > 0, y + shift, -99.0), 0.5) for shift in (-6.0, 0.0, 6.0)]
    assert find_faint(dark_plate(pixels), taken=nowhere) == []


def test_where_a_line_is_known_none_is_looked_for() -> None:
    strips = dark_plate([(np.full(WIDTH, 60.0), 0.35)])
    assert find_faint(strips, taken=lambda y: y < 100) == []


def test_a_bright_layer_is_not_searched_for_faint_lines() -> None:
    plate = drawn_plate()
    assert not is_noisy(cut_strips(plate.pixels, np.ones(plate.pixels.shape[:2], np.bool_)))


def test_the_channel_with_the_least_noise_counts_most() -> None:
    quiet = dark_plate([], noise=0.3)
    blue = float(np.std(quiet.rgb[..., 2]))
    assert float(np.std(quiet.signal)) < blue


def test_what_glows_on_the_origin_does_not_hide_its_line() -> None:
    plate = drawn_plate(illumination="uv366")
    light = plate.pixels**2.2
    for at in (0.13, 0.36, 0.64, 0.87):
        x, y = at * 400, float(np.interp(at * 400, np.arange(400), plate.origin))
        away = ((np.arange(400)[None, :] - x) / 8) ** 2 + ((np.arange(800)[:, None] - y) / 8) ** 2
        light += (0.4 * np.exp(-0.5 * away))[..., None].astype(np.float32)
    rim = np.array([[-0.5, -0.5], [399.5, -0.5], [399.5, 799.5], [-0.5, 799.5]])
    frame = rectify(picture_of(light ** (1 / 2.2), "uv366"), rim, confidence=1.0)
    origin = find_landmarks(frame, illumination="uv366").origin
    assert origin is not None
    assert max(abs(origin.at(x) - plate.origin[x]) for x in (80, 200, 320)) < 0.6
