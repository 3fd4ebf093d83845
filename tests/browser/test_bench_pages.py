"""The bench's pages with something on them: charts, shares, judged plates, imports; in French, phone and desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from sqlmodel import select

from lab.library.models import Substance, TlcSystem
from lab.plates.models import Plate
from lab.results.models import Technique
from tests.browser.conftest import Served, Visit, serving
from tests.lab.quality.quality_bench import EXACT, QualityBench

pytestmark = pytest.mark.browser
RUNS = [50.0, 50.8, 49.1, 50.3, 49.6, 50.2, 53.9, 54.1, 54.3]  # the last ones far above the first


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of its own: what its laboratory declares here would bind every plate of the other tests."""
    with serving(sqlite_template, tmp_path_factory.mktemp("bench")) as found:
        yield found


@pytest.fixture(scope="module")
def bench_paths(served: Served) -> dict[str, str]:
    """A laboratory with a history: where to look at it."""
    with served.lab.state.database.session() as session:
        bench = QualityBench(session, served.lab.state.files, served.lab.network)
        for name in ("heroin", "fentanyl"):
            bench.substances[name] = session.exec(select(Substance).where(Substance.name == name)).one()
        bench.declares(westgard=True, baseline_runs=5, standards_required=True, blank_required=True)
        bench.substance("caffeine")
        bench.ran("caffeine", *RUNS)
        for found in ("heroin", "fentanyl"):
            sample = bench.at_laboratory("heroin")
            bench.answer_on((bench.standard(), EXACT), sample=sample)
            bench.analysis(sample, Technique.GCMS, found)
        last = session.exec(select(Plate).order_by(Plate.created_at.desc())).first()  # type: ignore[attr-defined]  # a column
        system = session.exec(select(TlcSystem).where(TlcSystem.code == "TA")).one()
        caffeine = bench.substances["caffeine"].id
        code = sample.code
        assert last is not None
    return {
        "quality": "/quality", "agreement": "/quality/agreement", "entry": f"/library/{caffeine}/systems/{system.id}",
        "chart": f"/quality/charts/{system.id}/{caffeine}", "plate": f"/plates/{last.id}",
        "substance": f"/library/{caffeine}", "candidates": f"/samples/{code}/interpretation",
        "layouts": "/plates/layouts", "sharing": "/library-files", "bench": "/bench",
    }  # fmt: skip


def looks_right(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == [], page.url


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_of_a_working_bench_fit_and_can_be_read_by_everybody(
    visit: Visit, served: Served, bench_paths: dict[str, str], width: int
) -> None:
    page = visit("/bench", who="chemist", width=width, language="fr")
    for path in bench_paths.values():
        answer = page.goto(served.url + path)
        assert answer is not None
        assert answer.status == 200, path
        looks_right(page)


def test_an_import_says_line_by_line_what_is_refused(visit: Visit, served: Served, tmp_path: Path) -> None:
    page = visit("/imports", who="chemist", language="fr")
    file = tmp_path / "gcms.csv"
    header = "sample_code,technique,performed_on,method_version,outcome,detection_limit_note,substance"
    file.write_text(f"{header}\nNOBODY,gcms,2026-01-01,GC,detected,0.1 %,heroin\n")
    page.locator("input[type=file]").set_input_files(file)
    with page.expect_navigation():
        page.locator("form button.primary").first.click()
    assert page.locator("main").inner_text().count("2") >= 1
    looks_right(page)
