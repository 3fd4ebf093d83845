"""Westgard's rules on sequences worked out by hand."""

import pytest

from lab.quality.westgard import Baseline, Rule, baseline_of, broken_by_last, range_broken

R = Rule


@pytest.mark.parametrize(
    ("z", "broken"),
    [
        ([0.0], set()),
        ([2.0], set()),  # at the limit is not beyond it
        ([2.1], {R.ONE_2S}),
        ([-2.1], {R.ONE_2S}),
        ([3.1], {R.ONE_2S, R.ONE_3S}),
        ([3.1, 0.0], set()),  # the run before was rejected, this one stands for itself
        ([2.1, 2.1], {R.ONE_2S, R.TWO_2S}),
        ([2.1, -2.1], {R.ONE_2S}),  # on two sides: no shift
        ([2.1, 0.0, 2.1], {R.ONE_2S}),  # not in a row
        ([1.1, 1.1, 1.1], set()),
        ([1.1, 1.1, 1.1, 1.1], {R.FOUR_1S}),
        ([-1.1, -1.1, -1.1, -1.1], {R.FOUR_1S}),
        ([1.1, 1.1, 0.9, 1.1], set()),
        ([0.1] * 9, set()),
        ([0.1] * 10, {R.TEN_X}),
        ([-0.1] * 10, {R.TEN_X}),
        ([0.1] * 9 + [-0.1], set()),
        ([0.1] * 8 + [0.0, 0.1], set()),  # on the mean is on neither side
        ([1.5] * 10, {R.FOUR_1S, R.TEN_X}),
    ],
)
def test_the_last_run_breaks(z: list[float], broken: set[Rule]) -> None:
    assert broken_by_last(z) == broken


@pytest.mark.parametrize(
    ("run", "broken"),
    [([2.1, -2.1], True), ([2.1], False), ([2.1, 2.5], False), ([3.9, 0.0], False), ([0.0, 2.1, -2.1], True)],
)
def test_the_range_of_one_run(run: list[float], broken: bool) -> None:
    assert range_broken(run) is broken


def test_the_first_runs_make_the_baseline_and_later_ones_do_not_move_it() -> None:
    assert baseline_of([10.0, 12.0, 14.0, 90.0], runs=3) == Baseline(mean=12.0, sd=2.0, runs=3)
    assert Baseline(mean=12.0, sd=2.0, runs=3).z(15.0) == 1.5


def test_too_few_runs_or_runs_that_are_all_alike_make_no_baseline() -> None:
    assert baseline_of([10.0, 12.0], runs=3) is None
    assert baseline_of([10.0] * 5, runs=5) is None
