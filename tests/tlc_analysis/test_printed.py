"""What lies on a table in the shape of a plate, but is none: no spot is ever claimed on it."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tlc_analysis.analyse import analyse
from tlc_analysis.model import Flag, Hints, PlateHints, PlateReading

Pixels = NDArray[np.uint8]
_CORNERS = ((110.0, 100.0), (650.0, 130.0), (630.0, 890.0), (90.0, 860.0))


def _on_a_table(sheet: Pixels, seed: int) -> bytes:
    """A photograph of ``sheet`` (H, W, 3) lying askew, with a camera's noise."""
    rng = np.random.default_rng(seed)
    height, width = sheet.shape[:2]
    rim = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(rim, np.array(_CORNERS, np.float32))
    cover = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, (760, 1000))[..., None]
    table = np.full((1000, 760, 3), (70.0, 80.0, 95.0))
    seen = cv2.warpPerspective(sheet.astype(np.float32), matrix, (760, 1000))
    scene = table * (1 - cover) + seen * cover
    scene = cv2.GaussianBlur(scene, (0, 0), 0.8) + rng.normal(0, 2.0, scene.shape)
    return cv2.imencode(".jpg", np.clip(scene, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


def _page(seed: int) -> Pixels:
    rng = np.random.default_rng(seed)
    page = np.full((1400, 1000, 3), 238, np.uint8)
    for y in range(90, 1350, 45):
        words = "".join(chr(c) for c in rng.integers(33, 122, 44))
        cv2.putText(page, words, (60, y), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (40, 35, 35), 2, cv2.LINE_AA)
    return page


def _card(seed: int) -> Pixels:
    rng = np.random.default_rng(seed)
    card = np.full((1400, 1000, 3), 240, np.uint8)
    card[:280] = rng.integers(20, 200, 3)
    for y in range(400, 900, 120):
        cv2.putText(card, f"Name {rng.integers(9999)}, street", (80, y), 0, 1.4, (40, 40, 40), 2, cv2.LINE_AA)
    cv2.circle(card, (760, 1150), 130, tuple(int(c) for c in rng.integers(0, 200, 3)), -1, cv2.LINE_AA)
    return card


def _spots(reading: PlateReading) -> int:
    return sum(len(lane.spots) for plate in reading.plates for lane in plate.lanes)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_page_of_text_has_no_spot(seed: int) -> None:
    assert _spots(analyse(_on_a_table(_page(seed), seed))) == 0


@pytest.mark.parametrize("seed", [4, 5])
def test_a_printed_card_has_no_spot(seed: int) -> None:
    assert _spots(analyse(_on_a_table(_card(seed), seed))) == 0


def test_a_surface_that_somebody_calls_a_plate_is_read() -> None:
    hints = Hints(plates=(PlateHints(corners_px=_CORNERS),))
    assert _spots(analyse(_on_a_table(_card(4), 4), hints=hints)) > 0


def test_a_drawing_without_grain_and_without_lines_has_no_spot() -> None:
    screen = np.full((1000, 760, 3), 90, np.uint8)
    screen[150:850, 150:600] = (235, 240, 242)
    for x, y in ((250, 300), (400, 500), (500, 700)):
        cv2.circle(screen, (x, y), 24, (60, 60, 170), -1, cv2.LINE_AA)
    assert _spots(analyse(cv2.imencode(".png", screen)[1].tobytes())) == 0


def _discs(seed: int) -> Pixels:
    rng = np.random.default_rng(seed)
    card = np.full((1400, 1000, 3), 240, np.uint8)
    for x, y in ((250, 350), (500, 500), (750, 350), (250, 800), (500, 1000)):
        colour = tuple(int(c) for c in rng.integers(0, 160, 3))
        cv2.circle(card, (x, y), int(rng.integers(25, 70)), colour, -1, cv2.LINE_AA)
    return card


@pytest.mark.parametrize("seed", [7, 8])
def test_discs_with_the_hard_edge_of_print_are_no_spots(seed: int) -> None:
    reading = analyse(_on_a_table(_discs(seed), seed))
    assert _spots(reading) == 0
    assert Flag.NO_PLATE in reading.flags


def test_the_same_discs_with_the_soft_edge_of_diffusion_are_spots() -> None:
    soft = np.asarray(cv2.GaussianBlur(_discs(7), (0, 0), 22), np.uint8)
    reading = analyse(_on_a_table(soft, 7))
    assert _spots(reading) >= 4
    assert Flag.NO_PLATE not in reading.flags


def test_a_chart_with_axes_has_no_spot() -> None:
    chart = np.full((800, 1000, 3), 250, np.uint8)
    cv2.line(chart, (60, 740), (970, 740), (0, 0, 0), 2)
    cv2.line(chart, (60, 740), (60, 30), (0, 0, 0), 2)
    for i, height in enumerate((300, 520, 240, 610, 420, 350)):
        cv2.rectangle(chart, (110 + 140 * i, 740 - height), (150 + 140 * i, 738), (40 * i, 200 - 30 * i, 90), -1)
        cv2.circle(chart, (130 + 140 * i, 700 - height), 9, (30, 30, 150), -1, cv2.LINE_AA)
    assert _spots(analyse(cv2.imencode(".jpg", chart)[1].tobytes())) == 0
