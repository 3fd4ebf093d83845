"""Plates in pictures: how many, where exactly, which end up; and nothing where there is none."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pictures_of_plates import LAYER, Drawn, drawn_plate, picture_of, placed, through

from tlc_analysis.decode import decode
from tlc_analysis.frames import PlateFrame
from tlc_analysis.model import Flag, Hints, Illumination, PlateHints
from tlc_analysis.plates import find_plates
from tlc_analysis.rectify import to_picture_points
from tlc_analysis.synthetic import random_spec, render

Floats = NDArray[np.float64]
UPRIGHT = np.array([[240.0, 90.0], [640.0, 90.0], [640.0, 890.0], [240.0, 890.0]])


def corners_of(frame: PlateFrame) -> Floats:
    height, width = frame.valid.shape
    rim = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])
    return through(frame.to_picture, rim)


def corner_error(frame: PlateFrame, corners: Floats) -> float:
    """Largest distance of a corner, relative to the plate's height."""
    height = (np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2
    return float(np.max(np.linalg.norm(corners_of(frame) - corners, axis=1)) / height)


def turned(corners: Floats, degrees: float, centre: tuple[float, float] = (440.0, 490.0)) -> Floats:
    angle = np.deg2rad(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray((corners - centre) @ rotation.T + centre)


@pytest.mark.parametrize("illumination", ["visible", "uv254", "uv366"])
@pytest.mark.parametrize("degrees", [0.0, 7.0, -19.0])
def test_corners_are_found_within_half_a_percent(illumination: Illumination, degrees: float) -> None:
    ground = (8, 8, 20) if illumination == "uv366" else (40, 35, 45)
    corners = turned(UPRIGHT, degrees)
    picture = placed([(drawn_plate(illumination=illumination), corners)], illumination=illumination, ground=ground)
    (frame,) = find_plates(picture)
    assert corner_error(frame, corners) < 0.005


def test_perspective_is_followed_and_taken_out() -> None:
    corners = np.array([[300.0, 140.0], [590.0, 120.0], [690.0, 880.0], [190.0, 900.0]])
    plate = drawn_plate()
    (frame,) = find_plates(placed([(plate, corners)]))
    assert corner_error(frame, corners) < 0.005
    height, width = frame.valid.shape
    # Seen from 40 degrees off, a plate twice as high as wide looks 1.9 times: the true ratio is 2.
    assert height / width == pytest.approx(2.0, rel=0.25)


@pytest.mark.parametrize("degrees", [90.0, 180.0, 270.0, 174.0, 97.0])
def test_the_front_comes_on_top_however_the_plate_lies(degrees: float) -> None:
    corners = turned(UPRIGHT, degrees)
    (frame,) = find_plates(placed([(drawn_plate(front="wet"), corners)], size=(1000, 1000)))
    assert corner_error(frame, corners) < 0.005
    assert Flag.DIRECTION_UNCERTAIN not in frame.flags


def test_a_plate_that_says_nothing_is_read_as_it_lies_and_flagged() -> None:
    bare = Drawn(
        pixels=np.ones((800, 400, 3), np.float32) * 0.85, origin=np.zeros(400), front=np.zeros(400)
    )  # fmt: skip
    (frame,) = find_plates(placed([(bare, UPRIGHT)]))
    assert corner_error(frame, UPRIGHT) < 0.005
    assert Flag.DIRECTION_UNCERTAIN in frame.flags


def test_several_plates_come_from_left_to_right() -> None:
    all_corners = [np.array([[x, 200.0], [x + 240, 200.0], [x + 240, 680.0], [x, 680.0]]) for x in (40.0, 300.0, 600.0)]
    picture = placed([(drawn_plate(seed=i), corners) for i, corners in enumerate(all_corners)])
    frames = find_plates(picture)
    assert len(frames) == 3
    for frame, corners in zip(frames, all_corners, strict=True):
        assert corner_error(frame, corners) < 0.01


def test_strips_with_a_narrow_gap_are_two_plates() -> None:
    left = np.array([[150.0, 120.0], [400.0, 120.0], [400.0, 840.0], [150.0, 840.0]])
    right = left + np.array([264.0, 8.0])
    frames = find_plates(placed([(drawn_plate(seed=1), left), (drawn_plate(seed=2), right)]))
    assert len(frames) == 2
    assert corner_error(frames[0], left) < 0.01
    assert corner_error(frames[1], right) < 0.01


@pytest.mark.parametrize("illumination", ["visible", "uv254"])
def test_plates_laid_edge_to_edge_are_two_where_the_ground_shows_between_them(illumination: Illumination) -> None:
    left = np.array([[180.0, 200.0], [420.0, 200.0], [420.0, 680.0], [180.0, 680.0]])
    both = [left, left + np.array([248.0, 0.0])]
    plates = [(drawn_plate(seed=i, illumination=illumination), corners) for i, corners in enumerate(both)]
    frames = find_plates(placed(plates, illumination=illumination))
    assert len(frames) == 2
    assert max(corner_error(frame, corners) for frame, corners in zip(frames, both, strict=True)) < 0.01


def test_a_sheet_of_paper_behind_the_plate_is_not_the_plate() -> None:
    sheet = Drawn(pixels=np.full((800, 400, 3), 0.55, np.float32), origin=np.zeros(400), front=np.zeros(400))
    around = np.array([[120.0, 30.0], [780.0, 40.0], [770.0, 960.0], [110.0, 950.0]])
    (frame,) = find_plates(placed([(sheet, around), (drawn_plate(), UPRIGHT)]))
    assert corner_error(frame, UPRIGHT) < 0.005


def test_a_plate_cut_by_the_frame_is_read_and_said_to_be_cut() -> None:
    corners = UPRIGHT - np.array([340.0, 0.0])
    (frame,) = find_plates(placed([(drawn_plate(), corners)]))
    assert Flag.PLATE_CUT in frame.flags
    seen = corners_of(frame)
    np.testing.assert_allclose(seen[1:3], corners[1:3], atol=3.0)


def test_a_scan_that_is_all_plate_is_the_whole_picture() -> None:
    plate = drawn_plate()
    (frame,) = find_plates(picture_of(plate.pixels))
    assert Flag.WHOLE_PICTURE in frame.flags
    height, width = plate.pixels.shape[:2]
    rim = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])
    np.testing.assert_allclose(corners_of(frame), rim, atol=1e-3)


