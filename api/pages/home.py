"""The first page: what is open and how old, for whatever this account does."""

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.auth.identity import Identity
from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.home_desk import desk
from api.pages.home_rows import Block, Row
from api.pages.layout import show, work_site
from api.pages.sample_answer import notice_rows
from api.pages.sample_list import Tonight, tonight
from api.pages.task_rows import open_tasks
from api.routing import SIGNED_IN, GuardedRouter
from api.state import state_of
from api.trouble import trouble_of
from lab.custody.overview import items_at
from lab.directory import service as directory
from lab.kit.clock import today
from lab.network.access import Actor, Permission
from lab.network.models import Role, Site, SiteType
from lab.results import overview
from lab.results import service as results
from lab.results.models import ResultState
from lab.samples.models import Sample
from templates.i18n import Translator

router = GuardedRouter(html=True)
COUNTER_ROLES = frozenset({Role.WORKER, Role.PEER_WORKER})


@router.get("/", access=SIGNED_IN)
def home(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """Home."""
    translator = translator_of(request)
    may = identity.actor.may
    return show(
        request, "pages/home.html", session=session,
        trouble=trouble_of(session, settings=state_of(request).settings) if may(Permission.SUBSCRIPTION_MANAGE) else [],
        tasks=open_tasks(session, actor=identity.actor, translator=translator) if may(Permission.SAMPLE_READ) else [],
        counter=_counter(request, session, identity),
        notices=notice_rows(session, actor=identity.actor),
        may_talk=may(Permission.ENCOUNTER_RECORD), at_bench=may(Permission.ANALYSIS_RECORD),
        bench=[
            *_bench(request, session, identity, translator), *desk(session, identity, translator),
            *_directory(session, identity, translator),
        ],
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


def _directory(session: Session, identity: Identity, translator: Translator) -> list[Block]:
    """Entries of the directory that expire, expired, or that nobody confirmed yet."""
    if not identity.actor.may(Permission.NETWORK_COORDINATE):
        return []
    on = today()
    rows = [
        Row(
            href=f"/network/directory/{entry.id}", title=entry.name,
            sub=translator.text("directory.past" if entry.valid_until < on else "directory.until",
                                date=translator.date(entry.valid_until)),
            badge="" if entry.confirmed_at else translator.text("directory.unconfirmed"),
        )
        for entry in directory.wanting(session, on=on)
    ]  # fmt: skip
    return [Block("directory", rows)]
