"""The one drawing of a plate: what stands in the SVG, and that labels stay apart."""

import re
from typing import Any

import pytest
from lxml import etree

from templates.drawing import describe, draw_plate, spot_rows
from templates.i18n import translator
from templates.label_layout import Box, place, text_box

SVG = "{http://www.w3.org/2000/svg}"
EN = translator("en")


def spot(x: float, y: float, rf: float | None = 0.5, **more: Any) -> dict[str, Any]:
    given = {
        "rf": rf, "rf_u": None if rf is None else 0.004, "migration_px": None if rf is None else 400 * rf,
        "centre_px": [x, y], "snr": 20.0, "asymmetry": 1.0, "volume": 1.0, "colour_lab": [50, 0, 0], "flags": [],
        "candidates": [],
    }  # fmt: skip
    return given | more


def reading(*lanes: list[dict[str, Any]], **plate: Any) -> dict[str, Any]:
    """A plate 600 x 500 at (100, 50), its lanes 100 px apart."""
    given = {
        "corners_px": [[100, 50], [700, 50], [700, 550], [100, 550]], "confidence": 0.9,
        "origin_px": [[100, 500], [700, 500]], "front_px": [[100, 100], [700, 110]], "flags": [], "features": [],
        "lanes": [
            {"index": number, "x_px": 150 + 100 * (number - 1), "spots": spots, "features": []}
            for number, spots in enumerate(lanes, start=1)
        ],
    }  # fmt: skip
    return {
        "schema": "plate-reading/1",
        "image": {"sha256": "", "width_px": 800, "height_px": 600, "illumination": "uv254",
                  "illumination_inferred": True},
        "plates": [given | plate], "flags": [], "method": {"version": "test", "parameters": {}},
    }  # fmt: skip


def drawn(document: dict[str, Any], *, href: str | None = None) -> etree._Element:
    return etree.fromstring(draw_plate(document, picture_href=href, translator=EN).encode())


def labels(svg: etree._Element) -> list[str]:
    group = next(g for g in svg.iter(f"{SVG}g") if g.get("data-part") == "labels")
    return [text.text or "" for text in group.iter(f"{SVG}text")]


def test_a_band_is_labelled_with_its_letter_its_hrf_and_its_uncertainty() -> None:
    svg = drawn(reading([spot(150, 300, 0.5), spot(150, 200, 0.75)], [spot(250, 300, 0.5, rf_u=0.02)]))
    assert sorted(labels(svg)) == ["a 50 ±2", "a 50.0 ±0.4", "b 75.0 ±0.4"]


def test_numbers_are_written_in_the_readers_language() -> None:
    svg = draw_plate(reading([spot(150, 300, 0.5)]), picture_href=None, translator=translator("fr"))
    assert "50,0 ±0,4" in svg


def test_where_rf_is_withheld_nothing_is_invented() -> None:
    document = reading([spot(150, 300, None)], origin_px=None)
    assert labels(drawn(document)) == ["a no Rf"]
    assert spot_rows(document, EN)[0].hrf == "no Rf"
    assert spot_rows(document, EN)[0].reading_u == ""


def test_a_blank_plate_is_drawn_without_bands() -> None:
    svg = drawn(reading([], []))
    assert labels(svg) == []
    assert describe(reading([], []), EN).startswith("1 plate, 2 lanes, 0 bands.")


def test_a_picture_without_a_plate_is_drawn_whole() -> None:
    document = reading([]) | {"plates": []}
    svg = drawn(document, href="/picture.jpg")
    assert svg.get("viewBox", "").startswith("-0.5 -0.5 800 ")


def test_the_picture_lies_under_the_pixels_that_were_measured() -> None:
    (image,) = drawn(reading([]), href="/picture.jpg").iter(f"{SVG}image")
    assert (image.get("href"), image.get("x"), image.get("y")) == ("/picture.jpg", "-0.5", "-0.5")
    assert (image.get("width"), image.get("height")) == ("800", "600")


