"""One picture of a plate as a chemist sees it: the drawing, the lanes, their profiles, and what they may be."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlmodel import Session

from api.pages.reading_changes import ReadingChanges, changes_of
from api.pages.viewer import BandField, band_fields, viewer_data
from lab.library.models import Substance
from lab.network.access import Actor
from lab.plates import service
from lab.plates.interpretation import Interpretation, LaneReading, interpret
from lab.plates.models import Plate, PlatePicture, Reading, ReadingAcceptance
from lab.samples.models import Sample
from templates.drawing import SpotRow, draw_plate, flag_texts, spot_rows
from templates.i18n import Translator

_PROFILE_WIDTH, _PROFILE_HEIGHT = 300.0, 80.0


@dataclass(frozen=True)
class LaneView:
    """One lane: whose it is, its profile, and its bands."""

    lane: LaneReading
    sample: Sample | None
    sold_as: str | None
    profile: str | None  # points of an SVG polyline, 300 by 80
    profile_base: str | None
    span: tuple[float, float] | None = None  # Rf at the profile's ends
    plate: int = 0  # from 0, as the picture shows them


@dataclass(frozen=True)
class PictureView:
    """Everything about one picture that has been read."""

    reading: Reading
    readings: int
    accepted: bool
    drawing: Markup
    rows: Sequence[SpotRow]
    flags: Sequence[str]
    raw_flags: Sequence[str]
    interpretation: Interpretation
    lanes: Sequence[LaneView]
    light: str
    viewer: Mapping[str, Any]
    bands: Sequence[BandField]
    changes: ReadingChanges | None


def picture_view(
    session: Session, actor: Actor, picture: PlatePicture, translator: Translator, *, watch_list: Collection[str]
) -> PictureView | None:
    """``picture`` as read; None while it has not been. ``watch_list``: as for :func:`interpret`."""
    reading = service.latest_reading(session, picture_id=picture.id)
    if reading is None:
        return None
    document = reading.document
    found = interpret(session, actor=actor, reading_id=reading.id, watch_list=watch_list)
    flags = [*document["flags"], *(flag for plate in document["plates"] for flag in plate["flags"])]
    drawing = draw_plate(document, picture_href=f"/plates/pictures/{picture.id}/preview.jpg", translator=translator)
    return PictureView(
        reading=reading,
        readings=reading.number,
        accepted=session.get(ReadingAcceptance, reading.id) is not None,
        drawing=Markup(drawing),  # noqa: S704 -- drawn by our own autoescaped template
        rows=spot_rows(document, translator),
        flags=flag_texts(flags, translator),
        raw_flags=flags,
        interpretation=found,
        lanes=[_lane(session, lane, document) for lane in found.lanes],
        light=document["image"]["illumination"],
        viewer=viewer_data(session.get_one(Plate, picture.plate_id), reading, translator),
        bands=band_fields(document, translator),
        changes=changes_of(session, reading, translator),
    )


def _lane(session: Session, lane: LaneReading, document: Mapping[str, Any]) -> LaneView:
    sample = session.get(Sample, lane.sample_id) if lane.sample_id else None
    substance = session.get(Substance, sample.sold_as_substance_id) if sample and sample.sold_as_substance_id else None
    sold_as = substance.name if substance else sample.sold_as_raw if sample else None
    densitogram = _densitogram(document, lane.read_index)
    if densitogram is None:
        return LaneView(lane, sample, sold_as, None, None)
    signal, baseline = densitogram["signal"], densitogram["baseline"]
    top, bottom = _scale(document)
    return LaneView(
        lane, sample, sold_as,
        _points(densitogram["position"], signal, top, bottom),
        _points(densitogram["position"], baseline, top, bottom),
        span=(densitogram["position"][0], densitogram["position"][-1]) if _is_rf(densitogram) else None,
        plate=_plate_of(document, lane.read_index),
    )  # fmt: skip


def _is_rf(densitogram: Mapping[str, Any]) -> bool:
    return bool(densitogram["position_unit"] == "rf")


def _plate_of(document: Mapping[str, Any], index: int | None) -> int:
    plates = document["plates"]
    return next((i for i, one in enumerate(plates) if any(lane["index"] == index for lane in one["lanes"])), 0)


def _densitogram(document: Mapping[str, Any], index: int | None) -> Mapping[str, Any] | None:
    """The profile of the lane that was read at ``index``, where the document has one."""
    lanes = [lane for plate in document["plates"] for lane in plate["lanes"] if lane["index"] == index]
    found: Mapping[str, Any] | None = lanes[0].get("densitogram") if len(lanes) == 1 else None
    return found if found and len(found["signal"]) > 1 else None


def _scale(document: Mapping[str, Any]) -> tuple[float, float]:
    """Highest and lowest signal of all lanes: on a scale of its own the noise of an empty lane looks like bands."""
    profiles = [lane.get("densitogram") for plate in document["plates"] for lane in plate["lanes"]]
    values = [value for profile in profiles if profile for value in (*profile["signal"], *profile["baseline"])]
    return max(values), min(values)


def _points(position: Sequence[float], values: Sequence[float], top: float, bottom: float) -> str:
    """Points of a line, origin at the left, as wide as the profile's own range."""
    first, span = position[0], (position[-1] - position[0]) or 1.0
    height = (top - bottom) or 1.0
    return " ".join(
        f"{_PROFILE_WIDTH * (x - first) / span:.1f},{_PROFILE_HEIGHT * (1 - (y - bottom) / height):.1f}"
        for x, y in zip(position, values, strict=True)
    )
