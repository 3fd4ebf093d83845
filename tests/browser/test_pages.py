"""Every page in a real browser: nothing overflows, nothing shuts anybody out, and thumbs find their targets."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Served, Visit

pytestmark = pytest.mark.browser

# Who sees which page; names are those of ``Served.paths`` or paths themselves.
PAGES: tuple[tuple[str | None, str], ...] = (
    (None, "/sign-in"), (None, "/lookup"), (None, "/subscribe"), (None, "/alerts"), (None, "/no/such/page"),
    ("worker", "/"), ("worker", "/samples"), ("worker", "/samples/new"), ("worker", "waiting"), ("worker", "sample"),
    ("worker", "/custody"), ("worker", "/custody/conflicts"), ("worker", "/tasks"), ("worker", "/offline"),
    ("worker", "/labels"), ("worker", "/encounters"), ("worker", "/reach"), (None, "/consent"),
    ("coordinator", "/"), ("coordinator", "/network"), ("coordinator", "/network/directory"),
    ("coordinator", "/ratings"), ("coordinator", "/counts/not-stated"),
    ("chemist", "/"), ("chemist", "/plates"), ("chemist", "/plates/new"), ("chemist", "plate"), ("chemist", "result"),
    ("chemist", "analysis"), ("chemist", "/library"), ("chemist", "substance"),
    ("approver", "/alerts"), ("coordinator", "alert"),
)  # fmt: skip
SERIOUS = {"serious", "critical"}


@pytest.mark.parametrize(("language", "width"), [("fr", 390), ("nl", 390), ("en", 390), ("fr", 1280)])
def test_no_page_scrolls_sideways(visit: Visit, served: Served, language: str, width: int) -> None:
    overflowing = {}
    pages: dict[str | None, object] = {}
    for who, name in PAGES:
        if who not in pages:
            pages[who] = visit("/lookup", who=who, width=width, language=language)
        page = pages[who]
        page.goto(served.url + served.paths.get(name, name))  # type: ignore[attr-defined]  # a Page
        wide = page.evaluate("document.documentElement.scrollWidth")  # type: ignore[attr-defined]  # as above
        if wide > width:
            overflowing[name] = wide
    assert overflowing == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_shuts_anybody_out(visit: Visit, served: Served, dark: bool) -> None:
    found = {}
    pages: dict[str | None, object] = {}
    for who, name in PAGES:
        if who not in pages:
            pages[who] = visit("/lookup", who=who, dark=dark)
        page = pages[who]
        page.goto(served.url + served.paths.get(name, name))  # type: ignore[attr-defined]  # a Page
        only = {"runOnly": ["color-contrast"]} if dark else {}  # the rest does not change with the light
        violations = Axe().run(page, options=only).response["violations"]
        serious = [(one["id"], one["nodes"][0]["html"][:120]) for one in violations if one["impact"] in SERIOUS]
        if serious:
            found[name] = serious
    assert found == {}


def test_thumbs_find_their_targets(visit: Visit, served: Served) -> None:
    small = []
    for name in ("/", "/samples/new", "/custody", "waiting"):
        page = visit(served.paths.get(name, name), who="worker")
        for element in page.query_selector_all("button, .button, .nav a, select, .chip, .list a, input[type=text]"):
            box = element.bounding_box()
            if box and box["height"] < 47.5:
                small.append((name, element.inner_text()[:30], round(box["height"])))
    assert small == []


def test_registering_fits_on_a_phone_with_the_save_button_under_the_thumb(visit: Visit) -> None:
    page = visit("/samples/new", who="worker")
    save = page.get_by_role("button", name="Save and show ticket").bounding_box()
    assert save
    assert save["y"] + save["height"] < 844
    for label in ("Sold as", "Mass"):
        box = page.get_by_label(label, exact=True).bounding_box()
        assert box
        assert box["y"] + box["height"] < save["y"]


def test_pages_can_be_read_at_twice_the_size(visit: Visit, served: Served) -> None:
    for name in ("/", "sample"):
        page = visit(served.paths.get(name, name), who="worker", width=640)  # 1280 at 200 %
        assert page.evaluate("document.documentElement.scrollWidth") <= 640


def test_the_keyboard_reaches_the_content_first(visit: Visit) -> None:
    page = visit("/", who="worker")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
