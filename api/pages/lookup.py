"""The answer behind a ticket: no account, no cookie, nothing left behind."""

from dataclasses import dataclass

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.tasks import service as tasks
from alerts.tasks.models import TaskState
from api.answers import AnswerView, view_of
from api.deps import SessionDep
from api.language import language_of, translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import show
from api.routing import GuardedRouter, public
from lab.network.models import Site
from lab.results import service as results
from lab.results.models import Result, ResultState
from lab.samples.errors import TicketInvalidError
from lab.samples.models import Sample
from lab.samples.schemas import SampleStatus
from lab.samples.status import status_of
from lab.samples.tickets import sample_behind

router = GuardedRouter(html=True)
LOOKUP_LIMIT = "20/minute"


@dataclass(frozen=True)
class Told:
    """The answer that was given out, in its final words."""

    view: AnswerView
    sentence: str
    lines: list[str]


@router.get("/lookup", access=public("for people with a ticket"))
def lookup_page(request: Request) -> Response:
    """The box for the ticket. A scanned one comes in the part of the address that no server sees."""
    return show(request, "pages/lookup.html", form=Form())


@router.post("/lookup", access=public("the ticket is the key, sent in the body alone", limit=LOOKUP_LIMIT))
def lookup(request: Request, session: SessionDep, form: FormDep) -> Response:
    """The answer, or how far it is."""
    sample = attempt(session, translator_of(request), lambda: _sample(session, form.get("ticket")))
    if isinstance(sample, Refusal):
        errors = {"ticket": next(iter(sample.errors.values()))}
        return show(request, "pages/lookup.html", form=form.refused(errors), status=422)
    status = status_of(session, sample=sample)
    return show(
        request, "pages/lookup_answer.html", form=form, status_word=status,
        told=_told(session, sample, language_of(request)),
        is_urgent=_is_urgent(session, sample), at=session.get_one(Site, sample.site_id), sample=sample,
        is_over=status in {SampleStatus.LOST, SampleStatus.ENDED, SampleStatus.RETRACTED},
    )  # fmt: skip


def _sample(session: Session, ticket: str) -> Sample:
    sample = sample_behind(session, token=ticket)
    if sample is None:
        raise TicketInvalidError
    return sample


def _told(session: Session, sample: Sample, language: str) -> Told | None:
    """The version given out: the newest one reported, or told before its check and marked so."""
    given = [version for version in results.results_of(session, sample_id=sample.id) if _is_given(version)]
    if not given:
        return None
    view = view_of(session, result=given[-1])
    first, *rest = [line for line in given[-1].texts.get(language, "").splitlines() if line.strip()]
    return Told(view, first, rest)


def _is_given(version: Result) -> bool:
    preliminary = version.preliminary and version.state in {ResultState.SUBMITTED, ResultState.VERIFIED}
    return bool(version.texts) and (version.state is ResultState.REPORTED or preliminary)


def _is_urgent(session: Session, sample: Sample) -> bool:
    """Whether somebody wants to tell this person something now: a warning does not wait for the answer."""
    return any(task.state is TaskState.OPEN for task in tasks.tasks_of_sample(session, sample_id=sample.id))
