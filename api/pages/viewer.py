"""What the script that corrects a reading on its picture is told: places, sizes, and the words it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.plates.models import Plate, Reading
from templates.drawing import lettered
from templates.i18n import Translator

Json = Mapping[str, Any]
_PLAIN = (
    "plate", "handle", "nothing_chosen", "by_person", "no_rf", "front", "origin", "corner.0", "corner.1", "corner.2",
    "corner.3", "status.agreed", "status.lost", "status.saving", "status.reason", "status.conflict", "status.restored",
    "status.carried",
)  # fmt: skip
_FILLED = {
    "hrf": ("value",), "band": ("lane", "letter"), "lane": ("lane",), "front.point": ("n",), "origin.point": ("n",),
    "place": ("x", "y"), "across": ("value",), "height": ("value",), "status.differs": ("n",),
    "status.carried_part": ("n",),
}  # fmt: skip
_SPOT_SHARE = (0.05, 0.035)  # of the plate's height: a band whose size was not measured
_STEP_SHARE = 0.001  # of the plate's height: a step where its size is not stated


def viewer_data(plate: Plate, reading: Reading, translator: Translator) -> dict[str, Any]:
    """The reading as ``plate-viewer.js`` takes it; ``step_px`` is 0.1 mm where the plate's size is known."""
    document = reading.document
    height_px = max((_height_px(one) for one in document["plates"]), default=1.0)
    share = _STEP_SHARE if not plate.height_mm else 0.1 / plate.height_mm
    return {
        "id": str(reading.id),
        "plate": str(plate.id),
        "picture": str(reading.picture_id),
        "step_px": height_px * share,
        "plates": [_plate(one, height_px) for one in document["plates"]],
        "texts": _texts(translator),
    }


def _texts(translator: Translator) -> dict[str, str]:
    plain = {name: translator.text(f"viewer.{name}") for name in _PLAIN}
    filled = {
        name: translator.text(f"viewer.{name}", **{value: "{" + value + "}" for value in values})
        for name, values in _FILLED.items()
    }
    return plain | filled


def _height_px(plate: Json) -> float:
    (x0, y0), (x1, y1) = plate["corners_px"][0], plate["corners_px"][3]
    return float(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5)


def _plate(plate: Json, height_px: float) -> dict[str, Any]:
    return {
        "corners": plate["corners_px"],
        "origin": plate["origin_px"],
        "front": plate["front_px"],
        "lanes": [_lane(lane, plate, height_px) for lane in plate["lanes"]],
    }


def _lane(lane: Json, plate: Json, height_px: float) -> dict[str, Any]:
    lowest = sum(y for _, y in plate["corners_px"][2:]) / 2 - 0.08 * height_px
    return {
        "index": lane["index"],
        "origin": lane.get("origin_px"),
        "foot": lane.get("origin_px") or [lane["x_px"], lowest],
        "front": lane.get("front_px"),
        "spots": [
            {
                "centre": spot["centre_px"],
                "size": [
                    spot.get("width_px") or _SPOT_SHARE[0] * height_px,
                    spot.get("height_px") or _SPOT_SHARE[1] * height_px,
                ],
                "manual": "manual" in spot["flags"],
            }
            for spot in lane["spots"]
        ],
    }


def shown_hrf(spot: Json, translator: Translator) -> str:
    """An hRf as it stands in the form of numbers; nothing where there is none."""
    return "" if spot["rf"] is None else translator.number(100 * spot["rf"], 1)


@dataclass(frozen=True)
class BandField:
    """A band in the form of numbers."""

    name: str
    plate: int
    lane: int
    letter: str
    hrf: str


def band_fields(document: Json, translator: Translator) -> list[BandField]:
    """Every band of a reading, from the origin upwards lane by lane."""
    return [
        BandField(
            name=f"{number}-{lane['index']}-{lane['spots'].index(spot)}", plate=number, lane=lane["index"],
            letter=letter, hrf=shown_hrf(spot, translator),
        )
        for number, plate in enumerate(document["plates"], start=1)
        for lane in plate["lanes"]
        for letter, spot in lettered(lane)
    ]  # fmt: skip
