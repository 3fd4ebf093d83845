"""The result report: what a laboratory hands over about one sample, as PDF/A in French, Dutch or English.

The caller states facts with the domain's own values (``"as_expected"``, ``"tlc"``); this module finds the words and
:mod:`templates.pdf` lays them out. The person who verified stands as a role, never as a name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from templates.environment import group_code
from templates.i18n import Translator
from templates.pdf import render_pdf

# Each answer has a sign and a word beside its colour; never green (DESIGN.md, Words and codes).
SIGNS: Mapping[str, str] = {"white": "○", "yellow": "◆", "red": "▲"}


@dataclass(frozen=True, kw_only=True)
class FindingLine:
    """One substance of the answer. ``substance`` None: something was seen that could not be named."""

    substance: str | None
    role: str
    abundance: str
    evidence: str
    techniques: Sequence[str]
    amount: str | None = None  # written out with unit and uncertainty
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class AnalysisLine:
    """One technique that was run, and what it cannot see."""

    technique: str
    method_version: str
    performed_on: date
    outcome: str
    detection_limit_note: str


@dataclass(frozen=True, kw_only=True)
class PlateFigure:
    """The plate that the answer rests on, drawn by :func:`templates.drawing.draw_plate`."""

    svg: str
    alt: str
    number: str
    system: str
    lane: int | None
    method_version: str


@dataclass(frozen=True, kw_only=True)
class ResultReport:
    """Everything that stands on the report."""

    code: str
    site: str
    laboratory: str
    network: str
    collected_on: date
    sold_as: str | None
    form: str | None
    state: str
    version: int
    colour: str  # white, yellow or red
    sentence: str  # the answer in one sentence, in the reader's language, as are the next two
    says: Sequence[str]  # what was found and how sure
    limits: Sequence[str]  # what these techniques cannot see
    preliminary: bool
    made_at: datetime
    verified_at: datetime | None
    verifier_role: str | None
    findings: Sequence[FindingLine] | None  # None, as with the next: not for this reader
    analyses: Sequence[AnalysisLine] | None
    plate: PlateFigure | None = None
    exercise: bool = False
    zone: tzinfo | None = None


def result_pdf(report: ResultReport, translator: Translator) -> bytes:
    """The report as PDF/A-2a."""
    attachments = {"plate": report.plate.svg} if report.plate else {}
    return render_pdf("result", _data(report, translator), attachments=attachments, created_at=report.made_at)


def _data(report: ResultReport, translator: Translator) -> dict[str, Any]:
    text = translator.text
    return {
        "lang": translator.language,
        "title": text("report.title", code=group_code(report.code)),
        "heading": text("report.heading"),
        "network": report.network,
        "exercise": text("report.exercise") if report.exercise else None,
        "code": group_code(report.code),
        "facts": _facts(report, translator),
        "answer": {
            "colour": report.colour,
            "sign": SIGNS[report.colour],
            "word": text(f"colour_word.{report.colour}"),
            "sentence": report.sentence,
            "says": list(report.says),
            "standing": _standing(report, translator),
        },
        "findings": _findings(report, translator),
        "analyses": _analyses(report, translator),
        "limits": {"heading": text("report.limits"), "texts": list(report.limits)},
        "plate": _plate(report.plate, translator),
        "footer": _footer(report, translator),
    }


def _facts(report: ResultReport, translator: Translator) -> list[list[str]]:
    text = translator.text
    rows = [
        (text("report.sold_as"), report.sold_as or text("common.not_stated")),
        (text("report.form"), text(f"sample_form.{report.form}") if report.form else text("common.not_stated")),
        (text("report.collected_on"), translator.date(report.collected_on)),
        (text("report.site"), report.site),
        (text("report.laboratory"), report.laboratory),
    ]
    return [list(row) for row in rows]


def _standing(report: ResultReport, translator: Translator) -> str:
    """How far the answer is: said in words, first of all when nobody has checked it yet."""
    if report.preliminary:
        return translator.text("report.preliminary")
    if report.verified_at is None or report.verifier_role is None:
        return translator.text("report.not_verified")
    return translator.text(
        "report.verified",
        role=translator.text(f"role.{report.verifier_role}"),
        at=translator.moment(report.verified_at, report.zone),
    )


def _findings(report: ResultReport, translator: Translator) -> dict[str, Any] | None:
    if report.findings is None:
        return None
    text = translator.text
    headings = ("substance", "role", "abundance", "evidence", "technique")
    return {
        "heading": text("report.findings"),
        "headings": [text(f"report.column.{name}") for name in headings],
        "empty": text("report.no_findings"),
        "rows": [
            {
                "substance": line.substance or text("common.unnamed_substance"),
                "amount": line.amount,
                "note": line.note,
                "role": text(f"finding_role.{line.role}"),
                "abundance": text(f"abundance.{line.abundance}"),
                "evidence": text(f"evidence.{line.evidence}"),
                "techniques": [text(f"technique.{name}") for name in line.techniques],
            }
            for line in report.findings
        ],
        "explained": [
            text(f"evidence.{level}.meaning") for level in dict.fromkeys(line.evidence for line in report.findings)
        ],
    }


def _analyses(report: ResultReport, translator: Translator) -> dict[str, Any] | None:
    if report.analyses is None:
        return None
    text = translator.text
    headings = ("technique", "performed_on", "outcome", "method", "limit")
    return {
        "heading": text("report.analyses"),
        "headings": [text(f"report.column.{name}") for name in headings],
        "rows": [
            [
                text(f"technique.{line.technique}"),
                translator.date(line.performed_on, "medium"),
                text(f"outcome.{line.outcome}"),
                line.method_version,
                line.detection_limit_note,
            ]
            for line in report.analyses
        ],
    }


def _plate(plate: PlateFigure | None, translator: Translator) -> dict[str, Any] | None:
    if plate is None:
        return None
    lane = "" if plate.lane is None else " " + translator.text("report.plate_lane", lane=plate.lane)
    return {
        "heading": translator.text("report.plate"),
        "alt": plate.alt,
        "caption": translator.text("report.plate_caption", number=plate.number, system=plate.system) + lane,
        "method": translator.text("report.plate_method", version=plate.method_version),
    }


def _footer(report: ResultReport, translator: Translator) -> str:
    return translator.text(
        "report.footer",
        version=report.version,
        state=translator.text(f"result_state.{report.state}"),
        at=translator.moment(report.made_at, report.zone),
    )
