"""A talk noted on a phone, in French, with the guide folded; the network looked after on a phone."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlmodel import select

from lab.directory import service as directory
from lab.directory.schemas import EntryIn
from lab.encounters.models import Encounter, EncounterOrientation
from lab.kit.clock import today
from tests.browser.conftest import Served, Visit
from tests.browser.test_pages import SERIOUS

pytestmark = pytest.mark.browser


def serious(page: object) -> list[tuple[str, str]]:
    violations = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:160]) for one in violations if one["impact"] in SERIOUS]


def test_a_talk_is_noted_with_one_thumb(visit: Visit, served: Served) -> None:
    lab = served.lab
    code = lab.register().sample.code
    with lab.state.database.session() as session:
        data = EntryIn(kind="caarud", name="La porte ouverte", telephone="02 123 45 67", country="BE",
                       valid_until=today() + timedelta(days=90))  # fmt: skip
        directory.add_entry(session, actor=lab.network.actors["coordinator"], data=data)
    page = visit(f"/encounters/new?sample={code}", who="worker", language="fr")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert serious(page) == []
    guide = page.get_by_text("Demander, dire, demander").first
    assert not guide.is_visible()  # folded on a phone
    page.get_by_text("Ouvrir le guide").click()
    assert guide.is_visible()
    save = page.get_by_role("button", name="Enregistrer l’entretien").bounding_box()
    assert save
    assert save["y"] + save["height"] < 844
    page.locator('label.chip:has(input[name="core.first_time"][value="no"])').click()
    page.locator('label.chip:has(input[name="core.advice"][value="not_alone"])').click()
    page.get_by_label("La porte ouverte").check()
    page.get_by_role("button", name="Enregistrer l’entretien").click()
    page.get_by_text("Enregistré.").wait_for()
    assert page.get_by_text("ne pas rester seul·e").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert serious(page) == []
    with lab.session() as session:
        [talk] = session.exec(select(Encounter)).all()
        assert talk.answers == {"core.first_time": False, "core.advice": ["not_alone"]}
        assert len(session.exec(select(EncounterOrientation)).all()) == 1


def test_the_network_is_looked_after_on_a_phone(visit: Visit) -> None:
    page = visit("/network", who="admin", language="fr")
    found = {}
    for path in ("", "/sites", "/sites/new", "/people", "/training", "/directory", "/directory/new",
                 "/questionnaires", "/counts", "/person-code"):  # fmt: skip
        page.goto(page.url.split("/network")[0] + f"/network{path}")
        problems = serious(page)
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            problems.append(("too wide", path))
        if problems:
            found[path] = problems
    assert found == {}


def test_the_guide_stands_beside_the_talk_on_a_desk(visit: Visit) -> None:
    page = visit("/encounters/new", who="worker", language="nl", width=1280)
    assert page.get_by_role("heading", name="Leidraad voor het gesprek").is_visible()
    assert serious(page) == []
