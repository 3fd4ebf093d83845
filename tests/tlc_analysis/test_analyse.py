"""The whole way on pictures: hints replace steps, and nothing is invented."""

import cv2
import numpy as np
import pytest

from tests.tlc_analysis.plain_frames import FRONT_Y, HEIGHT, ORIGIN_Y, WIDTH, add_spot, bare_plate
from tlc_analysis import METHOD_VERSION, analyse
from tlc_analysis.errors import InvalidHintsError, UnreadableImageError
from tlc_analysis.model import Flag, Hints, PlateHints, SpotHint

CORNERS = ((-0.5, -0.5), (WIDTH - 0.5, -0.5), (WIDTH - 0.5, HEIGHT - 0.5), (-0.5, HEIGHT - 0.5))
ORIGIN = ((0.0, ORIGIN_Y), (WIDTH - 1.0, ORIGIN_Y))
FRONT = ((0.0, FRONT_Y), (WIDTH - 1.0, FRONT_Y))


def _png(picture: np.ndarray) -> bytes:
    pixels = (np.clip(picture[..., ::-1], 0, 1) * 255).round().astype(np.uint8)
    return bytes(cv2.imencode(".png", pixels)[1].tobytes())


def _plate(*spots: tuple[float, float]) -> bytes:
    picture = bare_plate()
    for x, y in spots:
        add_spot(picture, x, y)
    return _png(picture)


def _hints(**more: object) -> Hints:
    given = {"corners_px": CORNERS, "origin_px": ORIGIN, "front_px": FRONT, **more}
    return Hints(plates=(PlateHints(**given),))  # type: ignore[arg-type]  # the options of each test


def test_hints_replace_corners_origin_and_front() -> None:
    reading = analyse(_plate((120, 300)), illumination="visible", hints=_hints())
    (plate,) = reading.plates
    (lane,) = plate.lanes
    assert {Flag.CORNERS_FROM_HINT, Flag.ORIGIN_FROM_HINT, Flag.FRONT_FROM_HINT} <= set(plate.flags)
    assert lane.spots[0].rf == pytest.approx(0.5, abs=0.003)
    assert lane.spots[0].centre_px == pytest.approx((120, 300), abs=1)
    assert reading.method.version == METHOD_VERSION


def test_lanes_put_by_a_person_are_the_lanes() -> None:
    reading = analyse(_plate((120, 300)), illumination="visible", hints=_hints(lane_x_px=(120.0, 200.0, 280.0)))
    (plate,) = reading.plates
    assert [lane.x_px for lane in plate.lanes] == pytest.approx([120, 200, 280], abs=1)
    assert [len(lane.spots) for lane in plate.lanes] == [1, 0, 0]
    assert Flag.LANES_FROM_HINT in plate.flags


def test_a_spot_struck_out_is_gone_and_one_set_is_there() -> None:
    spots = (SpotHint(action="remove", centre_px=(121.0, 302.0)), SpotHint(action="add", centre_px=(260.0, 201.0)))
    reading = analyse(_plate((120, 300), (260, 400)), illumination="visible", hints=_hints(spots=spots))
    first, second = reading.plates[0].lanes
    assert first.spots == ()
    lower, upper = second.spots
    assert Flag.MANUAL not in lower.flags
    assert Flag.MANUAL in upper.flags
    assert upper.rf == pytest.approx((ORIGIN_Y - 201) / (ORIGIN_Y - FRONT_Y), abs=0.02)


def test_a_spot_set_on_a_faint_band_finds_its_apex() -> None:
    spots = (SpotHint(action="add", centre_px=(122.0, 306.0)),)
    reading = analyse(_plate((120, 300)), illumination="visible", hints=_hints(spots=spots))
    (spot,) = reading.plates[0].lanes[0].spots
    assert spot.centre_px[1] == pytest.approx(300, abs=1.5)
    assert Flag.MANUAL in spot.flags


def test_a_blank_plate_has_no_spots_and_a_flag() -> None:
    reading = analyse(_plate(), illumination="visible", hints=_hints())
    assert all(not lane.spots for plate in reading.plates for lane in plate.lanes)
    assert Flag.NO_SPOTS in reading.flags


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_of_nothing_has_no_spots(level: int) -> None:
    picture = np.full((300, 400, 3), level, dtype=np.uint8)
    reading = analyse(bytes(cv2.imencode(".png", picture)[1].tobytes()))
    assert all(not lane.spots for plate in reading.plates for lane in plate.lanes)
    assert {Flag.NO_SPOTS, Flag.NO_PLATE} & set(reading.flags)


def test_a_picture_of_one_pixel_is_refused() -> None:
    with pytest.raises(UnreadableImageError):
        analyse(bytes(cv2.imencode(".png", np.full((1, 1, 3), 90, dtype=np.uint8))[1].tobytes()))


def test_rubbish_is_refused() -> None:
    with pytest.raises(UnreadableImageError):
        analyse(b"no picture at all")


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 64), (40, 900)])
def test_a_picture_as_small_as_is_taken_is_read_like_any_other(height: int, width: int) -> None:
    plain = cv2.imencode(".png", np.full((height, width, 3), 128, np.uint8))[1].tobytes()
    reading = analyse(plain)
    assert reading.plates == ()
    assert Flag.NO_PLATE in reading.flags


@pytest.mark.parametrize(
    "corners",
    [
        ((10.0, 10.0),) * 4,
        ((0.0, 0.0), (50.0, 50.0), (100.0, 100.0), (150.0, 150.0)),
        ((0.0, 0.0), (300.0, 300.0), (300.0, 0.0), (0.0, 300.0)),
    ],
    ids=["one point", "a line", "crossed over"],
)
def test_corners_that_no_plate_can_have_are_refused(corners: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(InvalidHintsError, match="corners_px"):
        analyse(_plate(), hints=Hints(plates=(PlateHints(corners_px=corners),)))
