"""How call-backs reach me: my devices, my telephone. Everybody's own, and seen by nobody else."""

from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.reach import service
from alerts.reach.schemas import PushDeviceIn
from api.deps import IdentityDep, SessionDep, SettingsDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show
from api.routing import SIGNED_IN, GuardedRouter
from api.services import push_key
from api.settings import Settings

router = GuardedRouter(prefix="/reach", html=True)


@router.get("", access=SIGNED_IN)
def reach_page(request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep) -> Response:
    """What there is, and how to add to it."""
    number = service.phone_of(session, account_id=identity.account.id) or ""
    return _page(request, session, identity, settings, Form({"contact_phone": [number]}))


def _page(
    request: Request, session: Session, identity: IdentityDep, settings: Settings, form: Form, status: int = 200
) -> Response:
    return show(
        request, "pages/reach.html", session=session, status=status, form=form,
        email=identity.account.email, devices=service.devices_of(session, account_id=identity.account.id),
        push_public_key=push_key(settings).public,
    )  # fmt: skip


@router.post("/phone", access=SIGNED_IN)
def set_phone(
    request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep, form: FormDep
) -> Response:
    """Keep my number, or remove it."""
    done = attempt(
        session, translator_of(request),
        lambda: service.set_phone(session, actor=identity.actor, number=form.get("contact_phone")),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _page(request, session, identity, settings, form.refused(done.errors), 422)
    return go("/reach", done="phone_saved")


@router.post("/devices", access=SIGNED_IN)
def add_device(
    request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep, form: FormDep
) -> Response:
    """Take this browser in; a script sends what the browser's push service gave it."""
    done = attempt(
        session, translator_of(request),
        lambda: service.add_device(session, actor=identity.actor, data=PushDeviceIn.model_validate(form.cleaned())),
    )  # fmt: skip
    if isinstance(done, Refusal):
        number = service.phone_of(session, account_id=identity.account.id) or ""
        refused = Form({"contact_phone": [number]}, {"": next(iter(done.errors.values()))})
        return _page(request, session, identity, settings, refused, 422)
    return go("/reach", done="device_added")


@router.post("/devices/{device_id}/remove", access=SIGNED_IN)
def remove_device(device_id: UUID, session: SessionDep, identity: IdentityDep) -> Response:
    """Forget a device of mine."""
    service.remove_device(session, actor=identity.actor, device_id=device_id)
    return go("/reach", done="device_removed")
