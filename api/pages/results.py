"""Answers for people: recording an analysis, and a result from draft to report."""

from collections.abc import Callable, Sequence
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.answers import texts_for, view_of
from api.deps import FilesDep, IdentityDep, SessionDep, SettingsDep
from api.language import language_of, translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt, decimal
from api.pages.layout import as_uuid, go, show, work_site
from api.pages.reading_changes import ReadingChanges, changes_of
from api.pages.targets import target_options
from api.reports import report_pdf
from api.routing import GuardedRouter, needs
from lab.kit.clock import today
from lab.kit.ids import new_id
from lab.library import service as library
from lab.network.access import Permission
from lab.network.models import Account, Site
from lab.onsite.errors import StripTargetMissingError
from lab.plates.models import Reading
from lab.quality.guard import exceptions_of, failed_under
from lab.register.use import book_use, sources_of
from lab.results import authorship, service
from lab.results.checklist import checklist_of, checks_of
from lab.results.contradictions import contradictions_of
from lab.results.machine import Step, actions_from, find_step
from lab.results.models import (
    Abundance,
    CheckAnswer,
    CheckItem,
    FindingRole,
    Outcome,
    Result,
    ResultAction,
    Technique,
)
from lab.results.queries import rests_on
from lab.results.schemas import AmountUnit, AnalysisIn, AnalysisView, FindingIn
from lab.results.wording import Audience
from lab.samples import service as samples
from lab.samples.models import Sample
from templates.i18n import LANGUAGES, Translator

router = GuardedRouter(html=True)
_FINDING_ROWS = 4
_ASIDE = ("target_class", "client_id")  # what a strip looks for; the form's own key, so that sending it twice adds none
_BY_HAND = tuple(technique for technique in Technique if technique is not Technique.TLC)


# Analyses


def _analysis_page(
    request: Request, session: Session, identity: IdentityDep, sample: Sample, form: Form, status: int = 200
) -> Response:
    at = work_site(request, session, identity, Permission.ANALYSIS_RECORD)
    sources = sources_of(session, sample_id=sample.id, site_id=at.id) if at else []
    return show(
        request, "pages/analysis_new.html", session=session, status=status, form=form, sample=sample, at=at,
        sources=[(str(item.id), f"{str(item.id)[:8]} · {item.held_mg:g} mg") for item in sources],
        targets=target_options(session, translator_of(request)), techniques=_BY_HAND,
        outcomes=Outcome, roles=FindingRole, abundances=Abundance,
        units=[(unit.value, unit.value) for unit in AmountUnit], rows=range(_FINDING_ROWS), today=today(),
    )  # fmt: skip


