"""Reports and pictures through typst: data is data, never markup."""

import struct
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import typst

from templates.drawing import draw_plate
from templates.i18n import LANGUAGES, translator
from templates.pdf import render_pdf, render_png
from templates.report import AnalysisLine, FindingLine, PlateFigure, ResultReport, result_pdf
from tests.templates.test_drawing import reading, spot

MADE = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


def plate() -> PlateFigure:
    svg = draw_plate(reading([spot(150, 300)]), picture_href=None, translator=translator("en"))
    return PlateFigure(svg=svg, alt="A plate", number="26-118", system="TA", lane=1, method_version="1")


REPORT = ResultReport(
    code="K7QM2F4DR", site="North field", laboratory="Laboratory", network="Drugcheck",
    collected_on=date(2026, 11, 21), sold_as="ketamine", form="powder", state="verified", version=2, colour="red",
    sentence="Not what was expected.", says=["Found: fentanyl."], limits=["TLC does not see small amounts."],
    preliminary=False, made_at=MADE, verified_at=MADE, verifier_role="verifier",
    findings=[FindingLine(substance="fentanyl", role="active_unexpected", abundance="minor", evidence="confirmed",
                          techniques=["strip", "gcms"], amount="12 mg/g (u = 2)")],
    analyses=[AnalysisLine(technique="gcms", method_version="GC-7", performed_on=date(2026, 11, 21),
                           outcome="detected", detection_limit_note="0.1 %")],
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_is_a_pdf_in_each_language(language: str) -> None:
    pdf = result_pdf(replace(REPORT, plate=plate()), translator(language))
    assert pdf.startswith(b"%PDF-")
    assert b"pdfaid" in pdf  # it says of itself that it is PDF/A
    assert f"({language}" in pdf.decode("latin-1")


def test_equal_facts_give_equal_bytes() -> None:
    assert result_pdf(REPORT, translator("en")) == result_pdf(REPORT, translator("en"))


def test_a_report_without_findings_verifier_or_plate_is_made_too() -> None:
    bare = replace(REPORT, findings=[], verified_at=None, verifier_role=None, sold_as=None, form=None, exercise=True)
    assert result_pdf(bare, translator("fr")).startswith(b"%PDF-")


@pytest.mark.parametrize("text", ['#panic("no")', "*_$`<label>@ref", '#import "x.typ"', "]\n)\n#set page(width: 1pt)"])
def test_what_looks_like_markup_is_printed_as_it_is(text: str) -> None:
    finding = replace(REPORT.findings[0], substance=text, note=text)
    hostile = replace(REPORT, sold_as=text, site=text, sentence=text, limits=[text], findings=[finding])
    assert result_pdf(hostile, translator("en")).startswith(b"%PDF-")


def test_a_broken_template_is_an_error_and_no_empty_file() -> None:
    with pytest.raises(typst.TypstError):
        render_pdf("result", {"lang": "en"}, created_at=MADE)


def test_the_picture_has_the_width_that_was_asked_for() -> None:
    png = render_png(plate().svg, width_px=640)
    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">I", png[16:20])[0] == 640
