"""The one drawing of a plate: from ``plate-reading/1`` JSON to SVG, for page, report and command line.

All coordinates of the drawing are those of the reading: pixels of the picture as displayed. The view is cut to
the plates with a margin. Colours are chosen to stand out on UV-green, dark violet and white alike: every line is
drawn twice, dark underneath and light on top, and every label is light on dark. Presentation attributes only, so
that the drawing looks the same in a page under a strict content security policy, in a PDF and in a file.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from templates.environment import render
from templates.i18n import Translator
from templates.label_layout import GLYPH_WIDTH_EM, Box, place

Json = Mapping[str, Any]
Point = tuple[float, float]

_MARGIN = 0.035  # of the larger side of the plates, around them
_MIN_FONT, _MAX_FONT = 1 / 90, 1 / 34  # of the view's width
_LEGEND_FONT = 1 / 50
_FULL_EM, _SHORT_EM = 9.0, 5.0  # room between two lanes for a ring with "a 62.1 ±0.5", and with "62.1" alone
_HIDING = 0.12  # of a label that may lie over another ring before a smaller font is chosen
_LARGER = (1.8, 1.5, 1.25)  # tried first where bands are few
_MIN_RADIUS_EM = 0.55


@dataclass(frozen=True, kw_only=True)
class SpotMark:
    """A band as it is drawn: an ellipse with a label and, where the label had to move, a leader."""

    x: float
    y: float
    rx: float
    ry: float
    angle_deg: float  # of the plate's upper edge: plates lie in pictures any way round
    manual: bool
    title: str
    label: str
    box: Box
    leader: bool


@dataclass(frozen=True, kw_only=True)
class LaneMark:
    """The number of a lane, below its origin."""

    number: int
    x: float
    y: float


@dataclass(frozen=True, kw_only=True)
class SpotRow:
    """One band in words: a row of the table that goes with every drawing. ``letter`` counts from the origin upwards."""

    plate: int
    lane: int
    letter: str
    hrf: str
    reading_u: str
    migration_px: float | None
    snr: float
    flags: tuple[str, ...]


def draw_plate(
    reading: Json,
    *,
    picture_href: str | None,
    picture_size: tuple[int, int] | None = None,
    translator: Translator,
) -> str:
    """The SVG of a reading, with a title and a description.

    ``picture_href``: where the picture lies (a URL or a ``data:`` URI), or None to draw the measurements alone.
    ``picture_size``: width and height of the picture in the reading's pixels, where they are not the reading's own.
    """
    width, height = picture_size or (reading["image"]["width_px"], reading["image"]["height_px"])
    view = _view(reading, width, height)
    font, full, spots = _fitted(reading, view, translator)
    legend_font = min(font, view.width * _LEGEND_FONT)
    legend = _wrap(_legend(reading, translator, full=full), view.width / (legend_font * GLYPH_WIDTH_EM) - 3)
    context = {
        "view": view,
        "footer_height": (len(legend) * 1.5 + 1.1) * legend_font,
        "legend_font": legend_font,
        "legend": legend,
        "font": font,
        "stroke": font / 7,
        "picture": None if picture_href is None else {"href": picture_href, "width": width, "height": height},
        "plates": reading["plates"],
        "lanes": [mark for plate in reading["plates"] for mark in _lane_marks(plate, font)],
        "spots": spots,
        "features": _features(reading),
        "title": translator.text("plate.title"),
        "description": describe(reading, translator),
    }
    return render("plate.svg.jinja", translator=translator, **context)


def describe(reading: Json, translator: Translator) -> str:
    """What the drawing shows, in a sentence: for those who do not see it."""
    plates = reading["plates"]
    lanes = sum(len(plate["lanes"]) for plate in plates)
    spots = sum(len(lane["spots"]) for plate in plates for lane in plate["lanes"])
    parts = [
        translator.text("plate.describe.plates", n=len(plates)),
        translator.text("plate.describe.lanes", n=lanes),
        translator.text("plate.describe.spots", n=spots),
    ]
    return ", ".join(parts) + ". " + translator.text(f"illumination.{reading['image']['illumination']}") + "."


def spot_rows(reading: Json, translator: Translator) -> list[SpotRow]:
    """Every band of a reading in words and numbers, by plate and lane."""
    return [
        SpotRow(
            plate=plate_number,
            lane=lane["index"],
            letter=letter,
            hrf=_hrf(spot, translator),
            reading_u=_reading_u(spot, translator),
            migration_px=spot["migration_px"],
            snr=spot["snr"],
            flags=tuple(translator.text(f"flag.{flag}") for flag in spot["flags"]),
        )
        for plate_number, plate in enumerate(reading["plates"], start=1)
        for lane in plate["lanes"]
        for letter, spot in lettered(lane)
    ]


def lettered(lane: Json) -> list[tuple[str, Json]]:
    """The bands of a lane with their letters, from the origin upwards; where Rf is withheld, by distance migrated."""
    upwards = sorted(lane["spots"], key=_height)
    return [(_letter(number), spot) for number, spot in enumerate(upwards)]


def _height(spot: Json) -> float:
    if spot["migration_px"] is not None:
        return float(spot["migration_px"])
    return float(spot["rf"]) if spot["rf"] is not None else -float(spot["centre_px"][1])


def _letter(number: int) -> str:
    """a to z, then aa, ab, ..."""
    head, tail = divmod(number, 26)
    return ("" if head == 0 else _letter(head - 1)) + chr(ord("a") + tail)


def flag_texts(flags: Iterable[str], translator: Translator) -> list[str]:
    """What the flags of a picture or plate say, in words."""
    return [translator.text(f"flag.{flag}") for flag in dict.fromkeys(flags)]


def _digits(rf_u: float | None) -> int:
    return 1 if rf_u is not None and 100 * rf_u < 1 else 0


def _hrf(spot: Json, translator: Translator) -> str:
    if spot["rf"] is None:
        return translator.text("plate.no_rf")
    return translator.number(100 * spot["rf"], _digits(spot["rf_u"]))


def _reading_u(spot: Json, translator: Translator) -> str:
    if spot["rf_u"] is None:
        return ""
    hrf_u = 100 * spot["rf_u"]
    return translator.number(max(hrf_u, 0.1) if _digits(spot["rf_u"]) else hrf_u, _digits(spot["rf_u"]))


def _label(spot: Json, translator: Translator, *, full: bool = True) -> str:
    if not full:
        return _hrf(spot, translator)
    uncertainty = _reading_u(spot, translator)
    return _hrf(spot, translator) + (f" ±{uncertainty}" if uncertainty else "")


def _view(reading: Json, width: int, height: int) -> Box:
    """The part of the picture that is shown: the plates with a margin, or everything when there is no plate."""
    points = [point for plate in reading["plates"] for point in plate["corners_px"]]
    if not points:
        return Box(x=-0.5, y=-0.5, width=width, height=height)
    xs, ys = [x for x, _ in points], [y for _, y in points]
    margin = _MARGIN * max(max(xs) - min(xs), max(ys) - min(ys))
    left, top = max(min(xs) - margin, -0.5), max(min(ys) - margin, -0.5)
    right, bottom = min(max(xs) + margin, width - 0.5), min(max(ys) + margin, height - 0.5)
    return Box(x=left, y=top, width=max(right - left, 1.0), height=max(bottom - top, 1.0))


def _fitted(reading: Json, view: Box, translator: Translator) -> tuple[float, bool, list[SpotMark]]:
    """The largest font at which labels neither touch nor hide other bands, whether they say uncertainties, and they."""
    font, full = _sizes(reading, view)
    for factor in _LARGER if full else ():
        larger = min(factor * font, view.width * _MAX_FONT)
        marks = _spot_marks(reading, larger, view, translator, full=full)
        if _is_calm(marks):
            return larger, full, marks
    return font, full, _spot_marks(reading, font, view, translator, full=full)


def _is_calm(marks: Sequence[SpotMark]) -> bool:
    rings = [Box(x=mark.x - mark.rx, y=mark.y - mark.ry, width=2 * mark.rx, height=2 * mark.ry) for mark in marks]
    for number, mark in enumerate(marks):
        area = mark.box.width * mark.box.height
        if any(mark.box.overlap(other.box) for other in marks[number + 1 :]):
            return False
        hidden = (mark.box.overlap(ring) for owner, ring in enumerate(rings) if owner != number)
        if any(share > _HIDING * area for share in hidden):
            return False
    return True


def _sizes(reading: Json, view: Box) -> tuple[float, bool]:
    """Font size, and whether labels have room for their uncertainty: as the narrow gaps between lanes allow."""
    pitches = [
        math.dist(_foot(before), _foot(after))
        for plate in reading["plates"]
        for before, after in pairwise(plate["lanes"])
    ]
    smallest, largest = view.width * _MIN_FONT, view.width * _MAX_FONT
    pitch = median(pitches) if pitches else view.width
    full = pitch / _FULL_EM >= smallest
    wished = pitch / (_FULL_EM if full else _SHORT_EM)
    return min(max(wished, smallest), largest), full


def _foot(lane: Json) -> Point:
    """Where a lane begins; plates that lie on their side have lanes one above the other."""
    x, y = lane.get("origin_px") or (lane["x_px"], 0.0)
    return float(x), float(y)


def _legend(reading: Json, translator: Translator, *, full: bool) -> str:
    uncertainty = "plate.legend.uncertainty" if full else "plate.legend.uncertainty_elsewhere"
    parts = [translator.text("plate.legend.band"), translator.text(uncertainty)]
    spots = [spot for plate in reading["plates"] for lane in plate["lanes"] for spot in lane["spots"]]
    if any("manual" in spot["flags"] for spot in spots):
        parts.append(translator.text("plate.legend.manual"))
    if _features(reading):
        parts.append(translator.text("plate.legend.feature"))
    if any(plate["origin_px"] for plate in reading["plates"]):
        parts.append(translator.text("plate.legend.origin"))
    if any(plate["front_px"] for plate in reading["plates"]):
        parts.append(translator.text("plate.legend.front"))
    return " · ".join(parts)


def _wrap(text: str, columns: float) -> list[str]:
    """``text`` broken at its middle dots and spaces into lines of at most ``columns`` characters where possible."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= columns:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return [line.removeprefix("· ") for line in lines]


