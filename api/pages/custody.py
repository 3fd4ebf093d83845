"""Handing over: what is at a place, what leaves it and comes to it, packing, and taking what was offered."""

from collections.abc import Iterable
from uuid import UUID

from fastapi import Request
from sqlmodel import Session, col, select
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import as_uuid, go, show, work_site
from api.routing import GuardedRouter, needs
from lab.custody import handover, overview, receiving, service
from lab.custody.errors import ParcelNotFoundError
from lab.custody.models import EntryMode, Parcel
from lab.custody.worklist import worklist
from lab.network import sites
from lab.network.access import Permission
from lab.network.models import Account, Site, SiteType
from lab.register import rules, storage, tasks
from lab.sync.conflicts import open_conflicts

router = GuardedRouter(prefix="/custody", html=True)
HANDLE = needs(Permission.CUSTODY_HANDLE)


def names_of(session: Session, account_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """The names of colleagues, by account."""
    wanted = {key for key in account_ids if key is not None}
    rows = session.exec(select(Account.id, Account.display_name).where(col(Account.id).in_(wanted)))
    return dict(rows.all())


def site_names(session: Session) -> dict[UUID, str]:
    """The names of all open sites."""
    return {site.id: site.name for site in sites.list_sites(session)}


def show_overview(request: Request, session: Session, identity: IdentityDep, form: Form, status: int = 200) -> Response:
    """What is here, what leaves, what comes, what this account carries, and what waits for a decision."""
    here = work_site(request, session, identity, Permission.CUSTODY_HANDLE)
    actor = identity.actor
    work = worklist(session, actor=actor, site_id=here.id if here else None)
    held = overview.items_at(session, actor=actor, site_id=here.id) if here else []
    parcels = [*work.offered, *work.carrying, *work.to_hand_over, *work.under_way, *work.to_receive]
    people = [key for one in parcels if one.offer for key in (one.offer.giver_id, one.offer.receiver_id)]
    people += [one.holder.receiver_id for one in parcels if one.holder]
    others = [site for site in sites.list_sites(session) if here is None or site.id != here.id]
    return show(
        request, "pages/custody.html", session=session, status=status, form=form, at=here, work=work,
        conflicts=open_conflicts(session, actor=actor),
        unpacking=receiving.open_receivings(session, actor=actor, site_id=here.id) if here else [],
        sealed=[one for one in held if one.item.seal_number],
        unsealed=[one for one in held if not one.item.seal_number],
        sites=site_names(session), names=names_of(session, people),
        deviations=len(tasks.open_tasks(session, actor=actor, site_id=here.id)) if here else 0,
        limits=storage.warnings_of(session, site_id=here.id) if here else [],
        may_audit=actor.may(Permission.CUSTODY_AUDIT),
        destinations=[(str(site.id), site.name) for site in sorted(others, key=_laboratories_first)],
    )  # fmt: skip


def _laboratories_first(site: Site) -> tuple[bool, str]:
    return site.type is not SiteType.LABORATORY, site.name


@router.get("", access=HANDLE)
def custody_page(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """What is here, what leaves, what comes."""
    return show_overview(request, session, identity, Form())


@router.post("/parcels", access=HANDLE)
def pack(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Put the ticked samples into one parcel."""
    here = work_site(request, session, identity, Permission.CUSTODY_HANDLE)
    done = attempt(session, translator_of(request), lambda: _pack(session, identity, form, here))
    if isinstance(done, Refusal):
        return show_overview(request, session, identity, form.refused(done.errors), 422)
    return go(f"/custody/parcels/{done.id}", done="packed")


def _pack(session: Session, identity: IdentityDep, form: Form, here: Site | None) -> Parcel:
    if here is None:
        raise ParcelNotFoundError
    to_site_id = as_uuid(form.get("to_site_id")) or here.id
    route = rules.route_between(session, from_site_id=here.id, to_site_id=to_site_id)
    return service.pack(
        session,
        actor=identity.actor,
        item_ids=[item_id for text in form.all("item_ids") if (item_id := as_uuid(text))],
        seal_number=form.get("seal_number").strip(),
        from_site_id=here.id,
        to_site_id=to_site_id,
        legal_basis=form.get("legal_basis").strip() or (rules.basis_of(route) if route else ""),
    )


@router.post("/handovers/{handover_id}/confirm", access=HANDLE)
def confirm(handover_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """The receiver has the parcel in hand, and reads its seal."""
    entry = EntryMode.SCANNED if form.get("entry") == EntryMode.SCANNED else EntryMode.TYPED
    done = attempt(
        session, translator_of(request),
        lambda: handover.confirm(
            session, actor=identity.actor, handover_id=handover_id, seal_number=form.get("seal_number"), entry=entry
        ),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return show_overview(request, session, identity, Form(errors={"": next(iter(done.errors.values()))}), 422)
    return go(f"/custody/parcels/{done.parcel_id}", done="taken")


@router.post("/handovers/{handover_id}/withdraw", access=HANDLE)
def withdraw(handover_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """The offer is taken back, or declined."""
    done = attempt(
        session, translator_of(request),
        lambda: handover.withdraw(session, actor=identity.actor, handover_id=handover_id),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return show_overview(request, session, identity, Form(errors=done.errors), 409)
    return go("/custody", done="withdrawn")
