"""Lanes of a plate that stood aslant, smeared lanes and labels among dust."""

import numpy as np
from numpy.typing import NDArray

from tests.tlc_analysis.plain_frames import FRONT_Y, HEIGHT, ORIGIN_Y, WIDTH, add_spot, bare_plate, frame_of, level
from tlc_analysis.analyse import read_sheet
from tlc_analysis.frames import Landmarks
from tlc_analysis.lanes import Evidence, common_lean, find_lanes
from tlc_analysis.model import Plate


def _read(picture: NDArray[np.float32]) -> Plate:
    landmarks = Landmarks(
        origin=level(ORIGIN_Y), front=level(FRONT_Y), mark_x=(), ink=np.zeros((HEIGHT, WIDTH), dtype=np.bool_)
    )
    return read_sheet(frame_of(picture), landmarks, "visible")


def _bands(lean: float) -> list[Evidence]:
    return [
        Evidence(x=x + lean * (y - 520.0), y=y, width=22.0, weight=30.0)
        for x, rows in ((60.0, (150.0, 420.0)), (160.0, (200.0, 330.0)), (260.0, (120.0, 460.0)), (340.0, (250.0,)))
        for y in rows
    ]


def test_lanes_that_all_lean_are_found_as_leaning() -> None:
    lean = common_lean(_bands(-0.06), (60.0, 160.0, 260.0, 340.0), origin_y=520.0, width=400.0)
    assert abs(lean + 0.06) <= 0.01
    lanes = find_lanes(_bands(-0.06), marks=(60.0, 160.0, 260.0, 340.0), origin_y=520.0, width=400.0)
    assert [round(path.x / 10) * 10 for path in lanes.paths] == [60, 160, 260, 340]
    assert all(abs(path.slope + 0.06) < 0.02 for path in lanes.paths)


def test_upright_lanes_are_not_leant() -> None:
    assert common_lean(_bands(0.0), (60.0, 160.0, 260.0, 340.0), origin_y=520.0, width=400.0) == 0.0


def test_two_bands_say_nothing_of_a_lean() -> None:
    assert common_lean(_bands(-0.06)[:2], (), origin_y=520.0, width=400.0) == 0.0


def test_a_lane_that_is_only_smeared_is_a_lane_without_spots() -> None:
    picture = bare_plate()
    for x in (80.0, 300.0):
        add_spot(picture, x, 250.0)
        add_spot(picture, x, 150.0)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    smear = np.exp(-0.5 * ((columns - 190) / 9) ** 2) * ((rows < ORIGIN_Y) & (rows > 250))
    picture *= (1 - 0.3 * smear[..., None]).astype(np.float32)
    plate = _read(picture)
    assert [len(lane.spots) for lane in plate.lanes] == [2, 0, 2]
