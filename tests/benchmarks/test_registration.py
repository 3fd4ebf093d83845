"""Figures of ``docs/method.md``, "Several pictures": how far apart a spot lies on two pictures of a plate."""

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from tests.tlc_analysis.test_register import pictures, spots
from tlc_analysis import analyse
from tlc_analysis.decode import decode
from tlc_analysis.model import Illumination
from tlc_analysis.register import View, register
from tlc_analysis.synthetic import SyntheticPlate

pytestmark = pytest.mark.benchmark
SEEDS = range(8300, 8310)


def test_two_readings_of_one_plate_lie_over_each_other() -> None:
    table = Table("Other picture", "Pairs", "Mean, mm", "95 %, mm", "Largest, mm", title="Registration")
    for light in ("visible", "uv366"):
        away = np.concatenate([_misplaced_mm(seed, light) for seed in SEEDS])
        table.add_row(light, str(len(SEEDS)), *(f"{v:.2f}" for v in (away.mean(), np.quantile(away, 0.95), away.max())))
        assert float(np.median(away)) < 0.5
    Console(width=100).print(table)


def _misplaced_mm(seed: int, light: Illumination) -> np.ndarray:
    """Distances on the plate between true places, each picture with the corners that its own reading found."""
    first, other = pictures(seed, light)
    alignment = register(_view("uv254", first), _view(light, other))
    plate = first.truth["plates"][0]
    corners = np.array(plate["corners_px"])
    px_per_mm = float(np.hypot(*(corners[0] - corners[3]))) / plate["height_mm"]
    pairs = zip(spots(first), spots(other), strict=True)
    return np.array([np.hypot(*np.subtract(alignment.map(b), a)) for a, b in pairs]) / px_per_mm


def _view(name: str, drawn: SyntheticPlate) -> View:
    light = drawn.truth["image"]["illumination"]
    reading = analyse(drawn.image, illumination=light)
    return View(name=name, picture=decode(drawn.image, illumination=light), plate=reading.plates[0])
