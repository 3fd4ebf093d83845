"""A corrected reading differs from the one before only where somebody corrected it."""

from functools import cache
from typing import Any

import pytest

from tlc_analysis.amend import amend
from tlc_analysis.analyse import analyse
from tlc_analysis.edits import read_edits
from tlc_analysis.errors import InvalidHintsError
from tlc_analysis.ground import ground_of, path_of, way_of
from tlc_analysis.model import Densitogram, Flag, Lane, PlateReading, Spot
from tlc_analysis.remeasure import amend_picture
from tlc_analysis.rf import rf_of
from tlc_analysis.serialise import from_json, to_json
from tlc_analysis.synthetic import random_spec, render

ORIGIN_Y, FRONT_Y = 900.0, 100.0  # of the plate by hand: 800 pixels from origin to front, a lane each 100 pixels


@cache
def photographed(seed: int = 7) -> tuple[bytes, PlateReading]:
    image = render(random_spec("phone", "uv254", seed=seed), seed=seed).image
    return image, analyse(image)


class NoPicture:
    """Measures by hand what a picture would say."""

    def __init__(self, *_: object) -> None: ...

    def spots(self, path: Any, places: Any) -> tuple[Spot, ...]:
        return tuple(spot(x, (ORIGIN_Y - y) / (ORIGIN_Y - FRONT_Y)) for x, y in places)

    def apex_u(self, path: Any, place: Any) -> float:
        return 1.0

    def lane(self, path: Any, others: Any) -> Lane:
        return Lane(index=0, x_px=path.x, origin_px=(path.x, ORIGIN_Y), front_px=(path.x, FRONT_Y))

    def densitogram(self, path: Any) -> Densitogram | None:
        return None


def spot(x: float, rf: float | None, **more: Any) -> Spot:
    y = ORIGIN_Y - (rf or 0.3) * (ORIGIN_Y - FRONT_Y)
    fields = {"rf": rf, "rf_u": None if rf is None else 0.002, "migration_px": ORIGIN_Y - y, "centre_px": (x, y)}
    return Spot(**(fields | {"snr": 20.0, "asymmetry": 1.0, "volume": 1.0, "colour_lab": (40.0, 0.0, 0.0)} | more))


def by_hand(*lanes: list[float], front: bool = True) -> PlateReading:
    """Flat, level, 1000 by 1000: every number can be done in the head."""
    plate = {
        "corners_px": [[-0.5, -0.5], [999.5, -0.5], [999.5, 999.5], [-0.5, 999.5]], "confidence": 1.0,
        "origin_px": [[0, ORIGIN_Y], [250, ORIGIN_Y], [500, ORIGIN_Y], [999, ORIGIN_Y]],
        "front_px": [[0, FRONT_Y], [250, FRONT_Y], [500, FRONT_Y], [999, FRONT_Y]] if front else None,
        "origin_u_px": 0.0, "front_u_px": 0.0, "lanes": [], "flags": [] if front else ["front_not_found"],
    }  # fmt: skip
    image = {"sha256": "0" * 64, "width_px": 1000, "height_px": 1000, "illumination": "uv254"}
    reading = from_json({
        "schema": "plate-reading/1", "image": image | {"illumination_inferred": False}, "plates": [plate],
        "flags": [], "method": {"version": "by hand", "parameters": {}},
    })  # fmt: skip
    read = tuple(
        Lane(
            index=i, x_px=100.0 * i, origin_px=(100.0 * i, ORIGIN_Y),
            front_px=(100.0 * i, FRONT_Y) if front else None, width_px=60.0,
            spots=tuple(spot(100.0 * i, rf if front else None) for rf in rfs),
        )
        for i, rfs in enumerate(lanes, start=1)
    )  # fmt: skip
    (bare,) = reading.plates
    return PlateReading(
        image=reading.image, plates=(bare.__class__(**{**vars(bare), "lanes": read}),), flags=(), method=reading.method
    )


def corrected(reading: PlateReading, **plate: Any) -> PlateReading:
    return amend(reading, read_edits({"plates": [{"plate": 1} | plate]}), measuring=NoPicture, plate_mm=(100, 100))


@pytest.mark.parametrize("seed", [7, 11, 23])
def test_the_geometry_of_a_reading_gives_the_readers_own_rf_without_the_picture(seed: int) -> None:
    _, reading = photographed(seed)
    size, seen = (reading.image.width_px, reading.image.height_px), 0
    for plate in reading.plates:
        ground = ground_of(plate, size, None)
        for lane in plate.lanes:
            run = way_of(ground, path_of(ground, lane)).run
            for one in lane.spots:
                assert run is not None
                assert rf_of(ground.frame_point(one.centre_px)[1], run) == pytest.approx(one.rf, abs=1e-4)
                seen += 1
    assert seen >= 3


