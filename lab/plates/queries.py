"""Finding plates and their pictures, for those who work at the plate's site."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from lab.network.access import Actor, Permission
from lab.plates.errors import PictureNotFoundError, PlateNotFoundError
from lab.plates.models import Plate, PlateLane, PlatePicture


def get_plate(session: Session, *, actor: Actor, plate_id: UUID) -> Plate:
    """One plate; raises :class:`PlateNotFoundError` also for an account that does not work at its site."""
    plate = session.get(Plate, plate_id)
    if plate is None or not actor.may(Permission.PLATE_WORK, plate.site_id):
        raise PlateNotFoundError
    return plate


def list_plates(session: Session, *, actor: Actor, limit: int = 50, offset: int = 0) -> Sequence[Plate]:
    """Plates of the sites where ``actor`` works on plates, newest first."""
    statement = select(Plate)
    sites = actor.sites(Permission.PLATE_WORK)
    if sites is not None:
        statement = statement.where(col(Plate.site_id).in_(sites))
    return session.exec(statement.order_by(col(Plate.created_at).desc()).limit(limit).offset(offset)).all()


def lanes_of(session: Session, *, plate_id: UUID) -> Sequence[PlateLane]:
    """The layout, left to right."""
    return session.exec(select(PlateLane).where(PlateLane.plate_id == plate_id).order_by(col(PlateLane.index))).all()


def plates_of_sample(session: Session, *, sample_id: UUID) -> Sequence[Plate]:
    """The plates that carry a sample, oldest first."""
    on_it = select(PlateLane.plate_id).where(PlateLane.sample_id == sample_id)
    return session.exec(select(Plate).where(col(Plate.id).in_(on_it)).order_by(col(Plate.created_at))).all()


def get_picture(session: Session, *, actor: Actor, picture_id: UUID) -> PlatePicture:
    """One picture; raises :class:`PictureNotFoundError`."""
    picture = session.get(PlatePicture, picture_id)
    plate = None if picture is None else session.get(Plate, picture.plate_id)
    if picture is None or plate is None or not actor.may(Permission.PLATE_WORK, plate.site_id):
        raise PictureNotFoundError
    return picture


def pictures_of(session: Session, *, plate_id: UUID) -> Sequence[PlatePicture]:
    """The pictures of a plate in the order they came."""
    statement = select(PlatePicture).where(PlatePicture.plate_id == plate_id)
    return session.exec(statement.order_by(col(PlatePicture.uploaded_at), col(PlatePicture.id))).all()
