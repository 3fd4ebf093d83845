"""Plates at work: laying them out and taking pictures in; finding, reading and accepting are one import away."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from lab.kit.files import FileStore
from lab.library.models import TlcSystem
from lab.network.access import Actor, Permission
from lab.plates.amendments import amend_reading, foresee
from lab.plates.errors import PlateNumberTakenError, PlateSystemUnknownError
from lab.plates.intake import CleanPicture, clean_picture
from lab.plates.layout import lay_out, next_number
from lab.plates.models import PictureLight, Plate, PlatePicture, ReadingOrder
from lab.plates.queries import get_picture, get_plate, lanes_of, list_plates, pictures_of, plates_of_sample
from lab.plates.readings import (
    accept_reading,
    correct_reading,
    get_reading,
    latest_reading,
    order_reading,
    read_again,
    readings_of,
    store_failure,
    store_reading,
    waiting_order,
)
from lab.plates.schemas import PlateIn

__all__ = [
    "accept_reading",
    "add_picture",
    "amend_reading",
    "correct_reading",
    "create_plate",
    "foresee",
    "get_picture",
    "get_plate",
    "get_reading",
    "keep_picture",
    "lanes_of",
    "latest_reading",
    "list_plates",
    "pictures_of",
    "plates_of_sample",
    "read_again",
    "readings_of",
    "store_failure",
    "store_reading",
    "waiting_order",
]


def create_plate(session: Session, *, actor: Actor, data: PlateIn) -> Plate:
    """Lay out a plate. Raises :class:`~lab.errors.ForbiddenError`, :class:`PlateSystemUnknownError`,
    :class:`PlateNumberTakenError` and the errors of :mod:`lab.plates.layout`.
    """
    actor.require(Permission.PLATE_WORK, data.site_id)
    system = session.get(TlcSystem, data.system_id)
    if system is None:
        raise PlateSystemUnknownError
    plate = Plate(
        **data.model_dump(exclude={"lanes", "number", "layer"}),
        number=data.number or next_number(session),
        layer=data.layer or system.layer,
        created_by=actor.account_id,
    )
    _add_numbered(session, plate)
    lay_out(session, actor=actor, plate_id=plate.id, lanes=data.lanes)
    return plate


def _add_numbered(session: Session, plate: Plate) -> None:
    try:
        with session.begin_nested():
            session.add(plate)
    except IntegrityError as error:
        raise PlateNumberTakenError(number=plate.number) from error


def add_picture(
    session: Session,
    files: FileStore,
    *,
    actor: Actor,
    plate_id: UUID,
    content: bytes,
    light: PictureLight | None = None,
    reagent: str | None = None,
) -> PlatePicture:
    """Keep a picture, freed of its metadata, and order its reading. ``light`` None: to be inferred.

    Raises :class:`PlateNotFoundError` and the errors of :func:`lab.plates.intake.clean_picture`.
    """
    get_plate(session, actor=actor, plate_id=plate_id)
    clean = clean_picture(content)
    return keep_picture(session, files, actor=actor, plate_id=plate_id, clean=clean, light=light, reagent=reagent)


def keep_picture(
    session: Session,
    files: FileStore,
    *,
    actor: Actor,
    plate_id: UUID,
    clean: CleanPicture,
    light: PictureLight | None = None,
    reagent: str | None = None,
) -> PlatePicture:
    """As :func:`add_picture`, with a picture that was looked at and freed of its metadata before."""
    plate = get_plate(session, actor=actor, plate_id=plate_id)
    key = files.put(clean.content)
    picture = PlatePicture(
        plate_id=plate.id,
        light=light,
        reagent=reagent,
        file_key=key,
        media_type=clean.media_type,
        sha256=key.rpartition("/")[2],
        size_bytes=len(clean.content),
        uploaded_by=actor.account_id,
    )
    session.add(picture)
    session.flush()
    order_reading(session, ReadingOrder(picture_id=picture.id))
    return picture
