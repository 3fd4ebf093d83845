"""Beside an alert's words: how long its text message is, who has said that they read it, and its photograph."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.channels.gsm import Size, plain, size_of
from alerts.deliveries import acknowledging
from alerts.deliveries.composing import READ_PATH
from alerts.errors import PhotoNotAllowedError
from alerts.unread.service import notices_of
from alerts.warnings import pictures, store
from alerts.warnings.models import Alert, AlertVersion
from api.auth.identity import Identity
from api.deps import FilesDep, IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import as_uuid, go, show
from api.routing import GuardedRouter, needs
from api.settings import Settings
from api.state import state_of
from lab.kit.files import FileStore
from lab.network.access import Permission
from lab.photos.crop import Margins, crop
from lab.photos.errors import CropError
from lab.photos.service import MEDIA_TYPE

router = GuardedRouter(prefix="/alerts", html=True)
EDIT = needs(Permission.ALERT_EDIT)
SIDES = ("left", "top", "right", "bottom")
_TOKEN = 64  # characters of the link that a delivery carries


@dataclass(frozen=True)
class Preview:
    """A text message as a telephone shows it, link included, and how many messages it makes with and without it."""

    text: str
    line: Size
    whole: Size


def preview_of(line: str, settings: Settings) -> Preview:
    """The text message of an alert whose line is ``line``; in place of the recipient's own link, one as long."""
    link = f"{settings.base_url.rstrip('/')}{READ_PATH}{'x' * _TOKEN}"
    return Preview(f"{line}\n{link}", size_of(line), size_of(f"{line}\n{link}"))


def reach_of(
    request: Request, session: Session, identity: Identity, alert: Alert, version: AlertVersion
) -> dict[str, Any]:
    """What the page of an alert at work shows beside its words."""
    settings = state_of(request).settings
    may_see_who = identity.actor.may(Permission.SUBSCRIPTION_MANAGE)
    return {
        "previews": {
            language: preview_of(plain(text["line"]), settings) for language, text in version.texts.items()
        },
        "read": acknowledging.read_by(session, version_id=version.id),
        "readers": acknowledging.readers_of(session, version_id=version.id) if may_see_who else (),
        "notices": notices_of(session, version_id=version.id),
        "photo": pictures.shown_photo(session, version=version),
        "candidates": pictures.candidates(session, alert_id=alert.id),
    }  # fmt: skip


@router.get("/{alert_id}/versions/{version_id}/photo", access=EDIT)
def photo_page(
    alert_id: UUID, version_id: UUID, request: Request, session: SessionDep, identity: IdentityDep
) -> Response:
    """Choosing a photograph, and what to cut off it."""
    alert = store.get_alert(session, actor=identity.actor, alert_id=alert_id)
    return _page(request, session, alert, version_id, Form({side: ["0"] for side in SIDES}))


def _page(
    request: Request, session: Session, alert: Alert, version_id: UUID, form: Form, status: int = 200
) -> Response:
    version = next(one for one in store.versions_of(session, alert_id=alert.id) if one.id == version_id)
    return show(
        request, "pages/alert_photo.html", session=session, status=status, form=form, alert=alert, version=version,
        photo=pictures.shown_photo(session, version=version),
        candidates=pictures.candidates(session, alert_id=alert.id), sides=SIDES,
    )  # fmt: skip


@router.get("/{alert_id}/photos/{photo_id}.jpg", access=EDIT)
def candidate(alert_id: UUID, photo_id: UUID, session: SessionDep, files: FilesDep, identity: IdentityDep) -> Response:
    """One of the photographs to choose from, whole."""
    store.get_alert(session, actor=identity.actor, alert_id=alert_id)
    found = pictures.candidate(session, alert_id=alert_id, photo_id=photo_id)
    return Response(files.get(found.file_key or ""), media_type=MEDIA_TYPE)


@router.get("/{alert_id}/versions/{version_id}/photo.jpg", access=EDIT)
def chosen(alert_id: UUID, version_id: UUID, session: SessionDep, files: FilesDep, identity: IdentityDep) -> Response:
    """What stands on a version that is worked on, as it will be seen."""
    store.get_alert(session, actor=identity.actor, alert_id=alert_id)
    version = next(one for one in store.versions_of(session, alert_id=alert_id) if one.id == version_id)
    found = pictures.shown_photo(session, version=version)
    if found is None:
        raise PhotoNotAllowedError
    return Response(files.get(found.file_key or ""), media_type=MEDIA_TYPE)


@router.post("/{alert_id}/versions/{version_id}/photo", access=EDIT)
def save(
    alert_id: UUID, version_id: UUID, request: Request, session: SessionDep, files: FilesDep, identity: IdentityDep,
    form: FormDep,
) -> Response:  # fmt: skip
    """Put a part of a photograph on the alert, or none."""
    done = attempt(
        session, translator_of(request), lambda: _save(session, files, identity, alert_id, version_id, form)
    )  # fmt: skip
    if isinstance(done, Refusal):
        alert = store.get_alert(session, actor=identity.actor, alert_id=alert_id)
        return _page(request, session, alert, version_id, form.refused(done.errors), 422)
    return go(f"/alerts/{alert_id}/work", done="alert_photo")


def _save(
    session: Session, files: FileStore, identity: Identity, alert_id: UUID, version_id: UUID, form: Form
) -> AlertVersion:
    store.get_alert(session, actor=identity.actor, alert_id=alert_id)
    photo_id, edition = as_uuid(form.get("photo")), form.get("edition")
    part = None
    if photo_id is not None:
        whole = pictures.candidate(session, alert_id=alert_id, photo_id=photo_id)
        part = crop(files.get(whole.file_key or ""), _margins(form))
    return pictures.set_photo(
        session, files, actor=identity.actor, version_id=version_id, photo_id=photo_id, part=part,
        edition=int(edition) if edition.isdecimal() else -1,
    )  # fmt: skip


def _margins(form: Form) -> Margins:
    try:
        return Margins(*(int(form.get(side).strip() or "0") for side in SIDES))
    except ValueError as error:
        raise CropError from error
