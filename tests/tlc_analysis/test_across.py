"""Spots of neighbouring lanes that touch are told apart by what else stands in those lanes."""

import numpy as np
from numpy.typing import NDArray

from tests.tlc_analysis.plain_frames import FRONT_Y, HEIGHT, ORIGIN_Y, WIDTH, add_spot, bare_plate, frame_of, level
from tlc_analysis.analyse import read_sheet
from tlc_analysis.frames import Landmarks
from tlc_analysis.model import Plate

LANES = (110.0, 180.0, 300.0)


def _read(picture: NDArray[np.float32]) -> Plate:
    landmarks = Landmarks(
        origin=level(ORIGIN_Y), front=level(FRONT_Y), mark_x=(), ink=np.zeros((HEIGHT, WIDTH), dtype=np.bool_)
    )
    return read_sheet(frame_of(picture), landmarks, "visible")


def _with_companions() -> NDArray[np.float32]:
    picture = bare_plate()
    for x in LANES:
        add_spot(picture, x, 400.0)
        add_spot(picture, x, 160.0)
    return picture


def _merge(picture: NDArray[np.float32], left: float, right: float) -> None:
    """A flat patch of one depth from ``left`` to ``right``."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    away = np.maximum(np.maximum(left - columns, columns - right), 0)
    shape = np.exp(-0.5 * ((away / 6) ** 2 + ((rows - 280) / 20) ** 2))
    picture *= (1 - 0.35 * shape[..., None]).astype(np.float32)


def test_two_spots_that_touch_across_lanes_are_one_in_each() -> None:
    picture = _with_companions()
    _merge(picture, 92.0, 198.0)
    plate = _read(picture)
    rows = [[round(spot.centre_px[1] / 20) * 20 for spot in lane.spots] for lane in plate.lanes]
    assert [sorted(row) for row in rows] == [[160, 280, 400], [160, 280, 400], [160, 400]]


def test_a_wide_spot_over_one_lane_stays_whole() -> None:
    picture = _with_companions()
    _merge(picture, 275.0, 325.0)
    plate = _read(picture)
    assert [len(lane.spots) for lane in plate.lanes] == [2, 2, 3]
