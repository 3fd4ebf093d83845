"""Hints that no plate can have are refused in a sentence."""

import pytest

from tlc_analysis import analyse
from tlc_analysis.errors import InvalidHintsError
from tlc_analysis.model import Hints, PlateHints, SpotHint
from tlc_analysis.synthetic import random_spec, render


@pytest.fixture(scope="module")
def picture() -> bytes:
    return render(random_spec("scan", "uv254", seed=11), seed=11).image


def test_a_spot_outside_its_plate_is_refused(picture: bytes) -> None:
    hints = Hints(plates=(PlateHints(spots=(SpotHint(action="add", centre_px=(-500.0, 90_000.0)),)),))
    with pytest.raises(InvalidHintsError, match="outside its plate"):
        analyse(picture, hints=hints)


def test_an_origin_along_the_plate_is_refused(picture: bytes) -> None:
    hints = Hints(plates=(PlateHints(origin_px=((200.0, 50.0), (200.0, 500.0))),))
    with pytest.raises(InvalidHintsError, match="along the plate"):
        analyse(picture, hints=hints)
