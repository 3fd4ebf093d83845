"""Scanning in a real browser: the vendored decoder, its policy, and the words for the wrong label."""

import io
from pathlib import Path

import pytest
import segno

from lab.samples.codes import with_check
from tests.browser.conftest import Served, Visit

pytestmark = pytest.mark.browser


def _qr(folder: Path, text: str) -> Path:
    buffer = io.BytesIO()
    segno.make(text, micro=False).save(buffer, kind="png", scale=8, border=4)
    path = folder / "label.png"
    path.write_bytes(buffer.getvalue())
    return path


def test_a_label_in_a_picture_fills_the_code_and_counts_as_scanned(
    visit: Visit, served: Served, tmp_path: Path
) -> None:
    page = visit("/samples/new", who="worker")
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.click("button[data-scan=code]")
    page.set_input_files("#scanner-picture", _qr(tmp_path, "PARCEL:S-100"))
    page.wait_for_selector("[data-scanner-said][data-state=wrongParcel]")
    page.set_input_files("#scanner-picture", _qr(tmp_path, f"{served.url}/lookup#ABCD-EFGH-2345"))
    page.wait_for_selector("[data-scanner-said][data-state=wrongTicket]")
    code = with_check("K7QM2F4D")
    page.set_input_files("#scanner-picture", _qr(tmp_path, code))
    page.wait_for_selector("#scanner", state="hidden")
    assert page.input_value("#code") == code
    assert page.input_value("#code_mode") == "scanned"
    page.type("#code", "X")
    assert page.input_value("#code_mode") == "typed"
    assert refused == []  # the strict policy of the page was not in the way, and did not have to be widened
