"""Receiving by scanning: one field, each scan kept at once."""

from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.custody import show_overview
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import as_uuid, go, show, work_site
from api.routing import GuardedRouter, needs
from lab.custody import receiving, unpacking
from lab.custody.errors import NotReadableError, ReceivingNotFoundError
from lab.custody.models import EntryMode, Receiving, SealState
from lab.custody.receiving import Scanned
from lab.network.access import Permission
from lab.network.models import Site

router = GuardedRouter(prefix="/custody", html=True)
HANDLE = needs(Permission.CUSTODY_HANDLE)


def _seal_state(form: Form) -> SealState | None:
    text = form.get("seal_state")
    return SealState(text) if text in set(SealState) else None


def _page(
    request: Request,
    session: Session,
    identity: IdentityDep,
    receiving_id: UUID,
    form: Form,
    status: int = 200,
    scanned: Scanned | None = None,
    may_keep: bool = False,
) -> Response:
    """The page, or to a script that asks for it the part that changes."""
    at = receiving.progress(session, actor=identity.actor, receiving_id=receiving_id)
    t = translator_of(request)
    part = "parts/receiving_state.html" if request.headers.get("hx-request") else "pages/receiving.html"
    said = next((line for line in at.scanned if scanned and line.scan and line.scan.id == scanned.scan.id), None)
    return show(
        request, part, session=session, status=status, form=form, at=at, seal_states=SealState, may_keep=may_keep,
        said=(said.sample.code if said.sample else said.scan.text) if said and said.scan else None,
        said_again=scanned is not None and scanned.repeated,
        refusals={
            line.scan.id: t.text(line.scan.refused, **dict.fromkeys(("action", "state", "item"), ""))
            for line in at.scanned if line.scan and line.scan.refused
        },
    )  # fmt: skip


@router.post("/receiving", access=HANDLE)
def open_by_seal(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Begin or go on unpacking the parcel with this seal."""
    here = work_site(request, session, identity, Permission.CUSTODY_HANDLE)
    done = attempt(session, translator_of(request), lambda: _open(session, identity, here, form))
    if isinstance(done, Refusal):
        errors = {"parcel": next(iter(done.errors.values()))}
        return show_overview(request, session, identity, form.refused(errors), 422)
    return go(f"/custody/receiving/{done.id}")


def _open(session: Session, identity: IdentityDep, here: Site | None, form: Form) -> Receiving:
    if here is None:
        raise ReceivingNotFoundError
    return receiving.open_by_seal(session, actor=identity.actor, site_id=here.id, seal=form.get("parcel"))


@router.post("/parcels/{parcel_id}/receiving", access=HANDLE)
def open_parcel(parcel_id: UUID, session: SessionDep, identity: IdentityDep) -> Response:
    """Begin or go on unpacking this parcel."""
    opened = receiving.open_receiving(session, actor=identity.actor, parcel_id=parcel_id)
    return go(f"/custody/receiving/{opened.id}")


@router.get("/receiving/{receiving_id}", access=HANDLE)
def receiving_page(receiving_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """How far the unpacking is, and the field to scan into."""
    return _page(request, session, identity, receiving_id, Form())


@router.post("/receiving/{receiving_id}/scans", access=HANDLE)
def scan(receiving_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Keep one scan."""
    keep_unknown = form.get("keep_unknown") == "yes"
    done = attempt(
        session, translator_of(request),
        lambda: receiving.add_scan(
            session, actor=identity.actor, receiving_id=receiving_id, text=form.get("scan"),
            item_id=as_uuid(form.get("item_id")), scan_id=as_uuid(form.get("id")), keep_unknown=keep_unknown,
            entry=EntryMode.SCANNED if form.get("entry") == EntryMode.SCANNED else EntryMode.TYPED,
        ),
    )  # fmt: skip
    if isinstance(done, Refusal):
        unreadable = translator_of(request).text(NotReadableError.message_id)
        errors = {"scan" if name in {"", "scan"} else name: text for name, text in done.errors.items()}
        return _page(
            request, session, identity, receiving_id, form.refused(errors), 422,
            may_keep=unreadable in errors.values(),
        )  # fmt: skip
    if request.headers.get("hx-request"):
        return _page(request, session, identity, receiving_id, Form(), scanned=done)
    return go(f"/custody/receiving/{receiving_id}")


@router.post("/receiving/{receiving_id}/scans/{scan_id}/mark", access=HANDLE)
def mark(
    receiving_id: UUID, scan_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Say how the seal of a scanned container looks, and its condition."""
    done = attempt(
        session, translator_of(request),
        lambda: receiving.mark_scan(
            session, actor=identity.actor, receiving_id=receiving_id, scan_id=scan_id,
            seal_state=_seal_state(form) or SealState.INTACT, condition=form.get("condition"),
            mass_mg=form.number("mass_mg"),
        ),
    )  # fmt: skip
    return _after(request, session, identity, receiving_id, done, "scan_marked")


@router.post("/receiving/{receiving_id}/scans/{scan_id}/undo", access=HANDLE)
def undo(receiving_id: UUID, scan_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """Strike out a mistaken scan."""
    done = attempt(
        session, translator_of(request),
        lambda: receiving.undo_scan(session, actor=identity.actor, receiving_id=receiving_id, scan_id=scan_id),
    )  # fmt: skip
    return _after(request, session, identity, receiving_id, done, "scan_undone")


@router.post("/receiving/{receiving_id}/close", access=HANDLE)
def close(receiving_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """End it: what was scanned is received, the rest is missing."""
    done = attempt(
        session, translator_of(request),
        lambda: unpacking.close(
            session, actor=identity.actor, receiving_id=receiving_id, seal_state=_seal_state(form),
            condition=form.get("condition"),
        ),
    )  # fmt: skip
    return _after(request, session, identity, receiving_id, done, "receiving_closed", form)


def _after(
    request: Request,
    session: Session,
    identity: IdentityDep,
    receiving_id: UUID,
    done: object,
    said: str,
    form: Form | None = None,
) -> Response:
    if isinstance(done, Refusal):
        return _page(request, session, identity, receiving_id, (form or Form()).refused(done.errors), 422)
    return go(f"/custody/receiving/{receiving_id}", done=said)
