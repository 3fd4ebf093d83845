"""The answer behind a ticket: no account, no cookie, nothing left behind."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from pydantic import ValidationError
from sqlmodel import Session
from starlette.responses import Response

from alerts.tasks import service as tasks
from api.answers import AnswerView, view_of
from api.deps import ReadingDep, SessionDep
from api.language import language_of, translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import show
from api.routing import GuardedRouter, public
from lab.advice.rules import Advice, advice_for
from lab.directory import service as directory
from lab.kit.clock import today
from lab.network.models import Site
from lab.ratings import service as ratings
from lab.ratings.schemas import Need, RatingIn
from lab.results.lookup import Gate, TicketAnswer, answer_for, gate
from lab.results.waiting import usual_wait
from lab.samples.models import Sample

router = GuardedRouter(html=True)
LOOKUP_LIMIT = "20/minute"
KEY = public("the ticket is the key, sent in the body alone", limit=LOOKUP_LIMIT)


@dataclass(frozen=True)
class Told:
    """The answer that was given out, in its final words, and what to do with it."""

    given: TicketAnswer
    view: AnswerView
    sentence: str
    lines: list[str]


@router.get("/lookup", access=public("for people with a ticket"))
def lookup_page(request: Request) -> Response:
    """The box for the ticket. A scanned one comes in the part of the address that no server sees."""
    return show(request, "pages/lookup.html", form=Form())


@router.post("/lookup", access=KEY)
def lookup(request: Request, session: ReadingDep, form: FormDep) -> Response:
    """The answer, or the one page that stands for everything else."""
    opened = attempt(session, translator_of(request), lambda: gate(session, token=form.get("ticket")))
    if isinstance(opened, Refusal):
        return _refused(request, form, opened)
    return _answer_page(request, session, form, opened)


@router.post("/lookup/rating", access=KEY)
def rate(request: Request, session: SessionDep, form: FormDep) -> Response:
    """Keep what the person says of the answer and the contact; a ticket that opens nothing is answered as always."""
    done = attempt(session, translator_of(request), lambda: _rate(session, form))
    if isinstance(done, Refusal) and "ticket" in done.errors:
        return _refused(request, form, done)
    opened = gate(session, token=form.get("ticket"))
    if isinstance(done, Refusal):
        return _answer_page(request, session, form.refused(done.errors), opened, status=422)
    return _answer_page(request, session, form, opened, rated=done)


def _rate(session: Session, form: Form) -> bool:
    said = form.cleaned(lists=("needs",))
    ticket = said.pop("ticket", "")
    try:
        data = RatingIn.model_validate(said)
    except ValidationError:
        gate(session, token=ticket)  # a typo in the ticket is told first
        raise
    return ratings.rate(session, token=ticket, data=data)


def _refused(request: Request, form: Form, refusal: Refusal) -> Response:
    errors = {"ticket": next(iter(refusal.errors.values()))}
    return show(request, "pages/lookup.html", form=form.refused(errors), status=422)


def _answer_page(
    request: Request, session: Session, form: Form, opened: Gate, *, rated: bool = False, status: int = 200
) -> Response:
    """One question after the other, the same for every ticket, until one of them is answered with yes."""
    is_urgent = tasks.is_open_for(session, sample_id=opened.sample_id)
    wait = usual_wait(session)
    if not (opened.has_answer or opened.is_over or is_urgent):
        return show(request, "pages/lookup_waiting.html", wait=wait, advice=advice_for(None))
    language = language_of(request)
    told = _told(session, opened.sample_id, language) if opened.has_answer else None
    site = session.get_one(Site, session.get_one(Sample, opened.sample_id).site_id)
    return show(
        request, "pages/lookup_answer.html", status=status, form=form, told=told, is_urgent=is_urgent,
        is_over=opened.is_over, at=site, wait=wait, needs=Need, rated=rated,
        advice=_advice(told), services=directory.entries_for(session, site=site, language=language, on=today()),
    )  # fmt: skip


def _told(session: Session, sample_id: UUID, language: str) -> Told | None:
    given = answer_for(session, sample_id=sample_id, language=language)
    if given is None:
        return None
    first, *rest = [line for line in given.text.splitlines() if line.strip()] or [""]
    return Told(given, view_of(session, result=given.result), first, rest)


def _advice(told: Told | None) -> tuple[Advice, ...]:
    """A withdrawn answer carries no advice of its own: nothing is known then."""
    return advice_for(None if told is None or told.given.retracted else told.view.answer)
