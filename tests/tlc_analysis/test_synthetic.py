"""Synthetic plates: the truth that is written is the picture that is drawn."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tlc_analysis.model import Illumination
from tlc_analysis.synthetic import (
    ILLUMINATIONS,
    TIERS,
    CameraSpec,
    LaneSpec,
    PictureSpec,
    Placement,
    PlateSpec,
    SpotSpec,
    SyntheticPlate,
    Tier,
    blank_spec,
    no_plate_spec,
    random_spec,
    render,
)
from tlc_analysis.synthetic_camera import encode_srgb


def one_spot(illumination: Illumination = "visible", **spot: object) -> PictureSpec:
    """A clean 50 x 100 mm plate at 10 px/mm with one grey spot at Rf 0.5; origin 10 mm, front 10 mm."""
    grey = SpotSpec(rf=0.5, strength=0.5, colour=(1.0, 1.0, 1.0), sigma_x_mm=1.5, sigma_y_mm=1.5)
    lane = LaneSpec(x_mm=25.0, spots=(replace(grey, **spot),))
    plate = PlateSpec(
        width_mm=50, height_mm=100, origin_mm=10, front_mm=10, lanes=(lane,), wobble_mm=0, wet_od=0,
        unevenness=0, grain=0, ticks=False,
    )  # fmt: skip
    camera = CameraSpec(width_px=500, height_px=1000, px_per_mm=10, blur_px=0, noise=0)
    return PictureSpec(illumination=illumination, plates=(Placement(plate=plate),), camera=camera)


def darkest(drawn: SyntheticPlate, top: int, bottom: int) -> tuple[float, float]:
    """Centre of mass of the darkness between two rows, as x, y."""
    grey = drawn.pixels[top:bottom].mean(axis=2)
    dark = np.clip(np.median(grey) - grey - 3, 0, None)
    rows, columns = np.mgrid[top:bottom, 0 : dark.shape[1]]
    return float((columns * dark).sum() / dark.sum()), float((rows * dark).sum() / dark.sum())


def test_a_spot_is_drawn_where_the_truth_says() -> None:
    drawn = render(one_spot(), seed=1)
    spot = drawn.truth["plates"][0]["lanes"][0]["spots"][0]
    assert spot["centre_px"] == pytest.approx(darkest(drawn, 400, 600), abs=0.1)
    # Half way from the origin, 90 mm down, to the front, 10 mm down; the first pixel's centre is half a pixel in.
    assert spot["centre_px"] == pytest.approx((25 * 10 - 0.5, 50 * 10 - 0.5))


def test_the_apex_of_a_tailing_spot_stays_at_its_rf() -> None:
    drawn = render(one_spot(tail_mm=3.0), seed=1)
    column = drawn.pixels[200:880, 249].astype(float).mean(axis=1)
    assert 200 + int(np.argmin(column)) == pytest.approx(499.5, abs=4)
    assert darkest(drawn, 200, 880)[1] > 510


def test_optical_density_follows_beers_law_in_linear_light() -> None:
    drawn = render(one_spot(), seed=1)
    apex, bare = drawn.pixels[500, 249] / 255, drawn.pixels[250, 249] / 255
    linear = [np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4) for v in (apex, bare)]
    np.testing.assert_allclose(np.log10(linear[1] / linear[0]), 0.5, atol=0.02)


def test_corners_lines_and_size_are_those_of_the_sheet() -> None:
    truth = render(one_spot(), seed=1).truth
    plate = truth["plates"][0]
    np.testing.assert_allclose(plate["corners_px"], [[-0.5, -0.5], [499.5, -0.5], [499.5, 999.5], [-0.5, 999.5]])
    np.testing.assert_allclose(np.array(plate["origin_px"])[:, 1], 899.5)
    np.testing.assert_allclose(np.array(plate["front_px"])[:, 1], 99.5)
    assert truth["image"]["width_px"] == 500
    assert not plate["cut"]


def test_perspective_moves_spot_and_corners_together() -> None:
    spec = one_spot()
    tilted = replace(spec.camera, pitch_deg=20, yaw_deg=10, roll_deg=15, width_px=1100, height_px=1100)
    drawn = render(replace(spec, camera=tilted), seed=1)
    plate = drawn.truth["plates"][0]
    sheet = np.array([[0, 0], [50, 0], [50, 100], [0, 100]], np.float32)
    to_picture = cv2.getPerspectiveTransform(sheet, np.array(plate["corners_px"], np.float32))
    u, v, w = to_picture @ (25, 50, 1)
    assert plate["lanes"][0]["spots"][0]["centre_px"] == pytest.approx((u / w, v / w), abs=0.01)
    x, y = (round(value) for value in plate["lanes"][0]["spots"][0]["centre_px"])
    assert drawn.pixels[y, x].mean() < drawn.pixels[y - 60, x].mean() - 40


def test_a_faint_spot_is_not_called_clear() -> None:
    truths = [render(one_spot(strength=od), seed=1).truth["plates"][0]["lanes"][0]["spots"][0] for od in (0.01, 0.3)]
    assert [spot["class"] for spot in truths] == ["faint", "clear"]


def test_fluorescence_is_brighter_than_the_layer_and_quenching_darker() -> None:
    glowing = render(one_spot("uv254", fluorescent=True, colour=(0.2, 0.6, 1.0)), seed=1).pixels
    quenched = render(one_spot("uv254"), seed=1).pixels
    assert glowing[500, 249].mean() > glowing[250, 249].mean() + 20
    assert quenched[500, 249].mean() < quenched[250, 249].mean() - 20


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("illumination", ILLUMINATIONS)
def test_the_same_seed_draws_the_same_bytes(tier: Tier, illumination: Illumination) -> None:
    spec = random_spec(tier, illumination, 5, megapixels=0.3)
    assert render(spec, seed=5).image == render(spec, seed=5).image
    assert random_spec(tier, illumination, 5, megapixels=0.3) == spec
    assert random_spec(tier, illumination, 6, megapixels=0.3) != spec


def test_random_plates_hold_what_their_tier_promises() -> None:
    scans = [random_spec("scan", "uv254", seed) for seed in range(40)]
    lanes = [len(spec.plates[0].plate.lanes) for spec in scans]
    assert set(lanes) == {2, 3, 4, 5}
    assert all(len(lane.spots) <= 3 for spec in scans for lane in spec.plates[0].plate.lanes)
    hard = [random_spec("hard", "uv254", seed) for seed in range(60)]
    plates = [placed.plate for spec in hard for placed in spec.plates]
    assert max(len(spec.plates) for spec in hard) == 3
    assert {plate.front_mark for plate in plates} == {"line", "wet", "ticks", "none"}
    for wanted in (
        any(plate.front_sag_mm > 1 for plate in plates),
        any(lane.circled for plate in plates for lane in plate.lanes),
        any(lane.streak_od for plate in plates for lane in plate.lanes),
        any(spot.tail_mm for plate in plates for lane in plate.lanes for spot in lane.spots),
    ):
        assert wanted


def test_a_blank_plate_keeps_its_lines_and_has_no_spot() -> None:
    truth = render(blank_spec("scan", "visible", 3), seed=3).truth
    lanes = truth["plates"][0]["lanes"]
    assert lanes
    assert all(lane["empty"] and not lane["spots"] for lane in lanes)


def test_a_table_without_a_plate_is_drawn_too() -> None:
    drawn = render(no_plate_spec("visible", 4), seed=4)
    assert drawn.truth["plates"] == []
    assert drawn.pixels.std() > 1


def test_an_overloaded_spot_is_a_disc_with_the_stated_width() -> None:
    drawn = render(one_spot(flatness=5.0), seed=1)
    spot = drawn.truth["plates"][0]["lanes"][0]["spots"][0]
    row = np.log10(drawn.pixels[499, :, 1].max() / drawn.pixels[499, :, 1].astype(float))
    linear_width = int((row > 0.5 * row.max()).sum())  # the sRGB curve is nearly a power here, so halves stay halves
    assert linear_width == pytest.approx(spot["width_px"], rel=0.06)
    assert spot["width_px"] < 2.3548 * 15


def test_the_file_decodes_to_the_pixels() -> None:
    drawn = render(one_spot(), seed=1)
    decoded = cv2.imdecode(np.frombuffer(drawn.image, np.uint8), cv2.IMREAD_COLOR)
    assert drawn.suffix == ".png"
    np.testing.assert_array_equal(decoded[..., ::-1], drawn.pixels)


def test_the_srgb_curve_is_the_standards() -> None:
    # IEC 61966-2-1: 18 % grey is code value 118, the linear part ends at 0.0031308.
    assert round(float(encode_srgb(np.array(0.18))) * 255) == 118
    assert float(encode_srgb(np.array(0.0031308))) == pytest.approx(0.04045, abs=1e-5)
