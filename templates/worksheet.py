"""The paper beside the plate: which lane carries what, with codes to scan, and what to note while it runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from templates.environment import group_code
from templates.i18n import Translator
from templates.pdf import render_pdf
from templates.qr import qr_svg

NOTES = ("applied_by", "volume_usual", "chamber", "temperature", "humidity", "run_mm", "minutes", "reagents")


@dataclass(frozen=True, kw_only=True)
class WorksheetLane:
    """One lane: ``code`` of a sample, or the name of what else it carries."""

    index: int
    kind: str
    code: str | None
    name: str


@dataclass(frozen=True, kw_only=True)
class Worksheet:
    """What is printed. ``standards``: name and reference hRfc of the system's correction standards."""

    number: str
    laboratory: str
    network: str
    system: str
    mobile_phase: str
    layer: str
    saturation: str
    size: str
    standards: Sequence[tuple[str, float]]
    lanes: Sequence[WorksheetLane]
    laid_out_at: datetime


def worksheet_pdf(sheet: Worksheet, translator: Translator) -> bytes:
    """The worksheet as PDF, in the translator's language."""
    created_at = sheet.laid_out_at.replace(microsecond=0)  # a PDF knows no smaller moment
    return render_pdf("worksheet", worksheet_data(sheet, translator), created_at=created_at)


def worksheet_data(sheet: Worksheet, translator: Translator) -> dict[str, Any]:
    """What the template is given."""
    text = translator.text
    standards = ", ".join(f"{name} ({translator.number(hrfc)})" for name, hrfc in sheet.standards)
    facts = [
        (text("worksheet.system"), sheet.system), (text("worksheet.mobile_phase"), sheet.mobile_phase),
        (text("plates.layer"), sheet.layer), (text("worksheet.saturation"), sheet.saturation),
        (text("worksheet.size"), sheet.size),
        (text("worksheet.standards"), standards),
    ]  # fmt: skip
    return {
        "lang": translator.language, "title": text("worksheet.title", number=sheet.number), "network": sheet.network,
        "laboratory": sheet.laboratory, "number": sheet.number,
        "facts": [list(fact) for fact in facts if fact[1]],
        "columns": [text(f"worksheet.column.{name}") for name in ("lane", "carries", "code", "volume", "note")],
        "lanes": [_lane(lane, translator) for lane in sheet.lanes],
        "notes_title": text("worksheet.notes"), "notes": [text(f"worksheet.note.{name}") for name in NOTES],
        "foot": text("worksheet.foot"),
    }  # fmt: skip


def _lane(lane: WorksheetLane, translator: Translator) -> dict[str, Any]:
    code = None if lane.code is None else group_code(lane.code)
    return {
        "index": str(lane.index), "kind": lane.kind, "name": lane.name, "code": code,
        "qr": None if lane.code is None else qr_svg(lane.code),
        "alt": "" if code is None else translator.text("paper.qr_code", code=code),
    }  # fmt: skip