def test_moving_one_spot_leaves_everything_else_as_it_was_to_the_bit() -> None:
    image, reading = photographed()
    lane = max(reading.plates[0].lanes, key=lambda one: len(one.spots))
    (x, y), (_, lower) = lane.spots[0].centre_px, lane.spots[0].centre_px
    edits = read_edits({"plates": [{"spots": [{"lane": lane.index, "replaces": [0], "becomes": [[x, y - 6.0]]}]}]})
    before, after = to_json(reading), to_json(amend_picture(image, reading, edits))
    moved = after["plates"][0]["lanes"][lane.index - 1]["spots"]
    (changed,) = [one for one in moved if "manual" in one["flags"]]
    assert changed["centre_px"] == [x, lower - 6.0]
    assert changed["snr"] > 1
    moved[moved.index(changed)] = before["plates"][0]["lanes"][lane.index - 1]["spots"][0]
    after["method"] = before["method"]
    assert after == before


def test_a_front_put_lower_shortens_every_run_and_nothing_but_the_run() -> None:
    before = by_hand([0.25, 0.5], [0.4])
    after = corrected(before, front_px=[[0, 180], [999, 180]])
    for old, new in zip(before.plates[0].lanes, after.plates[0].lanes, strict=True):
        assert new.front_px == pytest.approx((old.x_px, 180))
        for was, now in zip(old.spots, new.spots, strict=True):
            assert now.rf == pytest.approx(was.rf * 800 / 720)
            assert (now.centre_px, now.migration_px, now.volume) == (was.centre_px, was.migration_px, was.volume)
    assert Flag.FRONT_FROM_HINT in after.plates[0].flags
    assert after.method.version == "by hand"


def test_pulling_one_end_of_the_front_touches_only_the_lanes_below_it() -> None:
    before = by_hand([0.5], [0.5], [0.5], [0.5], [0.5], [0.5], [0.5], [0.5])
    after = corrected(before, front_px=[[0, 140], [250, 100], [500, 100], [999, 100]])
    changed = [new.index for old, new in zip(before.plates[0].lanes, after.plates[0].lanes, strict=True) if old != new]
    assert changed == [1, 2]
    assert after.plates[0].lanes[0].spots[0].rf == pytest.approx(400 / (900 - 124))  # 140 falls by 16 in 100 of 250 px


def test_a_front_where_there_was_none_gives_every_band_its_rf() -> None:
    after = corrected(by_hand([0.0], front=False), front_px=[[0, 100], [999, 100]])
    (found,) = after.plates[0].lanes[0].spots
    assert found.rf == pytest.approx(0.3)
    assert found.rf_u is not None
    assert after.plates[0].flags == (Flag.FRONT_FROM_HINT,)


def test_a_line_that_a_person_drew_is_as_certain_as_pointing() -> None:
    before = by_hand([0.5])
    after = corrected(before, front_px=[[0, 101], [999, 101]])
    # 2 px of the front at Rf 0.5 over a run of 799, beside the 0.002 of before, whose part of the apex stays
    expected = ((0.002 * 800 / 799) ** 2 + (0.5 * 2 / 799) ** 2) ** 0.5
    assert after.plates[0].lanes[0].spots[0].rf_u == pytest.approx(expected, rel=0.02)


def test_spots_are_merged_divided_added_and_removed() -> None:
    before = by_hand([0.2, 0.25, 0.6], [0.5], [])
    after = corrected(before, spots=[
        {"lane": 1, "replaces": [0, 1], "becomes": [[100, 720]]},
        {"lane": 2, "replaces": [0], "becomes": [[200, 480], [200, 520]]},
        {"lane": None, "becomes": [[303, 300]]},
        {"lane": 1, "replaces": [2], "becomes": []},
    ])  # fmt: skip
    rf = [[one.rf for one in lane.spots] for lane in after.plates[0].lanes]
    assert rf == [[pytest.approx(0.225)], [pytest.approx(0.475), pytest.approx(0.525)], [pytest.approx(0.75)]]
    assert all(Flag.MANUAL in one.flags for lane in after.plates[0].lanes for one in lane.spots)


