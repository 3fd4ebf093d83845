"""A ticket in the browser: a typo is told before anything is sent, and the page leaves nothing behind."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Served, Visit


def test_a_typo_is_told_and_nothing_is_sent(visit: Visit, served: Served) -> None:
    page = visit("/lookup")
    sent: list[str] = []
    before = page.context.cookies()
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    bare = served.ticket.replace("-", "")
    swapped = bare[:4] + ("1" if bare[4] == "0" else "0") + bare[5:]
    for text in (swapped, bare[:-1], bare[:-1] + "U"):
        page.fill("#ticket", text)
        page.click("button.primary")
        expect(page.locator("#ticket-typo")).to_be_visible()
        expect(page.locator("#ticket")).to_have_attribute("aria-invalid", "true")
    assert sent == []
    page.fill("#ticket", bare.lower())
    expect(page.locator("#ticket-typo")).to_be_hidden()
    page.click("button.primary")
    expect(page.locator(".answer").first).to_be_visible()
    assert len(sent) == 1
    assert bare not in re.sub("-", "", sent[0])
    assert page.context.cookies() == before
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
