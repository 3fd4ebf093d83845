"""A real Chromium on a real server with a laboratory in it, filled once."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlmodel import select

from alerts.vocabulary import Tier
from alerts.warnings import drafts
from alerts.warnings.models import Alert
from api.app import create_app
from api.auth.limits import RateLimiter
from api.settings import Settings
from api.state import AppState
from lab.kit.db import Database
from lab.kit.files import open_files
from lab.library.models import Substance
from lab.network import signin
from lab.plates import service as plates
from lab.plates.models import LaneKind, PictureLight
from lab.plates.schemas import LaneIn, PlateIn
from lab.results import service as results
from tests.api.pages.conftest import Lab
from tests.browser.filling import fentanyl_by_gcms, fill_system
from tests.network import make_network
from tlc_analysis.synthetic import random_spec, render

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine; without one these tests are skipped, in CI they fail."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must test in a browser, and there is no Chromium")
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Served:
    """The running laboratory and what lies in it."""

    url: str
    lab: Lab
    paths: dict[str, str]
    ticket: str


@contextmanager
def serving(sqlite_template: Path, folder: Path) -> Iterator[Served]:
    """A server on a free port of the loopback, with samples, a plate, an answer and alerts in it."""
    shutil.copyfile(sqlite_template, folder / "lab.sqlite")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = Settings(data_dir=folder, worker_in_process=False, base_url=url)
    database = Database(settings.effective_database_url)
    state = AppState(
        settings=settings, database=database, files=open_files(str(folder / "files")), limiter=RateLimiter("memory://")
    )
    with database.session() as session:
        network = make_network(session)
    lab = Lab(state, network)
    paths, ticket = _fill(lab)
    server = uvicorn.Server(uvicorn.Config(create_app(state=state), host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.started
    yield Served(url, lab, paths, ticket)
    server.should_exit = True
    thread.join(10)
    database.dispose()


@pytest.fixture(scope="session")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server of all tests that leave the laboratory's declarations as they are."""
    with serving(sqlite_template, tmp_path_factory.mktemp("browser")) as found:
        yield found


def _fill(lab: Lab) -> tuple[dict[str, str], str]:
    """Everything that the pages show; the paths of what was made, and the ticket of an answer given out."""
    heroin, fentanyl = lab.substance("heroin", "opioid"), lab.substance("fentanyl", "fentanyl")
    dangerous = lab.register(sold_as_substance_id=heroin.id, form="powder", mass_mg=95, consent_notify=True)
    waiting = lab.register(sold_as_raw="a very long name that somebody gave to what they bought", form="tablet",
                           adverse_event="serious")  # fmt: skip
    lab.bring(dangerous)
    actors = lab.network.actors
    with lab.state.database.session() as session:
        answer = fentanyl_by_gcms(session, lab, dangerous.sample.id, session.get_one(Substance, fentanyl.id))
        results.submit(session, actor=actors["chemist"], result_id=answer.id)
        results.verify(session, actor=actors["verifier"], result_id=answer.id)
        texts = dict.fromkeys(("fr", "nl", "en"), "Not what was expected.\nFound: fentanyl.")
        results.report(session, actor=actors["chemist"], result_id=answer.id, texts=texts)
        plate = _plate(session, lab, dangerous.sample.id)
    lab.work()
    with lab.state.database.session() as session:
        alert = session.exec(select(Alert).where(Alert.tier == Tier.T2)).one()
        drafts.raise_tier(session, actor=actors["coordinator"], alert_id=alert.id, tier=Tier.T3)
    lab.work()
    paths = {
        "sample": f"/samples/{dangerous.sample.code}", "waiting": f"/samples/{waiting.sample.code}",
        "result": f"/results/{answer.id}", "plate": f"/plates/{plate}", "alert": f"/alerts/{alert.id}/work",
        "analysis": f"/samples/{dangerous.sample.code}/analyses/new", "substance": f"/library/{heroin.id}",
    }  # fmt: skip
    return paths, dangerous.ticket or ""


def _plate(session: object, lab: Lab, sample_id: object) -> object:
    spec = random_spec("phone", "uv254", seed=7)
    lanes = len(spec.plates[0].plate.lanes)
    system = fill_system(session)
    layout = [LaneIn(kind=LaneKind.SAMPLE, sample_id=sample_id)] + [LaneIn(kind=LaneKind.BLANK)] * (lanes - 1)
    data = PlateIn(site_id=lab.network.sites["laboratory"].id, system_id=system.id, lanes=layout)
    plate = plates.create_plate(session, actor=lab.network.actors["chemist"], data=data)
    plates.add_picture(
        session, lab.state.files, actor=lab.network.actors["chemist"], plate_id=plate.id,
        content=render(spec, seed=7).image, light=PictureLight.UV254,
    )  # fmt: skip
    return plate.id


Visit = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser, served: Served) -> Iterator[Visit]:
    """Opens ``path`` as ``who`` (nobody when left out) in a fresh browser of the given width, language and light."""
    contexts: list[BrowserContext] = []

    def opened(
        path: str, *, who: str | None = None, width: int = 390, language: str = "en", dark: bool = False,
        scripts: bool = True,
    ) -> Page:  # fmt: skip
        context = chromium.new_context(
            viewport={"width": width, "height": 844 if width < 600 else 800}, locale=language,
            color_scheme="dark" if dark else "light", java_script_enabled=scripts,
        )  # fmt: skip
        contexts.append(context)
        cookies = {"language": language, "theme": "dark" if dark else "light"}
        if who is not None:
            with served.lab.state.database.session() as session:
                account = served.lab.network.accounts[who]
                cookies["drugcheck"] = signin.open_session(session, account_id=account.id, lifetime=timedelta(hours=1))
        context.add_cookies([{"name": name, "value": value, "url": served.url} for name, value in cookies.items()])
        page = context.new_page()
        page.goto(served.url + path)
        return page

    yield opened
    for context in contexts:
        context.close()
