"""Correcting a reading on its picture, as hands do it: by keyboard alone, by thumb, by mouse."""

import re
from collections.abc import Callable
from statistics import median
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from lab.plates import service as plates
from tests.browser.conftest import Served, Visit
from tests.browser.viewer_plates import read_plate, readings

pytestmark = pytest.mark.browser

LANES = [[0.2, 0.5], [0.35], [0.25, 0.3, 0.7], [0.6]]
FRAME_MS = """
() => { window.took = []; document.querySelector("figure.plate svg").addEventListener("pointermove", () => {
  const began = performance.now();
  requestAnimationFrame(() => { const after = new MessageChannel();
    after.port1.onmessage = () => took.push(performance.now() - began); after.port2.postMessage(0); });
}, true); }
"""


@pytest.fixture
def fresh(served: Served) -> Callable[[list[list[float]]], tuple[str, UUID]]:
    """A plate of its own for a test."""

    def made(lanes: list[list[float]]) -> tuple[str, UUID]:
        with served.lab.state.database.session() as session:
            return read_plate(session, served.lab, lanes)

    return made


Fresh = Callable[[list[list[float]]], tuple[str, UUID]]


def chosen(page: Page) -> str:
    return page.locator("[data-chosen]").inner_text() + " " + page.locator("[data-value]").inner_text()


def tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == name:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {name}")


def test_by_keyboard_alone_one_band_is_moved_and_nothing_else_changes(
    visit: Visit, served: Served, fresh: Fresh
) -> None:
    path, picture_id = fresh(LANES)
    page = visit(path, who="chemist", width=1280)
    page.get_by_role("button", name="Correct on the picture").focus()
    page.keyboard.press("Enter")
    order = []
    for _ in range(6):
        order.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
        page.keyboard.press("Tab")
    assert order[:3] == ["Corner, top left", "Corner, top right", "Solvent front, whole line"]
    tab_to(page, "Lane 2, band a")
    assert page.evaluate("document.activeElement.getAttribute('aria-valuetext')") == "hRf 35.0"
    for _ in range(3):
        page.keyboard.press("ArrowUp")  # 0.1 mm is 1 pixel of 1000, and an eighth of an hRf
    page.keyboard.press("Shift+ArrowUp")
    assert page.evaluate("document.activeElement.getAttribute('aria-valuetext')") == "hRf 36.6, by a person"
    page.keyboard.press("Control+z")
    assert chosen(page).startswith("Lane 2, band a hRf 35.0")
    page.keyboard.press("Control+Shift+z")
    assert chosen(page).startswith("Lane 2, band a hRf 36.6")
    expect(page.locator("[data-status]")).to_contain_text("agree with the server")
    page.keyboard.press("Escape")
    for _ in range(30):
        if page.evaluate("document.activeElement.id") == "viewer-reason":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[data-status]")).to_contain_text("why")
    page.keyboard.type("apex was higher")
    page.keyboard.press("Enter")
    page.wait_for_selector("#waiting")
    served.lab.work()
    page.wait_for_selector("#changes-head", timeout=15_000)
    assert "apex was higher" in page.locator("main").inner_text()
    with served.lab.session() as session:
        first, second = readings(session, picture_id)
    (moved,) = second.document["plates"][0]["lanes"][1]["spots"]
    assert moved["rf"] == pytest.approx((280 + 13) / 800, abs=2e-4)
    assert moved["flags"][-1] == "manual"
    for index in (0, 2, 3):
        assert (
            second.document["plates"][0]["lanes"][index]["spots"]
            == first.document["plates"][0]["lanes"][index]["spots"]
        )


def test_with_one_thumb_a_band_is_picked_nudged_added_joined_and_split(
    chromium: Browser, visit: Visit, served: Served, fresh: Fresh
) -> None:
    path, _ = fresh(LANES)
    cookies = visit("/lookup", who="chemist").context.cookies()
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="en")
    context.add_cookies(cookies)  # type: ignore[arg-type]  # what cookies() gives
    page = context.new_page()
    page.goto(served.url + path)
    page.get_by_role("button", name="Correct on the picture").tap()
    page.wait_for_timeout(700)  # the page glides to the plate
    box = page.locator("[data-key='0:spot:3:0'] path").first.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] / 2 + 6, box["y"] + box["height"] / 2 + 6)  # a thumb is broad
    assert chosen(page) == "Lane 3, band a hRf 25.0"
    page.get_by_role("button", name="Up").tap()
    assert chosen(page) == "Lane 3, band a hRf 25.1, by a person"
    page.get_by_role("button", name="Join with the band above").tap()
    assert chosen(page) == "Lane 3, band a hRf 27.6, by a person"
    page.get_by_role("button", name="Split in two").tap()
    assert page.locator(".handle.spot").count() == 7
    page.get_by_role("button", name="Remove").tap()
    assert page.locator(".handle.spot").count() == 6
    page.get_by_role("button", name="Add a band").tap()
    drawn = page.locator("figure.plate svg image")
    # As a person would: bring the place under the thumb first, clear of what sticks to the edges of the screen.
    drawn.evaluate(
        "e => { const b = e.getBoundingClientRect();"
        " scrollBy({top: b.top + 0.425 * b.height - 300, behavior: 'instant'}) }"
    )
    head = drawn.bounding_box()
    assert head
    page.touchscreen.tap(head["x"] + 0.875 * head["width"], head["y"] + 0.425 * head["height"])  # near the peak at 60
    name = re.fullmatch(r"Lane 4, band a hRf ([0-9.]+), by a person", chosen(page))
    assert name
    assert float(name[1]) == pytest.approx(60, abs=1)
    page.get_by_role("button", name="Undo").tap()
    assert page.locator(".handle.spot").count() == 6
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    small = [
        b.inner_text() for b in page.locator(".viewer-panel button:visible").all() if b.bounding_box()["height"] < 47.5
    ]  # type: ignore[index]  # visible
    assert small == []
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:150]) for v in violations if v["impact"] in {"serious", "critical"}] == []
    context.close()