@router.get("/samples/{code}/analyses/new", access=needs(Permission.ANALYSIS_RECORD))
def new_analysis(code: str, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """The form for a strip, a reagent or an instrument."""
    sample = samples.get_by_code(session, actor=identity.actor, code=code)
    begun = {"performed_on": today().isoformat(), "technique": Technique.STRIP.value, "client_id": str(new_id())}
    form = Form({name: [value] for name, value in begun.items()})
    return _analysis_page(request, session, identity, sample, form)


@router.post("/samples/{code}/analyses/new", access=needs(Permission.ANALYSIS_RECORD))
def record_analysis(
    code: str, request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep, form: FormDep
) -> Response:
    """Record it with its findings."""
    sample = samples.get_by_code(session, actor=identity.actor, code=code)
    site = work_site(request, session, identity, Permission.ANALYSIS_RECORD)

    def record() -> object:
        names = ("technique", "method_version", "performed_on", "outcome", "detection_limit_note")
        fields = {name: form.get(name) for name in (*names, *_ASIDE) if form.get(name).strip()}
        findings = _findings(session, form)
        if form.get("technique") == Technique.STRIP and "target_class" not in fields and not findings:
            raise StripTargetMissingError  # what it found names its group; silence does not
        data = AnalysisIn.model_validate(fields | {"site_id": site and site.id, "findings": findings})
        days = settings.confirmation_due_days
        analysis = service.record_analysis(
            session, actor=identity.actor, sample_id=sample.id, data=data, confirm_within_days=days
        )
        used_mg = form.number("mass_used_mg")
        if used_mg is not None:
            book_use(
                session, actor=identity.actor, sample_id=sample.id, site_id=data.site_id, mass_mg=used_mg,
                analysis_id=analysis.id, item_id=as_uuid(form.get("used_from")),
            )  # fmt: skip
        return analysis

    done = attempt(session, translator_of(request), record)
    if isinstance(done, Refusal):
        return _analysis_page(request, session, identity, sample, form.refused(done.errors), 422)
    return go(f"/samples/{sample.code}", done="analysis_recorded")


def _findings(session: Session, form: Form) -> list[FindingIn]:
    """One finding per line that names a substance or says that something could not be named."""
    columns = [form.all(name) for name in ("substance", "role", "abundance", "amount", "amount_unit")]
    findings = []
    for substance, role, abundance, amount, unit in zip(*columns, strict=True):
        if not substance.strip():
            continue
        findings.append(
            FindingIn.model_validate(
                {
                    "substance_id": library.find_substance(session, name=substance).id,
                    "role": role or None,
                    "abundance": abundance or Abundance.INDICATED,
                    "amount": decimal(amount) or None,
                    "amount_unit": unit if amount.strip() else None,
                }
            )
        )
    if not findings and form.get("outcome") == Outcome.UNABLE_TO_IDENTIFY:
        findings.append(FindingIn())
    if not findings and form.get("outcome") == Outcome.DETECTED and form.get("target_class"):
        findings.append(FindingIn(substance_class=form.get("target_class")))
    return findings


# Results


@router.post("/samples/{code}/results", access=needs(Permission.RESULT_WRITE))
def draft(code: str, session: SessionDep, identity: IdentityDep) -> Response:
    """Draft the answer from everything that the sample has."""
    sample = samples.get_by_code(session, actor=identity.actor, code=code)
    result = service.draft_result(session, actor=identity.actor, sample_id=sample.id)
    return go(f"/results/{result.id}", done="drafted")


@router.get("/results/{result_id}", access=needs(Permission.RESULT_READ))
def result_page(result_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """One version of an answer, what it rests on, and what can be done with it."""
    result = service.get_result(session, actor=identity.actor, result_id=result_id)
    return _result_page(request, session, identity, result, Form())


def _result_page(
    request: Request, session: Session, identity: IdentityDep, result: Result, form: Form, status: int = 200
) -> Response:
    view = view_of(session, result=result)
    sample = session.get_one(Sample, result.sample_id)
    moves = service.transitions_of(session, result_id=result.id)
    resting = _resting(session, result, sample)
    people = {move.account_id for move in moves} | {result.created_by}
    return show(
        request, "pages/result.html", session=session, status=status, form=form, view=view, result=result,
        sample=sample, moves=moves, person=Audience.PERSON, professional=Audience.PROFESSIONAL,
        texts=texts_for(session, result=result, audience=Audience.PERSON),
        professional_texts=texts_for(session, result=result, audience=Audience.PROFESSIONAL),
        analyses=service.analyses_of(session, sample_id=sample.id),
        people={key: account.display_name for key in people if (account := session.get(Account, key))},
        at=session.get_one(Site, sample.site_id),
        can={action.value for action in _possible(identity, result, site=session.get_one(Site, sample.site_id))},
        is_author=identity.account.id in authorship.authors_of(session, result=result),
        newer=_newer(session, result), versions=service.results_of(session, sample_id=sample.id),
        failed_plates=failed_under(session, result_id=result.id),
        exceptions=exceptions_of(session, result_id=result.id),
        checklist=checklist_of(session, result=result), checks=checks_of(session, result_id=result.id),
        contradictions=contradictions_of(session, analyses=resting),
        reading_changes=_changes(session, resting, translator_of(request)),
    )  # fmt: skip


def _changes(session: Session, resting: Sequence[AnalysisView], speaking: Translator) -> list[ReadingChanges]:
    """What people changed on the readings that this version rests on: a verifier looks at it before anything else."""
    ids = dict.fromkeys(one.analysis.reading_id for one in resting if one.analysis.reading_id)
    found = (changes_of(session, session.get_one(Reading, reading_id), speaking) for reading_id in ids)
    return [one for one in found if one is not None]


def _possible(identity: IdentityDep, result: Result, *, site: Site) -> Sequence[ResultAction]:
    """What the state and the account's roles allow; services say the last word."""
    return [
        action
        for action in actions_from(result.state)
        if _holds(identity, find_step(result.state, action))
        and (action is not ResultAction.RELEASE_PRELIMINARY or (site.allows_preliminary and not result.preliminary))
    ]


def _holds(identity: IdentityDep, step: Step | None) -> bool:
    return step is not None and step.permission is not None and identity.actor.may(step.permission)


def _resting(session: Session, result: Result, sample: Sample) -> list[AnalysisView]:
    """The analyses that this version rests on."""
    ids = rests_on(session, result_id=result.id)
    return [view for view in service.analyses_of(session, sample_id=sample.id) if view.analysis.id in ids]


def _newer(session: Session, result: Result) -> Result | None:
    versions = service.results_of(session, sample_id=result.sample_id)
    return versions[-1] if versions[-1].version > result.version else None


@router.get("/results/{result_id}/report.pdf", access=needs(Permission.RESULT_READ))
def pdf(
    result_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, files: FilesDep,
    settings: SettingsDep, audience: Audience = Audience.PROFESSIONAL,
) -> Response:  # fmt: skip
    """The report on paper, in the language of the page; for a person its answer and limits alone."""
    result = service.get_result(session, actor=identity.actor, result_id=result_id)
    language = language_of(request)
    body = report_pdf(session, files=files, settings=settings, result=result, language=language, audience=audience)
    code = session.get_one(Sample, result.sample_id).code
    headers = {"Content-Disposition": f'inline; filename="{code}-{result.version}.pdf"'}
    return Response(body, media_type="application/pdf", headers=headers)


def _do(
    request: Request, session: Session, identity: IdentityDep, result_id: UUID, form: Form,
    action: Callable[[], Result], done: str,
) -> Response:  # fmt: skip
    outcome = attempt(session, translator_of(request), action)
    if isinstance(outcome, Refusal):
        result = service.get_result(session, actor=identity.actor, result_id=result_id)
        return _result_page(request, session, identity, result, form.refused(outcome.errors), 422)
    return go(f"/results/{outcome.id}", done=done)


@router.post("/results/{result_id}/submit", access=needs(Permission.RESULT_WRITE))
def submit(result_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Put it before a second person."""
    actor = identity.actor
    return _do(request, session, identity, result_id, form,
               lambda: service.submit(session, actor=actor, result_id=result_id), "submitted")  # fmt: skip


@router.post("/results/{result_id}/verify", access=needs(Permission.RESULT_VERIFY))
def verify(result_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Verify somebody else's answer, line by line of the checklist."""
    actor = identity.actor
    ticked = (item for item in CheckItem if form.get(f"check-{item.value}") == CheckAnswer.YES)
    checks, reason = dict.fromkeys(ticked, CheckAnswer.YES), form.get("quality_reason")
    return _do(request, session, identity, result_id, form,
               lambda: service.verify(session, actor=actor, result_id=result_id, checks=checks, quality_reason=reason),
               "verified")  # fmt: skip


@router.post("/results/{result_id}/return", access=needs(Permission.RESULT_VERIFY))
def send_back(result_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Send it back to its author, with a reason."""
    actor, reason = identity.actor, form.get("reason")
    return _do(request, session, identity, result_id, form,
               lambda: service.send_back(session, actor=actor, result_id=result_id, reason=reason),
               "sent_back")  # fmt: skip


@router.post("/results/{result_id}/report", access=needs(Permission.RESULT_REPORT))
def report(result_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Give it out, in its final words."""
    return _do(request, session, identity, result_id, form,
               lambda: service.report(session, actor=identity.actor, result_id=result_id, **_words(form)),
               "reported")  # fmt: skip


def _words(form: Form) -> dict[str, dict[str, str]]:
    """The final words for both audiences; those for professionals only where the form had them."""
    words = {"texts": {language: form.get(f"text_{language}") for language in LANGUAGES}}
    professional = {language: form.get(f"professional_{language}") for language in LANGUAGES}
    return words | ({"professional_texts": professional} if any(professional.values()) else {})


@router.post("/results/{result_id}/release_preliminary", access=needs(Permission.RESULT_REPORT))
def preliminary(
    result_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Tell it before it is verified, labelled so."""
    return _do(request, session, identity, result_id, form,
               lambda: service.release_preliminary(session, actor=identity.actor, result_id=result_id, **_words(form)),
               "reported")  # fmt: skip


@router.post("/results/{result_id}/amend", access=needs(Permission.RESULT_WRITE))
def amend(result_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Open the next version."""
    actor, reason = identity.actor, form.get("reason")
    return _do(request, session, identity, result_id, form,
               lambda: service.amend(session, actor=actor, result_id=result_id, reason=reason), "amending")  # fmt: skip


@router.post("/results/{result_id}/retract", access=needs(Permission.RESULT_VERIFY))
def retract(result_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Withdraw it; it stays readable, marked."""
    actor, reason = identity.actor, form.get("reason")
    return _do(request, session, identity, result_id, form,
               lambda: service.retract(session, actor=actor, result_id=result_id, reason=reason),
               "retracted")  # fmt: skip
