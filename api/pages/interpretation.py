"""One sample over all its plates: what is compatible, what cannot be told apart, and one click to accept or to ask."""

from datetime import date, timedelta

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep, SettingsDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show, work_site
from api.routing import GuardedRouter, needs
from api.settings import Settings
from lab.bench.candidates import lanes_of_sample, rank
from lab.kit.clock import today
from lab.library.models import Substance
from lab.network.access import Permission
from lab.results import confirmations, service
from lab.results.contradictions import contradictions_of
from lab.results.errors import ConfirmationReasonError, DueOnError
from lab.results.models import ConfirmationRequest, FindingRole
from lab.samples import service as samples
from lab.samples.models import Reason, Sample

router = GuardedRouter(html=True)


def _page(
    request: Request, session: Session, identity: IdentityDep, settings: Settings, sample: Sample,
    form: Form | None = None, status: int = 200,
) -> Response:  # fmt: skip
    lanes = lanes_of_sample(session, actor=identity.actor, sample_id=sample.id, watch_list=settings.watched)
    due = today() + timedelta(days=settings.confirmation_due_days)
    expected = session.get(Substance, sample.sold_as_substance_id) if sample.sold_as_substance_id else None
    analyses = service.analyses_of(session, sample_id=sample.id)
    return show(
        request, "pages/interpretation.html", session=session, status=status, sample=sample, lanes=lanes,
        ranked=rank(session, lanes=lanes), expected=expected, roles=FindingRole, reasons=Reason,
        form=form or Form({"reason": [Reason.TLC_UNIDENTIFIED.value], "due_on": [due.isoformat()]}),
        asked=[
            one for one in service.list_open_confirmations(session, actor=identity.actor) if one.sample_id == sample.id
        ],
        contradictions=contradictions_of(session, analyses=analyses),
        recorded={(one.analysis.reading_id, one.analysis.lane_index) for one in analyses},
    )  # fmt: skip


@router.get("/samples/{code}/interpretation", access=needs(Permission.PLATE_WORK))
def interpretation(
    code: str, request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep
) -> Response:
    """The candidates of one sample."""
    sample = samples.get_by_code(session, actor=identity.actor, code=code)
    return _page(request, session, identity, settings, sample)


@router.post("/samples/{code}/confirmations", access=needs(Permission.ANALYSIS_RECORD))
def ask(
    code: str, request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep, form: FormDep
) -> Response:
    """Ask another technique or laboratory, for a reason that SINTES knows, by a day."""
    sample = samples.get_by_code(session, actor=identity.actor, code=code)
    site = work_site(request, session, identity, Permission.ANALYSIS_RECORD)

    def do() -> ConfirmationRequest:
        return confirmations.ask(
            session, actor=identity.actor, sample_id=sample.id, site_id=site.id if site else sample.site_id,
            reason=_reason(form.get("reason")), due_on=_day(form.get("due_on")),
        )  # fmt: skip

    done = attempt(session, translator_of(request), do)
    if isinstance(done, Refusal):
        return _page(request, session, identity, settings, sample, form.refused(done.errors), 422)
    return go(f"/samples/{sample.code}/interpretation", done="confirmation_asked")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DueOnError from error


def _reason(text: str) -> Reason:
    try:
        return Reason(text)
    except ValueError as error:
        raise ConfirmationReasonError from error
