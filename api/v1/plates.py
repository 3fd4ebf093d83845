"""Plates as JSON: laying them out, taking pictures in, readings and their corrections."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Form, Query, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from api.deps import ActorDep, FilesDep, Offset, SessionDep
from api.routing import GuardedRouter, needs
from api.uploads import UPLOAD_LIMIT, read_upload
from lab.network.access import Permission
from lab.plates import service
from lab.plates.models import LaneKind, PictureLight, PictureState, Plate, PlatePicture
from lab.plates.schemas import PlateIn

router = GuardedRouter(prefix="/plates", tags=["plates"])


class LaneOut(BaseModel):
    """What was applied to one lane."""

    model_config = ConfigDict(from_attributes=True)

    index: int
    kind: LaneKind
    sample_id: UUID | None
    substance_id: UUID | None


class PictureOut(BaseModel):
    """One picture of a plate, and how far its reading is. ``failure`` is a message id."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    plate_id: UUID
    light: PictureLight | None
    reagent: str | None
    media_type: str
    sha256: str
    size_bytes: int
    uploaded_at: datetime
    state: PictureState
    failure: str | None


class PlateOut(BaseModel):
    """A plate with its layout and its pictures."""

    id: UUID
    number: str
    site_id: UUID
    system_id: UUID
    layer: str
    width_mm: float | None
    height_mm: float | None
    created_at: datetime
    lanes: list[LaneOut]
    pictures: list[PictureOut]


class ReadingOut(BaseModel):
    """One reading of a picture. ``document`` is a ``plate-reading/1``."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    picture_id: UUID
    number: int
    supersedes_id: UUID | None
    method_version: str
    created_by: UUID | None
    reason: str | None
    created_at: datetime
    document: dict[str, Any]


class CorrectionIn(BaseModel):
    """A chemist's correction: all hints that now hold, and why."""

    model_config = ConfigDict(extra="forbid")

    hints: dict[str, Any]
    reason: Annotated[str | None, Field(max_length=300)] = None


class EditsIn(BaseModel):
    """What a person changes on a reading (``tlc_analysis/edits.py``); everything else stays as it is."""

    model_config = ConfigDict(extra="forbid")

    edits: dict[str, Any]


class AmendmentIn(EditsIn):
    """Changes to be kept, and why."""

    reason: Annotated[str, Field(max_length=300)]


class LaneForeseenOut(BaseModel):
    """A lane as it will be: its plate and its number there, and the Rf of its bands from the origin upwards."""

    plate: int
    index: int
    rf: list[float | None]
    rf_u: list[float | None]


class ForeseenOut(BaseModel):
    """What geometry says of the changes. ``superseded``: somebody else has corrected this reading meanwhile."""

    superseded: bool
    lanes: list[LaneForeseenOut]


def _plate(session: Session, plate: Plate) -> PlateOut:
    return PlateOut(
        **plate.model_dump(include=set(PlateOut.model_fields) - {"lanes", "pictures"}),
        lanes=[LaneOut.model_validate(lane) for lane in service.lanes_of(session, plate_id=plate.id)],
        pictures=[PictureOut.model_validate(found) for found in service.pictures_of(session, plate_id=plate.id)],
    )


@router.post("", access=needs(Permission.PLATE_WORK), status_code=201)
def create_plate(data: PlateIn, session: SessionDep, actor: ActorDep) -> PlateOut:
    """Lay out a plate."""
    return _plate(session, service.create_plate(session, actor=actor, data=data))


@router.get("", access=needs(Permission.PLATE_WORK))
def list_plates(
    session: SessionDep,
    actor: ActorDep,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Offset = 0,
) -> list[PlateOut]:
    """The plates of this account's laboratories, newest first."""
    return [_plate(session, plate) for plate in service.list_plates(session, actor=actor, limit=limit, offset=offset)]


@router.get("/{plate_id}", access=needs(Permission.PLATE_WORK))
def get_plate(plate_id: UUID, session: SessionDep, actor: ActorDep) -> PlateOut:
    """One plate."""
    return _plate(session, service.get_plate(session, actor=actor, plate_id=plate_id))


