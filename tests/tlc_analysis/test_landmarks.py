"""Origin and front against truth worked out by hand: lines, ticks, wetting edges, domes; nothing where nothing is."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from pictures_of_plates import Drawn, drawn_plate, picture_of

from tlc_analysis.curves import fit_curve
from tlc_analysis.decode import decode
from tlc_analysis.frames import Landmarks, Line, PlateFrame
from tlc_analysis.landmarks import find_landmarks
from tlc_analysis.model import Flag, Illumination, PlateHints
from tlc_analysis.plates import find_plates
from tlc_analysis.rectify import rectify
from tlc_analysis.synthetic import random_spec, render

LANES = (0.2, 0.5, 0.8)


def frame_of(plate: Drawn, illumination: Illumination = "visible") -> PlateFrame:
    height, width = plate.pixels.shape[:2]
    rim = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])
    return rectify(picture_of(plate.pixels, illumination), rim, confidence=1.0)


def read(plate: Drawn, illumination: Illumination = "visible", hints: PlateHints | None = None) -> Landmarks:
    return find_landmarks(frame_of(plate, illumination), illumination=illumination, hints=hints)


def worst(line: Line | None, truth: np.ndarray) -> float:
    """Largest error at the lanes, in rows."""
    assert line is not None
    return max(
        abs(line.at(at * len(truth)) - float(np.interp(at * len(truth), range(len(truth)), truth))) for at in LANES
    )


@pytest.mark.parametrize("illumination", ["visible", "uv254", "uv366"])
def test_drawn_lines_are_found_to_a_quarter_of_a_row(illumination: Illumination) -> None:
    plate = drawn_plate(illumination=illumination)
    found = read(plate, illumination)
    assert worst(found.origin, plate.origin) < 0.25
    assert worst(found.front, plate.front) < 0.25
    assert found.flags == ()


@pytest.mark.parametrize("dome", [12.0, 30.0])
def test_a_domed_front_is_followed_and_flagged(dome: float) -> None:
    plate = drawn_plate(dome=dome)
    found = read(plate)
    assert worst(found.front, plate.front) < 0.6
    assert Flag.FRONT_CURVED in found.flags


def test_ticks_at_the_sides_stand_for_the_front() -> None:
    plate = drawn_plate(front="ticks")
    assert worst(read(plate).front, plate.front) < 0.5


@pytest.mark.parametrize("dome", [0.0, 24.0])
def test_a_wetting_edge_stands_for_the_front(dome: float) -> None:
    plate = drawn_plate(front="wet", dome=dome)
    found = read(plate)
    assert worst(found.front, plate.front) < 2.0
    assert found.front is not None
    assert found.origin is not None
    assert found.front.u_px > found.origin.u_px


def test_what_is_not_there_is_not_found() -> None:
    found = read(drawn_plate(front="none"))
    assert found.front is None
    assert Flag.FRONT_NOT_FOUND in found.flags
    bare = Drawn(pixels=drawn_plate().pixels * 0 + 0.8, origin=np.zeros(400), front=np.zeros(400))
    nothing = read(bare)
    assert nothing.origin is None
    assert nothing.front is None
    assert set(nothing.flags) == {Flag.ORIGIN_NOT_FOUND, Flag.FRONT_NOT_FOUND}
    assert not nothing.ink.any()


def test_noise_is_no_line() -> None:
    for seed in range(6):
        noise = np.random.default_rng(seed).normal(0.7, 0.08, (500, 300, 3)).astype(np.float32)
        found = read(Drawn(pixels=noise, origin=np.zeros(300), front=np.zeros(300)))
        assert found.origin is None
        assert found.front is None


@pytest.mark.parametrize("row", [150, 640])
def test_a_row_of_bands_is_no_line(row: int) -> None:
    pixels = np.full((800, 800, 3), 0.85, np.float32)
    for x in range(60, 740, 85):
        pixels[row : row + 6, x : x + 62] *= 0.6  # as thin as a felt pen, nine tenths of the way across
    found = read(Drawn(pixels=pixels, origin=np.zeros(800), front=np.zeros(800)))
    assert found.origin is None
    assert found.front is None


def test_application_marks_are_found_where_they_cross_the_origin() -> None:
    plate = drawn_plate()
    found = read(plate)
    np.testing.assert_allclose(found.mark_x, [at * 400 for at in LANES], atol=1.5)


def test_the_ink_mask_holds_lines_and_ticks_and_not_the_spots() -> None:
    plate = drawn_plate()
    ink = read(plate).ink
    assert ink[round(plate.origin[100]), 100]
    assert ink[round(plate.front[100]), 100]
    assert ink[round(plate.origin[200]) - 10, 200]
    for i, at in enumerate(LANES):
        assert not ink[250 + 110 * i, round(at * 400)]


def test_lines_from_a_hint_replace_what_would_be_found() -> None:
    hints = PlateHints(origin_px=((399.0, 680.0), (0.0, 690.0)), front_px=((0.0, 100.0), (200.0, 90.0), (399.0, 104.0)))
    found = read(drawn_plate(), hints=hints)
    assert found.origin is not None
    assert found.front is not None
    assert found.origin.at(0.0) == pytest.approx(690.0, abs=0.01)
    assert found.front.at(200.0) == pytest.approx(90.0, abs=0.01)
    assert {Flag.ORIGIN_FROM_HINT, Flag.FRONT_FROM_HINT} <= set(found.flags)


def test_a_line_goes_on_straight_beyond_where_it_was_seen() -> None:
    found = read(drawn_plate())
    assert found.origin is not None
    assert found.origin.at(-20.0) == pytest.approx(700 + 4 * (-20 / 399 * 2 - 1), abs=0.6)


def test_a_curve_ignores_outliers_and_stays_straight_unless_it_must_bend() -> None:
    x = np.linspace(0, 500, 80)
    noise = np.random.default_rng(4).normal(0, 0.3, 80)
    straight = 40 + 0.02 * x
    spoiled = straight + noise
    spoiled[20:27] += 9.0
    fitted = fit_curve(x, spoiled, weight=np.ones(80))
    assert np.max(np.abs(fitted.y - straight)) < 0.3
    dome = 40 + 25 * ((x - 250) / 250) ** 2
    assert np.max(np.abs(fit_curve(x, dome + noise, weight=np.ones(80)).y - dome)) < 0.6


def test_the_standard_error_of_a_curve_covers_its_truth() -> None:
    x = np.linspace(0, 500, 80)
    errors = []
    for seed in range(60):
        data = 40 + 0.02 * x + np.random.default_rng(seed).normal(0, 0.5, 80)
        fitted = fit_curve(x, data, weight=np.ones(80), bends=(0,))
        errors.append((fitted.y[40] - (40 + 0.02 * x[40])) / fitted.se[40])
    assert 0.75 < float(np.std(errors)) < 1.35


@pytest.mark.parametrize("illumination", ["visible", "uv254", "uv366"])
@pytest.mark.parametrize("tier", ["scan", "phone"])
def test_synthetic_pictures_are_read_from_the_raw_picture(tier: str, illumination: Illumination) -> None:
    """Origin and front within 0.2 % of the run, with nothing told but the picture."""
    for seed in (0, 3):
        made = render(random_spec(tier, illumination, seed), seed=seed)  # type: ignore[arg-type]  # one of the literals
        (truth,) = made.truth["plates"]
        (frame,) = find_plates(decode(made.image))
        found = find_landmarks(frame, illumination=illumination)
        for name in ("origin", "front"):
            line = getattr(found, name)
            assert line is not None, (seed, name)
            for lane in truth["lanes"]:
                (foot, head) = (_into(frame, lane[key]) for key in ("origin_px", "front_px"))
                x, y = foot if name == "origin" else head
                assert abs(line.at(x) - y) < 0.002 * (foot[1] - head[1]) + 2 * line.u_px


def _into(frame: PlateFrame, point: list[float]) -> tuple[float, float]:
    u, v, w = np.linalg.inv(frame.to_picture) @ (point[0], point[1], 1.0)
    return float(u / w), float(v / w)


def _shared(name: str) -> Path:
    folder = Path(os.environ.get("DRUGCHECK_SHARED", Path(__file__).parents[3] / "shared"))
    path = folder / "plates" / name
    if not path.exists():
        pytest.skip(f"the shared development picture {name} is not here (set DRUGCHECK_SHARED)")
    return path


@pytest.mark.plates
def test_the_phone_photograph_s_plate_and_origin_are_found() -> None:
    image = _shared("phone_uv254.jpg").read_bytes()
    truth = json.loads(_shared("truth.json").read_text())["images"]["phone_uv254.jpg"]["plates"][0]
    (frame,) = find_plates(decode(image))
    height, width = frame.valid.shape
    for corner, (x, y) in zip(
        ((0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)), truth["corners_TL_TR_BR_BL"], strict=True
    ):
        u, v, w = frame.to_picture @ (*corner, 1.0)
        assert np.hypot(u / w - x, v / w - y) < 0.02 * 557  # 1.5 % of the height and the mark's own uncertainty
    found = find_landmarks(frame, illumination="uv254")
    assert found.origin is not None
    for point in truth["origin_polyline"]:
        x, y = _into(frame, point)
        assert abs(found.origin.at(x) - y) < 6.0


@pytest.mark.plates
@pytest.mark.parametrize(
    ("name", "front", "origin"),
    [
        ("camag_dyes_visible.png", 0.40, None),
        ("hptlc_14_lanes_uv254.jpg", 0.305, None),
        ("mockup_3_lanes.jpg", 0.162, 0.857),
        ("mockup_blank.jpg", None, None),
        ("paper_streaks_visible.jpg", None, 0.88),
    ],
)
def test_real_plates_give_the_lines_that_can_be_seen_on_them(
    name: str, front: float | None, origin: float | None
) -> None:
    picture = decode(_shared(name).read_bytes())
    (frame,) = find_plates(picture)
    found = find_landmarks(frame, illumination=picture.illumination)
    for line, share in ((found.front, front), (found.origin, origin)):
        assert (line is None) == (share is None)
        if line is not None and share is not None:
            assert line.at(frame.valid.shape[1] / 2) / frame.valid.shape[0] == pytest.approx(share, abs=0.008)
