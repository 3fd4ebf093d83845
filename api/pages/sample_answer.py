"""The answer on a sample's page: there the moment that it is, with what to say, where to go, and if it was told."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.answers import AnswerView, answer_views
from api.auth.identity import Identity
from api.deps import IdentityDep, SessionDep
from api.language import language_of, translator_of
from api.pages.forms import FormDep, Refusal, attempt
from api.pages.layout import as_uuid, go, show
from api.routing import GuardedRouter, needs
from lab.advice.rules import Advice, advice_for
from lab.directory import service as directory
from lab.directory.models import ServiceEntry
from lab.kit.clock import today
from lab.network.access import Actor, Permission
from lab.network.models import Account, Site
from lab.results.lookup import given_out
from lab.results.models import Result
from lab.samples import service, tickets
from lab.samples.models import Sample, Ticket
from lab.telling import service as telling
from lab.telling.errors import AnswerNotOutError
from lab.telling.models import AnswerNotice, AnswerTold, ToldOutcome

router = GuardedRouter(html=True)


@dataclass(frozen=True)
class AnswerPart:
    """What the page shows of the answer; ``key`` changes whenever anything of it does."""

    views: Sequence[AnswerView]
    advice: Sequence[Advice]
    services: Sequence[ServiceEntry]
    newest: Result | None  # the version given out, which can be told
    told: Sequence[AnswerTold]
    people: dict[UUID, str]
    notices: Sequence[AnswerNotice]
    may_tell: bool
    key: str


def answer_part(request: Request, session: Session, *, actor: Actor, sample: Sample) -> AnswerPart:
    """Everything about the answer of ``sample`` that ``actor`` may see."""
    views = answer_views(session, actor=actor, sample=sample)
    versions = given_out(session, sample_id=sample.id)
    told = telling.told_of(session, sample_id=sample.id)
    notices = telling.open_notices(session, sample_id=sample.id)
    site = session.get_one(Site, sample.site_id)
    return AnswerPart(
        views=views,
        advice=advice_for(views[0].answer) if views and not views[0].is_gone else (),
        services=directory.entries_for(session, site=site, language=language_of(request), on=today()) if views else (),
        newest=versions[-1] if versions else None,
        told=told,
        people={one.account_id: _name(session, one.account_id) for one in told},
        notices=notices,
        may_tell=actor.may(Permission.SAMPLE_REGISTER, sample.site_id),
        key=_key(views, told, notices),
    )


def _key(views: Sequence[AnswerView], told: Sequence[AnswerTold], notices: Sequence[AnswerNotice]) -> str:
    parts = [f"{one.result.id}{one.result.state}{one.result.preliminary}{one.is_checked}" for one in views]
    parts += [str(one.id) for one in told] + [str(one.id) for one in notices]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def _name(session: Session, account_id: UUID) -> str:
    account = session.get(Account, account_id)
    return account.display_name if account else ""


def ticket_rows(session: Session, *, actor: Actor, sample: Sample) -> Sequence[Ticket] | None:
    """The tickets of a sample for whoever may replace them; None for everybody else."""
    if not actor.may(Permission.SAMPLE_REGISTER, sample.site_id):
        return None
    return tickets.tickets_of(session, sample_id=sample.id)


@router.get("/samples/{code}/answer", access=needs(Permission.SAMPLE_READ))
def answer(code: str, request: Request, session: SessionDep, identity: IdentityDep, seen: str = "") -> Response:
    """The answer for a page that is open: nothing (204) while it is what the page has ``seen``."""
    sample = service.get_by_code(session, actor=identity.actor, code=code)
    part = answer_part(request, session, actor=identity.actor, sample=sample)
    if part.key == seen:
        return Response(status_code=204)
    return show(request, "pages/sample_answer.html", session=session, sample=sample, part=part)


@router.post("/samples/{code}/told", access=needs(Permission.SAMPLE_REGISTER))
def told(code: str, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """The person was told, or was not reached."""
    sample = service.get_by_code(session, actor=identity.actor, code=code)
    done = attempt(session, translator_of(request), lambda: _tell(session, identity, sample, form))
    if isinstance(done, Refusal):
        return _said(request, session, sample, done)
    return go(f"/samples/{sample.code}", done=f"telling_{done.outcome.value}")


def _tell(session: Session, identity: Identity, sample: Sample, form: Any) -> AnswerTold:
    result_id, outcome = as_uuid(form.get("result")), form.get("outcome")
    if result_id is None or outcome not in set(ToldOutcome):
        raise AnswerNotOutError
    return telling.record(
        session, actor=identity.actor, sample=sample, result_id=result_id, outcome=ToldOutcome(outcome)
    )


def _said(request: Request, session: Session, sample: Sample, refusal: Refusal) -> Response:
    text = next(iter(refusal.errors.values()))
    return show(request, "pages/sample_refused.html", session=session, status=422, sample=sample, text=text)


@router.post("/notices/{notice_id}/close", access=needs(Permission.SAMPLE_REGISTER))
def close_notice(notice_id: UUID, session: SessionDep, identity: IdentityDep) -> Response:
    """Somebody has seen to an answer that does not stand any more."""
    notice = telling.close_notice(session, actor=identity.actor, notice_id=notice_id)
    return go(f"/samples/{session.get_one(Sample, notice.sample_id).code}", done="notice_closed")


def notice_rows(session: Session, *, actor: Actor) -> list[tuple[AnswerNotice, str]]:
    """Open notices of the sites of ``actor``, each with the code of its sample."""
    if not actor.may(Permission.SAMPLE_REGISTER):
        return []
    notices = telling.list_notices(session, actor=actor)
    return [(notice, session.get_one(Sample, notice.sample_id).code) for notice in notices]
