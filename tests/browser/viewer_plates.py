"""Plates for the viewer's tests: readings by hand, so that every number is known beforehand."""

from typing import Any
from uuid import UUID

import cv2
import numpy as np
from sqlmodel import Session, select

from lab.library.models import TlcSystem
from lab.plates import service as plates
from lab.plates.models import LaneKind, PlatePicture, Reading, ReadingOrder
from lab.plates.schemas import LaneIn, PlateIn
from tests.api.pages.conftest import Lab
from tests.lab.plates.plate_bench import document, spot
from tlc_analysis.serialise import from_json, to_json

SIDE_PX = 1000
ORIGIN_Y, FRONT_Y = 900.0, 100.0


def picture_of(lanes: list[list[float]]) -> bytes:
    """A green plate over the whole picture with a dark band at each Rf."""
    rows, columns = np.mgrid[0:SIDE_PX, 0:SIDE_PX]
    dark = np.zeros((SIDE_PX, SIDE_PX))
    for x, rfs in zip(places(len(lanes)), lanes, strict=True):
        for rf in rfs:
            y = ORIGIN_Y - rf * (ORIGIN_Y - FRONT_Y)
            dark += np.exp(-(((columns - x) / 9) ** 2) - ((rows - y) / 9) ** 2)
    green = np.array([90, 210, 90]) * (1 - 0.6 * dark[..., None])
    return cv2.imencode(".jpg", green.clip(0, 255).astype(np.uint8))[1].tobytes()


def places(lanes: int) -> list[float]:
    """The columns of the lanes."""
    return [SIDE_PX * (i + 0.5) / lanes for i in range(lanes)]


def reading_of(lanes: list[list[float]]) -> dict[str, Any]:
    """The reading of :func:`picture_of`."""
    made = document(lanes)
    (plate,) = made["plates"]
    middle = [[x, 0.0] for x in (0, 250, 500, 750, 999)]
    plate |= {
        "corners_px": [[-0.5, -0.5], [999.5, -0.5], [999.5, 999.5], [-0.5, 999.5]],
        "origin_px": [[x, ORIGIN_Y] for x, _ in middle], "front_px": [[x, FRONT_Y] for x, _ in middle],
    }  # fmt: skip
    for lane, x, rfs in zip(plate["lanes"], places(len(lanes)), lanes, strict=True):
        lane |= {
            "x_px": x, "origin_px": [x, ORIGIN_Y], "front_px": [x, FRONT_Y], "width_px": 0.8 * SIDE_PX / len(lanes),
            "spots": [spot(x, rf, 1.0, 0.005) | {"width_px": 20.0, "height_px": 16.0} for rf in rfs],
            "densitogram": _profile(rfs),
        }  # fmt: skip
    return to_json(from_json(made))


def _profile(rfs: list[float]) -> dict[str, Any]:
    position = [round(-0.03 + 1.06 * i / 239, 5) for i in range(240)]
    signal = [round(sum(0.4 * float(np.exp(-(((p - rf) / 0.012) ** 2))) for rf in rfs), 5) for p in position]
    return {"position": position, "position_unit": "rf", "signal": signal, "baseline": [0.0] * 240}


def read_plate(session: Session, lab: Lab, lanes: list[list[float]]) -> tuple[str, UUID]:
    """A plate of 100 mm with this reading; the path of its page and the picture's key."""
    chemist = lab.network.actors["chemist"]
    system = session.exec(select(TlcSystem)).first()
    assert system
    layout = [LaneIn(kind=LaneKind.BLANK)] * len(lanes)
    site = lab.network.sites["laboratory"].id
    data = PlateIn(site_id=site, system_id=system.id, lanes=layout, width_mm=100, height_mm=100)
    plate = plates.create_plate(session, actor=chemist, data=data)
    picture = plates.add_picture(session, lab.state.files, actor=chemist, plate_id=plate.id, content=picture_of(lanes))
    order = session.exec(select(ReadingOrder).where(ReadingOrder.picture_id == picture.id)).one()
    plates.store_reading(session, order=order, document=reading_of(lanes))
    return f"/plates/{plate.id}", picture.id


def readings(session: Session, picture_id: UUID) -> list[Reading]:
    """Every reading of a picture, the first one first."""
    assert session.get(PlatePicture, picture_id)
    return list(plates.readings_of(session, picture_id=picture_id))
