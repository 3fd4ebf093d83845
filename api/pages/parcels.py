"""One parcel: its manifest on the page and on paper, handing it over, refusing it at the door, what it weighs."""

import hashlib
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request
from sqlmodel import Session, select
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep, SettingsDep
from api.language import translator_of
from api.pages.custody import names_of, site_names
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import as_uuid, go, show
from api.paper import PDF
from api.routing import GuardedRouter, needs
from lab.custody import handover, overview, service
from lab.custody.errors import ParcelNotFoundError, ParcelSealMissingError
from lab.custody.models import Parcel, Receiving, SealState
from lab.network.access import Permission
from lab.network.models import Site
from lab.register import refusal, rules
from lab.register.balances import parcel_masses
from templates.manifest import LegalBasis, ManifestPaper, manifest_pdf

router = GuardedRouter(prefix="/custody", html=True)
HANDLE = needs(Permission.CUSTODY_HANDLE)


def _parcel(session: Session, identity: IdentityDep, parcel_id: UUID) -> Parcel:
    parcel = service.get_parcel(session, parcel_id=parcel_id)
    if not identity.actor.may_at_any(Permission.CUSTODY_HANDLE, parcel.ends):
        raise ParcelNotFoundError(parcel=str(parcel_id))
    return parcel


def _parcel_page(
    request: Request, session: Session, identity: IdentityDep, parcel: Parcel, form: Form, status: int = 200
) -> Response:
    ends, may = parcel.ends, identity.actor.may
    given = handover.confirmed(session, parcel_id=parcel.id)
    offer = handover.offer_of(session, parcel_id=parcel.id)
    people = [key for one in (*given, *([offer] if offer else [])) for key in (one.giver_id, one.receiver_id)]
    people.append(parcel.refused_by)
    colleagues = handover.carriers(session, site_ids=ends, but=identity.account.id)
    return show(
        request, "pages/parcel.html", session=session, status=status, form=form, parcel=parcel,
        lines=overview.lines_of(session, parcel_id=parcel.id), sites=site_names(session),
        given=given, offer=offer, names=names_of(session, people), me=identity.account.id,
        receiving=session.exec(select(Receiving).where(Receiving.parcel_id == parcel.id)).one_or_none(),
        carriers=[(str(one.id), one.display_name) for one in colleagues],
        may_send=identity.actor.may_at_any(Permission.CUSTODY_HANDLE, ends),
        may_receive=may(Permission.CUSTODY_HANDLE, parcel.to_site_id),
        may_refuse=may(Permission.CUSTODY_HANDLE, parcel.to_site_id) and refusal.may_be_refused(session, parcel),
        masses=parcel_masses(session, parcel), seal_states=SealState,
        refused_seal=refusal.seal_when_refused(session, parcel),
    )  # fmt: skip


@router.get("/parcels/{parcel_id}", access=HANDLE)
def parcel_page(parcel_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """One parcel: its manifest, who had it, and handing it over or receiving it."""
    return _parcel_page(request, session, identity, _parcel(session, identity, parcel_id), Form())


@router.post("/parcels/{parcel_id}/hand-over", access=HANDLE)
def hand_over(parcel_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """The parcel leaves, both sides confirming on this device."""
    parcel = _parcel(session, identity, parcel_id)
    done = attempt(
        session, translator_of(request),
        lambda: handover.hand_over(
            session, actor=identity.actor, parcel_id=parcel_id, receiver_id=as_uuid(form.get("receiver")),
            confirmed=bool(form.get("confirmed")),
        ),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _parcel_page(request, session, identity, parcel, form.refused(done.errors), 409)
    return go(f"/custody/parcels/{parcel_id}", done="handed_over")


@router.post("/parcels/{parcel_id}/offer", access=HANDLE)
def offer(parcel_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """The parcel is offered to a colleague, who confirms on another device."""
    parcel = _parcel(session, identity, parcel_id)
    receiver = as_uuid(form.get("receiver"))
    done = attempt(
        session, translator_of(request),
        lambda: handover.offer(session, actor=identity.actor, parcel_id=parcel_id, receiver_id=receiver),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _parcel_page(request, session, identity, parcel, form.refused(done.errors), 422)
    return go(f"/custody/parcels/{parcel_id}", done="offered")


@router.post("/parcels/{parcel_id}/refuse", access=HANDLE)
def refuse(parcel_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Nothing of it is taken in: it goes back with whoever carries it."""
    parcel = _parcel(session, identity, parcel_id)
    done = attempt(session, translator_of(request), lambda: _refuse(session, identity, parcel_id, form))
    if isinstance(done, Refusal):
        return _parcel_page(request, session, identity, parcel, form.refused(done.errors), 422)
    return go(f"/custody/parcels/{parcel_id}", done="parcel_refused")


def _refuse(session: Session, identity: IdentityDep, parcel_id: UUID, form: Form) -> Parcel:
    state = form.get("refused_seal_state")
    if state not in set(SealState):
        raise ParcelSealMissingError(field="refused_seal_state")
    return refusal.refuse_parcel(
        session, actor=identity.actor, parcel_id=parcel_id, reason=form.get("reason"), seal_state=SealState(state)
    )


@router.get("/parcels/{parcel_id}/manifest.pdf", access=HANDLE)
def manifest(
    parcel_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep
) -> Response:
    """The manifest as it was packed, to travel with the parcel and be signed."""
    parcel = _parcel(session, identity, parcel_id)
    start = session.get_one(Site, parcel.from_site_id)
    end = session.get_one(Site, parcel.refused_site_id or parcel.to_site_id)
    packed = parcel_masses(session, parcel).packed
    lines = [line for line in overview.lines_of(session, parcel_id=parcel_id) if line.item.id in packed]
    seals = service.packed_seals(parcel)
    paper = ManifestPaper(
        network=settings.network_name, exercise=settings.exercise, seal_number=parcel.seal_number,
        parcel_id=str(parcel.id), ends=((start.name, start.area), (end.name, end.area)),
        basis=_basis(session, parcel), packed_at=parcel.packed_at, zone=ZoneInfo(start.timezone),
        lines=[(line.sample.code, seals.get(line.item.id), packed[line.item.id]) for line in lines],
        digest=hashlib.sha256(parcel.manifest).hexdigest(),
    )  # fmt: skip
    name = f"manifest-{parcel.seal_number}.pdf".replace("/", "-").replace(" ", "-")
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(manifest_pdf(paper, translator_of(request)), media_type=PDF, headers=headers)


def _basis(session: Session, parcel: Parcel) -> LegalBasis:
    """The parts of the declared route that the parcel travels by; of words that no route has, the words."""
    route = rules.route_of(session, parcel)
    if route is None:
        return LegalBasis(words=parcel.legal_basis)
    return LegalBasis(
        words=parcel.legal_basis, authorisation=route.authorisation, circular=route.circular,
        departure_district=route.judicial_district, arrival_district=route.arrival_district,
        valid_until=route.valid_until,
    )  # fmt: skip
