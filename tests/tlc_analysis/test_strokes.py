import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tlc_analysis.model import FeatureKind
from tlc_analysis.strokes import ellipse_through, find_strokes

SHAPE = (512, 340)


def _noise() -> NDArray[np.float32]:
    return np.random.default_rng(3).normal(0, 0.3, SHAPE).astype(np.float32)


def _kinds(lightness: NDArray[np.float32]) -> list[FeatureKind]:
    strokes, _ = find_strokes(lightness, np.ones(SHAPE, dtype=np.bool_), noise_l=0.3)
    return [stroke.kind for stroke in strokes]


def _spot(x: float, y: float, sigma: float, depth: float) -> NDArray[np.float32]:
    rows, columns = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    return (-depth * np.exp(-0.5 * ((columns - x) ** 2 + (rows - y) ** 2) / sigma**2)).astype(np.float32)


def test_noise_holds_no_stroke() -> None:
    assert _kinds(_noise()) == []


@pytest.mark.parametrize("sigma", [5.0, 8.0, 14.0])
def test_a_round_spot_is_left_alone(sigma: float) -> None:
    lightness = _noise() + _spot(170, 250, sigma, 25)
    strokes, mask = find_strokes(lightness, np.ones(SHAPE, dtype=np.bool_), noise_l=0.3)
    assert strokes == ()
    assert not mask.any()


def test_a_circle_is_found_and_the_spot_inside_it_is_left() -> None:
    lightness = _noise() + _spot(170, 250, 7, 15)
    cv2.ellipse(lightness, (170, 250), (26, 22), 10, 0, 340, -18, 2, cv2.LINE_AA)
    strokes, mask = find_strokes(lightness, np.ones(SHAPE, dtype=np.bool_), noise_l=0.3)
    assert [stroke.kind for stroke in strokes] == [FeatureKind.CIRCLE]
    assert strokes[0].centre == pytest.approx((170, 250), abs=3)
    assert not mask[244:257, 164:177].any()
    assert mask[250 - 22, 170]


def test_a_scratch_that_leans_a_little_is_no_band_and_a_level_bar_may_be_one() -> None:
    scratch, bar = _noise(), _noise()
    cv2.line(scratch, (100, 250), (160, 230), 12, 2, cv2.LINE_AA)
    cv2.rectangle(bar, (100, 246), (160, 252), 12, -1)
    assert _kinds(scratch) == [FeatureKind.SCRATCH]
    assert _kinds(cv2.GaussianBlur(bar, (0, 0), 2)) == []


def test_a_line_is_pencil_when_dark_and_a_scratch_when_bright() -> None:
    dark, bright = _noise(), _noise()
    cv2.line(dark, (100, 100), (180, 190), -12, 2, cv2.LINE_AA)
    cv2.line(bright, (100, 100), (180, 190), 12, 2, cv2.LINE_AA)
    assert _kinds(dark) == [FeatureKind.PENCIL]
    assert _kinds(bright) == [FeatureKind.SCRATCH]


def test_a_grain_is_dust() -> None:
    lightness = _noise() + _spot(90, 90, 1.3, 30)
    assert _kinds(lightness) == [FeatureKind.DUST]


def test_a_flat_band_is_no_stroke() -> None:
    lightness = _noise()
    cv2.rectangle(lightness, (120, 200), (175, 205), -15, -1)
    assert FeatureKind.PENCIL not in _kinds(lightness)


def test_the_ellipse_through_an_arc_is_the_circle_it_belongs_to() -> None:
    canvas = np.zeros((80, 80), dtype=np.uint8)
    cv2.ellipse(canvas, (40, 40), (30, 24), 0, 20, 250, 1, 2)
    found = ellipse_through(canvas > 0)
    assert found is not None
    (centre, axes, _) = found
    assert centre == pytest.approx((40, 40), abs=2)
    assert sorted(axes) == pytest.approx([48, 60], abs=4)


def test_a_straight_piece_lies_on_no_ellipse() -> None:
    canvas = np.zeros((80, 80), dtype=np.uint8)
    cv2.line(canvas, (5, 10), (70, 60), 1, 2)
    assert ellipse_through(canvas > 0) is None
