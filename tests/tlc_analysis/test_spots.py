"""One plate at a time, drawn by hand: what is claimed as a band, what is only seen."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tlc_analysis.plain_frames import (
    FRONT_Y,
    HEIGHT,
    ORIGIN_Y,
    WIDTH,
    add_spot,
    bare_plate,
    frame_of,
    landmarks,
)
from tlc_analysis.analyse import read_sheet
from tlc_analysis.contrast import to_lab
from tlc_analysis.frames import Landmarks
from tlc_analysis.locate import Located
from tlc_analysis.model import Feature, FeatureKind, Flag, Illumination, Lane, Plate, Spot
from tlc_analysis.spots import without_twins

GREEN = (0.2, 0.8, 0.3)
NIGHT = (0.10, 0.09, 0.22)


def _read(picture: NDArray[np.float32], light: Illumination = "visible", lines: Landmarks | None = None) -> Plate:
    return read_sheet(frame_of(picture), lines or landmarks(), light)


def _spots(plate: Plate) -> list[Spot]:
    return [spot for lane in plate.lanes for spot in lane.spots]


def _kinds(plate: Plate) -> set[FeatureKind]:
    in_lanes = [feature for lane in plate.lanes for feature in lane.features]
    return {feature.kind for feature in [*in_lanes, *plate.features]}


def test_spots_are_found_where_they_are() -> None:
    picture = bare_plate()
    for x, y in ((100, 300), (100, 200), (250, 410)):
        add_spot(picture, x, y)
    plate = _read(picture)
    assert [len(lane.spots) for lane in plate.lanes] == [2, 1]
    first, second, third = _spots(plate)
    assert first.rf == pytest.approx((ORIGIN_Y - 300) / (ORIGIN_Y - FRONT_Y), abs=0.001)
    assert second.rf == pytest.approx((ORIGIN_Y - 200) / (ORIGIN_Y - FRONT_Y), abs=0.001)
    assert third.centre_px == pytest.approx((250, 410), abs=0.7)
    assert third.migration_px == pytest.approx(110, abs=0.7)
    assert third.width_px == pytest.approx(2.355 * 9, rel=0.2)
    assert third.height_px == pytest.approx(2.355 * 8, rel=0.2)


def test_a_bare_plate_has_no_spot_and_says_so() -> None:
    plate = _read(bare_plate())
    assert _spots(plate) == []
    assert Flag.NO_SPOTS in plate.flags


@pytest.mark.parametrize(
    ("layer", "light", "factor"),
    [
        (GREEN, "uv254", (0.6, 0.5, 0.6)),
        (NIGHT, "uv366", (1.5, 3.0, 3.0)),
        ((0.9, 0.9, 0.86), "visible", (0.98, 0.93, 0.75)),
        (GREEN, "uv254", (1.6, 1.1, 2.4)),
    ],
    ids=["quenching", "fluorescent on a dark layer", "pale yellow", "fluorescent among quenching"],
)
def test_every_kind_of_spot_is_found(
    layer: tuple[float, float, float], light: Illumination, factor: tuple[float, float, float]
) -> None:
    picture = bare_plate(layer)
    add_spot(picture, 200, 300, factor=factor)
    (spot,) = _spots(_read(picture, light))
    assert spot.rf == pytest.approx(0.5, abs=0.003)
    assert (Flag.FLUORESCENT in spot.flags) == (factor[1] > 1)


def test_without_a_front_spots_are_located_but_carry_no_rf() -> None:
    picture = bare_plate()
    add_spot(picture, 200, 300)
    plate = _read(picture, lines=landmarks(front=None))
    (spot,) = _spots(plate)
    assert spot.rf is None
    assert spot.rf_u is None
    assert spot.migration_px == pytest.approx(220, abs=1)
    assert Flag.FRONT_NOT_FOUND in plate.flags


def test_what_stays_on_the_origin_is_residue() -> None:
    picture = bare_plate()
    add_spot(picture, 200, ORIGIN_Y, factor=(0.3, 0.3, 0.3))
    add_spot(picture, 200, 300)
    plate = _read(picture)
    assert len(_spots(plate)) == 1
    assert FeatureKind.ORIGIN_RESIDUE in _kinds(plate)


def test_an_empty_pencil_circle_is_a_circle_and_a_filled_one_holds_one_spot() -> None:
    picture = bare_plate()
    add_spot(picture, 110, 300, factor=(0.8, 0.5, 0.6))
    for x in (110, 290):
        cv2.circle(picture, (x, 300), 24, (0.45, 0.45, 0.45), 2, cv2.LINE_AA)
    plate = _read(picture)
    (spot,) = _spots(plate)
    assert spot.centre_px == pytest.approx((110, 300), abs=1.0)
    assert FeatureKind.CIRCLE in _kinds(plate)


def test_pencil_strokes_and_grains_are_no_spots() -> None:
    picture = bare_plate()
    cv2.line(picture, (60, 250), (160, 330), (0.4, 0.4, 0.4), 2, cv2.LINE_AA)
    cv2.circle(picture, (300, 200), 2, (0.2, 0.2, 0.2), -1, cv2.LINE_AA)
    plate = _read(picture)
    assert _spots(plate) == []
    assert {FeatureKind.PENCIL, FeatureKind.DUST} <= _kinds(plate)


def test_a_streak_is_no_spot() -> None:
    picture = bare_plate()
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    along = 1 / (1 + np.exp(-(rows - 200) / 12)) * (rows < ORIGIN_Y)
    picture *= (1 - 0.35 * along * np.exp(-0.5 * ((columns - 200) / 8) ** 2))[..., None].astype(np.float32)
    assert _spots(_read(picture)) == []


def height_in_lab(factor: float, sigma: float) -> float:
    """Full height at half maximum of what :func:`add_spot` draws, in CIELAB, where a reading measures it.

    Its curve makes a dark band narrower than the encoded values have it: 20.8 px for their 21.2.
    """
    rows = np.arange(-4 * sigma, 4 * sigma, 0.01)
    light = 0.85 * (1 + np.exp(-0.5 * (rows / sigma) ** 2) * (factor - 1))
    lab = to_lab(np.repeat(light[None, :, None], 3, axis=2).astype(np.float32))[0]
    contrast = np.linalg.norm(lab - lab[0], axis=1)
    return 0.01 * float(np.count_nonzero(contrast > contrast.max() / 2))


@pytest.mark.parametrize(("factor", "sigma"), [(0.6, 9.0), (0.65, 9.0), (0.6, 6.0), (0.3, 12.0)])
def test_the_height_of_a_band_is_that_of_its_contrast(factor: float, sigma: float) -> None:
    picture = bare_plate()
    add_spot(picture, 200, 300, factor=(factor,) * 3, sigma=(10, sigma))
    (spot,) = _spots(_read(picture))
    assert spot.height_px == pytest.approx(height_in_lab(factor, sigma), rel=0.01)


@pytest.mark.parametrize("apart", [19.0, 22.0, 24.0])
def test_two_spots_are_both_found_and_said_to_overlap_where_they_are_higher_than_half(apart: float) -> None:
    picture = bare_plate()
    add_spot(picture, 200, 300, factor=(0.6, 0.6, 0.6), sigma=(10, 9))
    add_spot(picture, 200, 300 + apart, factor=(0.65, 0.65, 0.65), sigma=(10, 9))
    lower, upper = _spots(_read(picture))
    assert lower.centre_px[1] == pytest.approx(300 + apart, abs=0.5)
    assert upper.centre_px[1] == pytest.approx(300, abs=0.5)
    overlap = apart < (height_in_lab(0.6, 9.0) + height_in_lab(0.65, 9.0)) / 2
    assert [Flag.OVERLAPPING in spot.flags for spot in (lower, upper)] == [overlap, overlap]


def test_a_tail_is_measured_and_does_not_move_the_apex() -> None:
    picture = bare_plate()
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    sigma = np.where(rows < 300, 8.0, 24.0)
    shape = np.exp(-0.5 * (((columns - 200) / 10) ** 2 + ((rows - 300) / sigma) ** 2))
    picture *= (1 - 0.5 * shape)[..., None].astype(np.float32)
    (spot,) = _spots(_read(picture))
    assert spot.centre_px[1] == pytest.approx(300, abs=2.0)
    assert spot.asymmetry == pytest.approx(3, rel=0.25)
    assert spot.rf is not None
    assert spot.rf_centroid is not None
    assert spot.rf_centroid < spot.rf - 0.015


def test_a_clipped_spot_says_so_and_keeps_its_apex() -> None:
    picture = bare_plate(NIGHT)
    add_spot(picture, 200, 300, factor=(14.0, 14.0, 14.0), sigma=(14, 12))
    (spot,) = _spots(_read(picture, "uv366"))
    assert Flag.SATURATED in spot.flags
    assert spot.centre_px[1] == pytest.approx(300, abs=1.2)


def test_volume_is_the_integral_of_the_optical_density() -> None:
    def volume(factor: float) -> float:
        picture = bare_plate()
        add_spot(picture, 200, 300, factor=(factor, factor, factor))
        (spot,) = _spots(_read(picture))
        return spot.volume

    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    shape = np.exp(-0.5 * (((columns - 200) / 9) ** 2 + ((rows - 300) / 8) ** 2))
    encoded = 0.83 * (1 - 0.3 * shape)
    linear = [((v + 0.055) / 1.055) ** 2.4 for v in (encoded, np.full_like(encoded, 0.83))]
    assert volume(0.7) == pytest.approx(float(np.log10(linear[1] / linear[0]).sum()), rel=0.08)
    assert volume(0.5) > volume(0.7) > volume(0.9)


def test_the_densitogram_runs_from_origin_to_front_and_peaks_at_the_spot() -> None:
    picture = bare_plate()
    add_spot(picture, 200, 300)
    (lane,) = _read(picture).lanes
    assert lane.densitogram is not None
    position, signal = np.array(lane.densitogram.position), np.array(lane.densitogram.signal)
    assert lane.densitogram.position_unit == "rf"
    assert position[0] < 0.0
    assert position[-1] > 1.0
    assert position[int(np.argmax(signal))] == pytest.approx(0.5, abs=0.01)
    assert np.abs(lane.densitogram.baseline).max() < 0.1 * signal.max()


def test_a_front_with_bands_above_it_is_not_believed() -> None:
    picture = bare_plate()
    for x, y in ((100, 200), (100, 300), (250, 250), (250, 450)):
        add_spot(picture, x, y)
    plate = _read(picture, lines=landmarks(front=400.0))
    assert len(_spots(plate)) == 4
    assert plate.front_px is None
    assert Flag.FRONT_NOT_FOUND in plate.flags


def test_lane_and_features_carry_places_in_the_picture() -> None:
    picture = bare_plate()
    add_spot(picture, 200, 300)
    (lane,) = _read(picture, lines=landmarks(marks=(200.0,))).lanes
    assert isinstance(lane, Lane)
    assert lane.origin_px == pytest.approx((200, ORIGIN_Y))
    assert lane.front_px == pytest.approx((200, FRONT_Y))
    assert all(isinstance(feature, Feature) for feature in lane.features)


def test_of_two_bands_at_one_place_of_a_lane_the_larger_one_is_reported() -> None:
    def band(y: float, volume: float) -> Located:
        return Located(
            x=50.0, y=y, apex_u=0.2, sigma_front=10.0, sigma_origin=10.0, width=30.0, exponent=2.0,
            heights=np.zeros(3), pedestal=0.0, snr=50.0, score=1.0, volume=volume, centroid_y=y, overlapping=False,
        )  # fmt: skip

    far, large, twin = band(100.0, 5.0), band(300.0, 9.0), band(303.0, 2.0)
    assert without_twins([twin, far, large]) == [large, far]
