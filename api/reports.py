"""Gathers what stands on a result's report and has it laid out."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from api.answers import AnswerView, texts_for, view_of
from api.plate_drawing import drawn_over
from api.settings import Settings
from lab.kit.clock import now
from lab.kit.files import FileStore
from lab.library.models import TlcSystem
from lab.network.accounts import actor_of
from lab.network.models import Role, Site
from lab.plates.models import Plate, PlatePicture, Reading
from lab.results.models import Analysis, Result, ResultAnalysis
from lab.results.schemas import Found
from lab.results.wording import Audience
from lab.samples.models import Sample
from templates.drawing import describe
from templates.i18n import Translator, negotiate, translator
from templates.report import AnalysisLine, FindingLine, PlateFigure, ResultReport, result_pdf


def report_pdf(
    session: Session,
    *,
    files: FileStore,
    settings: Settings,
    result: Result,
    language: str,
    audience: Audience = Audience.PROFESSIONAL,
) -> bytes:
    """The report of a result as PDF/A, in the words for ``audience``: those given out, once it was.

    A person's has the answer and what it cannot say; a professional's the findings, analyses and plate as well. An
    unknown ``language`` falls back to the default.
    """
    speaking = translator(negotiate(asked=language))
    report = _report(session, files, settings, result, speaking)
    report = replace(report, **_words(session, result, audience, speaking))
    if audience is Audience.PERSON:
        report = replace(report, findings=None, analyses=None, plate=None)
    return result_pdf(report, speaking)


def _words(session: Session, result: Result, audience: Audience, speaking: Translator) -> dict[str, Any]:
    """The lines given out, the first one as the sentence. The limits are those of the rules, whatever was edited."""
    limits = view_of(session, result=result, audience=audience).limits(speaking)
    text = texts_for(session, result=result, audience=audience)[speaking.language]
    sentence, *rest = [line.strip() for line in text.splitlines() if line.strip()]
    return {"sentence": sentence, "says": [line for line in rest if line not in limits], "limits": limits}


def _report(
    session: Session, files: FileStore, settings: Settings, result: Result, speaking: Translator
) -> ResultReport:
    sample = session.get_one(Sample, result.sample_id)
    site = session.get_one(Site, sample.site_id)
    analyses = _analyses(session, result)
    view = view_of(session, result=result)
    return ResultReport(
        code=sample.code,
        site=site.name,
        laboratory=", ".join(dict.fromkeys(session.get_one(Site, analysis.site_id).name for analysis in analyses)),
        network=settings.network_name,
        collected_on=sample.collected_on,
        sold_as=_sold_as(sample, view),
        form=sample.form.value if sample.form else None,
        state=result.state.value,
        version=result.version,
        colour=view.answer.colour.value,
        sentence=view.sentence(speaking),
        says=view.says(speaking),
        limits=view.limits(speaking),
        preliminary=result.preliminary,
        made_at=now().replace(microsecond=0),
        verified_at=result.verified_at,
        verifier_role=_verifier_role(session, result),
        findings=[_finding(found, speaking) for found in view.answer.found],
        analyses=[_analysis(analysis) for analysis in analyses],
        plate=_plate(session, files, analyses, speaking),
        exercise=settings.exercise,
        zone=ZoneInfo(site.timezone),
    )


def _analyses(session: Session, result: Result) -> list[Analysis]:
    links = select(ResultAnalysis.analysis_id).where(ResultAnalysis.result_id == result.id)
    found = [session.get_one(Analysis, analysis_id) for analysis_id in session.exec(links)]
    return sorted(found, key=lambda analysis: (analysis.created_at, analysis.id))


def _sold_as(sample: Sample, view: AnswerView) -> str | None:
    names = [name for name in (view.answer.expected.substance, sample.sold_as_raw) if name]
    return " · ".join(dict.fromkeys(names)) or None


def _verifier_role(session: Session, result: Result) -> str | None:
    if result.verified_by is None:
        return None
    roles = {role for _, role in actor_of(session, account_id=result.verified_by).grants}
    return (Role.VERIFIER if Role.VERIFIER in roles else next(iter(sorted(roles)), Role.VERIFIER)).value


def _finding(found: Found, speaking: Translator) -> FindingLine:
    amounts = [
        f"{speaking.number(amount.value)} {amount.unit}"
        + ("" if amount.u is None else f" (u = {speaking.number(amount.u)})")
        for amount in found.amounts
    ]
    return FindingLine(
        substance=found.substance or found.substance_class,
        role=found.role.value,
        abundance=found.abundance.value,
        evidence=found.evidence.value,
        techniques=[technique.value for technique in found.techniques],
        amount="; ".join(amounts) or None,
    )


def _analysis(analysis: Analysis) -> AnalysisLine:
    return AnalysisLine(
        technique=analysis.technique.value,
        method_version=analysis.method_version,
        performed_on=analysis.performed_on,
        outcome=analysis.outcome.value,
        detection_limit_note=analysis.detection_limit_note,
    )


def _plate(session: Session, files: FileStore, analyses: list[Analysis], speaking: Translator) -> PlateFigure | None:
    """The newest plate that the answer rests on."""
    resting = [analysis for analysis in analyses if analysis.reading_id is not None]
    if not resting:
        return None
    reading = session.get_one(Reading, resting[-1].reading_id)
    picture = session.get_one(PlatePicture, reading.picture_id)
    plate = session.get_one(Plate, picture.plate_id)
    return PlateFigure(
        svg=drawn_over(files.get(picture.file_key), reading.document, speaking),
        alt=describe(reading.document, speaking),
        number=plate.number,
        system=session.get_one(TlcSystem, plate.system_id).code,
        lane=resting[-1].lane_index,
        method_version=reading.method_version,
    )
