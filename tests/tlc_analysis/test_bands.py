import numpy as np
import pytest
from scipy.optimize import leastsq

from tlc_analysis.bands import _Problem, fit_bands, shape

ROWS = np.arange(120, dtype=np.float64)


def _profile(*bands: tuple[float, float, float, tuple[float, float, float]], noise: float = 1.0) -> np.ndarray:
    """(120, 3): bands as (apex, sigma towards the front, towards the origin, heights)."""
    clean = sum(shape(ROWS, m, a, b)[:, None] * np.array(h) for m, a, b, h in bands)
    return clean + np.random.default_rng(5).normal(0, noise, (120, 3))


def test_the_shape_is_one_at_the_apex_and_falls_as_its_widths_say() -> None:
    values = shape(np.array([40.0, 50.0, 70.0]), 50.0, 10.0, 20.0)
    assert values == pytest.approx([np.exp(-0.5), 1.0, np.exp(-0.5)])


def test_an_apex_is_found_within_its_uncertainty_and_far_below_a_pixel() -> None:
    fit = fit_bands(ROWS, _profile((60.3, 6, 6, (40, 20, 0))), np.ones(120), [(58.0, 5.0)])
    (band,) = fit.bands
    assert abs(band.apex - 60.3) < 3 * band.apex_u
    assert band.apex_u < 0.3
    assert band.heights == pytest.approx([40, 20, 0], abs=2.5)


def test_a_tail_does_not_pull_the_apex() -> None:
    fit = fit_bands(ROWS, _profile((50.0, 5, 12, (60, 0, 0))), np.ones(120), [(53.0, 7.0)])
    (band,) = fit.bands
    assert band.apex == pytest.approx(50.0, abs=0.6)
    assert band.sigma_origin / band.sigma_front == pytest.approx(12 / 5, rel=0.15)


def test_two_bands_that_touch_are_told_apart() -> None:
    profile = _profile((50.0, 6, 6, (50, 10, 0)), (66.0, 6, 6, (35, 10, 0)))
    fit = fit_bands(ROWS, profile, np.ones(120), [(48.0, 5.0), (68.0, 5.0)])
    assert [band.apex for band in fit.bands] == pytest.approx([50.0, 66.0], abs=0.5)


def test_colour_parts_what_brightness_does_not() -> None:
    profile = _profile((54.0, 6, 6, (30, 30, 0)), (62.0, 6, 6, (30, -30, 0)))
    fit = fit_bands(ROWS, profile, np.ones(120), [(50.0, 5.0), (66.0, 5.0)])
    assert [band.apex for band in fit.bands] == pytest.approx([54.0, 62.0], abs=0.5)


def test_a_plateau_is_one_band_by_the_criterion() -> None:
    flat = 60 * shape(ROWS, 60.0, 14, 14, 6.0)[:, None] * np.array([1.0, 0.3, 0.0])
    profile = flat + np.random.default_rng(2).normal(0, 1, (120, 3))
    one = fit_bands(ROWS, profile, np.ones(120), [(60.0, 10.0)])
    two = fit_bands(ROWS, profile, np.ones(120), [(53.0, 6.0), (67.0, 6.0)])
    assert one.bic < two.bic
    assert one.bands[0].exponent > 3
    assert one.bands[0].apex == pytest.approx(60.0, abs=0.4)


def test_rows_without_weight_say_nothing() -> None:
    profile = _profile((60.0, 8, 8, (50, 0, 0)))
    profile[56:65] = 20.0  # clipped flat
    weight = np.ones(120)
    weight[56:65] = 0.0
    (band,) = fit_bands(ROWS, profile, weight, [(60.0, 8.0)]).bands
    assert band.apex == pytest.approx(60.0, abs=0.5)
    assert band.heights[0] > 40


def test_a_sloping_baseline_is_no_part_of_the_band() -> None:
    profile = _profile((60.0, 6, 6, (40, 0, 0))) + np.linspace(0, 60, 120)[:, None]
    (band,) = fit_bands(ROWS, profile, np.ones(120), [(60.0, 6.0)]).bands
    assert band.heights[0] == pytest.approx(40, abs=3)
    assert band.pedestal[0] == pytest.approx(30, abs=3)


def test_the_derivatives_are_those_of_the_cost() -> None:
    profile = _profile((50.0, 5, 9, (40, 10, 0)), (75.0, 6, 6, (20, -20, 5)), noise=0.01)
    problem = _Problem(ROWS, profile, np.ones(120), [(50.0, 6.0), (75.0, 6.0)])
    best = leastsq(problem.cost, problem.start.ravel())[0]
    steps = 1e-5 * np.eye(len(best))
    numeric = np.array([(problem.cost(best + step) - problem.cost(best - step)) / 2e-5 for step in steps])
    assert problem.jacobian(best) == pytest.approx(numeric, abs=0.01 * np.abs(numeric).max())
