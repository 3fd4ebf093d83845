"""A parcel of twenty is unpacked in a browser, one missing, one unexpected, one seal broken: the register says all."""

import csv
import io

import pytest
from playwright.sync_api import expect

from lab.custody.service import seal
from tests.browser.conftest import Served, Visit
from tests.browser.test_receiving import packed

pytestmark = pytest.mark.browser


def stray(served: Served) -> str:
    """A sealed sample of the north field that is on no manifest; its code."""
    registered = served.lab.register(mass_mg=50)
    with served.lab.state.database.session() as session:
        worker = served.lab.network.actors["worker"]
        seal(session, actor=worker, item_id=registered.item.id, seal_number="STRAY-1")
    return registered.sample.code


def test_every_deviation_of_a_parcel_of_twenty_stands_in_the_register(visit: Visit, served: Served) -> None:
    parcel_id, codes = packed(served, "PR-20")
    missing, broken, unexpected = codes[0], codes[1], stray(served)
    giver = visit(f"/custody/parcels/{parcel_id}", who="worker")
    giver.get_by_label("I take this parcel").check()
    giver.get_by_role("button", name="Hand over on this device").click()

    bench = visit("/custody", who="chemist")
    bench.get_by_label("Seal number of the parcel").fill("PR-20")
    bench.keyboard.press("Enter")
    expect(bench.locator("#scan")).to_be_focused()
    for code in [broken, *codes[2:], unexpected]:
        bench.keyboard.type(code)
        bench.keyboard.press("Enter")
    expect(bench.locator("[data-tally]")).to_have_text("19 of 20", timeout=60_000)
    expect(bench.locator("#receiving-state .badge-yellow").first).to_be_visible(timeout=60_000)  # the last is answered
    line = bench.locator("#receiving-state li.line").filter(has=bench.locator("details")).last  # the first scanned
    line.locator("summary").click()
    line.locator("label.chip", has_text="broken").click()
    line.get_by_role("button", name="Save").click()
    bench.locator("label.chip", has_text="seal intact").last.click()
    bench.get_by_role("button", name="Close the receiving").click()
    expect(bench.locator(".note.done")).to_contain_text("Closed")

    bench.goto(served.url + "/custody/tasks")
    for words in ("missing from a parcel", "in a parcel, not on its manifest", "seal broken or missing"):
        expect(bench.get_by_text(words).first).to_be_visible()
    assert bench.evaluate("document.documentElement.scrollWidth") <= 390

    desk = visit("/custody/register", who="auditor")
    desk.get_by_label("Place").select_option(label="Laboratory")
    desk.get_by_role("button", name="Show").click()
    for words in ("missing from the parcel", "not on the manifest", "seal not whole"):
        expect(desk.get_by_text(words).first).to_be_visible()
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390
    shown = desk.url.replace("/custody/register?", "/custody/register{}?")
    table = desk.context.request.get(shown.format(".csv")).body()
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    said = {row["sample"].replace("-", ""): row["deviation"] for row in rows if row["deviation"]}
    assert said[missing.replace("-", "")] == "missing from the parcel"
    assert said[unexpected.replace("-", "")] == "not on the manifest"
    assert said[broken.replace("-", "")] == "seal not whole"
    assert desk.context.request.get(shown.format(".pdf")).body().startswith(b"%PDF-")
