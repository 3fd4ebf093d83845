"""The bench from a received bag to an answer given out, by keyboard alone on a phone's width, by two people."""

import base64
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from sqlmodel import col, select

from lab.library.models import RetentionValue, Substance, TlcSystem, ValueKind
from lab.plates import service as plates
from lab.plates.models import PlatePicture, Reading
from lab.results.models import Finding, Result, ResultState
from tests.browser.conftest import Served, Visit
from tlc_analysis.synthetic import random_spec, render

pytestmark = pytest.mark.browser
SEED, LANE = 6, 1  # a fresh synthetic plate of three lanes; two bands far apart on the first


def to(page: Page, what: str, *, most: int = 150) -> None:
    """Tab until the focus is on what this selector names: whatever cannot be reached so fails the test."""
    target = page.locator(what).first
    target.wait_for(state="attached")
    for _ in range(most):
        if target.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {what}")


def fill(page: Page, what: str, text: str) -> None:
    to(page, what)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def press(page: Page, what: str) -> None:
    """Press a button or follow a link by keyboard, and wait for the page that comes of it."""
    to(page, what)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [one["id"] for one in found if one["impact"] in {"serious", "critical"}]


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "plate.jpg"
    path.write_bytes(render(random_spec("phone", "uv254", seed=SEED), seed=SEED).image)
    return path


def standards_at(served: Served, reading: Reading) -> None:
    """Own standards of two substances exactly where the sample's bands were read."""
    rfs = sorted(spot["rf"] for spot in reading.document["plates"][0]["lanes"][LANE - 1]["spots"])
    with served.lab.state.database.session() as session:
        system = session.exec(select(TlcSystem).where(TlcSystem.code == "TX")).one()
        for name, rf in zip(("benchamine", "benchocaine"), (rfs[0], rfs[-1]), strict=True):
            substance = Substance(name=name, substance_class="stimulant", source="test")
            session.add(substance)
            session.flush()
            session.add(
                RetentionValue(
                    substance_id=substance.id, system_id=system.id, kind=ValueKind.OWN, value_hrf=100 * rf,
                    corrected=False, layer=system.layer, source="own standard", source_url="", as_read="", note="",
                    site_id=served.lab.network.sites["laboratory"].id,
                )
            )  # fmt: skip


def lay_out(page: Page, code: str) -> None:
    page.locator("select[name=kind]").first.wait_for()
    for number, kind in enumerate(("Sample", "Blank", "Blank")):
        to(page, f"select[name=kind] >> nth={number}")
        page.keyboard.type(kind)
    fill(page, "[name=content] >> nth=0", code)
    fill(page, "[name=width_mm]", "100")
    fill(page, "[name=height_mm]", "100")


def dropped(page: Page, *photographs: Path) -> None:
    """Let files fall onto the form of pictures, as from a folder beside the window."""
    files = [[one.name, base64.b64encode(one.read_bytes()).decode()] for one in photographs]
    held = page.evaluate_handle(
        """files => {
            const held = new DataTransfer();
            for (const [name, content] of files) {
                const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
                held.items.add(new File([bytes], name, { type: "image/jpeg" }));
            }
            return held;
        }""",
        files,
    )
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event("form[data-drop]", event, {"dataTransfer": held})


def correct_front(page: Page) -> None:
    to(page, "[data-begin]")
    page.keyboard.press("Enter")
    to(page, "[aria-label='Solvent front, whole line']")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    fill(page, "#viewer-reason", "front seen on the glass")
    page.keyboard.press("Enter")
    page.wait_for_selector("#waiting", timeout=15_000)


def last_reading(served: Served) -> Reading:
    """What stands of the picture that came last."""
    with served.lab.session() as session:
        picture = session.exec(select(PlatePicture).order_by(col(PlatePicture.uploaded_at).desc())).first()
        assert picture is not None
        reading = plates.latest_reading(session, picture_id=picture.id)
        assert reading is not None
        return reading


def test_a_plate_becomes_a_verified_answer_by_keyboard_alone_at_390_px(
    visit: Visit, served: Served, photograph: Path
) -> None:
    registered = served.lab.register(form="powder", sold_as_raw="bench powder")
    served.lab.bring(registered)
    code = registered.sample.code
    page = visit("/bench", who="chemist")
    fits(page)
    assert serious(page) == []
    press(page, "a[href='/plates/new']")
    lay_out(page, code)
    fits(page)
    press(page, "main button.primary.big")
    plate_path = re.sub(r"\?.*", "", page.url.removeprefix(served.url))
    dropped(page, photograph)
    fits(page)
    press(page, "form[action$='/pictures'] button.primary")
    served.lab.work()
    first = last_reading(served)
    standards_at(served, first)
    page.goto(served.url + plate_path)
    correct_front(page)
    served.lab.work()
    second = last_reading(served)
    assert (second.number, second.supersedes_id, second.reason) == (2, first.id, "front seen on the glass")

    page.wait_for_load_state("networkidle")  # the page of the plate may still be following its reading
    page.goto(f"{served.url}/samples/{code}")
    press(page, f"a[href='/samples/{code}/interpretation']")
    fits(page)
    assert serious(page) == []
    assert "benchamine" in page.locator("main").inner_text()
    press(page, f"form[action$='/lanes/{LANE}'] button.primary")
    page.goto(f"{served.url}/samples/{code}")
    press(page, f"form[action='/samples/{code}/results'] button")
    answer = page.url.partition("?")[0]
    press(page, "form[action$='/submit'] button")
    assert page.locator("form[action$='/verify']").count() == 0

    page = visit(answer.removeprefix(served.url), who="verifier")
    fits(page)
    assert serious(page) == []
    for box in range(page.locator("form[action$='/verify'] input[type=checkbox]").count()):
        to(page, f"form[action$='/verify'] input[type=checkbox] >> nth={box}")
        page.keyboard.press("Space")
    press(page, "form[action$='/verify'] button")
    press(page, "form[action$='/report'] button")
    with served.lab.session() as session:
        result = session.exec(select(Result).where(Result.sample_id == registered.sample.id)).one()
        found = session.exec(select(Finding).where(col(Finding.substance_id).is_not(None))).all()
        names = {session.get_one(Substance, one.substance_id).name for one in found}
    assert result.state is ResultState.REPORTED
    assert {"benchamine", "benchocaine"} <= names


def test_several_pictures_are_dropped_at_once_each_into_a_row_with_its_own_light(
    visit: Visit, served: Served, photograph: Path
) -> None:
    page = visit(served.paths["plate"], who="chemist")
    page.locator("form[data-drop]").evaluate("one => { one.closest('details').open = true; }")
    assert page.locator("[data-picture-row]:visible").count() == 1
    dropped(page, *[photograph] * 8)
    assert page.locator("[data-picture-row]:visible").count() == 6
    held = page.evaluate(
        "[...document.querySelectorAll('[data-picture-row] input[type=file]')].map(i => i.files.length)"
    )
    assert held == [1] * 6
    assert "Only 6 pictures" in page.locator("[data-drop-status]").inner_text()
    assert page.locator("select[name=light_2]").is_visible()
    fits(page)
    assert serious(page) == []
