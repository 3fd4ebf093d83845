"""The first page: what is open and how old, for whatever this account does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.warnings import store
from alerts.warnings.lifecycle import OPEN
from api.auth.identity import Identity
from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.alerts import row_of
from api.pages.layout import show, work_site
from api.pages.sample_list import Tonight, tonight
from api.pages.task_rows import open_tasks
from api.routing import SIGNED_IN, GuardedRouter
from lab.custody.overview import items_at
from lab.network.access import Actor, Permission
from lab.network.models import Role, Site, SiteType
from lab.results import overview
from lab.results import service as results
from lab.results.models import ResultState
from lab.samples.models import Sample
from templates.i18n import Translator

router = GuardedRouter(html=True)
COUNTER_ROLES = frozenset({Role.WORKER, Role.PEER_WORKER})


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing that waits for somebody."""

    href: str
    title: str
    is_code: bool = False
    text: str = ""
    sub: str = ""
    badge: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Block:
    """A list of things that wait; ``name`` finds its texts."""

    name: str
    rows: Sequence[Row]

    @property
    def oldest(self) -> datetime | None:
        return min((row.at for row in self.rows if row.at), default=None)


@router.get("/", access=SIGNED_IN)
def home(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """Home."""
    translator = translator_of(request)
    may = identity.actor.may
    return show(
        request, "pages/home.html", session=session,
        tasks=open_tasks(session, actor=identity.actor, translator=translator) if may(Permission.SAMPLE_READ) else [],
        counter=_counter(request, session, identity),
        bench=[*_bench(request, session, identity, translator), *_desk(session, identity, translator)],
    )  # fmt: skip


def _counter(request: Request, session: Session, identity: Identity) -> Tonight | None:
    """The night at a testing point, for whoever works at its counter."""
    if not any(role in COUNTER_ROLES for _, role in identity.actor.grants):
        return None
    site = work_site(request, session, identity, Permission.SAMPLE_REGISTER)
    if site is None or site.type is SiteType.LABORATORY:
        return None
    return tonight(session, actor=identity.actor, site_id=site.id)


def _bench(request: Request, session: Session, identity: Identity, translator: Translator) -> list[Block]:
    """What waits in a laboratory."""
    actor = identity.actor
    if not actor.may(Permission.RESULT_WRITE):
        return []
    blocks = []
    if actor.may(Permission.RESULT_VERIFY):
        blocks.append(_results(session, actor, translator, "to_verify", ResultState.SUBMITTED))
    blocks.append(_results(session, actor, translator, "to_report", ResultState.VERIFIED))
    blocks.append(_results(session, actor, translator, "drafts", ResultState.DRAFT))
    site = work_site(request, session, identity, Permission.PLATE_WORK)
    if site is not None:
        blocks.append(Block("here", _waiting_here(session, actor, translator, site)))
    blocks.append(Block("confirmations", _confirmations(session, actor, translator)))
    return blocks


def _results(session: Session, actor: Actor, translator: Translator, name: str, state: ResultState) -> Block:
    rows = [
        Row(
            href=f"/results/{one.result.id}", title=one.sample.code, is_code=True,
            text=translator.label(one.result.conclusion), at=one.result.submitted_at or one.result.created_at,
        )
        for one in overview.results_in(session, actor=actor, states={state})
    ]  # fmt: skip
    return Block(name, rows)


def _waiting_here(session: Session, actor: Actor, translator: Translator, site: Site) -> list[Row]:
    """Samples at this laboratory that have no answer begun."""
    held = {one.sample.id: one for one in items_at(session, actor=actor, site_id=site.id)}
    waiting = [one for one in held.values() if not results.results_of(session, sample_id=one.sample.id)]
    return [
        Row(
            href=f"/samples/{one.sample.code}", title=one.sample.code, is_code=True,
            text=translator.label(one.sample.form) if one.sample.form else "", sub=one.sample.sold_as_raw or "",
            at=one.sample.registered_at,
        )
        for one in waiting
    ]  # fmt: skip


def _confirmations(session: Session, actor: Actor, translator: Translator) -> list[Row]:
    rows = []
    for request in results.list_open_confirmations(session, actor=actor):
        code = session.get_one(Sample, request.sample_id).code
        due = translator.text("home.due", date=translator.date(request.due_on))
        rows.append(
            Row(href=f"/samples/{code}", title=code, is_code=True, text=translator.label(request.reason), sub=due,
                at=request.opened_at)
        )  # fmt: skip
    return rows


def _desk(session: Session, identity: Identity, translator: Translator) -> list[Block]:
    """What waits for a coordinator or an approver."""
    actor = identity.actor
    if not actor.may(Permission.ALERT_EDIT):
        return []
    rows = [
        Row(
            href=f"/alerts/{row.alert.id}/work", title=row.headline or translator.text("alerts.being_written"),
            sub=translator.text(f"alerts.tier.{row.alert.tier.value}"), badge=translator.label(row.version.state),
            at=row.version.created_at,
        )
        for alert in store.list_alerts(session, actor=actor)
        if (row := row_of(session, alert, translator.language)).in_doubt or row.version.state in OPEN
    ]  # fmt: skip
    return [Block("alerts", rows)]
