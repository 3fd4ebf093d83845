"""What lies beside registering: the consent text, look-alikes of tablets, and what was left unanswered."""

import csv
import io
from datetime import date, timedelta

from fastapi import Request
from pydantic import ValidationError
from sqlmodel import Session
from starlette.responses import Response

from api.deps import ActorDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, decimal
from api.pages.layout import show
from api.routing import GuardedRouter, needs, public
from lab.kit.clock import today
from lab.network.access import Permission
from lab.samples import unstated
from lab.samples.consent import CURRENT_TEXT, TEXT_VERSIONS
from lab.samples.models import Sample, SampleForm
from lab.samples.schemas import TabletMarksIn
from lab.tablets.service import LookAlikes, look_alikes, marks_of
from lab.tablets.similarity import Marks

router = GuardedRouter(html=True)
_DAYS = 30


@router.get("/consent", access=public("people read what they agree to"))
def consent(request: Request, version: str = CURRENT_TEXT) -> Response:
    """The text that people agree to, in their language; also the older ones, for they stay in force."""
    chosen = version if version in TEXT_VERSIONS else CURRENT_TEXT
    return show(request, "pages/consent.html", version=chosen)


@router.get("/samples/look-alikes", access=needs(Permission.SAMPLE_REGISTER))
def alike_typed(request: Request, session: SessionDep) -> Response:
    """What look-alikes of the marks being typed were found to hold, for the form."""
    values = {name: request.query_params.getlist(name) for name in request.query_params}
    return show(request, "pages/look_alikes.html", alike=alike_of_form(session, Form(values)))


def alike_of_form(session: Session, form: Form) -> LookAlikes | None:
    """Look-alikes of what a form holds so far; what is not yet a number does not count."""
    sizes = ("tablet_length_mm", "tablet_width_mm", "tablet_thickness_mm")
    fields = {name: form.get(name).strip() or None for name in ("form", "tablet_shape", "tablet_logo", "tablet_score")}
    fields |= {name: decimal(form.get(name).strip()) or None for name in sizes}
    try:
        typed = TabletMarksIn.model_validate(fields)
    except ValidationError:
        return None
    marks = Marks(
        shape=typed.tablet_shape, logo=typed.tablet_logo, score=typed.tablet_score,
        colours=frozenset(filter(None, (form.get("colours"), form.get("colour_2")))),
        length_mm=typed.tablet_length_mm, width_mm=typed.tablet_width_mm, thickness_mm=typed.tablet_thickness_mm,
    )  # fmt: skip
    return look_alikes(session, marks=marks, form=typed.form or SampleForm.TABLET)


def alike_of_sample(session: Session, sample: Sample) -> LookAlikes | None:
    """Look-alikes of a sample."""
    return look_alikes(session, marks=marks_of(sample), form=sample.form, but=sample.id)


def _period(first: str, last: str) -> tuple[date, date]:
    """From and to as given; what is no date falls back to the last weeks, and a swapped pair is set right."""
    end = _day(last) or today()
    start = _day(first) or end - timedelta(days=_DAYS)
    return min(start, end), max(start, end)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@router.get("/counts/not-stated", access=needs(Permission.NETWORK_COORDINATE))
def not_stated(request: Request, session: SessionDep, actor: ActorDep, first: str = "", last: str = "") -> Response:
    """Per site and question, the share that was not stated."""
    start, end = _period(first, last)
    rows = unstated.unstated_shares(session, actor=actor, first=start, last=end)
    form = Form({"first": [start.isoformat()], "last": [end.isoformat()]})
    return show(request, "pages/not_stated.html", session=session, rows=rows, form=form, first=start, last=end)


@router.get("/counts/not-stated.csv", access=needs(Permission.NETWORK_COORDINATE))
def not_stated_csv(request: Request, session: SessionDep, actor: ActorDep, first: str = "", last: str = "") -> Response:
    """The same as CSV."""
    start, end = _period(first, last)
    translator = translator_of(request)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(("site", "question", "question_text", "from", "to", "asked", "not_stated", "share"))
    for row in unstated.unstated_shares(session, actor=actor, first=start, last=end):
        share = "" if row.share is None else f"{row.share:.4f}"
        text = translator.text(f"unstated.{row.question}")
        site = f"'{row.site}" if row.site.startswith(("=", "+", "-", "@")) else row.site  # no formula in a spreadsheet
        table.writerow((site, row.question, text, start, end, row.asked, row.unstated, share))
    headers = {"Content-Disposition": f'attachment; filename="not-stated-{start}-{end}.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