def test_the_view_is_cut_to_the_plate_with_a_margin() -> None:
    x, y, width, _ = (float(part) for part in drawn(reading([])).get("viewBox", "").split())
    assert 60 < x < 100 < x + width - 600 < 140
    assert 10 < y < 50


def test_what_a_person_set_looks_different() -> None:
    svg = drawn(reading([spot(150, 300, 0.5, flags=["manual"]), spot(150, 200, 0.75)]))
    rings = next(g for g in svg.iter(f"{SVG}g") if g.get("data-part") == "rings")
    assert len(list(rings.iter(f"{SVG}path"))) == 2  # one diamond, dark under light
    assert len(list(rings.iter(f"{SVG}ellipse"))) == 2


def test_it_has_a_title_a_description_and_no_style_of_its_own() -> None:
    svg = draw_plate(reading([spot(150, 300)]), picture_href=None, translator=EN)
    root = etree.fromstring(svg.encode())
    assert root.findtext(f"{SVG}title") == "Plate with the bands that were read"
    assert "1 band" in (root.findtext(f"{SVG}desc") or "")
    assert not re.search(r"\sstyle=|<style|<script|\son\w+=", svg)


def test_hostile_text_stays_text() -> None:
    svg = draw_plate(reading([]), picture_href='"/><script>alert(1)</script>', translator=EN)
    assert "<script" not in svg
    etree.fromstring(svg.encode())


def test_rings_turn_with_the_plate() -> None:
    turned = [[600, 50], [600, 550], [100, 550], [100, 50]]  # the front is towards the right
    svg = draw_plate(
        reading([spot(300, 300, 0.5, width_px=60, height_px=20)], corners_px=turned), picture_href=None, translator=EN
    )
    assert 'transform="rotate(90 300 300)"' in svg


def test_many_close_bands_never_cover_each_others_labels() -> None:
    lanes = [[spot(150 + 100 * lane, 120 + 45 * band, 0.9 - band / 10) for band in range(8)] for lane in range(5)]
    svg = drawn(reading(*lanes))
    group = next(g for g in svg.iter(f"{SVG}g") if g.get("data-part") == "labels")
    boxes = [
        Box(**{name: float(rect.get(name, "0")) for name in ("x", "y", "width", "height")})
        for rect in group.iter(f"{SVG}rect")
    ]
    assert len(boxes) == 40
    overlaps = [a.overlap(b) for number, a in enumerate(boxes) for b in boxes[number + 1 :]]
    assert max(overlaps) < 0.5


def test_lanes_too_close_for_uncertainties_leave_them_to_the_table() -> None:
    lanes = [[spot(110 + 20 * lane, 300)] for lane in range(28)]
    document = reading(*lanes)
    for number, lane in enumerate(document["plates"][0]["lanes"]):
        lane["x_px"] = 110 + 20 * number
    assert set(labels(drawn(document))) == {"50.0"}
    assert "uncertainties stand in the table" in draw_plate(document, picture_href=None, translator=EN)


def test_the_table_has_a_row_for_each_band() -> None:
    rows = spot_rows(reading([spot(150, 300, 0.5), spot(150, 200, 0.75, flags=["tailing"])], [spot(250, 300)]), EN)
    assert [(row.lane, row.letter, row.hrf) for row in rows] == [(1, "a", "50.0"), (1, "b", "75.0"), (2, "a", "50.0")]
    assert rows[1].flags == ("tailing",)


FRAME = Box(x=0, y=0, width=200, height=100)


def test_a_label_stands_to_the_right_of_its_band() -> None:
    (box,) = place([Box(x=50, y=40, width=10, height=10)], ["33"], font_px=10, frame=FRAME)
    assert box.x > 60
    assert box.y + box.height / 2 == pytest.approx(45)


def test_a_label_that_would_leave_the_frame_goes_to_the_left() -> None:
    (box,) = place([Box(x=185, y=40, width=10, height=10)], ["33"], font_px=10, frame=FRAME)
    assert box.x + box.width < 185


def test_a_longer_text_is_wider_and_no_higher() -> None:
    short, long = text_box("33", 10), text_box("33.0 ±0.5", 10)
    assert short[0] < long[0]
    assert short[1] == long[1]
