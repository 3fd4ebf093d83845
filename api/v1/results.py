"""Analyses and results as JSON: what was found, and the life of an answer."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from api.answers import proposed_texts
from api.deps import ActorDep, FilesDep, SessionDep, SettingsDep
from api.reports import report_pdf
from api.routing import GuardedRouter, needs
from lab.network.access import Permission
from lab.results import service
from lab.results.checklist import checks_of
from lab.results.models import (
    Abundance,
    CheckAnswer,
    CheckItem,
    Conclusion,
    Evidence,
    FindingRole,
    Outcome,
    Result,
    ResultState,
    Technique,
)
from lab.results.schemas import AnalysisIn, AnalysisView, ColourWord
from lab.results.wording import Audience
from lab.samples import service as samples

router = GuardedRouter(tags=["results"])


Words = dict[str, Annotated[str, Field(max_length=8000)]]


class FindingOut(BaseModel):
    """One thing found; the evidence level is derived from the techniques."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    substance_id: UUID | None
    substance_class: str | None
    role: FindingRole
    abundance: Abundance
    evidence: Evidence
    amount: float | None
    amount_unit: str | None
    amount_basis: str | None
    amount_u: float | None
    note: str | None


class AnalysisOut(BaseModel):
    """One technique run on one sample, with what it found."""

    id: UUID
    sample_id: UUID
    site_id: UUID
    technique: Technique
    method_version: str
    performed_on: date
    outcome: Outcome
    detection_limit_note: str
    reading_id: UUID | None
    lane_index: int | None
    findings: list[FindingOut]


class FoundOut(BaseModel):
    """One substance, group or unknown of an answer, over all analyses that saw it."""

    model_config = ConfigDict(from_attributes=True)

    substance_id: UUID | None
    substance: str | None
    substance_class: str | None
    role: FindingRole
    abundance: Abundance
    evidence: Evidence
    techniques: list[Technique]


class ResultOut(BaseModel):
    """One version of the answer. ``texts``: as given out; before that, ``proposed`` by the rules. For professionals the
    same stands in ``professional_texts`` and ``proposed_professional``.
    """

    id: UUID
    sample_id: UUID
    version: int
    supersedes_id: UUID | None
    state: ResultState
    conclusion: Conclusion
    colour: ColourWord
    preliminary: bool
    found: list[FoundOut]
    texts: dict[str, str]
    proposed: dict[str, str]
    professional_texts: dict[str, str]
    proposed_professional: dict[str, str]
    checks: dict[CheckItem, CheckAnswer]
    created_at: datetime
    submitted_at: datetime | None
    verified_at: datetime | None
    reported_at: datetime | None


class DraftIn(BaseModel):
    """What the draft rests on; everything the sample has, when nothing is named."""

    model_config = ConfigDict(extra="forbid")

    analysis_ids: list[UUID] | None = None
    finding_ids: list[UUID] | None = None


