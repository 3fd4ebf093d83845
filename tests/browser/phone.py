"""A telephone that can be killed, and a counter whose server can go away: what working without network needs."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import uvicorn
from playwright.sync_api import BrowserContext, BrowserType, Page
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.app import create_app
from api.auth.limits import RateLimiter
from api.settings import Settings
from api.state import AppState
from lab.kit.db import Database
from lab.kit.files import open_files
from lab.network import signin
from tests.api.pages.conftest import Lab
from tests.network import make_network


class Faults:
    """ASGI middleware that answers /api/v1/sync as networks do when they fail: ``mode`` says how."""

    def __init__(self, app: ASGIApp, counter: "Counter") -> None:
        self._app = app
        self._counter = counter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        mode = self._counter.fault
        if mode is None or scope["type"] != "http" or scope["path"] != "/api/v1/sync":
            await self._app(scope, receive, send)
            return
        if mode == "answer lost":  # the server took it in; the telephone never hears of it

            async def swallow(message: Message) -> None:
                del message

            await self._app(scope, receive, swallow)
        status, kind = (200, b"text/html") if mode == "hotel" else (502, b"text/plain")
        self._counter.faults_met += 1
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": b"<html>Welcome to our hotel</html>"})


class Counter:
    """The server of a testing point, on one port for its whole life, whether it runs or not."""

    def __init__(self, folder: Path, template: Path) -> None:
        shutil.copyfile(template, folder / "lab.sqlite")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        settings = Settings(data_dir=folder, worker_in_process=False, base_url=self.url)
        database = Database(settings.effective_database_url)
        state = AppState(
            settings=settings, database=database, files=open_files(str(folder / "files")),
            limiter=RateLimiter("memory://"),
        )  # fmt: skip
        with database.session() as session:
            network = make_network(session)
        self.lab = Lab(state, network)
        self.fault: str | None = None
        self.faults_met = 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """There is network."""
        app = Faults(create_app(state=self.lab.state), self)
        config = uvicorn.Config(app, host="127.0.0.1", port=self._port, log_level="error", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        assert self._server.started

    def stop(self) -> None:
        """There is none."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(10)
            self._server = None

    def close(self) -> None:
        self.stop()
        self.lab.state.database.dispose()


class Handset:
    """A browser as wide as a telephone, with a memory of its own."""

    def __init__(self, context: BrowserContext, counter: Counter) -> None:
        self.context = context
        self.counter = counter

    def open(self, path: str = "/offline?lang=en", *, who: str | None = "worker") -> Page:
        """A page at ``path``, signed in as ``who``."""
        if who is not None:
            self.sign_in(who)
        return self.tab(path)

    def tab(self, path: str) -> Page:
        """One more page."""
        page = self.context.new_page()
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(self.counter.url + path)
        return page

    def sign_in(self, who: str) -> None:
        """Give it a session, as the sign-in page does."""
        with self.counter.lab.state.database.session() as session:
            account = self.counter.lab.network.accounts[who]
            token = signin.open_session(session, account_id=account.id, lifetime=timedelta(hours=1))
        self.context.add_cookies([{"name": "drugcheck", "value": token, "url": self.counter.url}])


class Phone(Handset):
    """A Chromium of its own with a folder of its own, which outlives its death."""

    def __init__(self, kind: BrowserType, command: list[str], folder: Path, counter: Counter) -> None:
        self._kind = kind
        self._command = [*command, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}"]
        self.folder = folder
        self.start(counter)

    def start(self, counter: Counter) -> None:
        """Switch it on."""
        port = self.folder / "DevToolsActivePort"
        port.unlink(missing_ok=True)
        self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
            [*self._command, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + 20
        while not (port.exists() and port.read_text().count("\n")) and time.monotonic() < deadline:
            time.sleep(0.05)
        self._browser = self._kind.connect_over_cdp(f"http://127.0.0.1:{port.read_text().split()[0]}")
        super().__init__(self._browser.contexts[0], counter)

    def kill(self) -> None:
        """No goodbye: SIGKILL to all its processes."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
            self._process = None
            self._browser.close()


@contextmanager
def counter_at(folder: Path, template: Path) -> Iterator[Counter]:
    """A counter that is open."""
    counter = Counter(folder, template)
    counter.start()
    yield counter
    counter.close()
