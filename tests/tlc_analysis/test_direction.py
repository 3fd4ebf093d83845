"""Which end the front is at: what says so, and no Rf where nothing does."""

from dataclasses import replace

import numpy as np
import pytest
from pictures_of_plates import Drawn, Floats, drawn_plate, picture_of

from tlc_analysis.analyse import analyse, read_plate
from tlc_analysis.direction import Direction, find_direction
from tlc_analysis.frames import Line, PlateFrame
from tlc_analysis.landmarks import find_landmarks
from tlc_analysis.marks import grey_of, things_on
from tlc_analysis.model import Flag, PlateHints
from tlc_analysis.rectify import rectify
from tlc_analysis.synthetic import random_spec, render

HEIGHT, WIDTH = 800, 400


def frame_of(pixels: Floats, *, flags: tuple[Flag, ...] = ()) -> PlateFrame:
    rim = np.array([[-0.5, -0.5], [WIDTH - 0.5, -0.5], [WIDTH - 0.5, HEIGHT - 0.5], [-0.5, HEIGHT - 0.5]])
    return rectify(picture_of(pixels), rim, confidence=1.0, flags=flags)


def found(plate: Drawn, *, upside_down: bool = False) -> Direction:
    pixels = plate.pixels[::-1, ::-1] if upside_down else plate.pixels
    frame = frame_of(np.ascontiguousarray(pixels))
    return find_direction(frame.srgb, frame.valid, "visible")


def two_lines() -> Drawn:
    """Two lines alike, both straight, and nothing on either."""
    return drawn_plate(ticks_at=(), spots=False)


@pytest.mark.parametrize("upside_down", [False, True])
def test_a_bent_line_is_the_front(upside_down: bool) -> None:
    direction = found(drawn_plate(dome=16.0, ticks_at=(), spots=False), upside_down=upside_down)
    assert direction == Direction(quarter_turns=2 if upside_down else 0, certain=True)


@pytest.mark.parametrize("upside_down", [False, True])
@pytest.mark.parametrize("size", [(4, 4), (9, 9), (10, 7)])
def test_a_line_with_dots_or_residues_on_it_is_the_origin(size: tuple[int, int], upside_down: bool) -> None:
    plate = two_lines()
    pixels = plate.pixels.copy()
    for x in (80, 200, 320):
        away = ((np.arange(WIDTH)[None, :] - x) / size[0]) ** 2
        away = away + ((np.arange(HEIGHT)[:, None] - plate.origin[x]) / size[1]) ** 2
        pixels *= (1 - 0.6 * np.exp(-0.5 * away))[..., None].astype(np.float32)
    direction = found(replace(plate, pixels=pixels), upside_down=upside_down)
    assert direction == Direction(quarter_turns=2 if upside_down else 0, certain=True)


def test_a_spot_beside_a_line_is_not_on_it() -> None:
    plate = two_lines()
    pixels = plate.pixels.copy()
    away = ((np.arange(WIDTH)[None, :] - 200) / 9) ** 2 + (
        (np.arange(HEIGHT)[:, None] - plate.front[200] - 22) / 7
    ) ** 2
    pixels *= (1 - 0.6 * np.exp(-0.5 * away))[..., None].astype(np.float32)
    columns = np.arange(0.0, WIDTH, 16)
    line = Line(x=columns, y=np.interp(columns, np.arange(WIDTH), plate.front), u_px=0.1)
    assert things_on(grey_of(pixels), line, line_width_px=3.0) == []


def test_an_rf_is_withheld_where_front_and_origin_may_be_confused() -> None:
    plate = drawn_plate(ticks_at=(), spots=False)
    unsure = (Flag.DIRECTION_UNCERTAIN,)
    lines = find_landmarks(frame_of(plate.pixels, flags=unsure), illumination="visible")
    assert lines.front is None
    assert Flag.FRONT_NOT_FOUND in lines.flags
    sure = find_landmarks(frame_of(plate.pixels), illumination="visible")
    assert sure.front is not None


def test_the_front_that_a_person_points_at_is_believed_either_way() -> None:
    plate = drawn_plate()
    frame = frame_of(plate.pixels, flags=(Flag.DIRECTION_UNCERTAIN,))
    told = PlateHints(front_px=((0.0, 82.0), (399.0, 78.0)))
    spots = [spot for lane in read_plate(frame, "visible", told).lanes for spot in lane.spots]
    assert spots
    assert all(spot.rf is not None for spot in spots)


def test_a_dark_plate_turned_by_a_half_is_read_right_or_without_an_rf() -> None:
    spec = random_spec("hard", "uv366", 7, megapixels=1.0)
    turned = replace(spec, camera=replace(spec.camera, roll_deg=spec.camera.roll_deg + 180))
    drawn = render(turned, seed=7)
    true = {tuple(s["centre_px"]): s["rf"] for p in drawn.truth["plates"] for n in p["lanes"] for s in n["spots"]}
    for plate in analyse(drawn.image).plates:
        for spot in (spot for lane in plate.lanes for spot in lane.spots if spot.rf is not None):
            near = min(true, key=lambda at: float(np.hypot(*np.subtract(at, spot.centre_px))))
            if np.hypot(*np.subtract(near, spot.centre_px)) < 12:
                assert abs(true[near] - (spot.rf or 0.0)) < 0.05
