"""The side that the picture does not show is put where perspective has it."""

import numpy as np

from tlc_analysis.cut_sides import complete

SHAPE = (1600, 1200, 3)
UPRIGHT = np.array([[100.0, 100.0], [700.0, 100.0], [700.0, 1100.0], [100.0, 1100.0]])


def unseen(*sides: int) -> np.ndarray:
    return np.array([side in sides for side in range(4)])


def test_a_plate_seen_whole_stays_as_it_is() -> None:
    assert (complete(UPRIGHT, unseen(), SHAPE) == UPRIGHT).all()


def test_with_two_sides_unseen_nothing_is_made_up() -> None:
    assert (complete(UPRIGHT, unseen(2, 3), SHAPE) == UPRIGHT).all()


def test_a_turned_plate_cut_at_the_left_gets_a_side_parallel_to_its_right_one() -> None:
    turn = np.deg2rad(10)
    turned = (np.array([[0.0, 0], [800, 0], [800, 1000], [0, 1000]]) - [200, 0]) @ np.array(
        [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    ) + [200, 200]
    top, bottom = turned[1] - turned[0], turned[2] - turned[3]
    at_border = [turned[0] - top * turned[0, 0] / top[0], turned[3] - bottom * turned[3, 0] / bottom[0]]
    cut = np.array([at_border[0], turned[1], turned[2], at_border[1]])
    found = complete(cut, unseen(3), SHAPE)
    right, left = found[2] - found[1], found[3] - found[0]
    assert abs(np.cross(np.append(right, 0), np.append(left, 0))[2]) / np.dot(right, left) < 0.01
    assert found[:, 0].min() < 0


def test_what_perspective_cannot_have_made_is_not_believed() -> None:
    crossed = np.array([[0.0, 100.0], [700.0, 90.0], [690.0, 1100.0], [0.0, 600.0]])
    found = complete(crossed, unseen(3), SHAPE)
    assert np.isfinite(found).all()
