import numpy as np
import pytest

from tlc_analysis.background import (
    fit_background,
    linearise,
    optical_density,
    relative_fluorescence,
    robust_sigma,
)


def test_linearise_undoes_the_srgb_curve_at_its_known_points() -> None:
    encoded = np.array([[[0.0, 0.04045, 0.5]], [[0.735357, 1.0, 1.0]]], dtype=np.float32)
    expected = np.array([[[0.0, 0.0031308, 0.2140411]], [[0.5, 1.0, 1.0]]])
    assert np.allclose(linearise(encoded), expected, atol=3e-4)


def test_robust_sigma_does_not_see_a_few_outliers() -> None:
    values = np.concatenate([np.random.default_rng(0).normal(0, 2, 10_000), np.full(500, 1000.0)])
    assert robust_sigma(values) == pytest.approx(2.0, rel=0.1)
    assert robust_sigma(np.array([])) == 0.0


def test_background_runs_under_a_spot_and_follows_the_lamp() -> None:
    rows, columns = np.mgrid[0:200, 0:150]
    lamp = 80 - 10 * ((columns - 75) / 75.0) ** 2
    spot = -30 * np.exp(-0.5 * (((columns - 60) / 6) ** 2 + ((rows - 90) / 6) ** 2))
    lab = np.stack([lamp + spot, np.zeros_like(lamp), np.zeros_like(lamp)], axis=-1).astype(np.float32)
    background = fit_background(lab, np.ones((200, 150), dtype=np.bool_))
    assert np.abs(background[..., 0] - lamp).max() < 1.5
    assert abs(background[90, 60, 0] - lamp[90, 60]) < 1.0


def test_background_of_hardly_any_usable_pixel_is_their_mean() -> None:
    lab = np.full((50, 40, 3), 60.0, dtype=np.float32)
    usable = np.zeros((50, 40), dtype=np.bool_)
    usable[3, 4] = True
    assert np.allclose(fit_background(lab, usable), 60.0)


def test_optical_density_is_one_where_a_tenth_of_the_light_is_left() -> None:
    bare = np.full((1, 1, 3), 0.8, dtype=np.float32)
    assert optical_density(bare / 10, bare) == pytest.approx(1.0, abs=1e-4)


def test_a_channel_in_which_the_layer_is_dark_adds_no_density() -> None:
    green = np.array([[[0.0, 0.5, 0.0]]], dtype=np.float32)
    seen = np.array([[[0.2, 0.25, 0.0]]], dtype=np.float32)
    assert optical_density(seen, green) == pytest.approx(np.log10(2), abs=1e-3)


def test_relative_fluorescence_is_the_light_added() -> None:
    bare = np.full((1, 1, 3), 0.02, dtype=np.float32)
    seen = np.array([[[0.02, 0.32, 0.62]]], dtype=np.float32)
    assert relative_fluorescence(seen, bare) == pytest.approx(0.3, abs=1e-5)
