"""A planted rise is found, chance alone is not, and looking at many series does not make many signals."""

import numpy as np
import pytest
from scipy.stats import nbinom

from alerts.signals.detection import BASELINE_WEEKS, FALSE_DISCOVERY_RATE, Series, dispersion, judge, predict

WEEKS = BASELINE_WEEKS + 1


def series(positive: list[int], tested: int | list[int] = 40, substance: str = "a") -> Series:
    return Series(substance, "", positive, tested if isinstance(tested, list) else [tested] * len(positive))


def by_chance(rng: np.random.Generator, rate: float, tested: int = 40) -> list[int]:
    return [int(count) for count in rng.binomial(tested, rate, WEEKS)]


def test_a_week_as_the_others_is_expected() -> None:
    expected, p_value = predict(series([4] * WEEKS))
    assert expected == pytest.approx(4, rel=0.01)
    assert p_value > 0.4


def test_twice_as_many_samples_let_expect_twice_as_many_positives() -> None:
    tested = [40] * BASELINE_WEEKS + [80]
    expected, p_value = predict(series([4] * BASELINE_WEEKS + [8], tested))
    assert expected == pytest.approx(8, rel=0.01)
    assert p_value > 0.3


def test_without_extra_spread_the_prediction_is_the_negative_binomial_of_the_prior() -> None:
    it = series([2] * BASELINE_WEEKS + [7])
    size = 2 * BASELINE_WEEKS + 0.5
    exact = nbinom.sf(6, size, BASELINE_WEEKS / (BASELINE_WEEKS + 1))
    assert predict(it)[1] == pytest.approx(exact, rel=1e-9)


def test_weeks_that_vary_widen_what_is_expected() -> None:
    steady, restless = [4] * BASELINE_WEEKS, [0, 8] * (BASELINE_WEEKS // 2)
    assert dispersion(series([*steady, 10])) == 1
    assert dispersion(series([*restless, 10])) > 3
    assert predict(series([*restless, 10]))[1] > 10 * predict(series([*steady, 10]))[1]


def test_a_rise_is_found_among_many_series() -> None:
    rng = np.random.default_rng(7)
    quiet = [series(by_chance(rng, 0.05), substance=f"q{number}") for number in range(200)]
    risen = series([*by_chance(rng, 0.05)[:-1], 14], substance="risen")
    assert [one.series.substance for one in judge([*quiet, risen]) if one.is_signal] == ["risen"]


def test_chance_alone_is_seldom_called_a_signal() -> None:
    """Of 200 networks without any rise, at most the promised share sees one (and some, by chance of this seed)."""
    rng = np.random.default_rng(11)
    seen = 0
    for _ in range(200):
        rates = rng.choice([0.01, 0.05, 0.2, 0.5], 40)
        every = [series(by_chance(rng, rate), substance=str(number)) for number, rate in enumerate(rates)]
        seen += any(one.is_signal for one in judge(every))
    assert seen / 200 <= FALSE_DISCOVERY_RATE + 0.03


def test_the_correction_is_that_of_benjamini_and_hochberg() -> None:
    rng = np.random.default_rng(3)
    judged = judge([series([*by_chance(rng, 0.05)[:-1], last], substance=str(last)) for last in range(2, 12)])
    p_values = [one.p_value for one in judged]
    assert p_values == sorted(p_values)
    for rank, one in enumerate(judged, 1):
        assert one.q_value == pytest.approx(
            min(p * len(judged) / (place + 1) for place, p in enumerate(p_values) if place + 1 >= rank)
        )


@pytest.mark.parametrize(
    "it",
    [
        series([0] * BASELINE_WEEKS + [3], 1),  # 26 samples before: nothing is known
        series([0] * BASELINE_WEEKS + [0], [40] * BASELINE_WEEKS + [0]),  # nothing tested now
        series([0] * BASELINE_WEEKS + [3], [60] * 7 + [0] * (BASELINE_WEEKS - 7) + [40]),  # seven weeks only
    ],
)
def test_what_cannot_be_judged_is_not(it: Series) -> None:
    assert judge([it]) == []


def test_two_are_a_story_and_not_a_signal() -> None:
    assert not judge([series([0] * BASELINE_WEEKS + [2])])[0].is_signal
