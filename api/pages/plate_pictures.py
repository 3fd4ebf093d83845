"""Pictures of a plate: several taken in at once, each under its own light, and the state of their reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import FilesDep, IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep
from api.pages.layout import go, show
from api.pages.plates import STEPS, WORK, show_plate
from api.routing import GuardedRouter
from api.uploads import PICTURES_LIMIT, read_upload
from lab.errors import LabError
from lab.kit.files import FileStore
from lab.network.access import Actor
from lab.plates import service
from lab.plates.errors import PictureEmptyError
from lab.plates.intake import CleanPicture, clean_picture
from lab.plates.models import PictureLight, PictureState
from templates.i18n import Translator
from tlc_analysis.preview import preview

router = GuardedRouter(prefix="/plates", html=True)


@dataclass(frozen=True)
class _Taken:
    """A picture that can be kept, with what its row of the form says."""

    clean: CleanPicture
    light: PictureLight | None
    reagent: str | None


@router.post("/{plate_id}/pictures", access=WORK, max_body_size=PICTURES_LIMIT)
def add_pictures(
    plate_id: UUID, request: Request, session: SessionDep, files: FilesDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Take pictures in; they are read in the background. One that is refused costs no other: it says why."""
    taken, errors = _looked_at(form, translator_of(request))  # before the database is touched: decoding takes its time
    plate = service.get_plate(session, actor=identity.actor, plate_id=plate_id)
    _keep(session, files, identity.actor, plate_id, taken)
    if not errors:
        return go(f"/plates/{plate_id}")
    return show_plate(request, session, identity, plate, form.refused(errors), status=422, taken=len(taken))


def _looked_at(form: Form, translator: Translator) -> tuple[Sequence[_Taken], Mapping[str, str]]:
    """What can be kept, and why the rest cannot, by field: ``picture``, ``picture_2`` and so on."""
    taken: list[_Taken] = []
    errors: dict[str, str] = {}
    for name, upload in form.files.items():
        if not name.startswith("picture") or not upload.filename:
            continue
        row = name.removeprefix("picture")
        try:
            clean = clean_picture(read_upload(upload))  # type: ignore[arg-type]  # FastAPI's UploadFile is Starlette's
        except LabError as error:
            errors[name] = f"{upload.filename[:60]}: {translator.text(error.message.id, **error.message.params)}"
            continue
        light, reagent = form.get(f"light{row}"), form.get(f"reagent{row}").strip()[:120]
        known = PictureLight(light) if light in set(PictureLight) else None
        taken.append(_Taken(clean, known, reagent or None))
    if not taken and not errors:
        errors["picture"] = translator.text(PictureEmptyError().message.id)
    return taken, errors


def _keep(session: Session, files: FileStore, actor: Actor, plate_id: UUID, taken: Sequence[_Taken]) -> None:
    for one in taken:
        service.keep_picture(
            session, files, actor=actor, plate_id=plate_id, clean=one.clean, light=one.light, reagent=one.reagent
        )


@router.post("/pictures/{picture_id}/again", access=WORK)
def read_again(picture_id: UUID, session: SessionDep, identity: IdentityDep) -> Response:
    """Try once more to read a picture that could not be read."""
    picture = service.get_picture(session, actor=identity.actor, picture_id=picture_id)
    service.read_again(session, actor=identity.actor, picture_id=picture_id)
    return go(f"/plates/{picture.plate_id}?picture={picture_id}")


@router.get("/pictures/{picture_id}/state", access=WORK)
def picture_state(picture_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """How far the reading is, for a page that waits; when it is there, the page is told to come anew."""
    picture = service.get_picture(session, actor=identity.actor, picture_id=picture_id)
    order = service.waiting_order(session, picture_id=picture_id)
    response = show(request, "parts/picture_waiting.html", session=session, picture=picture, order=order, steps=STEPS)
    if picture.state is not PictureState.WAITING:
        response.headers["HX-Refresh"] = "true"
    return response


@router.get("/pictures/{picture_id}/preview.jpg", access=WORK)
def picture_preview(picture_id: UUID, session: SessionDep, files: FilesDep, identity: IdentityDep) -> Response:
    """A small copy for the eye; it stays in this browser for an hour, since a picture never changes."""
    picture = service.get_picture(session, actor=identity.actor, picture_id=picture_id)
    headers = {"Cache-Control": "private, max-age=3600"}
    return Response(preview(files.get(picture.file_key)), media_type="image/jpeg", headers=headers)
