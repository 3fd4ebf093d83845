"""Proof for those who work here: giving receipts, taking a sample's proof out of the log, naming witnesses."""

import json
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.vocabulary import ChannelKind
from alerts.witnesses import service as witnesses
from api.deps import ActorDep, AlertServicesDep, IdentityDep, SessionDep, SettingsDep
from api.language import language_of, translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show
from api.routing import GuardedRouter, needs
from api.services import log_key
from lab.custody import receipts, service
from lab.custody.bundle import bundle_bytes, export_bundle
from lab.custody.epcis import MEDIA_TYPE, epcis_document
from lab.custody.recording import sample_history
from lab.kit import ledger
from lab.kit.clock import now
from lab.network.access import Permission
from lab.samples import service as samples

router = GuardedRouter(html=True)
HANDLE = needs(Permission.CUSTODY_HANDLE)
AUDIT = needs(Permission.CUSTODY_AUDIT)
MANAGE = needs(Permission.NETWORK_MANAGE)
_SIDES = {"given": receipts.GIVEN, "taken": receipts.TAKEN}


@router.post("/custody/parcels/{parcel_id}/receipt", access=HANDLE)
def parcel_receipt(
    parcel_id: UUID, session: SessionDep, identity: IdentityDep, settings: SettingsDep, form: FormDep
) -> Response:
    """A receipt over everything that was handed over or received with this parcel."""
    parcel = service.get_parcel(session, parcel_id=parcel_id)
    issued = receipts.issue_for_parcel(
        session, actor=identity.actor, signer=log_key(settings).signer(session), parcel=parcel,
        actions=_SIDES.get(form.get("side"), receipts.GIVEN),
    )  # fmt: skip
    return go(f"/proof/receipts/{issued.code}")


@router.post("/custody/events/{event_id}/receipt", access=needs(Permission.SAMPLE_READ))
def event_receipt(event_id: UUID, session: SessionDep, identity: IdentityDep, settings: SettingsDep) -> Response:
    """A receipt over one event."""
    signer = log_key(settings).signer(session)
    issued = receipts.issue_for_event(session, actor=identity.actor, signer=signer, event_id=event_id)
    return go(f"/proof/receipts/{issued.code}")


@router.get("/samples/{code}/proof", access=AUDIT)
def sample_proof(code: str, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """What can be taken out of the log for this sample, and a receipt for each event."""
    sample = samples.get_by_code(session, actor=identity.actor, code=code)
    return show(
        request, "pages/sample_proof.html", session=session, sample=sample,
        entries=service.timeline(session, sample_id=sample.id), latest=ledger.latest_checkpoint(session),
    )  # fmt: skip


@router.post("/samples/{code}/proof", access=AUDIT)
def take_proof(code: str, session: SessionDep, identity: IdentityDep, settings: SettingsDep) -> Response:
    """The proof of this sample (``custody.json``); what is given out stands in the log."""
    sample = samples.get_by_code(session, actor=identity.actor, code=code)
    signer = log_key(settings).signer(session)
    made = export_bundle(session, sample_id=sample.id, signer=signer, actor=identity.actor)
    return _download(bundle_bytes(made), f"custody-{sample.code}.json", "application/json")


@router.get("/samples/{code}/epcis.jsonld", access=AUDIT)
def sample_epcis(code: str, session: SessionDep, identity: IdentityDep) -> Response:
    """The events of this sample as EPCIS 2.0, for systems that follow goods."""
    sample = samples.get_by_code(session, actor=identity.actor, code=code)
    made = epcis_document(sample_history(session, sample.id), created_at=now())
    content = json.dumps(made, ensure_ascii=False, indent=2).encode()
    return _download(content, f"epcis-{sample.code}.jsonld", MEDIA_TYPE)


def _download(content: bytes, name: str, media_type: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/network/witnesses", access=MANAGE)
def witness_page(request: Request, session: SessionDep, services: AlertServicesDep) -> Response:
    """Who is sent each day's checkpoint."""
    return _witness_page(request, session, services, Form({"language": [language_of(request)]}))


def _witness_page(
    request: Request, session: Session, services: AlertServicesDep, form: Form, status: int = 200
) -> Response:
    return show(
        request, "pages/network_witnesses.html", session=session, status=status, form=form,
        rows=witnesses.witnesses(session), can_mail=ChannelKind.EMAIL in services.channels,
    )  # fmt: skip


@router.post("/network/witnesses", access=MANAGE)
def add_witness(
    request: Request, session: SessionDep, actor: ActorDep, services: AlertServicesDep, form: FormDep
) -> Response:
    """Name one more."""
    done = attempt(
        session, translator_of(request),
        lambda: witnesses.add(session, actor=actor, data=witnesses.WitnessIn.model_validate(form.cleaned())),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _witness_page(request, session, services, form.refused(done.errors), 422)
    return go("/network/witnesses", done="witness_added")


@router.post("/network/witnesses/{witness_id}/remove", access=MANAGE)
def remove_witness(witness_id: UUID, session: SessionDep, actor: ActorDep) -> Response:
    """Send this one no more."""
    witnesses.remove(session, actor=actor, witness_id=witness_id)
    return go("/network/witnesses", done="witness_removed")
