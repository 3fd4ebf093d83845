"""What is printed is read back by a decoder, from the page as a printer draws it."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import cv2
import numpy as np
import pytest
import typst
import zxingcpp

from lab.kit.promises import promise_in
from lab.labels.formats import Format, formats
from lab.samples import codes, tickets
from templates.i18n import LANGUAGES, translator
from templates.labels import (
    ParcelPaper,
    Sheet,
    TicketPaper,
    labels_data,
    labels_pdf,
    parcel_data,
    parcel_pdf,
    ticket_data,
    ticket_pdf,
)
from templates.pdf import PDF_DIR

PRINTER_DPI = 300
BASE = "https://drugcheck.network.example"
AT = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)
PAIRS = [one for one in formats() if one.pairs]


def drawn(template: str, data: dict[str, Any]) -> list[np.ndarray]:
    """The pages as grey pictures at the printer's resolution."""
    made = typst.compile(
        (PDF_DIR / f"{template}.typ").read_bytes(), sys_inputs={"data": json.dumps(data)}, format="png",
        ppi=float(PRINTER_DPI), ignore_system_fonts=True,
    )  # fmt: skip
    pages = made if isinstance(made, list) else [made]
    return [cv2.imdecode(np.frombuffer(page, np.uint8), cv2.IMREAD_GRAYSCALE) for page in pages]


def read(page: np.ndarray) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormat.QRCode)]


def sheet_of(one: Format) -> Sheet:
    return Sheet(
        page_width=one.page_width, page_height=one.page_height, width=one.width, height=one.height,
        places=list(one.places()), cut_lines=one.cut_lines,
    )  # fmt: skip


def some_codes(number: int) -> list[str]:
    return [codes.new_code(lambda _: False) for _ in range(number)]


@pytest.mark.parametrize("one", formats(), ids=lambda one: one.name)
def test_every_label_of_a_sheet_reads_back_as_its_code_and_nothing_more(one: Format) -> None:
    printed = some_codes(one.per_sheet(with_tickets=False))
    data = labels_data(printed, sheet=sheet_of(one), network="Network", translator=translator("en"))
    (page,) = drawn("labels", data)
    assert sorted(read(page)) == sorted(printed)


@pytest.mark.parametrize("one", PAIRS, ids=lambda one: one.name)
def test_a_ticket_stands_beside_its_label_and_opens_the_look_up(one: Format) -> None:
    printed = some_codes(one.per_sheet(with_tickets=True))
    tokens = [tickets.new_token() for _ in printed]
    data = labels_data(
        printed, tokens=tokens, base_url=BASE, sheet=sheet_of(one), network="Network", translator=translator("fr")
    )
    (page,) = drawn("labels", data)
    found = zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormat.QRCode)
    rows = {round(codes_at.position.top_left.y / page.shape[0] * 200): [] for codes_at in found}
    assert len(found) == 2 * len(printed)
    middle = page.shape[1] / 2
    left = sorted((one for one in found if one.position.top_left.x < middle), key=lambda one: one.position.top_left.y)
    right = sorted((one for one in found if one.position.top_left.x > middle), key=lambda one: one.position.top_left.y)
    assert [one.text for one in left] == printed
    assert [one.text for one in right] == [f"{BASE}/lookup#{codes.format_code(token)}" for token in tokens]
    assert rows


def test_labels_stay_on_their_sheet_and_off_each_other() -> None:
    for one in formats():
        places = list(one.places())
        assert max(x for x, _ in places) + one.width <= one.page_width + 0.3, one.name
        assert max(y for _, y in places) + one.height <= one.page_height + 0.3, one.name
        assert one.dx >= one.width, one.name
        assert one.dy >= one.height, one.name


def test_more_labels_than_a_sheet_go_on_the_next() -> None:
    one = next(one for one in formats() if one.name == "plain")
    printed = some_codes(15)
    pages = drawn("labels", labels_data(printed, sheet=sheet_of(one), network="Network", translator=translator("nl")))
    assert [len(read(page)) for page in pages] == [12, 3]


def ticket(half: timedelta | None = timedelta(hours=30)) -> TicketPaper:
    return TicketPaper(
        token=tickets.new_token(), base_url=BASE, network="Network", ends_on=date(2027, 2, 19), half=half, made_at=AT
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_ticket_reads_back_and_says_what_the_page_will_say(language: str) -> None:
    paper, speak = ticket(), translator(language)
    data = ticket_data(paper, speak)
    (page,) = drawn("ticket", data)
    assert read(page) == [f"{BASE}/lookup#{codes.format_code(paper.token)}"]
    assert "".join(data["groups"]).replace("-", "") == paper.token
    words = " ".join([*data["lines"], data["scan"], data["type"], data["foot"], data["heading"]])
    assert promise_in(words) is None
    assert speak.date(paper.ends_on) in words
    assert ticket_pdf(paper, speak).startswith(b"%PDF-")


def test_a_ticket_says_when_only_where_that_was_measured() -> None:
    lines = ticket_data(ticket(half=None), translator("en"))["lines"]
    assert any("ask the team" in line for line in lines)
    assert not any(re.search(r"\d+ (min|h|day)", line) for line in lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_parcel_reads_back_as_a_parcel(language: str) -> None:
    paper = ParcelPaper(
        seal_number="P-2026-0042", from_site="North field", to_site="Laboratory", items=1,
        legal_basis="Authorisation 7, judicial district of Leuven", network="Network", made_at=AT,
    )  # fmt: skip
    (page,) = drawn("parcel", parcel_data(paper, translator(language)))
    assert read(page) == ["PARCEL:P-2026-0042"]
    assert parcel_pdf(paper, translator(language)).startswith(b"%PDF-")


def test_equal_labels_give_equal_bytes() -> None:
    one = next(one for one in formats() if one.name == "11354")
    printed = some_codes(1)
    first, second = (
        labels_pdf(printed, sheet=sheet_of(one), network="Network", translator=translator("en"), made_at=AT)
        for _ in range(2)
    )
    assert first == second
    assert first.startswith(b"%PDF-")
