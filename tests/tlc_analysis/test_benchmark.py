"""The figures by which readings are judged, worked out by hand on tiny readings."""

import pytest

from tlc_analysis.benchmark import measure, row, score, summarise
from tlc_analysis.benchmark_truth import TruePicture, TruePlate, TrueSpot, read_truth
from tlc_analysis.model import ImageInfo, Lane, Method, Plate, PlateReading, Spot
from tlc_analysis.synthetic import random_spec, render

CORNERS = ((0.0, 0.0), (500.0, 0.0), (500.0, 1000.0), (0.0, 1000.0))


def seen(x: float, y: float, rf: float | None, rf_u: float | None = 0.002) -> Spot:
    return Spot(rf=rf, rf_u=rf_u, migration_px=900 - y, centre_px=(x, y), snr=50, asymmetry=1.0, volume=1.0,
                colour_lab=(50, 0, 0))  # fmt: skip


def reading(*lanes: tuple[Spot, ...]) -> PlateReading:
    info = ImageInfo(sha256="a", width_px=1000, height_px=1000, illumination="visible", illumination_inferred=False)
    plate = Plate(
        corners_px=CORNERS, confidence=1, origin_px=None, front_px=None,
        lanes=tuple(Lane(index=i, x_px=100.0 * i, spots=spots) for i, spots in enumerate(lanes, start=1)),
    )  # fmt: skip
    return PlateReading(image=info, plates=(plate,), flags=(), method=Method(version="1"))


def true(x: float, y: float, rf: float, visibility: str = "clear") -> TrueSpot:
    return TrueSpot(centre_px=(x, y), rf=rf, rf_u=0.0, visibility=visibility, size_px=30, lane=1)  # type: ignore[arg-type]  # tests name the class


def picture(*spots: TrueSpot, lanes: int | None = 2, blank: bool = False) -> TruePicture:
    plate = TruePlate(corners_px=CORNERS, spots=spots, lane_count=lanes, front_visible=True)
    return TruePicture(name="p", group="g", plates=(plate,), blank=blank)


TRUTH = picture(true(100, 500, 0.500), true(100, 300, 0.750), true(200, 600, 0.375, "faint"))


def test_a_perfect_reading() -> None:
    result = score(reading((seen(100, 500, 0.501), seen(100, 300, 0.75)), (seen(200, 600, 0.37),)), TRUTH)
    assert (result.clear, result.clear_found, result.reported, result.reported_true) == (2, 2, 3, 3)
    assert sorted(result.rf_misses) == pytest.approx([0, 0.001, 0.005])
    assert result.rf_within == 2  # the third misses by 2.5 u
    assert (result.plates, result.plates_lanes_right) == (1, 1)


def test_a_faint_spot_need_not_be_found_and_is_not_false_when_it_is() -> None:
    without = score(reading((seen(100, 500, 0.5), seen(100, 300, 0.75)), ()), TRUTH)
    assert (without.clear_found, without.false) == (2, 0)


def test_a_spot_beyond_the_tolerance_is_false_and_the_true_one_missed() -> None:
    result = score(reading((seen(100, 521, 0.48), seen(100, 300, 0.75)), ()), TRUTH)
    assert (result.clear_found, result.false) == (1, 1)


def test_two_reports_of_one_spot_count_once() -> None:
    result = score(reading((seen(100, 499, 0.5), seen(100, 502, 0.5), seen(100, 300, 0.75)), ()), TRUTH)
    assert (result.clear_found, result.false) == (2, 1)


def test_anything_on_a_blank_picture_is_false() -> None:
    result = score(reading((seen(100, 500, 0.5),)), picture(lanes=None, blank=True))
    assert (result.clear, result.false) == (0, 1)


def test_a_withheld_rf_counts_against_where_the_front_is_visible() -> None:
    table = row("g", [score(reading((seen(100, 500, None, None), seen(100, 300, 0.75)), ()), TRUTH)])
    assert table.with_rf == 0.5
    assert table.recall == 1.0


def test_shares_are_of_all_pictures_together() -> None:
    good = score(reading((seen(100, 500, 0.5), seen(100, 300, 0.75)), ()), TRUTH, seconds=1.0)
    bad = score(reading((), (), ()), TRUTH, seconds=3.0)
    (table,) = summarise([good, bad])
    assert (table.pictures, table.recall, table.lanes, table.seconds_per_megapixel) == (2, 0.5, 0.5, 2.0)


def test_the_annotations_own_uncertainty_is_added() -> None:
    marked = TrueSpot(centre_px=(100, 500), rf=0.5, rf_u=0.01, visibility="clear", size_px=0, lane=1)
    assert score(reading((seen(100, 500, 0.515),)), picture(marked)).rf_within == 1


def test_synthetic_truth_is_read_and_pictures_are_timed() -> None:
    drawn = render(random_spec("scan", "uv254", 1), seed=1)
    (truth,) = read_truth(drawn.truth, name="x.png")
    assert truth.group == "scan uv254"
    assert sum(len(plate.spots or ()) for plate in truth.plates) > 0
    (result,) = measure([(drawn.image, truth)], lambda _: reading(()))
    assert result.clear_found == 0
    assert result.megapixels == 1.0


def test_hand_marked_truth_is_read() -> None:
    plate = {
        "corners_TL_TR_BR_BL": CORNERS, "rf_uncertainty_1sd": 0.004, "front_confidence": "drawn",
        "lane_x_at_origin": [100, 200], "spots": [{"x": 1, "y": 2, "kind": "faint", "lane": 1, "rf": 0.3}],
    }  # fmt: skip
    pictures = read_truth(
        {
            "images": {
                "a.jpg": {"n_lanes": 2, "plates": [plate]},
                "ruled.jpg": {"n_lanes": 1, "plates": [], "rf_truth": [{"lane": 1, "rf": 0.4}]},
                "blank.jpg": {"plates": [], "rf_truth": [], "expect": "no spots"},
                "unmarked.jpg": {"plates": [{**plate, "spots": []}]},
            }
        }
    )
    marked, ruled, blank, unmarked = pictures
    assert marked.plates[0].spots is not None
    assert marked.plates[0].spots[0].visibility == "faint"
    assert marked.plates[0].lane_count == 2
    assert blank.blank
    assert unmarked.plates[0].spots is None
    assert score(reading((seen(9, 9, 0.41),)), ruled).clear_found == 1


def test_other_files_are_refused() -> None:
    with pytest.raises(ValueError, match="neither"):
        read_truth({"schema": "something"})
