"""A serious adverse event is on every open screen of its site within two seconds, on one machine that also works."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from api.app import create_app
from api.auth.limits import RateLimiter
from api.settings import Settings
from api.state import AppState
from lab.kit.db import Database
from lab.kit.files import open_files
from lab.network import signin
from lab.samples import service as samples
from lab.samples.schemas import SampleIn
from tests.api.pages.conftest import Lab
from tests.network import make_network

pytestmark = pytest.mark.browser
LIMIT_S = 2.0


@pytest.fixture
def working(sqlite_template: Path, tmp_path: Path) -> Iterator[tuple[str, Lab]]:
    """A server that also works, as one machine at a testing point does."""
    shutil.copyfile(sqlite_template, tmp_path / "lab.sqlite")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(data_dir=tmp_path, worker_in_process=True, base_url=f"http://127.0.0.1:{port}")
    database = Database(settings.effective_database_url)
    files = open_files(str(tmp_path / "files"))
    state = AppState(settings=settings, database=database, files=files, limiter=RateLimiter("memory://"))
    with database.session() as session:
        lab = Lab(state, make_network(session))
    server = uvicorn.Server(uvicorn.Config(create_app(state=state), host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    yield settings.base_url, lab
    server.should_exit = True
    thread.join(20)
    database.dispose()


def _screen(browser: Browser, url: str, lab: Lab, who: str, path: str) -> Page:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en")
    with lab.state.database.session() as session:
        account = lab.network.accounts[who]
        token = signin.open_session(session, account_id=account.id, lifetime=timedelta(hours=1))
    context.add_cookies([{"name": "drugcheck", "value": token, "url": url}])
    page = context.new_page()
    page.goto(url + path)
    return page


def test_a_serious_adverse_event_is_on_the_open_screens_within_two_seconds(
    chromium: Browser, working: tuple[str, Lab]
) -> None:
    url, lab = working
    home, form = (_screen(chromium, url, lab, "worker", path) for path in ("/", "/samples/new"))
    elsewhere = _screen(chromium, url, lab, "south_worker", "/")
    form.fill("#sold_as_raw", "half typed")
    time.sleep(1.5)  # the pages have asked at least once and know that nothing is open
    data = SampleIn(site_id=lab.network.sites["north"].id, consent_analyse=True, adverse_event="serious")
    with lab.state.database.session() as session:
        saved = samples.register(session, actor=lab.network.actors["worker"], data=data)
    started = time.monotonic()
    for page in (home, form):
        page.wait_for_selector("#urgent-banner .urgent", timeout=LIMIT_S * 1000)
    assert time.monotonic() - started < LIMIT_S
    expect(home.locator("#home-tasks")).to_contain_text(saved.sample.code[:4])
    assert form.input_value("#sold_as_raw") == "half typed"
    assert elsewhere.locator(".urgent").count() == 0
    for page in (home, form, elsewhere):
        page.context.close()


def test_a_screen_that_is_not_kept_true_says_so(chromium: Browser, working: tuple[str, Lab]) -> None:
    url, lab = working
    page = _screen(chromium, url, lab, "worker", "/")
    page.route("**/tasks/banner*", lambda route: route.abort())
    page.wait_for_selector("#live-lost", state="visible", timeout=15_000)
    page.unroute("**/tasks/banner*")
    page.wait_for_selector("#live-lost", state="hidden", timeout=5_000)
    page.context.close()