def _middle(a: Sequence[float], b: Sequence[float]) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def _lane_marks(plate: Json, font: float) -> list[LaneMark]:
    """Lane numbers, on the side of the origin that the solvent does not run to."""
    top_left, top_right, bottom_right, bottom_left = plate["corners_px"]
    top, bottom = _middle(top_left, top_right), _middle(bottom_left, bottom_right)
    length = max(((bottom[0] - top[0]) ** 2 + (bottom[1] - top[1]) ** 2) ** 0.5, 1e-9)
    down = ((bottom[0] - top[0]) / length, (bottom[1] - top[1]) / length)
    marks = []
    for lane in plate["lanes"]:
        x, y = lane.get("origin_px") or (lane["x_px"], _line_y(plate["origin_px"], lane["x_px"], bottom[1] - 3 * font))
        marks.append(LaneMark(number=lane["index"], x=x + down[0] * 1.5 * font, y=y + down[1] * 1.5 * font))
    return marks


def _line_y(polyline: Sequence[Point] | None, x: float, otherwise: float) -> float:
    """The height of ``polyline`` at ``x``, held level beyond its ends."""
    if not polyline:
        return otherwise
    points = sorted((float(px), float(py)) for px, py in polyline)
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0) if x1 > x0 else y1
    return points[-1][1]


