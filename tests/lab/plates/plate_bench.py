"""Plates for tests: a system with its correction standards, layouts, and readings whose numbers are written by hand."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from lab.kit.files import FileStore
from lab.library.models import RetentionValue, TlcSystem, ValueConfidence, ValueKind
from lab.plates.models import LaneKind, Plate, PlatePicture, Reading, ReadingOrder
from lab.plates.schemas import LaneIn, PlateIn
from lab.plates.service import add_picture, create_plate, store_reading
from tests.lab.bench import Bench
from tests.lab.plates.pictures import jpeg
from tests.network import Network

ORIGIN_Y, FRONT_Y = 900.0, 100.0
STANDARDS = {"atropine": 18.0, "codeine": 33.0, "chlorprothixene": 56.0, "diazepam": 75.0}  # system TA, systems.csv
Band = tuple[float, float]  # Rf, volume


def document(lanes: Sequence[Sequence[Band | float]], *, rf_u: float | None = 0.005, plates: int = 1) -> dict[str, Any]:
    """A ``plate-reading/1`` of a flat plate: 800 pixels from origin to front, a lane each 100 pixels."""
    plate = {
        "corners_px": [[0, 0], [1000, 0], [1000, 1000], [0, 1000]],
        "confidence": 1.0,
        "origin_px": [[0, ORIGIN_Y], [1000, ORIGIN_Y]],
        "front_px": [[0, FRONT_Y], [1000, FRONT_Y]],
        "origin_u_px": 0.0,
        "front_u_px": 0.0,
        "lanes": [lane(index, bands, rf_u) for index, bands in enumerate(lanes, start=1)],
        "flags": [],
    }
    image = {"sha256": "0" * 64, "width_px": 1000, "height_px": 1000, "illumination": "uv254"}
    return {
        "schema": "plate-reading/1",
        "image": image | {"illumination_inferred": False},
        "plates": [plate] * plates,
        "flags": [],
        "method": {"version": "by hand", "parameters": {}},
    }


def lane(index: int, bands: Sequence[Band | float], rf_u: float | None) -> dict[str, Any]:
    pairs = [band if isinstance(band, tuple) else (band, 1.0) for band in bands]
    return {
        "index": index,
        "x_px": 100.0 * index,
        "origin_px": [100.0 * index, ORIGIN_Y],
        "front_px": [100.0 * index, FRONT_Y],
        "features": [],
        "spots": [spot(100.0 * index, rf, volume, rf_u) for rf, volume in pairs],
    }


def spot(x_px: float, rf: float, volume: float, rf_u: float | None) -> dict[str, Any]:
    run = ORIGIN_Y - FRONT_Y
    return {
        "rf": None if rf_u is None else rf,
        "rf_u": rf_u,
        "migration_px": rf * run,
        "centre_px": [x_px, ORIGIN_Y - rf * run],
        "snr": 20.0,
        "asymmetry": 1.0,
        "volume": volume,
        "colour_lab": [40.0, 0.0, 0.0],
        "flags": [],
        "candidates": [],
    }


class PlateBench(Bench):
    """A bench that runs plates in system TA."""

    def __init__(self, session: Session, files: FileStore, network: Network | None = None) -> None:
        super().__init__(session, network)
        self.files = files
        self.system = self._system()

    def _system(self) -> TlcSystem:
        system = TlcSystem(
            code="TA", layer="silica gel G, KOH", mobile_phase="methanol : ammonia (100:1.5)", saturation="",
            correction_standards=[{"substance": name, "hrfc": hrfc} for name, hrfc in STANDARDS.items()],
            error_window="", source="made for a test", source_url="", note="",
            literature_spread_hrf=4.0, literature_spread_origin="made for a test",
        )  # fmt: skip
        self.session.add(system)
        self.session.flush()
        return system

    def second_system(self, code: str, values: dict[str, float]) -> TlcSystem:
        """Another system, with own corrected values of these substances."""
        system = TlcSystem(**(self.system.model_dump(exclude={"id"}) | {"code": code, "correction_standards": []}))
        self.session.add(system)
        self.session.flush()
        for name, hrf in values.items():
            own = {"kind": ValueKind.OWN, "confidence": None, "site_id": self.laboratory.id}
            self.literature(name, hrf, system_id=system.id, **own)
        return system

    def standard(self, name: str | None = None) -> LaneIn:
        """A lane with a standard; without a name with the system's mixture."""
        return LaneIn(kind=LaneKind.STANDARD, substance_id=None if name is None else self.substance(name).id)

    def unknown(self) -> LaneIn:
        """A lane with a fresh sample."""
        return LaneIn(kind=LaneKind.SAMPLE, sample_id=self.at_laboratory().id)

    def plate(self, *lanes: LaneIn, **values: Any) -> Plate:
        data = {"site_id": self.laboratory.id, "system_id": self.system.id, "lanes": list(lanes)} | values
        return create_plate(self.session, actor=self.chemist, data=PlateIn.model_validate(data))

    def picture(self, plate: Plate, content: bytes | None = None) -> PlatePicture:
        return add_picture(
            self.session, self.files, actor=self.chemist, plate_id=plate.id, content=content or jpeg()
        )  # fmt: skip

    def order(self, picture: PlatePicture) -> ReadingOrder:
        """The latest order for a picture."""
        statement = select(ReadingOrder).where(ReadingOrder.picture_id == picture.id)
        return sorted(self.session.exec(statement).all(), key=lambda order: order.ordered_at)[-1]

    def read(self, picture: PlatePicture, content: dict[str, Any]) -> Reading:
        """The picture's waiting order, done with this outcome."""
        return store_reading(self.session, order=self.order(picture), document=content)

    def reading(self, *lanes: tuple[LaneIn, Sequence[Band | float]], rf_u: float | None = 0.005) -> Reading:
        """A plate with these lanes, photographed and read as these bands."""
        picture = self.picture(self.plate(*(laid for laid, _ in lanes)))
        return self.read(picture, document([bands for _, bands in lanes], rf_u=rf_u))

    def literature(self, name: str, hrf: float, **values: Any) -> RetentionValue:
        """A printed value that may speak, unless ``values`` say otherwise."""
        given = {
            "substance_id": self.substance(name).id, "system_id": self.system.id, "kind": ValueKind.HRFC,
            "value_hrf": hrf, "corrected": True, "confidence": ValueConfidence.READ_DIRECTLY,
            "layer": self.system.layer, "source": "made for a test", "source_url": "", "as_read": "", "note": "",
        }  # fmt: skip
        value = RetentionValue(**(given | values))
        self.session.add(value)
        self.session.flush()
        return value

    def own(self, name: str, hrf: float, *, corrected: bool = True, site_id: UUID | None = None) -> RetentionValue:
        """A run of the laboratory's own standard."""
        return self.literature(
            name, hrf, kind=ValueKind.OWN, corrected=corrected, confidence=None,
            site_id=site_id or self.laboratory.id,
        )  # fmt: skip