def test_while_the_front_is_dragged_every_rf_follows_and_the_server_agrees(visit: Visit, fresh: Fresh) -> None:
    path, _ = fresh(LANES)
    page = visit(path, who="chemist", width=1280)
    page.get_by_role("button", name="Correct on the picture").click()
    box = page.locator("[data-key='0:front'] rect").bounding_box()
    band = page.locator("[data-key='0:spot:4:0']")
    picture = page.locator("figure.plate svg image").bounding_box()
    assert box
    assert picture
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 0.04 * picture["height"], steps=5)
    halfway = band.get_attribute("aria-valuenow")
    page.mouse.move(x, y + 0.08 * picture["height"], steps=5)
    page.mouse.up()
    assert float(halfway or 0) == pytest.approx(100 * 480 / 760, abs=0.3)
    assert float(band.get_attribute("aria-valuenow") or 0) == pytest.approx(100 * 480 / 720, abs=0.3)
    expect(page.locator("[data-status]")).to_contain_text("agree with the server")


def test_whoever_comes_second_keeps_what_they_did_and_carries_it_over(
    visit: Visit, served: Served, fresh: Fresh
) -> None:
    path, picture_id = fresh(LANES)
    page = visit(path, who="chemist", width=1280)
    page.get_by_role("button", name="Correct on the picture").click()
    page.locator("[data-key='0:spot:1:0']").focus()
    page.keyboard.press("Delete")
    with served.lab.state.database.session() as session:
        (first,) = readings(session, picture_id)
        other = {"plates": [{"plate": 1, "spots": [{"lane": 3, "replaces": [2], "becomes": []}]}]}
        plates.amend_reading(
            session, actor=served.lab.network.actors["verifier"], reading_id=first.id, edits=other, reason="dust"
        )
    served.lab.work()
    page.locator("#viewer-reason").fill("a scratch")
    page.get_by_role("button", name="Save as a new reading").click()
    expect(page.locator("[data-status]")).to_contain_text("Somebody else")
    page.get_by_role("link", name="Open the newer reading").click()
    expect(page.locator("[data-status]")).to_contain_text("carried over")
    assert page.locator("#viewer-reason").input_value() == "a scratch"
    page.get_by_role("button", name="Save as a new reading").click()
    page.wait_for_selector("#waiting")
    served.lab.work()
    with served.lab.session() as session:
        last = readings(session, picture_id)[-1]
    assert [len(lane["spots"]) for lane in last.document["plates"][0]["lanes"]] == [1, 1, 2, 1]


def test_twenty_lanes_with_a_hundred_bands_load_in_a_second_and_answer_a_drag_in_a_tenth(
    visit: Visit, served: Served, fresh: Fresh
) -> None:
    path, _ = fresh([[0.12 + 0.17 * k for k in range(5)]] * 20)
    page = visit(path, who="chemist", width=1280)
    loads = []
    for _ in range(5):  # the best of some: what else this machine does is not the page's
        page.goto(served.url + path)
        loads.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
        if loads[-1] < 1000:
            break
    page.get_by_role("button", name="Correct on the picture").click()
    assert page.locator(".handle.spot").count() == 100
    page.evaluate(FRAME_MS)
    for key in ("0:front", "0:spot:10:2"):
        box = page.locator(f"[data-key='{key}'] > *").first.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x, y + 25, steps=25)
        page.mouse.up()
    took = page.evaluate("took")
    print(  # noqa: T201 -- the figure is what this test is read for
        f"\nloaded in {min(loads):.0f} ms; {len(took)} moves, median {median(took):.0f} ms, longest {max(took):.0f} ms"
    )
    assert min(loads) < 1000
    assert median(took) < 100