def _spot_marks(reading: Json, font: float, view: Box, translator: Translator, *, full: bool) -> list[SpotMark]:
    spots = [
        (f"{lane['index']}{letter}", letter, _ring(spot, plate, font), spot)
        for plate in reading["plates"]
        for lane in plate["lanes"]
        for letter, spot in reversed(lettered(lane))
    ]
    anchors = [ring.box for _, _, ring, _ in spots]
    labels = [(f"{letter} " if full else "") + _label(spot, translator, full=full) for _, letter, _, spot in spots]
    boxes = place(anchors, labels, font_px=font, frame=view)
    return [
        SpotMark(
            x=anchor.x + anchor.width / 2,
            y=anchor.y + anchor.height / 2,
            rx=ring.rx,
            ry=ring.ry,
            angle_deg=ring.angle_deg,
            manual="manual" in spot["flags"],
            title=translator.text("plate.spot_title", band=name, value=_label(spot, translator)),
            label=label,
            box=box,
            leader=abs(box.y + box.height / 2 - anchor.y - anchor.height / 2) > box.height / 2,
        )
        for (name, _, ring, spot), anchor, label, box in zip(spots, anchors, labels, boxes, strict=True)
    ]


@dataclass(frozen=True, kw_only=True)
class _Ring:
    """The ellipse around a band, and the upright box that holds it."""

    rx: float
    ry: float
    angle_deg: float
    box: Box


def _ring(spot: Json, plate: Json, font: float) -> _Ring:
    """A band's width at half maximum with room around it, or a plain ring where that is unknown."""
    smallest = _MIN_RADIUS_EM * font
    rx = min(max(0.62 * (spot.get("width_px") or 0.0), smallest), 4 * font)
    ry = min(max(0.75 * (spot.get("height_px") or 0.0), 0.6 * smallest), 4 * font)
    (left_x, left_y), (right_x, right_y) = plate["corners_px"][:2]
    angle = math.atan2(right_y - left_y, right_x - left_x)
    half_width = math.hypot(rx * math.cos(angle), ry * math.sin(angle))
    half_height = math.hypot(rx * math.sin(angle), ry * math.cos(angle))
    x, y = spot["centre_px"]
    box = Box(x=x - half_width, y=y - half_height, width=2 * half_width, height=2 * half_height)
    return _Ring(rx=rx, ry=ry, angle_deg=math.degrees(angle), box=box)


def _features(reading: Json) -> list[Json]:
    """Everything seen and not claimed: in lanes and beside them. Lines of the front itself are drawn already."""
    return [
        feature
        for plate in reading["plates"]
        for holder in (plate, *plate["lanes"])
        for feature in holder.get("features", ())
        if feature["kind"] != "front"
    ]