@router.post("/{plate_id}/pictures", access=needs(Permission.PLATE_WORK), status_code=202, max_body_size=UPLOAD_LIMIT)
def add_picture(
    plate_id: UUID,
    picture: UploadFile,
    session: SessionDep,
    files: FilesDep,
    actor: ActorDep,
    light: Annotated[PictureLight | None, Form()] = None,
    reagent: Annotated[str | None, Form(max_length=120)] = None,
) -> PictureOut:
    """Take a picture in; it is read in the background. Its metadata are dropped, its pixels kept as they came."""
    added = service.add_picture(
        session,
        files,
        actor=actor,
        plate_id=plate_id,
        content=read_upload(picture),
        light=light,
        reagent=reagent,
    )
    return PictureOut.model_validate(added)


@router.get("/pictures/{picture_id}", access=needs(Permission.PLATE_WORK))
def get_picture(picture_id: UUID, session: SessionDep, actor: ActorDep) -> PictureOut:
    """One picture and how far its reading is."""
    return PictureOut.model_validate(service.get_picture(session, actor=actor, picture_id=picture_id))


@router.get("/pictures/{picture_id}/file", access=needs(Permission.PLATE_WORK))
def get_picture_file(picture_id: UUID, session: SessionDep, files: FilesDep, actor: ActorDep) -> Response:
    """The picture as stored."""
    picture: PlatePicture = service.get_picture(session, actor=actor, picture_id=picture_id)
    return Response(files.get(picture.file_key), media_type=picture.media_type)


@router.get("/{plate_id}/readings", access=needs(Permission.PLATE_WORK))
def list_readings(plate_id: UUID, session: SessionDep, actor: ActorDep) -> list[ReadingOut]:
    """Every reading of every picture of a plate; the last one of a picture stands."""
    service.get_plate(session, actor=actor, plate_id=plate_id)
    return [
        ReadingOut.model_validate(reading)
        for picture in service.pictures_of(session, plate_id=plate_id)
        for reading in service.readings_of(session, picture_id=picture.id)
    ]


@router.post("/readings/{reading_id}/correct", access=needs(Permission.PLATE_WORK), status_code=202)
def correct_reading(reading_id: UUID, data: CorrectionIn, session: SessionDep, actor: ActorDep) -> PictureOut:
    """Order a reading with a chemist's hints; it supersedes when it is there."""
    service.correct_reading(session, actor=actor, reading_id=reading_id, hints=data.hints, reason=data.reason)
    reading = service.get_reading(session, actor=actor, reading_id=reading_id)
    return PictureOut.model_validate(service.get_picture(session, actor=actor, picture_id=reading.picture_id))


@router.post("/readings/{reading_id}/foresee", access=needs(Permission.PLATE_WORK))
def foresee(reading_id: UUID, data: EditsIn, session: SessionDep, actor: ActorDep) -> ForeseenOut:
    """What changes would make of the reading's places and Rf; nothing is kept and the picture is not looked at."""
    reading = service.get_reading(session, actor=actor, reading_id=reading_id)
    latest = service.latest_reading(session, picture_id=reading.picture_id)
    foreseen = service.foresee(session, actor=actor, reading_id=reading_id, edits=data.edits)
    return ForeseenOut(
        superseded=latest is not None and latest.id != reading_id,
        lanes=[
            LaneForeseenOut(
                plate=number,
                index=lane.index,
                rf=[spot.rf for spot in lane.spots],
                rf_u=[spot.rf_u for spot in lane.spots],
            )
            for number, plate in enumerate(foreseen.plates, start=1)
            for lane in plate.lanes
        ],
    )


@router.post("/readings/{reading_id}/amend", access=needs(Permission.PLATE_WORK), status_code=202)
def amend_reading(reading_id: UUID, data: AmendmentIn, session: SessionDep, actor: ActorDep) -> PictureOut:
    """Order the reading with these changes; it supersedes when it is there, and differs in nothing else."""
    service.amend_reading(session, actor=actor, reading_id=reading_id, edits=data.edits, reason=data.reason)
    reading = service.get_reading(session, actor=actor, reading_id=reading_id)
    return PictureOut.model_validate(service.get_picture(session, actor=actor, picture_id=reading.picture_id))


@router.post("/readings/{reading_id}/accept", access=needs(Permission.PLATE_WORK), status_code=204)
def accept_reading(reading_id: UUID, session: SessionDep, actor: ActorDep) -> None:
    """Take a reading as the basis of an answer; its standards join the library, once."""
    service.accept_reading(session, actor=actor, reading_id=reading_id)
