import numpy as np
import pytest

from tests.tlc_analysis.plain_frames import level
from tlc_analysis.frames import Line
from tlc_analysis.rf import APEX_FLOOR_PX, Run, rf_of, rf_uncertainty, run_at

RUN = Run(origin_y=520.0, front_y=80.0, origin_u=1.0, front_u=2.0)


def test_rf_is_the_share_of_the_run() -> None:
    assert rf_of(520.0, RUN) == 0.0
    assert rf_of(300.0, RUN) == pytest.approx(0.5)
    assert rf_of(80.0, RUN) == 1.0


def test_no_rf_without_both_lines() -> None:
    assert run_at(None, level(80.0), x_origin=0, x_front=0) is None
    assert run_at(level(520.0), None, x_origin=0, x_front=0) is None


def test_no_rf_where_origin_and_front_meet() -> None:
    assert run_at(level(100.0), level(95.0), x_origin=0, x_front=0) is None


def test_each_lane_has_its_own_front() -> None:
    slanting = Line(x=np.array([0.0, 400.0]), y=np.array([80.0, 120.0]), u_px=0.5)
    left = run_at(level(520.0), slanting, x_origin=0.0, x_front=0.0)
    right = run_at(level(520.0), slanting, x_origin=400.0, x_front=400.0)
    assert left is not None
    assert right is not None
    assert (left.length_px, right.length_px) == (440.0, 400.0)


def test_uncertainty_of_the_origin_matters_at_the_origin_and_of_the_front_at_the_front() -> None:
    at_origin = rf_uncertainty(520.0, 0.0, RUN)
    at_front = rf_uncertainty(80.0, 0.0, RUN)
    assert at_origin == pytest.approx(np.hypot(1.0, APEX_FLOOR_PX) / 440, rel=0.1)
    assert at_front == pytest.approx(np.hypot(2.0, APEX_FLOOR_PX) / 440, rel=0.1)


def test_a_worse_apex_makes_a_larger_uncertainty() -> None:
    assert rf_uncertainty(300.0, 4.0, RUN) > rf_uncertainty(300.0, 0.5, RUN)
