import numpy as np
import pytest

from tlc_analysis.colour import lab_from_linear, luminance, spot_colour


def test_lab_of_primaries_agrees_with_published_values() -> None:
    # CIELAB of sRGB red, green and blue under D65, after Lindbloom's tables.
    assert lab_from_linear(np.array([1.0, 0, 0])) == pytest.approx((53.24, 80.09, 67.20), abs=0.1)
    assert lab_from_linear(np.array([0, 1.0, 0])) == pytest.approx((87.73, -86.18, 83.18), abs=0.1)
    assert lab_from_linear(np.array([0, 0, 1.0])) == pytest.approx((32.30, 79.19, -107.86), abs=0.1)


def test_the_bare_layer_is_white_whatever_the_lamp() -> None:
    yellowish = np.array([0.8, 0.7, 0.4])
    assert spot_colour(yellowish, yellowish) == pytest.approx((100, 0, 0), abs=0.05)


def test_the_colour_of_a_stain_does_not_depend_on_the_lamp() -> None:
    stain = np.array([0.9, 0.4, 0.5])
    white, tungsten = np.array([0.8, 0.8, 0.8]), np.array([0.8, 0.6, 0.3])
    assert spot_colour(stain * white, white) == pytest.approx(spot_colour(stain * tungsten, tungsten), abs=1e-6)


def test_on_a_dark_layer_the_light_of_the_spot_itself_is_told() -> None:
    layer = np.array([0.01, 0.01, 0.03])
    glow = np.array([0.0, 0.1, 0.4])
    assert spot_colour(layer + glow, layer) == pytest.approx(lab_from_linear(glow), abs=1e-9)


def test_a_channel_without_light_is_not_amplified_without_bound() -> None:
    green = np.array([0.0, 0.5, 0.01])
    dimmed = np.array([0.001, 0.25, 0.006])
    lightness, a, b = spot_colour(dimmed, green)
    assert lightness < 100
    assert abs(a) < 130
    assert abs(b) < 130


def test_luminance_of_white_is_one() -> None:
    assert luminance(np.ones(3)) == pytest.approx(1.0)
