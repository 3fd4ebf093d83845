"""Photographs of samples as JSON."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Form, Response, UploadFile
from pydantic import BaseModel, ConfigDict

from api.deps import ActorDep, FilesDep, SessionDep
from api.routing import GuardedRouter, needs
from api.uploads import PHOTO_LIMIT, read_upload
from lab.network.access import Permission
from lab.photos import service
from lab.samples import service as samples

router = GuardedRouter(tags=["samples"])


class PhotoOut(BaseModel):
    """A photograph of a sample, re-encoded: its colours in sRGB, without metadata."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    size_bytes: int
    added_at: datetime


@router.post(
    "/samples/{code}/photos", access=needs(Permission.SAMPLE_REGISTER), status_code=201, max_body_size=PHOTO_LIMIT
)
def add_photo(
    code: str, picture: UploadFile, session: SessionDep, files: FilesDep, actor: ActorDep,
    id: Annotated[UUID | None, Form()] = None,
) -> PhotoOut:  # fmt: skip
    """Add a photograph. ``id`` is the device's own key: sent again, the photograph is kept once."""
    clean = service.clean_photo(read_upload(picture))
    sample = samples.get_by_code(session, actor=actor, code=code)
    photo = service.add_photo(session, files, actor=actor, sample=sample, clean=clean, photo_id=id)
    return PhotoOut.model_validate(photo)


@router.get("/samples/{code}/photos", access=needs(Permission.SAMPLE_READ))
def list_photos(code: str, session: SessionDep, actor: ActorDep) -> list[PhotoOut]:
    """The photographs of a sample that are still there."""
    sample = samples.get_by_code(session, actor=actor, code=code)
    return [PhotoOut.model_validate(photo) for photo in service.photos_of(session, sample_id=sample.id)]


@router.get("/samples/{code}/photos/{photo_id}", access=needs(Permission.SAMPLE_READ))
def get_photo(code: str, photo_id: UUID, session: SessionDep, files: FilesDep, actor: ActorDep) -> Response:
    """The photograph itself, a JPEG."""
    sample = samples.get_by_code(session, actor=actor, code=code)
    photo = service.get_photo(session, sample=sample, photo_id=photo_id)
    return Response(files.get(photo.file_key or ""), media_type=service.MEDIA_TYPE)
