import copy
import json
from collections.abc import Iterator
from functools import reduce
from operator import getitem
from typing import Any

import pytest

from tests.tlc_analysis.plain_frames import add_spot, bare_plate, frame_of, landmarks
from tlc_analysis.analyse import read_sheet
from tlc_analysis.compare import compare
from tlc_analysis.errors import ReadingFormatError
from tlc_analysis.model import Candidate, Flag, ImageInfo, PlateReading, Spot
from tlc_analysis.serialise import from_json, to_json
from tlc_analysis.version import method

# The contract "plate-reading/1", key by key.
READING = {"schema", "image", "plates", "flags", "method"}
IMAGE = {"sha256", "width_px", "height_px", "illumination", "illumination_inferred"}
PLATE = {"corners_px", "confidence", "origin_px", "front_px", "lanes", "flags"}
LANE = {"index", "x_px", "spots", "features"}
SPOT = {
    "rf", "rf_u", "migration_px", "centre_px", "snr", "asymmetry", "volume", "colour_lab", "flags", "candidates",
}  # fmt: skip


@pytest.fixture(scope="module")
def reading() -> PlateReading:
    picture = bare_plate()
    add_spot(picture, 120, 300)
    add_spot(picture, 260, 520, factor=(0.3, 0.3, 0.3))
    image = ImageInfo(
        sha256="0" * 64, width_px=400, height_px=600, illumination="visible", illumination_inferred=False
    )  # fmt: skip
    plate = read_sheet(frame_of(picture), landmarks(marks=(120.0, 260.0)), "visible")
    return PlateReading(image=image, plates=(plate,), flags=(Flag.LOW_RESOLUTION,), method=method())


def test_every_key_of_the_contract_is_there(reading: PlateReading) -> None:
    data = to_json(reading)
    plate: dict[str, Any] = data["plates"][0]
    lane = plate["lanes"][0]
    assert data["schema"] == "plate-reading/1"
    assert set(data) == READING
    assert set(data["image"]) == IMAGE
    assert set(plate) >= PLATE
    assert set(lane) >= LANE
    assert set(lane["spots"][0]) >= SPOT
    assert set(plate["lanes"][1]["features"][0]) == {"kind", "centre_px"}
    assert set(data["method"]) == {"version", "parameters"}


def test_a_round_trip_through_text_changes_nothing(reading: PlateReading) -> None:
    assert from_json(json.loads(json.dumps(to_json(reading), allow_nan=False))) == reading


def test_a_reading_of_the_bare_contract_is_understood(reading: PlateReading) -> None:
    data = to_json(reading)
    for plate in data["plates"]:
        _keep(plate, PLATE)
        for lane in plate["lanes"]:
            _keep(lane, LANE)
            for spot in lane["spots"]:
                _keep(spot, SPOT)
    assert from_json(data).plates[0].lanes[0].spots[0].rf == reading.plates[0].lanes[0].spots[0].rf


def test_missing_lines_are_null() -> None:
    picture = bare_plate()
    add_spot(picture, 120, 300)
    image = ImageInfo(
        sha256="1" * 64, width_px=400, height_px=600, illumination="visible", illumination_inferred=True
    )  # fmt: skip
    plate = read_sheet(frame_of(picture), landmarks(origin=None, front=None), "visible")
    data = to_json(PlateReading(image=image, plates=(plate,), flags=(), method=method()))
    spot = data["plates"][0]["lanes"][0]["spots"][0]
    assert data["plates"][0]["origin_px"] is None
    assert data["plates"][0]["front_px"] is None
    assert (spot["rf"], spot["rf_u"], spot["migration_px"]) == (None, None, None)


def test_candidates_are_written() -> None:
    spot = Spot(
        rf=0.5, rf_u=0.01, migration_px=10.0, centre_px=(1.0, 2.0), snr=9.0, asymmetry=1.0, volume=2.0,
        colour_lab=(50.0, 0.0, 0.0), candidates=(Candidate(substance="caffeine", probability=0.8, in_set=True),),
    )  # fmt: skip
    assert spot.candidates[0].in_set


@pytest.mark.parametrize(
    "data",
    [{}, {"schema": "plate-reading/2"}, {"schema": "plate-reading/1", "image": None}, {"schema": "plate-reading/1"}],
)
def test_what_is_no_reading_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ReadingFormatError):
        from_json(data)


ANYTHING = ("text", None, [], {}, [1], [None, None], [["a", "b"]] * 4, True, -1.5, float("nan"), float("inf"), 10**400)


def _places(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from _places(value, (*path, key))


def test_whatever_stands_in_a_place_it_is_understood_or_refused(reading: PlateReading) -> None:
    """Compared as well, since a text that passes for a number would only fail there."""
    data = to_json(reading)
    data["plates"][0]["lanes"][0]["densitogram"] = {
        "position": [0, 1], "position_unit": "rf", "signal": [0, 1], "baseline": [0, 0],
    }  # fmt: skip
    refused = 0
    for path in _places(data):
        for value in ANYTHING:
            changed = copy.deepcopy(data)
            reduce(getitem, path[:-1], changed)[path[-1]] = value
            try:
                compare(from_json(changed), reading)
            except ReadingFormatError:
                refused += 1
    assert refused > 500


def test_an_unknown_flag_is_refused(reading: PlateReading) -> None:
    data = to_json(reading)
    data["flags"] = ["perfect"]
    with pytest.raises(ReadingFormatError):
        from_json(data)


def _keep(data: dict[str, Any], keys: set[str]) -> None:
    for key in set(data) - keys:
        del data[key]
