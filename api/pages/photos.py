"""Photographs of samples: adding one, looking at it, erasing it."""

from typing import Any
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import FilesDep, IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show
from api.routing import GuardedRouter, needs
from api.uploads import PHOTO_LIMIT, read_upload
from lab.kit.files import FileStore
from lab.network.access import Permission
from lab.photos import service
from lab.plates.errors import PictureEmptyError
from lab.samples import service as samples
from lab.samples.models import Sample

router = GuardedRouter(html=True)
REGISTER = needs(Permission.SAMPLE_REGISTER)


def photo_in(form: Form) -> bytes | None:
    """The photograph of a form, re-encoded; None where none was taken. Takes a second: call it before the database.

    Raises the picture's errors of :mod:`lab.plates.errors`.
    """
    upload = form.files.get("picture")
    if upload is None or not upload.filename:
        return None
    return service.clean_photo(read_upload(upload))  # type: ignore[arg-type]  # FastAPI's UploadFile is Starlette's


def photo_context(session: Session, identity: IdentityDep, sample: Sample) -> dict[str, Any]:
    """What the page of a sample shows of its photographs."""
    return {
        "photos": service.photos_of(session, sample_id=sample.id),
        "may_photograph": identity.actor.may(Permission.SAMPLE_REGISTER, sample.site_id),
    }


@router.post("/samples/{code}/photos", access=REGISTER, max_body_size=PHOTO_LIMIT)
def add_photo(
    code: str, request: Request, session: SessionDep, files: FilesDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Add a photograph to a sample."""
    done = attempt(session, translator_of(request), lambda: _add(session, files, identity, code, form))
    if isinstance(done, Refusal):
        sample = samples.get_by_code(session, actor=identity.actor, code=code)
        context = photo_context(session, identity, sample)
        refused = form.refused(done.errors)
        return show(request, "pages/photo.html", session=session, status=422, form=refused, sample=sample, **context)
    return go(f"/samples/{done.code}", done="photo_added")


def _add(session: Session, files: FileStore, identity: IdentityDep, code: str, form: Form) -> Sample:
    clean = photo_in(form)
    if clean is None:
        raise PictureEmptyError
    sample = samples.get_by_code(session, actor=identity.actor, code=code)
    service.add_photo(session, files, actor=identity.actor, sample=sample, clean=clean)
    return sample


@router.get("/samples/{code}/photos/{photo_id}.jpg", access=needs(Permission.SAMPLE_READ))
def photo(code: str, photo_id: UUID, session: SessionDep, files: FilesDep, identity: IdentityDep) -> Response:
    """The photograph. No browser keeps it: phones get seized."""
    sample = samples.get_by_code(session, actor=identity.actor, code=code)
    found = service.get_photo(session, sample=sample, photo_id=photo_id)
    return Response(files.get(found.file_key or ""), media_type=service.MEDIA_TYPE)


@router.post("/samples/{code}/photos/{photo_id}/erase", access=REGISTER)
def erase_photo(code: str, photo_id: UUID, session: SessionDep, files: FilesDep, identity: IdentityDep) -> Response:
    """Erase it: the person wishes it."""
    sample = samples.get_by_code(session, actor=identity.actor, code=code)
    service.erase_photo(session, files, actor=identity.actor, sample=sample, photo_id=photo_id)
    return go(f"/samples/{sample.code}", done="photo_erased")
