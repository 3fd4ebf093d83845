"""Where the apex of a tailing band lies, and how sure the reader is of it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tlc_analysis.bands import fit_bands, shape
from tlc_analysis.tails import apex_of, exponential_tail, mode_of

ROWS = np.arange(0.0, 100.0)


def _profile(signal: NDArray[np.float64], noise: float = 0.0, seed: int = 1) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return np.outer(signal, [80.0, 20.0, 10.0]) + noise * rng.standard_normal((len(ROWS), 3))


def _tailing(apex: float, sigma: float, tau: float) -> NDArray[np.float64]:
    curve = exponential_tail(ROWS - apex + mode_of(sigma, tau), sigma, tau)
    return np.asarray(curve / curve.max())


def _heard(signal: NDArray[np.float64], noise: float = 0.0, seed: int = 1) -> tuple[float, float, float]:
    """Apex of the two halves, apex with both shapes heard, and its uncertainty from the shape."""
    fit = fit_bands(ROWS, _profile(signal, noise, seed), np.ones(len(ROWS)), [(45.0, 6.0)])
    (band,) = fit.bands
    alone, fitted = fit.alone(0, ROWS)
    heard = apex_of(
        ROWS,
        alone,
        np.ones(len(ROWS)),
        apex=band.apex,
        sigma_front=band.sigma_front,
        sigma_origin=band.sigma_origin,
        fitted=fitted,
        independent=fit.independent,
    )
    return (band.apex, band.apex, 0.0) if heard is None else (band.apex, heard.y, heard.shape_u)


@pytest.mark.parametrize("tau", [5.0, 8.0])
def test_an_exponential_tail_moves_the_apex_less_than_two_halves_would(tau: float) -> None:
    plain, heard, shape_u = _heard(_tailing(45.0, 6.0, tau), noise=0.5)
    assert abs(heard - 45.0) < 0.5 * abs(plain - 45.0)
    assert abs(heard - 45.0) < 2 * shape_u + 0.1


def test_a_band_of_two_halves_stays_within_what_the_shapes_disagree_about() -> None:
    _, heard, shape_u = _heard(shape(ROWS, 45.0, 5.0, 8.0), noise=0.5)
    assert abs(heard - 45.0) < 2 * shape_u + 0.1


def test_a_symmetrical_band_is_left_alone() -> None:
    plain, heard, shape_u = _heard(shape(ROWS, 45.0, 6.0, 6.0), noise=0.5)
    assert (heard, shape_u) == (plain, 0.0)


def test_a_tail_towards_the_front_is_the_mirror_of_one_towards_the_origin() -> None:
    to_origin = _heard(_tailing(45.0, 6.0, 7.0))[1]
    to_front = _heard(_tailing(len(ROWS) - 1 - 45.0, 6.0, 7.0)[::-1])[1]
    assert to_front - 45.0 == pytest.approx(45.0 - to_origin, abs=0.02)


def test_the_tail_formula_is_finite_however_steep() -> None:
    steep = exponential_tail(np.linspace(-500.0, 500.0, 2001), 1.0, 0.05)
    slow = exponential_tail(np.linspace(-500.0, 500.0, 2001), 1.0, 400.0)
    assert np.isfinite(steep).all()
    assert np.isfinite(slow).all()


def test_the_stated_uncertainty_of_an_apex_is_the_scatter_over_noise() -> None:
    signal = shape(ROWS, 45.0, 6.0, 6.0)
    fits = [fit_bands(ROWS, _profile(signal, 4.0, seed), np.ones(len(ROWS)), [(45.0, 6.0)]) for seed in range(80)]
    scatter = float(np.std([fit.bands[0].apex for fit in fits]))
    stated = float(np.sqrt(np.mean([fit.bands[0].apex_u ** 2 for fit in fits])))
    assert 0.7 < scatter / stated < 1.25
