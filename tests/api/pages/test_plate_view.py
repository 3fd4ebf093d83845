"""How a plate is drawn beside its picture."""

from api.pages.plate_view import _scale


def test_every_lane_is_drawn_on_the_scale_of_its_plate() -> None:
    band = {"signal": [0.0, 0.5, 0.1], "baseline": [0.0, 0.0, 0.0]}
    noise = {"signal": [0.001, -0.002, 0.001], "baseline": [0.0, 0.0, 0.0]}
    document = {"plates": [{"lanes": [{"densitogram": band}, {"densitogram": noise}, {"densitogram": None}]}]}
    assert _scale(document) == (0.5, -0.002)
