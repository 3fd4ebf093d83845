"""What moves with scripts, and that everything works without them."""

import re

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from lab.samples.models import Sample
from tests.browser.conftest import Served, Visit

pytestmark = pytest.mark.browser


def test_typing_offers_the_vocabulary(visit: Visit) -> None:
    page = visit("/samples/new", who="worker")
    page.get_by_label("Sold as").press_sequentially("herion")
    expect(page.locator("#sold-as-hits")).to_contain_text("heroin")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_sample_is_registered(visit: Visit, served: Served, scripts: bool) -> None:
    page = visit("/samples/new", who="worker", scripts=scripts)
    words = f"browser {scripts}"
    page.get_by_label("Sold as").fill(words)
    page.locator("label.chip", has_text="crystals").click()
    page.get_by_label("Mass", exact=True).fill("12,5")
    page.locator("label.chip:has([name=consent_analyse])").click()
    page.get_by_role("button", name="Save and show ticket").click()
    expect(page.get_by_text("Ticket for the person")).to_be_visible()
    expect(page.locator(".qr svg")).to_be_visible()
    with served.lab.session() as session:
        sample = session.exec(select(Sample).where(Sample.sold_as_raw == words)).one()
    assert (sample.form, sample.mass_mg) == ("crystal", 12.5)


def test_a_scanned_ticket_opens_its_answer_and_leaves_no_trace(visit: Visit, served: Served) -> None:
    page = visit(f"/lookup#{served.ticket}")
    expect(page.get_by_role("heading", name="Not what was expected.")).to_be_visible()
    assert served.ticket not in page.url
    assert {cookie["name"] for cookie in page.context.cookies()} == {"language", "theme"}  # those of the test
    assert page.evaluate("localStorage.length") == 0


def test_no_page_breaks_the_security_policy(visit: Visit, served: Served) -> None:
    said: list[str] = []
    for who, name in (("worker", "/samples/new"), ("chemist", "plate"), ("coordinator", "alert")):
        page = visit("/lookup", who=who)
        page.on("console", lambda message: said.append(message.text))
        page.goto(served.url + served.paths.get(name, name))
        page.wait_for_load_state("networkidle")
    assert [text for text in said if "Content Security Policy" in text or "Refused" in text] == []


def test_a_poster_is_printed_without_its_surroundings(visit: Visit, served: Served) -> None:
    page = visit(served.paths["sample"], who="worker")
    page.emulate_media(media="print")
    for selector in (".nav", ".top", ".foot", ".urgent"):
        for element in page.query_selector_all(selector):
            assert not element.is_visible(), selector


def test_the_drawn_plate_shows_its_picture(visit: Visit, served: Served) -> None:
    page = visit(served.paths["plate"], who="chemist", width=1280)
    with page.expect_response(re.compile(r"/preview\.jpg$")) as answer:
        page.reload()
    assert answer.value.ok
    assert page.locator('.plate svg[role="img"]').bounding_box()
    assert "bands" in (page.locator(".plate svg").get_attribute("aria-label") or "")
