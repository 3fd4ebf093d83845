"""Where remainders lie, what is due, how near the limits are, and destroying by two."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.custody import names_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import as_uuid, go, show, work_site
from api.routing import GuardedRouter, needs
from lab.library.models import Substance
from lab.network.access import Permission
from lab.network.models import Site
from lab.register import disposal, rules, storage
from lab.register.balances import place_masses
from lab.register.errors import DeclaredNotFoundError
from lab.register.models import Disposal
from lab.register.storage import PlaceIn

router = GuardedRouter(prefix="/custody", html=True)
HANDLE = needs(Permission.CUSTODY_HANDLE)
LABORATORY = needs(Permission.CUSTODY_LABORATORY)


def _page(request: Request, session: Session, identity: IdentityDep, form: Form, status: int = 200) -> Response:
    here = work_site(request, session, identity, Permission.CUSTODY_HANDLE)
    context: dict[str, Any] = {
        "kept": [],
        "places": [],
        "limits": [],
        "disposals": [],
        "masses": [],
        "rules": rules.Rules(),
    }
    if here is not None:
        context = _context(session, identity, here)
    return show(request, "pages/storage.html", session=session, status=status, form=form, at=here, **context)


def _context(session: Session, identity: IdentityDep, here: Site) -> dict[str, Any]:
    limits = storage.standing_of(session, site_id=here.id)
    disposals = disposal.disposals_of(session, site_id=here.id)
    people = [key for one in disposals for key in (one.proposed_by, one.confirmed_by, one.cancelled_by)]
    return {
        "kept": storage.kept_at(session, actor=identity.actor, site_id=here.id),
        "places": storage.places_of(session, site_id=here.id),
        "masses": place_masses(session, actor=identity.actor, site_id=here.id),
        "limits": limits,
        "substances": {
            one.limit.substance_id: session.get_one(Substance, one.limit.substance_id).name
            for one in limits if one.limit.substance_id
        },
        "disposals": disposals,
        "counts": {one.id: len(disposal.lines_of(session, disposal_id=one.id)) for one in disposals},
        "names": names_of(session, people),
        "rules": rules.rules_for(session, site_id=here.id),
        "me": identity.account.id,
        "may_destroy": identity.actor.may(Permission.CUSTODY_LABORATORY, here.id),
    }  # fmt: skip


@router.get("/storage", access=HANDLE)
def storage_page(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """What is kept here, where, until when."""
    return _page(request, session, identity, Form())


def _here(request: Request, session: Session, identity: IdentityDep) -> UUID:
    here = work_site(request, session, identity, Permission.CUSTODY_HANDLE)
    if here is None:
        raise DeclaredNotFoundError
    return here.id


@router.post("/storage/places", access=HANDLE)
def add_place(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Name a storage place."""
    done = attempt(
        session, translator_of(request),
        lambda: storage.add_place(
            session, actor=identity.actor, site_id=_here(request, session, identity),
            data=PlaceIn.model_validate(form.cleaned()),
        ),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _page(request, session, identity, form.refused(done.errors), 422)
    return go("/custody/storage", done="place_added")


@router.post("/storage/places/{place_id}/close", access=HANDLE)
def close_place(place_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """Keep nothing there any more."""
    done = attempt(
        session, translator_of(request),
        lambda: storage.close_place(session, actor=identity.actor, place_id=place_id),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _page(request, session, identity, Form(errors=done.errors), 422)
    return go("/custody/storage", done="place_closed")


@router.post("/disposals", access=LABORATORY)
def propose(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Set the ticked containers aside for destruction."""
    done = attempt(
        session, translator_of(request),
        lambda: disposal.propose(
            session, actor=identity.actor, site_id=_here(request, session, identity),
            item_ids=[key for text in form.all("item_ids") if (key := as_uuid(text))],
            method=form.get("method"), place=form.get("place"),
        ),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _page(request, session, identity, form.refused(done.errors), 422)
    return go(f"/custody/disposals/{done.id}", done="disposal_proposed")


def _disposal_page(
    request: Request, session: Session, identity: IdentityDep, found: Disposal, form: Form, status: int = 200
) -> Response:
    return show(
        request, "pages/disposal.html", session=session, status=status, form=form, disposal=found,
        lines=disposal.lines_of(session, disposal_id=found.id), me=identity.account.id,
        site=session.get_one(Site, found.site_id),
        names=names_of(session, [found.proposed_by, found.confirmed_by, found.cancelled_by]),
    )  # fmt: skip


@router.get("/disposals/{disposal_id}", access=HANDLE)
def disposal_page(disposal_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """One destruction: what, how, where, who, and who was there."""
    found = disposal.get_disposal(session, actor=identity.actor, disposal_id=disposal_id)
    return _disposal_page(request, session, identity, found, Form())


@router.post("/disposals/{disposal_id}/confirm", access=HANDLE)
def confirm(disposal_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """The witness was there."""
    over = go(f"/custody/disposals/{disposal_id}", done="disposal_confirmed")
    return _end(request, session, identity, disposal_id, disposal.confirm, over)


@router.post("/disposals/{disposal_id}/cancel", access=HANDLE)
def cancel(disposal_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """Destroy nothing of it."""
    over = go("/custody/storage", done="disposal_cancelled")
    return _end(request, session, identity, disposal_id, disposal.cancel, over)


def _end(
    request: Request, session: Session, identity: IdentityDep, disposal_id: UUID, step: Callable[..., Disposal],
    over: Response,
) -> Response:  # fmt: skip
    """Confirm or cancel; a refusal is said on the page of the destruction."""
    done = attempt(
        session, translator_of(request), lambda: step(session, actor=identity.actor, disposal_id=disposal_id)
    )
    if isinstance(done, Refusal):
        found = disposal.get_disposal(session, actor=identity.actor, disposal_id=disposal_id)
        return _disposal_page(request, session, identity, found, Form(errors=done.errors), 409)
    return over
