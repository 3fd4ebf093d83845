"""Setting right what stands of a container: a correction, which end of a forked history is true, giving it back."""

from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep
from api.pages.forms import Form, FormDep
from api.pages.items import do
from api.pages.layout import as_uuid
from api.routing import GuardedRouter, needs
from lab.custody import corrections, service
from lab.custody.corrections import CorrectionWay
from lab.custody.errors import CorrectionInvalidError, EventInvalidError
from lab.custody.models import Action
from lab.network.access import Permission
from lab.register.errors import ReasonMissingError

router = GuardedRouter(prefix="/custody", html=True)
HANDLE = needs(Permission.CUSTODY_HANDLE)


def _reason(form: Form) -> str:
    reason = form.get("reason").strip()[:500]
    if not reason:
        raise ReasonMissingError
    return reason


def _quantity(form: Form) -> dict[str, float]:
    """What the chosen way needs: a mass, an amount, or neither where the whole event is declared erroneous."""
    way = form.get("way")
    if way not in set(CorrectionWay):
        raise CorrectionInvalidError(field="way", event=form.get("event"))
    if way == CorrectionWay.WHOLE:
        return {}
    value = form.number("right_mg")
    if value is None:
        raise EventInvalidError(field="right_mg", name="right_mg")
    return {"mass_mg": value} if way == CorrectionWay.MASS else {"amount_mg": value}


@router.post("/items/{item_id}/correct", access=HANDLE)
def correct(item_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """One of its events was recorded wrongly."""
    return do(request, session, identity, item_id, form, "item_corrected", lambda item: service.record_event(
        session, actor=identity.actor, item_id=item.id, action=Action.CORRECTED,
        corrects_id=as_uuid(form.get("event")), note=_reason(form), **_quantity(form),
    ))  # fmt: skip


@router.post("/items/{item_id}/join", access=HANDLE)
def join(item_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Its history forks, and somebody says which end is true."""
    head = as_uuid(form.get("head"))
    return do(request, session, identity, item_id, form, "item_joined", lambda item: corrections.resolve_conflict(
        session, actor=identity.actor, item_id=item.id, head_id=head or item.id, note=_reason(form),
    ))  # fmt: skip


@router.post("/items/{item_id}/return", access=HANDLE)
def give_back(item_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """It is given back, where the network has declared on what legal basis."""
    return do(request, session, identity, item_id, form, "item_returned", lambda item: service.record_event(
        session, actor=identity.actor, item_id=item.id, action=Action.RETURNED, note=_reason(form),
    ))  # fmt: skip
