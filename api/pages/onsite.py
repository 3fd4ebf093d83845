"""Strips and reagents at the counter, and an answer from them before anybody has checked it."""

from collections.abc import Callable
from typing import Any

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show, work_site
from api.pages.targets import target_options
from api.routing import GuardedRouter, needs
from lab.library.models import Substance
from lab.network.access import Permission
from lab.network.models import Site
from lab.onsite import service
from lab.onsite.schemas import ReactionColour, ReagentIn, StripIn, StripLines, Verdict
from lab.onsite.strips import known_strips
from lab.results import service as results
from lab.results.models import Analysis, Outcome, ResultState
from lab.samples import service as samples
from lab.samples.models import Sample
from templates.i18n import Translator

router = GuardedRouter(html=True)
ONSITE = needs(Permission.ANALYSIS_ONSITE)


def onsite_context(session: Session, identity: IdentityDep, sample: Sample) -> dict[str, Any]:
    """What the page of a sample offers at a counter."""
    actor = identity.actor
    site = session.get_one(Site, sample.site_id)
    versions = results.results_of(session, sample_id=sample.id)
    may_write = actor.may(Permission.RESULT_WRITE, site.id) and actor.may(Permission.RESULT_REPORT, site.id)
    analyses = results.analyses_of(session, sample_id=sample.id)
    usable = any(one.analysis.outcome is not Outcome.NOT_TESTED for one in analyses)
    return {
        "may_test_here": actor.may(Permission.ANALYSIS_ONSITE, site.id),
        "may_preliminary": site.allows_preliminary and may_write and usable and not versions,
    }


def _verdicts(translator: Translator, substance: Substance | None) -> list[tuple[str, str]]:
    """What can be said of a colour; that it fits, only where it is known what should fit."""
    told = [verdict for verdict in Verdict if verdict is not Verdict.FITS or substance is not None]
    name = substance.name if substance else ""
    return [(one.value, translator.text(f"verdict.{one.value}", substance=name)) for one in told]


def _page(
    request: Request, session: Session, identity: IdentityDep, sample: Sample, form: Form, status: int = 200
) -> Response:
    translator = translator_of(request)
    substance = session.get(Substance, sample.sold_as_substance_id) if sample.sold_as_substance_id else None
    return show(
        request, "pages/onsite.html", session=session, status=status, form=form, sample=sample,
        at=work_site(request, session, identity, Permission.ANALYSIS_ONSITE), sold_as=substance,
        strips=known_strips(), lines=StripLines, colours=ReactionColour,
        target_options=target_options(session, translator),
        reagent_options=[(name, name) for name in service.REAGENTS], verdict_options=_verdicts(translator, substance),
        reported=service.reported_colours(session, substance_id=sample.sold_as_substance_id),
    )  # fmt: skip


@router.get("/samples/{code}/onsite", access=ONSITE)
def onsite(code: str, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """The form for a strip or a reagent."""
    sample = samples.get_by_code(session, actor=identity.actor, code=code)
    return _page(request, session, identity, sample, Form())


def _record(
    request: Request, session: Session, identity: IdentityDep, code: str, form: Form,
    action: Callable[[Sample, Site], Analysis],
) -> Response:  # fmt: skip
    sample = samples.get_by_code(session, actor=identity.actor, code=code)
    site = session.get_one(Site, sample.site_id)
    if not identity.actor.may(Permission.ANALYSIS_ONSITE, site.id):  # at a laboratory, in its own name
        site = work_site(request, session, identity, Permission.ANALYSIS_ONSITE) or site
    done = attempt(session, translator_of(request), lambda: action(sample, site))
    if isinstance(done, Refusal):
        return _page(request, session, identity, sample, form.refused(done.errors), 422)
    said = "onsite_repeat" if done.outcome is Outcome.NOT_TESTED else "analysis_recorded"
    return go(f"/samples/{sample.code}", done=said)


@router.post("/samples/{code}/onsite/strip", access=ONSITE)
def strip(code: str, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Record a strip."""

    def record(sample: Sample, site: Site) -> Analysis:
        data = StripIn.model_validate(form.cleaned(numbers=("limit_ng_ml",)))
        return service.record_strip(session, actor=identity.actor, sample=sample, site_id=site.id, data=data)

    return _record(request, session, identity, code, form, record)


@router.post("/samples/{code}/onsite/reagent", access=ONSITE)
def reagent(code: str, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Record a reagent test."""

    def record(sample: Sample, site: Site) -> Analysis:
        data = ReagentIn.model_validate(form.cleaned(lists=("reaction_colours",)))
        return service.record_reagent(session, actor=identity.actor, sample=sample, site_id=site.id, data=data)

    return _record(request, session, identity, code, form, record)


@router.post("/samples/{code}/preliminary", access=needs(Permission.RESULT_REPORT))
def preliminary(code: str, session: SessionDep, identity: IdentityDep) -> Response:
    """Draft and submit what the tests here say; the next page shows the words before they are told as preliminary."""
    sample = samples.get_by_code(session, actor=identity.actor, code=code)
    versions = results.results_of(session, sample_id=sample.id)
    result = versions[-1] if versions else results.draft_result(session, actor=identity.actor, sample_id=sample.id)
    if result.state is ResultState.DRAFT:
        result = results.submit(session, actor=identity.actor, result_id=result.id)
    return go(f"/results/{result.id}")
