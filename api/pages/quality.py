"""Quality for people: what is demanded of plates, how standards run over time, what became of TLC's answers."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import ActorDep, IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show, work_site
from api.routing import GuardedRouter, needs
from lab.library.models import Substance, TlcSystem
from lab.network.access import Permission
from lab.network.models import Account
from lab.quality.agreement import Fate, agreement
from lab.quality.controls import Chart, ChartPoint, chart_of, charts_at
from lab.quality.criteria import Criteria, CriteriaIn, criteria_at, criteria_history, declare
from lab.quality.errors import ChartNotFoundError
from lab.quality.westgard import WARNING_ONLY

router = GuardedRouter(prefix="/quality", html=True)
WORK = needs(Permission.PLATE_WORK)
_FLAGS = ("standards_required", "blank_required", "blank_clean", "westgard")
_NUMBERS = ("window_hrf", "duplicate_limit", "baseline_runs")


@router.get("", access=WORK)
def quality_page(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """What the laboratory demands, and what it has charts of."""
    site = work_site(request, session, identity, Permission.PLATE_WORK)
    form = Form() if site is None else _filled(criteria_at(session, site_id=site.id))
    return _page(request, session, identity, form)


def _filled(criteria: Criteria) -> Form:
    values = {name: ["yes"] for name in _FLAGS if getattr(criteria, name)}
    values |= {name: [f"{value:g}"] for name in _NUMBERS if (value := getattr(criteria, name)) is not None}
    return Form(values | {"source": [criteria.source]})


def _page(request: Request, session: Session, identity: IdentityDep, form: Form, status: int = 200) -> Response:
    site = work_site(request, session, identity, Permission.PLATE_WORK)
    history = [] if site is None else criteria_history(session, site_id=site.id)
    return show(
        request, "pages/quality.html", session=session, status=status, form=form, at=site,
        criteria=None if site is None else criteria_at(session, site_id=site.id), history=history, flags=_FLAGS,
        people={one.declared_by: session.get_one(Account, one.declared_by).display_name for one in history},
        charts=[] if site is None else charts_at(session, site_ids=[site.id]),
        may_declare=site is not None and identity.actor.may(Permission.QUALITY_DECLARE, site.id),
    )  # fmt: skip


@router.post("/criteria", access=needs(Permission.QUALITY_DECLARE))
def declare_criteria(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Declare what holds from now on."""
    site = work_site(request, session, identity, Permission.QUALITY_DECLARE)

    def declared() -> object:
        flags = {name: bool(form.get(name)) for name in _FLAGS}
        numbers = {name: form.number(name) for name in _NUMBERS}
        data = CriteriaIn.model_validate(
            flags
            | {name: value for name, value in numbers.items() if value is not None}
            | {"source": form.get("source")}
        )
        return declare(session, actor=identity.actor, site_id=site.id if site else UUID(int=0), data=data)

    done = attempt(session, translator_of(request), declared)
    if isinstance(done, Refusal):
        return _page(request, session, identity, form.refused(done.errors), 422)
    return go("/quality", done="criteria_declared")


@dataclass(frozen=True)
class Dot:
    """One run in the drawing, in its units."""

    x: float
    y: float
    kind: str  # gathered, kept, warned, broken


@dataclass(frozen=True)
class Drawing:
    """A control chart in a box of 600 by 240."""

    dots: Sequence[Dot]
    lines: Sequence[tuple[str, float]]  # name, y
    low: float
    high: float

    @property
    def path(self) -> str:
        return " ".join(f"{dot.x:.1f},{dot.y:.1f}" for dot in self.dots)


def drawing_of(chart: Chart) -> Drawing:
    """Where the runs and the limits lie; the box holds at least three deviations either way."""
    values = [one.point.hrf for one in chart.points]
    base = chart.baseline
    limits = [] if base is None else [(f"{k:+d} s" if k else "m", base.mean + k * base.sd) for k in range(-3, 4)]
    low = min([*values, *(at for _, at in limits)]) - 0.5
    high = max([*values, *(at for _, at in limits)]) + 0.5
    step = 540 / max(len(values) - 1, 1)

    def y(value: float) -> float:
        return 230 - 220 * (value - low) / (high - low)

    dots = [Dot(50 + number * step, y(one.point.hrf), _kind(one)) for number, one in enumerate(chart.points)]
    return Drawing(dots, [(name, y(at)) for name, at in limits], low, high)


def _kind(one: ChartPoint) -> str:
    if one.z is None:
        return "gathered"
    return "kept" if not one.rules else "warned" if one.rules <= WARNING_ONLY else "broken"


@router.get("/charts/{system_id}/{substance_id}", access=WORK)
def chart_page(
    system_id: UUID, substance_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, layer: str = ""
) -> Response:
    """How one standard ran, plate by plate."""
    site = work_site(request, session, identity, Permission.PLATE_WORK)
    system, substance = session.get(TlcSystem, system_id), session.get(Substance, substance_id)
    if site is None or system is None or substance is None:
        raise ChartNotFoundError
    criteria = criteria_at(session, site_id=site.id)
    chart = chart_of(
        session, site_id=site.id, system=system, substance=substance, layer=layer or system.layer,
        baseline_runs=criteria.baseline_runs,
    )  # fmt: skip
    if not chart.points:
        raise ChartNotFoundError
    return show(
        request, "pages/control_chart.html", session=session, chart=chart, drawing=drawing_of(chart), at=site,
        criteria=criteria,
    )  # fmt: skip


@router.get("/agreement", access=WORK)
def agreement_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """What became of what TLC said."""
    return show(request, "pages/agreement.html", session=session, rows=agreement(session, actor=actor), fates=Fate)


@router.get("/agreement.csv", access=WORK)
def agreement_csv(session: SessionDep, actor: ActorDep) -> Response:
    """The same as a file."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["system", "substance_class", *(fate.value for fate in Fate), "share", "share_low", "share_high"])
    for row in agreement(session, actor=actor):
        share = row.confirmed
        figures = (share.value, *share.interval) if share.whole else ()
        cells = [_cell(row.system or ""), _cell(row.substance_class), *(row.counts[fate] for fate in Fate)]
        writer.writerow([*cells, *(f"{figure:.4f}" for figure in figures)])
    headers = {"Content-Disposition": 'attachment; filename="agreement.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(text: str) -> str:
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text  # no formula for a spreadsheet to run