def test_origin_and_front_of_a_scan_are_not_the_sides_of_a_plate_that_is_cut() -> None:
    """The lines go from rim to rim, and a strip of the scanner's bed shows at the right."""
    drawn = render(random_spec("scan", "visible", 71006), seed=71006)
    (frame,) = find_plates(decode(drawn.image))
    assert Flag.PLATE_CUT not in frame.flags
    (truth,) = drawn.truth["plates"]
    assert np.abs(corners_of(frame) - np.array(truth["corners_px"])).max() < 0.015 * frame.valid.shape[0]


def landscape() -> NDArray[np.float64]:
    rng = np.random.default_rng(11)
    y, x = np.mgrid[0:600, 0:900]
    horizon = 280 + 25 * np.sin(x / 140)
    rough = cv2.resize(rng.standard_normal((50, 75)).astype(np.float32), (900, 600), interpolation=cv2.INTER_CUBIC)
    sky = np.stack([0.5 + y / 2000, 0.7 + y / 3000, 0.95 - y / 4000], axis=2)
    field = np.stack([0.25 + 0.1 * rough, 0.42 + 0.12 * rough, 0.15 + 0.05 * rough], axis=2)
    return np.asarray(np.where((y > horizon)[..., None], field, sky) + rng.normal(0, 0.015, (600, 900, 3)))


@pytest.mark.parametrize("scene", ["landscape", "noise", "white", "black", "gradient", "green"])
def test_where_there_is_no_plate_none_is_found(scene: str) -> None:
    shape = (600, 900, 3)
    pictures = {
        "landscape": landscape,
        "noise": lambda: np.random.default_rng(1).uniform(0, 1, shape),
        "white": lambda: np.full(shape, 0.97),
        "black": lambda: np.zeros(shape),
        "gradient": lambda: np.broadcast_to(np.linspace(0.1, 0.9, 900)[None, :, None], shape),
        "green": lambda: np.random.default_rng(2).normal(np.array(LAYER["uv254"]) / 255, 0.01, shape),
    }
    assert find_plates(picture_of(pictures[scene]())) == ()


def test_corners_from_a_hint_replace_the_search_and_the_direction() -> None:
    corners = turned(UPRIGHT, 180.0)  # as the plate lies: its front is at the bottom of the picture
    picture = placed([(drawn_plate(), UPRIGHT)])
    given = tuple((float(x), float(y)) for x, y in corners)
    hints = Hints(plates=(PlateHints(corners_px=given, width_mm=50, height_mm=100),))  # type: ignore[arg-type]  # four points
    (frame,) = find_plates(picture, hints=hints)
    assert corner_error(frame, corners) < 1e-6
    assert frame.flags == (Flag.CORNERS_FROM_HINT,)
    assert frame.px_per_mm == pytest.approx(8.0, rel=0.01)


@pytest.mark.parametrize(("up", "first"), [("top", 0), ("right", 1), ("bottom", 2), ("left", 3)])
def test_the_side_that_a_person_calls_up_comes_first(up: str, first: int) -> None:
    picture = placed([(drawn_plate(), UPRIGHT)])
    (frame,) = find_plates(picture, hints=Hints(up=up))  # type: ignore[arg-type]  # one of the four literals
    assert corner_error(frame, np.roll(UPRIGHT, -first, axis=0)) < 0.01


def test_a_frame_is_not_larger_than_it_needs_to_be() -> None:
    small = placed([(drawn_plate(), UPRIGHT * 0.4)], size=(400, 380))
    (frame,) = find_plates(small)
    assert frame.valid.shape[0] == pytest.approx(320, abs=4)
    large = picture_of(cv2.resize(placed([(drawn_plate(), UPRIGHT)]).pixels, None, fx=3, fy=3) / 255)
    (frame,) = find_plates(large)
    assert frame.valid.shape[0] == 1200


def test_the_same_picture_gives_the_same_plates() -> None:
    picture = placed([(drawn_plate(), turned(UPRIGHT, 11.0))])
    one, other = find_plates(picture), find_plates(picture)
    np.testing.assert_array_equal(one[0].to_picture, other[0].to_picture)


def test_bold_lines_at_origin_and_front_do_not_cut_a_plate_in_three() -> None:
    pixels = np.full((900, 640, 3), (120, 90, 60), np.uint8)
    pixels[50:850, 50:590] = (235, 232, 228)
    for row in (146, 760):
        cv2.line(pixels, (54, row), (586, row), (90, 90, 90), 3, cv2.LINE_AA)
    _, encoded = cv2.imencode(".png", cv2.GaussianBlur(pixels, (0, 0), 0.8))
    (frame,) = find_plates(decode(encoded.tobytes()))
    corners = to_picture_points(
        frame.to_picture, np.array([[0.0, 0.0], [frame.valid.shape[1] - 1.0, frame.valid.shape[0] - 1.0]])
    )
    assert np.abs(corners - [[50, 50], [589, 849]]).max() < 6
