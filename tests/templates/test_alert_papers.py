"""An alert on paper: a poster is one page however long its words, a sheet two, and their code leads to the alert."""

from dataclasses import replace
from datetime import UTC, date, datetime

import cv2
import numpy as np
import pytest
import typst
import zxingcpp

from alerts.warnings.models import VersionKind
from templates import alert_sheet, pdf, poster
from templates.alert_sheet import Sheet, sheet_pdf
from templates.i18n import LANGUAGES, translator
from templates.poster import Poster, poster_pdf
from tests.api.pages.pictures import jpeg

URL = "https://alerts.example.org/alerts/99264841-0c7c-4bc6-953b-386206a71041"
PLAIN = Poster(
    headline="Nitazene found in a product sold as heroin", what="3 samples analysed.", evidence="Confirmed (GC-MS).",
    risk="The breathing can stop.", advice=["Call 112.", "Give naloxone."], variation="Others may look different.",
    areas=["Leuven"], network="Drugcheck", url=URL, issued_on=date(2026, 11, 22), take_down_on=date(2026, 11, 29),
    withdrawn=False, exercise=False, made_at=datetime(2026, 11, 22, tzinfo=UTC),
)  # fmt: skip
WORDS = "word " * 300
LONGEST = replace(
    PLAIN, headline="h " * 100, what=WORDS, evidence=WORDS, risk=WORDS, variation=WORDS, advice=["advice " * 28] * 10,
    photo=jpeg(), exercise=True, withdrawn=True,
)  # fmt: skip


def codes_on(page: bytes) -> list[str]:
    """What the codes on a page say."""
    return [one.text for one in zxingcpp.read_barcodes(cv2.imdecode(np.frombuffer(page, np.uint8), cv2.IMREAD_COLOR))]


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[list[bytes]]:
    """The pages of each document made, as PNG in place of PDF."""
    made: list[list[bytes]] = []

    def compiled(source: bytes, inputs: dict[str, str], **_options: object) -> bytes:
        found = typst.compile(source, sys_inputs=inputs, ignore_system_fonts=True, format="png", ppi=100.0)
        made.append(found if isinstance(found, list) else [found])
        return b""

    monkeypatch.setattr(pdf, "_compile", compiled)
    assert poster.render_pdf is alert_sheet.render_pdf is pdf.render_pdf
    return made


@pytest.mark.parametrize("sheet", [PLAIN, replace(PLAIN, photo=jpeg()), LONGEST], ids=["plain", "photo", "longest"])
def test_a_poster_is_one_page_and_its_code_leads_to_the_alert(pages: list[list[bytes]], sheet: Poster) -> None:
    poster_pdf(sheet, translator("fr"))
    (made,) = pages
    assert len(made) == 1
    assert codes_on(made[0]) == [URL]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sheet_has_two_sides_in_each_language(pages: list[list[bytes]], language: str) -> None:
    history = [(1, VersionKind.ALERT, date(2026, 11, 20), None), (2, VersionKind.UPDATE, date(2026, 11, 22), "more")]
    plain = vars(replace(PLAIN, photo=jpeg()))
    sheet_pdf(Sheet(**plain, tier="T2", number=2, samples=3, history=history), translator(language))
    (made,) = pages
    assert len(made) == 2
    assert codes_on(made[1]) == [URL]
