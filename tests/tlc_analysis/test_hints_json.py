"""Hints as JSON are taken as they stand, or refused with the field that is wrong."""

from typing import Any

import pytest

from tlc_analysis.errors import InvalidHintsError
from tlc_analysis.hints_json import read_hints


@pytest.mark.parametrize(
    ("hints", "says"),
    [
        ({"origin_px": [[1e308, 0], [0, 0]]}, "origin_px"),
        ({"origin_px": [[float("nan"), 0]]}, "origin_px"),
        ({"lane_x_px": [10**400]}, "lane_x_px"),
        ({"lane_x_px": list(range(3000))}, "at most 500"),
        ({"width_mm": 1e-300, "height_mm": 100}, "1 to 1000 mm"),
        ({"height_mm": 0}, "1 to 1000 mm"),
        ({"spots": [{"action": "add", "centre_px": [1e308, 0]}]}, "centre_px"),
    ],
)
def test_what_no_picture_or_plate_can_have_is_refused(hints: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidHintsError, match=says):
        read_hints({"plates": [hints]})


def test_what_a_person_clicks_is_taken() -> None:
    (plate,) = read_hints({"plates": [{"origin_px": [[0, 90], [100, 91.5]], "width_mm": 100, "height_mm": 100}]}).plates
    assert plate.origin_px == ((0.0, 90.0), (100.0, 91.5))
    assert plate.width_mm == 100
