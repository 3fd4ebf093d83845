"""Reads what is known of pictures: ``plate-truth/1`` (``synthetic_truth``) and hand-marked ``truth.json``.

A hand-marked file is ``{"images": {FILE: {"plates": [...], "n_lanes", "rf_truth", "expect"}}}``; a plate in it
has ``corners_TL_TR_BR_BL``, ``spots`` ([] where nobody marked any), ``lane_x_at_origin``, ``rf_uncertainty_1sd``,
``front_confidence``. ``rf_truth`` are ruler readings by lane, without a place in the picture.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .model import Point
from .synthetic_truth import SCHEMA

Visibility = Literal["clear", "faint", "overlapping"]
HAND_SD_RF = 0.005  # of a ruler or a mouse, where the annotation states none


@dataclass(frozen=True, kw_only=True)
class TrueSpot:
    """``centre_px`` is None where only lane and Rf are known. ``rf_u``: the annotation's own uncertainty."""

    centre_px: Point | None
    rf: float | None
    rf_u: float
    visibility: Visibility
    size_px: float
    lane: int


@dataclass(frozen=True, kw_only=True)
class TruePlate:
    """``spots``: None where nobody marked them. ``front_visible``: an Rf can and must be given."""

    corners_px: tuple[Point, ...]
    spots: tuple[TrueSpot, ...] | None
    lane_count: int | None
    front_visible: bool


@dataclass(frozen=True, kw_only=True)
class TruePicture:
    """A picture's truth. ``blank``: it must yield no spot at all. ``group``: tier and light, or "real"."""

    name: str
    group: str
    plates: tuple[TruePlate, ...]
    blank: bool


def read_truth(data: Mapping[str, Any], *, name: str = "") -> tuple[TruePicture, ...]:
    """Either format. ``name``: the picture's file name, for ``plate-truth/1``, which does not hold it.

    Raises ``ValueError`` for anything else, ``KeyError`` where a part is missing.
    """
    if data.get("schema") == SCHEMA:
        return (_drawn_picture(data, name),)
    if "images" in data:
        return tuple(_marked_picture(file, image) for file, image in data["images"].items())
    raise ValueError("neither plate-truth/1 nor a truth.json with “images”")


def _drawn_picture(data: Mapping[str, Any], name: str) -> TruePicture:
    plates = tuple(_drawn_plate(plate) for plate in data["plates"])
    image = data["image"]
    group = f"{image.get('tier') or 'drawn'} {image['illumination']}"
    return TruePicture(name=name, group=group, plates=plates, blank=not any(plate.spots for plate in plates))


def _drawn_plate(plate: Mapping[str, Any]) -> TruePlate:
    lanes = plate["lanes"]
    spots = tuple(_drawn_spot(spot, lane["index"]) for lane in lanes for spot in lane["spots"])
    # An empty lane that nothing marks cannot be seen by anyone.
    seen = [lane for lane in lanes if lane["spots"] or lane["features"] or lane["marked"]]
    return TruePlate(
        corners_px=_points(plate["corners_px"]),
        spots=spots,
        lane_count=len(seen),
        front_visible=bool(plate["front_visible"] and plate["origin_visible"]),
    )


def _drawn_spot(spot: Mapping[str, Any], lane: int) -> TrueSpot:
    size = max(spot["width_px"], spot["height_px"])
    (centre,) = _points([spot["centre_px"]])
    return TrueSpot(centre_px=centre, rf=spot["rf"], rf_u=0.0, visibility=spot["class"], size_px=size, lane=lane)


def _marked_picture(file: str, image: Mapping[str, Any]) -> TruePicture:
    plates = tuple(_marked_plate(plate, image) for plate in image["plates"])
    if not plates and image.get("rf_truth"):
        spots = tuple(_ruled_spot(row) for row in image["rf_truth"])
        lanes = image.get("n_lanes")
        plates = (TruePlate(corners_px=(), spots=spots, lane_count=lanes, front_visible=True),)
    return TruePicture(name=file, group="real", plates=plates, blank="no spots" in image.get("expect", ""))


def _marked_plate(plate: Mapping[str, Any], image: Mapping[str, Any]) -> TruePlate:
    rf_u = float(plate.get("rf_uncertainty_1sd", HAND_SD_RF))
    spots = tuple(_marked_spot(spot, rf_u) for spot in plate["spots"]) or None
    alone = len(image["plates"]) == 1
    marked_lanes = plate.get("lane_x_at_origin")
    front = str(plate.get("front_confidence", ""))
    return TruePlate(
        corners_px=_points(plate["corners_TL_TR_BR_BL"]),
        spots=spots,
        lane_count=image.get("n_lanes") if alone else len(marked_lanes) if marked_lanes else None,
        front_visible=not any(word in front for word in ("invisible", "ambiguous", "faint")),
    )


def _marked_spot(spot: Mapping[str, Any], rf_u: float) -> TrueSpot:
    faint = spot.get("kind") in {"faint", "streak"}
    return TrueSpot(
        centre_px=(float(spot["x"]), float(spot["y"])),
        rf=spot.get("rf"),
        rf_u=rf_u,
        visibility="faint" if faint else "clear",
        size_px=0.0,
        lane=int(spot.get("lane", 0)),
    )


def _ruled_spot(row: Mapping[str, Any]) -> TrueSpot:
    return TrueSpot(
        centre_px=None, rf=float(row["rf"]), rf_u=HAND_SD_RF, visibility="clear", size_px=0.0, lane=int(row["lane"])
    )


def _points(rows: Any) -> tuple[Point, ...]:
    return tuple((float(x), float(y)) for x, y in rows)
