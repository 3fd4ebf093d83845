"""Handing over and receiving: parcels of sealed samples on their way to a laboratory."""

from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import as_uuid, go, show, work_site
from api.routing import GuardedRouter, needs
from lab.custody import overview, service
from lab.custody.errors import ParcelNotFoundError
from lab.custody.models import Parcel, SealState
from lab.network import sites
from lab.network.access import Permission
from lab.network.models import Site, SiteType

router = GuardedRouter(prefix="/custody", html=True)
HANDLE = needs(Permission.CUSTODY_HANDLE)


def _overview(request: Request, session: Session, identity: IdentityDep, form: Form, status: int = 200) -> Response:
    here = work_site(request, session, identity, Permission.CUSTODY_HANDLE)
    if here is None:
        return show(request, "pages/custody.html", session=session, status=status, form=form, at=None)
    held = overview.items_at(session, actor=identity.actor, site_id=here.id)
    parcels = overview.open_parcels(session, actor=identity.actor, site_id=here.id)
    everywhere = sites.list_sites(session)
    others = [site for site in everywhere if site.id != here.id]
    return show(
        request, "pages/custody.html", session=session, status=status, form=form, at=here,
        sealed=[one for one in held if one.item.seal_number],
        unsealed=[one for one in held if not one.item.seal_number],
        leaving=[(parcel, overview.lines_of(session, parcel_id=parcel.id)) for parcel in parcels
                 if parcel.from_site_id == here.id],
        coming=[(parcel, overview.lines_of(session, parcel_id=parcel.id)) for parcel in parcels
                if parcel.to_site_id == here.id],
        sites={site.id: site.name for site in everywhere},
        destinations=[(str(site.id), site.name) for site in sorted(others, key=_laboratories_first)],
    )  # fmt: skip


def _laboratories_first(site: Site) -> tuple[bool, str]:
    return site.type is not SiteType.LABORATORY, site.name


@router.get("", access=HANDLE)
def custody_page(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """What is here, what leaves, what comes."""
    return _overview(request, session, identity, Form())


@router.post("/parcels", access=HANDLE)
def pack(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Put the ticked samples into one parcel."""
    here = work_site(request, session, identity, Permission.CUSTODY_HANDLE)
    done = attempt(session, translator_of(request), lambda: _pack(session, identity, form, here))
    if isinstance(done, Refusal):
        return _overview(request, session, identity, form.refused(done.errors), 422)
    return go(f"/custody/parcels/{done.id}", done="packed")


def _pack(session: Session, identity: IdentityDep, form: Form, here: Site | None) -> Parcel:
    if here is None:
        raise ParcelNotFoundError
    return service.pack(
        session,
        actor=identity.actor,
        item_ids=[item_id for text in form.all("item_ids") if (item_id := as_uuid(text))],
        seal_number=form.get("seal_number").strip(),
        from_site_id=here.id,
        to_site_id=as_uuid(form.get("to_site_id")) or here.id,
        legal_basis=form.get("legal_basis"),
    )


def _parcel(session: Session, identity: IdentityDep, parcel_id: UUID) -> Parcel:
    parcel = service.get_parcel(session, parcel_id=parcel_id)
    if not identity.actor.may_at_any(Permission.CUSTODY_HANDLE, (parcel.from_site_id, parcel.to_site_id)):
        raise ParcelNotFoundError(parcel=str(parcel_id))
    return parcel


def _parcel_page(
    request: Request, session: Session, identity: IdentityDep, parcel: Parcel, form: Form, status: int = 200
) -> Response:
    return show(
        request, "pages/parcel.html", session=session, status=status, form=form, parcel=parcel,
        lines=overview.lines_of(session, parcel_id=parcel.id),
        sites={site.id: site.name for site in sites.list_sites(session)},
        seal_states=SealState,
        may_send=identity.actor.may(Permission.CUSTODY_HANDLE, parcel.from_site_id),
        may_receive=identity.actor.may(Permission.CUSTODY_HANDLE, parcel.to_site_id),
    )  # fmt: skip


@router.get("/parcels/{parcel_id}", access=HANDLE)
def parcel_page(parcel_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """One parcel: its manifest, and the hand-over or the receipt."""
    return _parcel_page(request, session, identity, _parcel(session, identity, parcel_id), Form())


@router.post("/parcels/{parcel_id}/hand-over", access=HANDLE)
def hand_over(parcel_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """The parcel leaves."""
    parcel = _parcel(session, identity, parcel_id)
    done = attempt(
        session, translator_of(request),
        lambda: service.hand_over_parcel(session, actor=identity.actor, parcel_id=parcel_id),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _parcel_page(request, session, identity, parcel, form.refused(done.errors), 409)
    return go(f"/custody/parcels/{parcel_id}", done="handed_over")


@router.post("/parcels/{parcel_id}/receive", access=HANDLE)
def receive(parcel_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """The parcel arrives: what is in it, and how its seals look."""
    parcel = _parcel(session, identity, parcel_id)
    done = attempt(session, translator_of(request), lambda: _receive(session, identity, parcel_id, form))
    if isinstance(done, Refusal):
        return _parcel_page(request, session, identity, parcel, form.refused(done.errors), 422)
    return go(f"/custody/parcels/{parcel_id}", done="received_deviating" if done else "received")


def _receive(session: Session, identity: IdentityDep, parcel_id: UUID, form: Form) -> bool:
    """Receive what is ticked; whether anything deviates from the manifest."""
    received = [item_id for text in form.all("item_ids") if (item_id := as_uuid(text))]
    broken = {item_id for text in form.all("broken") if (item_id := as_uuid(text))}
    receipt = service.receive_parcel(
        session,
        actor=identity.actor,
        parcel_id=parcel_id,
        received_item_ids=received,
        seal_state=SealState(form.get("seal_state") or SealState.MISSING),
        item_seal_states=dict.fromkeys(broken, SealState.BROKEN),
        condition=form.get("condition").strip() or None,
    )
    return receipt.deviates
