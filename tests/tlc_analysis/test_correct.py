"""Correction by standards: the formula by hand, its uncertainty, and when it is refused."""

from dataclasses import replace

import numpy as np
import pytest

from tlc_analysis.correct import Corrected, SharedError, Standard, Value, correct, relative, shared_error, value_of
from tlc_analysis.errors import CorrectionError
from tlc_analysis.model import Lane, Plate, Spot


def standard(name: str, measured: float, reference: float, u_hrf: float = 0.3) -> Standard:
    return Standard(substance=name, measured=Value(hrf=measured, u_hrf=u_hrf), reference_hrfc=reference)


# System TA's four standards, measured a little low.
TA = [standard("atropine", 15, 18), standard("codeine", 29, 33), standard("diazepam", 70, 75)]


def corrected(hrf: float, *, u_hrf: float = 0.3, shared: SharedError | None = None) -> Corrected:
    return correct([Value(hrf=hrf, u_hrf=u_hrf)], TA, shared=shared or SharedError())[0]


def test_between_two_standards_by_hand() -> None:
    # 33 + (75 - 33) / (70 - 29) x (50 - 29) = 54.512
    result = corrected(50)
    assert result.hrfc == pytest.approx(54.512, abs=0.001)
    assert not result.beyond_standards


def test_below_the_first_and_above_the_last_the_ends_of_the_plate_serve() -> None:
    low, high = corrected(5), corrected(85)
    assert low.hrfc == pytest.approx(18 / 15 * 5)
    assert high.hrfc == pytest.approx(75 + 25 / 30 * 15)
    assert low.beyond_standards
    assert high.beyond_standards


@pytest.mark.parametrize("name", ["atropine", "codeine", "diazepam"])
def test_a_standard_corrects_to_its_own_reference(name: str) -> None:
    one = next(s for s in TA if s.substance == name)
    assert corrected(one.measured.hrf).hrfc == pytest.approx(one.reference_hrfc)


def test_the_stated_uncertainty_is_the_simulated_one() -> None:
    rng = np.random.default_rng(1)
    shared = SharedError(origin_u_hrf=0.2, front_u_hrf=0.6)

    def seen(hrf: float, origin: float, front: float) -> Value:
        return Value(hrf=hrf + rng.normal(0, 0.3) + origin * (1 - hrf / 100) + front * hrf / 100, u_hrf=0.3)

    for hrf in (50.0, 85.0):
        drawn = []
        for _ in range(4000):
            origin, front = rng.normal(0, 0.2), rng.normal(0, 0.6)
            plate = [replace(s, measured=seen(s.measured.hrf, origin, front)) for s in TA]
            drawn.append(correct([seen(hrf, origin, front)], plate)[0].hrfc)
        assert corrected(hrf, shared=shared).u_hrfc == pytest.approx(np.std(drawn), rel=0.06)


def test_a_misplaced_front_cancels_between_standards_and_not_beyond() -> None:
    front = SharedError(front_u_hrf=2.0)
    assert corrected(50, shared=front).u_hrfc == pytest.approx(corrected(50).u_hrfc)
    assert corrected(85, shared=front).u_hrfc > corrected(85).u_hrfc + 0.2


def test_the_polygon_widens_a_readings_spread_about_as_measured_elsewhere() -> None:
    # TLC.md: about 1.2 times; the mean over a plate of the ratio to the reading's own spread.
    ratio = np.mean([corrected(hrf).u_hrfc / 0.3 for hrf in np.linspace(16, 69, 54)])
    assert 1.1 < ratio < 1.5


def test_standards_out_of_order_are_refused() -> None:
    with pytest.raises(CorrectionError, match="out of order: codeine"):
        correct([], [standard("atropine", 40, 18), standard("codeine", 29, 33)])


def test_standards_too_near_to_know_their_order_are_refused() -> None:
    with pytest.raises(CorrectionError, match="not clearly above"):
        correct([], [standard("a", 30.0, 30), standard("b", 30.5, 36)])


def test_equal_reference_values_are_refused() -> None:
    with pytest.raises(CorrectionError, match="leave nothing between them"):
        correct([], [standard("a", 30, 40), standard("b", 50, 40)])


def test_a_standard_beyond_the_front_and_no_standard_at_all_are_refused() -> None:
    with pytest.raises(CorrectionError, match="front"):
        correct([], [standard("a", 101, 80)])
    with pytest.raises(CorrectionError, match="no standard"):
        correct([], [])


def test_relative_rf_loses_the_front() -> None:
    value, internal = Value(hrf=30, u_hrf=0.3), Value(hrf=60, u_hrf=0.3)
    plain, moved = relative(value, internal), relative(value, internal, shared=SharedError(front_u_hrf=3))
    assert plain.rrf == 0.5
    assert plain.u_rrf == pytest.approx(np.hypot(0.3, 0.15) / 60)
    assert moved.u_rrf == pytest.approx(plain.u_rrf)


def test_an_internal_standard_at_the_origin_is_refused() -> None:
    with pytest.raises(CorrectionError, match="did not leave the origin"):
        relative(Value(hrf=30, u_hrf=0.3), Value(hrf=0.4, u_hrf=0.3))


def test_a_spots_own_uncertainty_leaves_out_origin_and_front() -> None:
    lane = Lane(index=1, x_px=100, origin_px=(100, 900), front_px=(100, 100))
    plate = Plate(
        corners_px=((0, 0), (200, 0), (200, 1000), (0, 1000)), confidence=1, origin_px=None, front_px=None,
        lanes=(lane,), origin_u_px=1.6, front_u_px=3.2,
    )  # fmt: skip
    shared = shared_error(plate, lane)
    assert (shared.origin_u_hrf, shared.front_u_hrf) == pytest.approx((0.2, 0.4))
    # At hRf 50 origin and front weigh half: 0.1 and 0.2. Own 0.2 gives 0.3 in all.
    spot = Spot(rf=0.5, rf_u=0.003, migration_px=400, centre_px=(100, 500), snr=50, asymmetry=1.0, volume=1.0,
                colour_lab=(50, 0, 0))  # fmt: skip
    value = value_of(spot, shared=shared)
    assert value is not None
    assert value.u_hrf == pytest.approx(0.2)
