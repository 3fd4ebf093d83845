"""Real pictures, read where they are at hand; they never enter the project."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tlc_analysis import analyse
from tlc_analysis.model import FeatureKind, Flag, PlateReading, Spot

SHARED = Path(os.environ.get("DRUGCHECK_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "plates"
pytestmark = [
    pytest.mark.plates,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared development pictures are not on this machine"),
]


def _read(name: str) -> PlateReading:
    return analyse((SHARED / name).read_bytes())


def _spots(reading: PlateReading) -> list[Spot]:
    return [spot for plate in reading.plates for lane in plate.lanes for spot in lane.spots]


def _truth(name: str) -> dict[str, Any]:
    images: dict[str, dict[str, Any]] = json.loads((SHARED / "truth.json").read_text())["images"]
    return images[name]


def test_drawn_circles_are_circles_and_their_three_lanes_are_seen() -> None:
    reading = _read("mockup_3_lanes.jpg")
    (plate,) = reading.plates
    kinds = [feature.kind for lane in plate.lanes for feature in lane.features]
    kinds += [feature.kind for feature in plate.features]
    assert _spots(reading) == []
    assert kinds.count(FeatureKind.CIRCLE) >= 4
    assert len(plate.lanes) == 3


def test_blank_paper_has_no_spot() -> None:
    reading = _read("mockup_blank.jpg")
    assert _spots(reading) == []
    assert Flag.NO_SPOTS in reading.flags


def test_streaks_on_paper_are_streaks() -> None:
    reading = _read("paper_streaks_visible.jpg")
    assert _spots(reading) == []
    assert any(Flag.STREAKS in plate.flags for plate in reading.plates)
    assert [len(plate.lanes) for plate in reading.plates] == [3]


def test_the_dyes_of_the_camag_plate_are_found_in_their_eight_lanes() -> None:
    reading = _read("camag_dyes_visible.png")
    (plate,) = reading.plates
    marked = _truth("camag_dyes_visible.png")["plates"][0]["spots"]
    spots = _spots(reading)

    def found(mark: dict[str, float]) -> bool:
        return any(np.hypot(s.centre_px[0] - mark["x"], 4 * (s.centre_px[1] - mark["y"])) < 40 for s in spots)

    assert len(plate.lanes) == 8
    assert sum(found(mark) for mark in marked) >= 50
    assert len(spots) <= 60
