"""Counts and indicators by site and period, on a page and as a file; small cells are hidden in both."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.warnings.shares import share_from_testing_points
from api.deps import ActorDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, Refusal, attempt
from api.pages.layout import as_uuid, show
from api.pages.network import COORDINATE
from api.routing import GuardedRouter
from lab.directory.models import ServiceKind
from lab.encounters import counts
from lab.encounters.counts import NOT_STATED, Period, Tally
from lab.kit.clock import today
from lab.network import sites, switches, team
from lab.network.access import Actor
from lab.personcodes import service as person_codes
from lab.samples.models import SampleForm
from templates.i18n import Translator

router = GuardedRouter(prefix="/network/counts", html=True)


@dataclass(frozen=True)
class Shown:
    """A table in the reader's words. A count of None is hidden."""

    name: str
    title: str
    module: str
    indicator: str
    rows: Sequence[tuple[str, int | None]]
    total: int | None
    overlap: bool  # a talk may be in several rows: the total is how many talks there are


@router.get("", access=COORDINATE)
def page(request: Request, session: SessionDep, actor: ActorDep, period: str = "", site: str = "") -> Response:
    """The tables of one site or all, for a quarter or a year."""
    typed = period or str(Period.around(today()))
    form = Form({"period": [typed], "site": [site]})
    translator = translator_of(request)
    chosen = attempt(session, translator, lambda: Period.parse(typed))
    if isinstance(chosen, Refusal):
        form, chosen = form.refused(chosen.errors), Period.around(today())
    coded = switches.is_on(session, name=switches.PERSON_CODE)
    trained = {one.account.id for one in team.list_training(session, actor=actor, on=today()) if one.holds}
    return show(
        request, "pages/counts.html", session=session, status=422 if form.errors else 200, form=form, period=chosen,
        tables=_tables(session, actor, chosen, site, translator), sites=sites.all_sites(session, actor=actor),
        points=counts.testing_points(session), trained=len(trained),
        protocols=len(team.in_force(team.list_protocols(session), on=today())),
        alert_share=share_from_testing_points(session, first=chosen.first, after=chosen.after),
        visits=person_codes.visit_counts(session, actor=actor, year=chosen.year) if coded else None,
    )  # fmt: skip


@router.get("/export.csv", access=COORDINATE)
def export(request: Request, session: SessionDep, actor: ActorDep, period: str, site: str = "") -> Response:
    """The same tables as a file. Nothing of person codes is in it."""
    chosen = Period.parse(period)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["period", "site", "table", "title", "answer", "count"])
    place = "all"
    if (site_id := as_uuid(site)) is not None:
        place = sites.get_site(session, site_id=site_id).name
    for table in _tables(session, actor, chosen, site, translator_of(request)):
        rows = [*table.rows, ("of talks" if table.overlap else "total", table.total)]
        for word, count in rows:
            written = "<5 or hidden" if count is None else count
            writer.writerow([str(chosen), _cell(place), table.name, _cell(table.title), _cell(word), written])
    headers = {"Content-Disposition": f'attachment; filename="counts-{chosen}.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(text: str) -> str:
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text  # no formula for a spreadsheet to run


def _tables(session: Session, actor: Actor, period: Period, site: str, translator: Translator) -> list[Shown]:
    found = counts.tallies(session, actor=actor, period=period, site_id=as_uuid(site))
    return [_shown(one, translator) for one in found if one.total != 0]


def _shown(tally: Tally, translator: Translator) -> Shown:
    question, module = tally.question, tally.module
    language = translator.language
    return Shown(
        name=tally.name,
        title=question.text.in_language(language) if question else translator.text(f"counts.{tally.name}"),
        module=module.title.in_language(language) if module else "",
        indicator=translator.label(question.indicator) if question and question.indicator else "",
        rows=[(_word(tally, column, translator), count) for column, count in tally.columns],
        total=tally.total,
        overlap=tally.overlap,
    )


def _word(tally: Tally, column: str, translator: Translator) -> str:
    if column == NOT_STATED:
        return translator.text("common.not_stated")
    if tally.question is not None:
        for option in tally.question.options:
            if option.id == column:
                return option.text.in_language(translator.language)
        return translator.text(f"common.{column}") if column in {"yes", "no"} else column
    if tally.name == "samples":
        return translator.label(SampleForm(column))
    if tally.name == "orientation":
        return translator.label(ServiceKind(column))
    return translator.text("counts.held")
