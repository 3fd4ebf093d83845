"""Amounts from a calibration series: the right curve, an honest interval, nothing extrapolated."""

import numpy as np
import pytest

from tlc_analysis.errors import CalibrationError
from tlc_analysis.quantify import CalibrationPoint, calibrate, quantify

AMOUNTS = np.repeat([0.5, 1.0, 1.5, 2.0, 2.5], 3)


def series(y: np.ndarray, x: np.ndarray = AMOUNTS) -> list[CalibrationPoint]:
    return [CalibrationPoint(amount=float(a), response=float(b)) for a, b in zip(x, y, strict=True)]


def test_a_straight_series_by_hand() -> None:
    # y = 1 + 2x with residuals that change neither slope nor intercept: their sum and their sum with x are 0.
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    calibration = calibrate(series(1 + 2 * x + [0.1, -0.2, 0.0, 0.2, -0.1], x))
    assert calibration.residual_sd == pytest.approx(np.sqrt(0.10 / 3), rel=1e-6)
    assert calibration.model == "linear"
    estimate = quantify([6.0], calibration)
    assert estimate.amount == pytest.approx(2.5)


def test_the_interval_of_a_straight_line_is_fiellers() -> None:
    rng = np.random.default_rng(3)
    y = 1 + 2 * AMOUNTS + rng.normal(0, 0.05, len(AMOUNTS))
    calibration = calibrate(series(y))
    estimate = quantify([5.0], calibration)
    # First-order formula (Draper and Smith): s/b sqrt(1 + 1/n + (x - mean)²/Sxx) times t.
    b, s, n = calibration.parameters[1], calibration.residual_sd, len(AMOUNTS)
    sxx = ((AMOUNTS - AMOUNTS.mean()) ** 2).sum()
    half = 2.1604 * s / b * np.sqrt(1 + 1 / n + (estimate.amount - AMOUNTS.mean()) ** 2 / sxx)
    assert (estimate.high - estimate.low) / 2 == pytest.approx(half, rel=0.02)


@pytest.mark.parametrize(
    ("model", "curve"),
    [
        ("linear", lambda x: 0.5 + 2 * x),
        ("quadratic", lambda x: 0.5 + 2 * x + 0.8 * x**2),
        ("saturating", lambda x: 6 * x / (1.2 + x)),
    ],
)
def test_the_curve_that_made_the_series_is_chosen(model: str, curve: object) -> None:
    assert callable(curve)
    rng = np.random.default_rng(4)
    chosen = [calibrate(series(curve(AMOUNTS) + rng.normal(0, 0.03, len(AMOUNTS)))).model for _ in range(30)]
    assert chosen.count(model) >= 24  # type: ignore[arg-type]  # the parameter names a model


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    held = []
    for _ in range(400):
        calibration = calibrate(series(6 * AMOUNTS / (2 + AMOUNTS) + rng.normal(0, 0.05, len(AMOUNTS))))
        true = rng.uniform(0.9, 2.1)
        estimate = quantify([6 * true / (2 + true) + rng.normal(0, 0.05)], calibration)
        held.append(estimate.low <= true <= estimate.high)
    assert 0.92 <= np.mean(held) <= 0.98


def test_replicates_narrow_the_interval() -> None:
    calibration = calibrate(series(1 + 2 * AMOUNTS + np.tile([0.1, -0.1, 0.0], 5)))
    one, four = quantify([4.0], calibration), quantify([4.0, 4.1, 3.9, 4.0], calibration)
    assert four.high - four.low < 0.8 * (one.high - one.low)


def test_near_the_end_of_the_series_the_interval_says_that_it_is_cut() -> None:
    calibration = calibrate(series(1 + 2 * AMOUNTS + np.tile([0.1, -0.1, 0.0], 5)))
    assert quantify([5.98], calibration).truncated
    assert not quantify([4.0], calibration).truncated


@pytest.mark.parametrize("response", [0.5, 7.0])
def test_nothing_is_extrapolated(response: float) -> None:
    with pytest.raises(CalibrationError, match="not extrapolated"):
        quantify([response], calibrate(series(1 + 2 * AMOUNTS)))


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        ([1, 1, 1, 2, 2], [1, 1, 1, 2, 2], "at least 3 amounts"),
        ([1, 2, 3, 4], [1, 2, 3, 4], "5 spots"),
        ([1, 2, 3, 4, 5], [5, 4, 3, 2, 1], "do not rise"),
        ([-1, 2, 3, 4, 5], [1, 2, 3, 4, 5], "not negative"),
        ([1, 2, 3, 4, 5], [1, 2, float("nan"), 4, 5], "finite"),
    ],
)
def test_a_series_that_carries_nothing_is_refused(x: list[float], y: list[float], says: str) -> None:
    with pytest.raises(CalibrationError, match=says):
        calibrate(series(np.array(y), np.array(x)))


def test_no_response_is_refused() -> None:
    with pytest.raises(CalibrationError, match="no response"):
        quantify([], calibrate(series(1 + 2 * AMOUNTS)))
