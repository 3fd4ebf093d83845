"""Two readings of one picture: what was lost, what appeared, what moved."""

from dataclasses import replace

from tlc_analysis.compare import compare, to_json
from tlc_analysis.model import ImageInfo, Lane, Method, Plate, PlateReading, Spot


def spot(x: float, y: float, rf: float | None, rf_u: float = 0.003) -> Spot:
    return Spot(rf=rf, rf_u=None if rf is None else rf_u, migration_px=900 - y, centre_px=(x, y), snr=50,
                asymmetry=1.0, volume=1.0, colour_lab=(50, 0, 0))  # fmt: skip


def reading(*spots: Spot, sha: str = "a", version: str = "1", scale: float = 1.0) -> PlateReading:
    lanes = (Lane(index=1, x_px=100 * scale, spots=spots),)
    corners = ((0.0, 0.0), (500 * scale, 0.0), (500 * scale, 1000 * scale), (0.0, 1000 * scale))
    plate = Plate(corners_px=corners, confidence=1, origin_px=None, front_px=None, lanes=lanes)
    info = ImageInfo(sha256=sha, width_px=500, height_px=1000, illumination="visible", illumination_inferred=False)
    return PlateReading(image=info, plates=(plate,), flags=(), method=Method(version=version))


BEFORE = reading(spot(100, 500, 0.5), spot(100, 300, 0.75))


def test_equal_readings_have_no_change() -> None:
    result = compare(BEFORE, BEFORE)
    assert (result.unchanged, result.changes) == (2, ())


def test_lost_appeared_and_moved_are_told_apart() -> None:
    after = reading(spot(100, 510, 0.4875), spot(100, 700, 0.25), version="2")
    result = compare(BEFORE, after)
    assert [(c.rf_before, c.rf_after) for c in result.of("moved")] == [(0.5, 0.4875)]
    assert [c.rf_before for c in result.of("lost")] == [0.75]
    assert [c.rf_after for c in result.of("appeared")] == [0.25]
    assert (result.method_before, result.method_after, result.unchanged) == ("1", "2", 0)


def test_within_the_uncertainty_nothing_has_moved() -> None:
    after = reading(spot(100, 504, 0.495), spot(100, 300, 0.75))
    assert compare(BEFORE, after).unchanged == 2


def test_an_rf_that_is_now_withheld_is_a_change() -> None:
    after = reading(spot(100, 500, None), spot(100, 300, 0.75))
    (change,) = compare(BEFORE, after).changes
    assert (change.kind, change.rf_before, change.rf_after) == ("moved", 0.5, None)


def test_another_picture_of_the_plate_is_compared_on_the_plate() -> None:
    larger = reading(spot(200, 1000, 0.5), spot(200, 600, 0.75), sha="b", scale=2)
    result = compare(BEFORE, larger)
    assert not result.same_picture
    assert result.unchanged == 2


def test_a_blank_reading_loses_everything() -> None:
    empty = replace(BEFORE, plates=())
    assert len(compare(BEFORE, empty).of("lost")) == 2
    assert len(compare(empty, BEFORE).of("appeared")) == 2


def test_the_json_names_every_change() -> None:
    document = to_json(compare(BEFORE, replace(BEFORE, plates=())))
    assert document["schema"] == "plate-compare/1"
    assert document["changes"][0]["kind"] == "lost"