def test_lanes_are_counted_anew_and_a_nudged_lane_keeps_its_spots() -> None:
    before = by_hand([0.2], [0.5], [0.7])
    after = corrected(before, lanes=[
        {"lane": 1, "at_px": None}, {"lane": None, "at_px": [400, 900]}, {"lane": 2, "at_px": [204, 900]},
    ])  # fmt: skip
    lanes = after.plates[0].lanes
    assert [lane.index for lane in lanes] == [1, 2, 3]
    assert [round(lane.x_px) for lane in lanes] == [204, 300, 400]
    assert lanes[0].spots[0].centre_px == (200, 500)
    assert lanes[1].spots == before.plates[0].lanes[2].spots
    assert Flag.LANES_FROM_HINT in after.plates[0].flags


def test_a_lane_taken_away_and_added_again_is_read_from_the_picture() -> None:
    image, reading = photographed()
    lane = max(reading.plates[0].lanes, key=lambda one: len(one.spots))
    gone = amend_picture(image, reading, read_edits({"plates": [{"lanes": [{"lane": lane.index, "at_px": None}]}]}))
    assert len(gone.plates[0].lanes) == len(reading.plates[0].lanes) - 1
    back = amend_picture(
        image, gone, read_edits({"plates": [{"lanes": [{"lane": None, "at_px": list(lane.origin_px or ())}]}]})
    )
    found = back.plates[0].lanes[lane.index - 1]
    assert [one.rf for one in found.spots] == pytest.approx([one.rf for one in lane.spots], abs=0.01)
    assert found.densitogram is not None


def test_corners_put_right_leave_the_bands_on_their_pixels() -> None:
    before = by_hand([0.5])
    after = corrected(before, corners_px=[[-0.5, 49.5], [999.5, 49.5], [999.5, 999.5], [-0.5, 999.5]])
    (old,), (new,) = before.plates[0].lanes[0].spots, after.plates[0].lanes[0].spots
    assert new.centre_px == old.centre_px
    assert new.rf == pytest.approx(old.rf)  # the frame is stretched, lines and band with it
    assert Flag.CORNERS_FROM_HINT in after.plates[0].flags


@pytest.mark.parametrize(
    ("plate", "says"),
    [
        ({"plate": 2, "front_px": [[0, 1], [9, 1]]}, "no plate 2"),
        ({"front_px": [[0, 950], [999, 950]]}, "above the origin"),
        ({"front_px": [[500, 0], [501, 800]]}, "along the plate"),
        ({"front_px": [[0, -500], [999, -500]]}, "outside its plate"),
        ({"lanes": [{"lane": 9, "at_px": None}]}, "does not have"),
        ({"lanes": [{"lane": None, "at_px": [5000, 900]}]}, "outside its plate"),
        ({"spots": [{"lane": 1, "replaces": [4], "becomes": []}]}, "no spot 4"),
        ({"spots": [{"lane": 1, "replaces": [0]}, {"lane": 1, "replaces": [0]}]}, "named twice"),
        ({"spots": [{"lane": None, "becomes": [[5000, 5000]]}]}, "outside its plate"),
        ({"spots": [{"lane": 7, "replaces": [0]}]}, "no lane 7"),
        ({"lanes": [{"lane": 1, "at_px": None}], "spots": [{"lane": 1, "replaces": [0], "becomes": [[100, 500]]}]},
         "taken away"),
        ({"corners_px": [[0, 0], [1, 0], [2, 0], [3, 0]]}, "corners"),
    ],
)  # fmt: skip
def test_what_no_plate_can_have_is_refused_with_what_is_wrong(plate: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidHintsError, match=says):
        corrected(by_hand([0.5], [0.2]), **plate)


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        ([], "Expected an object"),
        ({"plates": []}, "change nothing"),
        ({"plates": [{"plate": 1}]}, "change nothing"),
        ({"plates": [{"front": 1}]}, "Unknown field front"),
        ({"plates": [{"front_px": [[0, float("nan")], [1, 1]]}]}, "front_px"),
        ({"plates": [{"front_px": [[0, 0]]}]}, "two points"),
        ({"plates": [{"spots": [{}]}]}, "neither replaces"),
        ({"plates": [{"spots": [{"replaces": [0]}]}]}, "without naming"),
        ({"plates": [{"spots": [{"lane": True, "replaces": [0]}]}]}, "lane"),
        ({"plates": [{"lanes": [{}]}]}, "needs a lane"),
        ({"plates": [{"spots": [{"becomes": [[0, 0]]}] * 501}]}, "at most 500"),
        ({"plates": [{"spots": [{"becomes": [[0, 0]]}]}] * 2}, "a plate twice"),
    ],
)
def test_corrections_that_cannot_be_understood_are_refused_with_the_field(edits: Any, says: str) -> None:
    with pytest.raises(InvalidHintsError, match=says):
        read_edits(edits)
