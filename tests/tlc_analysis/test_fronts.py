"""What is no front: strokes of circles, letters and scratches. What stays one: a line with a title above it."""

from dataclasses import replace

import numpy as np
import pytest
from pictures_of_plates import Drawn, drawn_plate, picture_of

from tlc_analysis.analyse import analyse
from tlc_analysis.frames import Landmarks
from tlc_analysis.landmarks import find_landmarks
from tlc_analysis.model import Flag
from tlc_analysis.rectify import rectify
from tlc_analysis.synthetic import random_spec, render
from tlc_analysis.synthetic_spec import Writing

WIDTH = 400


def read(plate: Drawn) -> Landmarks:
    height = len(plate.pixels)
    rim = np.array([[-0.5, -0.5], [WIDTH - 0.5, -0.5], [WIDTH - 0.5, height - 0.5], [-0.5, height - 0.5]])
    return find_landmarks(rectify(picture_of(plate.pixels), rim, confidence=1.0), illumination="visible")


def stroked(plate: Drawn, *strokes: tuple[slice, int]) -> Drawn:
    """With level strokes three rows thick: columns and row."""
    pixels = plate.pixels.copy()
    for columns, row in strokes:
        pixels[row - 1 : row + 2, columns] *= 0.55
    return replace(plate, pixels=pixels)


LEFT, RIGHT = slice(18, 44), slice(WIDTH - 44, WIDTH - 18)


def test_strokes_below_a_wetting_edge_are_no_front() -> None:
    """The solvent was above them: two spots that ran equally far were circled."""
    plate = stroked(drawn_plate(front="wet", spots=False), (LEFT, 400), (RIGHT, 404))
    found = read(plate)
    assert found.front is not None
    assert abs(found.front.at(200) - float(plate.front[200])) < 3


def test_strokes_above_a_wetting_edge_are_the_front_that_a_person_saw() -> None:
    plate = stroked(drawn_plate(front="wet", spots=False), (LEFT, 40), (RIGHT, 40))
    found = read(plate)
    assert found.front is not None
    assert abs(found.front.at(200) - 40) < 2


def test_one_stroke_with_which_the_layer_does_not_agree_is_no_front() -> None:
    found = read(stroked(drawn_plate(front="none"), (LEFT, 40)))
    assert found.front is None
    assert Flag.FRONT_NOT_FOUND in found.flags


def test_ticks_on_an_unevenly_lit_plate_are_joined_by_a_straight_line() -> None:
    """A lamp's slope, and clouds in the layer, look like faint edges everywhere."""
    plate = drawn_plate(front="ticks", spots=False)
    rows = np.arange(len(plate.pixels))[:, None, None]
    lamp = 1 - 0.25 * (rows / 800) ** 2 + 0.02 * np.sin(rows / 23.0)
    found = read(replace(plate, pixels=(plate.pixels * lamp).astype(np.float32)))
    assert found.front is not None
    assert max(abs(found.front.at(x) - float(plate.front[x])) for x in (80, 200, 320)) < 1.0


@pytest.mark.parametrize("text", ["syst. A", "B-17"])
def test_a_title_above_the_front_does_not_contradict_it(text: str) -> None:
    spec = random_spec("phone", "uv254", 3)
    (placed,) = spec.plates
    bent = replace(
        placed.plate,
        front_mark="line",
        front_mm=14.0,
        front_sag_mm=3.0,
        writing=(Writing(text=text, x_mm=3.0, y_mm=11.5, height_mm=3.5),),
    )
    reading = analyse(render(replace(spec, plates=(replace(placed, plate=bent),)), seed=3).image)
    (plate,) = reading.plates
    assert plate.front_px is not None
    assert all(spot.rf is not None and 0 < spot.rf < 1 for lane in plate.lanes for spot in lane.spots)
