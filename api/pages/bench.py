"""The chemist's worklist: what is urgent, overdue, to analyse, to conclude, to confirm and to look at again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.tasks import service as tasks
from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, NumberError, Refusal, attempt
from api.pages.layout import go, show, work_site
from api.routing import GuardedRouter, needs
from lab.bench.models import LaboratoryTerms
from lab.bench.terms import declare_terms, terms_of
from lab.bench.worklist import BenchStage, Job, worklist
from lab.custody.overview import items_at
from lab.custody.worklist import worklist as parcels
from lab.kit.clock import now, today
from lab.lookback.models import HitState
from lab.lookback.service import Hit, decide, open_hits
from lab.network.access import Permission
from lab.network.models import Account, Site, SiteType
from lab.results import service as results
from lab.results.models import ConfirmationRequest
from lab.samples.models import Sample

router = GuardedRouter(prefix="/bench", html=True)
RECORD = needs(Permission.ANALYSIS_RECORD)


@dataclass(frozen=True)
class Row:
    """A sample that waits, and where a click leads."""

    job: Job
    href: str
    late: timedelta | None


@dataclass(frozen=True)
class Asked:
    """A confirmation that another technique owes."""

    request: ConfirmationRequest
    code: str
    late: bool


def _row(job: Job) -> Row:
    href = f"/results/{job.result_id}" if job.result_id else f"/samples/{job.sample.code}"
    if job.stage is BenchStage.ANALYSED:
        href += "/interpretation"
    return Row(job, href, job.late_by(now()))


def _asked(session: Session, identity: IdentityDep, on: date) -> list[Asked]:
    return [
        Asked(one, session.get_one(Sample, one.sample_id).code, one.due_on < on)
        for one in results.list_open_confirmations(session, actor=identity.actor)
    ]


def _rows(session: Session, identity: IdentityDep, site: Site) -> Sequence[Row]:
    held = [one.sample.id for one in items_at(session, actor=identity.actor, site_id=site.id)]
    calls = tasks.called_about(session, sample_ids=held)
    return [_row(job) for job in worklist(session, actor=identity.actor, site_id=site.id, calls=calls)]


def _page(
    request: Request, session: Session, identity: IdentityDep, form: Form | None = None, status: int = 200
) -> Response:
    site = work_site(request, session, identity, Permission.ANALYSIS_RECORD)
    at_bench = site is not None and site.type is SiteType.LABORATORY
    rows = _rows(session, identity, site) if site is not None and at_bench else []
    terms = terms_of(session, site_id=site.id) if site is not None else None
    hits: Sequence[Hit] = open_hits(session, actor=identity.actor)
    return show(
        request, "pages/bench.html", session=session, status=status, at=site, terms=terms,
        form=form or _form_of(terms), asked=_asked(session, identity, today()), hits=hits,
        lists={
            "urgent": [row for row in rows if row.job.urgent],
            "overdue": [row for row in rows if row.late is not None and not row.job.urgent],
            "waiting": [row for row in rows if row.job.stage is BenchStage.WAITING],
            "analysed": [row for row in rows if row.job.stage is not BenchStage.WAITING],
        },
        arriving=_arriving(session, identity, site.id) if site is not None else 0,
        may_declare=at_bench and site is not None and identity.actor.may(Permission.RESULT_VERIFY, site.id),
        declared_by=session.get(Account, terms.changed_by) if terms else None,
    )  # fmt: skip


def _arriving(session: Session, identity: IdentityDep, site_id: UUID) -> int:
    if not identity.actor.may(Permission.CUSTODY_HANDLE, site_id):
        return 0
    return len(parcels(session, actor=identity.actor, site_id=site_id).to_receive)


def _form_of(terms: LaboratoryTerms | None) -> Form:
    if terms is None:
        return Form()
    values = {
        "turnaround_days": terms.turnaround_days, "urgent_hours": terms.urgent_hours,
        "checklist_required": "yes" if terms.checklist_required else None,
    }  # fmt: skip
    return Form({name: [str(value)] for name, value in values.items() if value is not None})


@router.get("", access=RECORD)
def bench(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """The worklist."""
    return _page(request, session, identity)


@router.post("/terms", access=needs(Permission.RESULT_VERIFY))
def declare(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Declare how soon this laboratory means to answer."""

    def do() -> LaboratoryTerms:
        site = work_site(request, session, identity, Permission.RESULT_VERIFY)
        return declare_terms(
            session, actor=identity.actor, site_id=site.id if site else UUID(int=0),
            turnaround_days=_whole(form, "turnaround_days"), urgent_hours=_whole(form, "urgent_hours"),
            checklist_required=bool(form.get("checklist_required")),
        )  # fmt: skip

    done = attempt(session, translator_of(request), do)
    if isinstance(done, Refusal):
        return _page(request, session, identity, form.refused(done.errors), 422)
    return go("/bench", done="terms_declared")


def _whole(form: Form, name: str) -> int | None:
    value = form.number(name)
    if value is not None and not (abs(value) < 1e6 and value == int(value)):
        raise NumberError(field=name)
    return None if value is None else int(value)


@router.post("/hits/{hit_id}", access=needs(Permission.PLATE_WORK))
def decide_hit(hit_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Say what became of a retrospective hit."""
    state = HitState.FOLLOWED if form.get("state") == HitState.FOLLOWED else HitState.DISMISSED
    done = attempt(
        session, translator_of(request),
        lambda: decide(session, actor=identity.actor, hit_id=hit_id, state=state, reason=form.get("reason")),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _page(request, session, identity, form.refused(done.errors), 422)
    return go("/bench", done="hit_decided")