class ReasonIn(BaseModel):
    """Why; it stays with the result."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=500)]


class AmendIn(ReasonIn, DraftIn):
    """Why, and what the next version rests on."""


class VerifyIn(BaseModel):
    """The checklist as the verifier answered it, by line; the result says so where a program leaves it out."""

    model_config = ConfigDict(extra="forbid")

    checks: dict[CheckItem, CheckAnswer] | None = None
    quality_reason: Annotated[str, Field(max_length=500)] = ""  # why it stands although a plate under it failed


class ReportIn(BaseModel):
    """The final words by language for each audience; those proposed by the rules, when none are given."""

    model_config = ConfigDict(extra="forbid")

    texts: Words | None = None
    professional_texts: Words | None = None


def _analysis(view: AnalysisView) -> AnalysisOut:
    fields: dict[str, Any] = view.analysis.model_dump(include=set(AnalysisOut.model_fields) - {"findings"})
    return AnalysisOut(**fields, findings=[FindingOut.model_validate(finding) for finding in view.findings])


def _proposed(session: Session, result: Result, audience: Audience = Audience.PERSON) -> dict[str, str]:
    return proposed_texts(session, result=result, audience=audience)


def _result(session: Session, result: Result) -> ResultOut:
    answer = service.answer_of(session, result=result)
    derived = {"colour", "found", "proposed", "professional_texts", "proposed_professional", "checks"}
    fields = result.model_dump(include=set(ResultOut.model_fields) - derived)
    given = result.professional_texts or {}
    return ResultOut(
        **fields,
        colour=answer.colour,
        found=[FoundOut.model_validate(found) for found in answer.found],
        proposed={} if result.texts else _proposed(session, result),
        professional_texts=given,
        proposed_professional={} if given else _proposed(session, result, Audience.PROFESSIONAL),
        checks={row.item: row.answer for row in checks_of(session, result_id=result.id)},
    )


@router.post("/samples/{code}/analyses", access=needs(Permission.ANALYSIS_ONSITE), status_code=201)
def record_analysis(
    code: str, data: AnalysisIn, session: SessionDep, actor: ActorDep, settings: SettingsDep
) -> AnalysisOut:
    """Record what a technique found on a sample; counters may record strips and reagents alone."""
    sample = samples.get_by_code(session, actor=actor, code=code)
    analysis = service.record_analysis(
        session,
        actor=actor,
        sample_id=sample.id,
        data=data,
        confirm_within_days=settings.confirmation_due_days,
    )
    views = service.analyses_of(session, sample_id=sample.id)
    return next(_analysis(view) for view in views if view.analysis.id == analysis.id)


@router.get("/samples/{code}/analyses", access=needs(Permission.RESULT_READ))
def list_analyses(code: str, session: SessionDep, actor: ActorDep) -> list[AnalysisOut]:
    """Every analysis of a sample."""
    sample = samples.get_by_code(session, actor=actor, code=code, permission=Permission.RESULT_READ)
    return [_analysis(view) for view in service.analyses_of(session, sample_id=sample.id)]


@router.post("/samples/{code}/results", access=needs(Permission.RESULT_WRITE), status_code=201)
def draft(code: str, data: DraftIn, session: SessionDep, actor: ActorDep) -> ResultOut:
    """Draft an answer; the conclusion is derived."""
    sample = samples.get_by_code(session, actor=actor, code=code)
    return _result(session, service.draft_result(session, actor=actor, sample_id=sample.id, **data.model_dump()))


@router.get("/samples/{code}/results", access=needs(Permission.RESULT_READ))
def list_results(code: str, session: SessionDep, actor: ActorDep) -> list[ResultOut]:
    """Every version of the answer, oldest first."""
    sample = samples.get_by_code(session, actor=actor, code=code, permission=Permission.RESULT_READ)
    return [_result(session, result) for result in service.results_of(session, sample_id=sample.id)]


@router.get("/results/{result_id}", access=needs(Permission.RESULT_READ))
def get_result(result_id: UUID, session: SessionDep, actor: ActorDep) -> ResultOut:
    """One version of an answer."""
    return _result(session, service.get_result(session, actor=actor, result_id=result_id))


@router.get("/results/{result_id}/report.pdf", access=needs(Permission.RESULT_READ))
def get_report(
    result_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    files: FilesDep,
    settings: SettingsDep,
    language: str = "fr",
    audience: Audience = Audience.PROFESSIONAL,
) -> Response:
    """The report on paper, in fr, nl or en; for a person its answer and limits alone."""
    result = service.get_result(session, actor=actor, result_id=result_id)
    pdf = report_pdf(session, files=files, settings=settings, result=result, language=language, audience=audience)
    return Response(pdf, media_type="application/pdf")


@router.post("/results/{result_id}/submit", access=needs(Permission.RESULT_WRITE))
def submit(result_id: UUID, session: SessionDep, actor: ActorDep) -> ResultOut:
    """Put it before a verifier; a dangerous answer opens its call-back task from here."""
    return _result(session, service.submit(session, actor=actor, result_id=result_id))


@router.post("/results/{result_id}/return", access=needs(Permission.RESULT_VERIFY))
def send_back(result_id: UUID, data: ReasonIn, session: SessionDep, actor: ActorDep) -> ResultOut:
    """Send it back to its author."""
    return _result(session, service.send_back(session, actor=actor, result_id=result_id, reason=data.reason))


@router.post("/results/{result_id}/verify", access=needs(Permission.RESULT_VERIFY))
def verify(result_id: UUID, session: SessionDep, actor: ActorDep, data: VerifyIn | None = None) -> ResultOut:
    """Verify somebody else's result; nobody their own. A laboratory may demand the checklist."""
    data = data or VerifyIn()
    verified = service.verify(
        session, actor=actor, result_id=result_id, checks=data.checks, quality_reason=data.quality_reason
    )
    return _result(session, verified)


@router.post("/results/{result_id}/report", access=needs(Permission.RESULT_REPORT))
def report(result_id: UUID, data: ReportIn, session: SessionDep, actor: ActorDep) -> ResultOut:
    """Give a verified answer out, in its final words."""
    result = service.get_result(session, actor=actor, result_id=result_id)
    texts = data.texts if data.texts is not None else _proposed(session, result)
    given = data.professional_texts
    professional = given if given is not None else _proposed(session, result, Audience.PROFESSIONAL)
    reported = service.report(session, actor=actor, result_id=result_id, texts=texts, professional_texts=professional)
    return _result(session, reported)


@router.post("/results/{result_id}/amend", access=needs(Permission.RESULT_WRITE), status_code=201)
def amend(result_id: UUID, data: AmendIn, session: SessionDep, actor: ActorDep) -> ResultOut:
    """Open the next version; the older one stands until the newer is verified."""
    return _result(session, service.amend(session, actor=actor, result_id=result_id, **data.model_dump()))


@router.post("/results/{result_id}/retract", access=needs(Permission.RESULT_VERIFY))
def retract(result_id: UUID, data: ReasonIn, session: SessionDep, actor: ActorDep) -> ResultOut:
    """Withdraw an answer; it stays readable, marked."""
    return _result(session, service.retract(session, actor=actor, result_id=result_id, reason=data.reason))
