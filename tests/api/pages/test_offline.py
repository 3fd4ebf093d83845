"""What stays on a phone: the shell of the offline app, the same for everybody."""

import json
import re

from fastapi.testclient import TestClient

from api.pages.layout import STATIC
from api.state import AppState
from templates.i18n import LANGUAGES
from tests.api.pages.conftest import Client, Lab
from tests.network import Network


def kept_by_the_worker(client: TestClient) -> dict[str, object]:
    """What the service worker is told to keep."""
    first = client.get("/sw.js").text.split("\n", 1)[0]
    found: dict[str, object] = json.loads(first.removeprefix("const SHELL = ").removesuffix(";"))
    return found


def test_everything_that_the_service_worker_keeps_is_there_and_is_nobodys(client: Client) -> None:
    kept = kept_by_the_worker(client("worker"))
    pages, files = kept["pages"], kept["files"]
    assert isinstance(pages, dict)
    assert isinstance(files, list)
    assert set(pages) == set(LANGUAGES)
    for address in (*pages.values(), *files):
        assert address.startswith(("/offline?lang=", "/static/", "/offline/files/")), address
        assert client("worker").get(address).status_code == 200, (
            address
        )  # one that is missing: no worker installs at all


def test_the_shell_is_the_same_whoever_asks_and_whatever_lies_in_the_laboratory(client: Client, lab: Lab) -> None:
    before = client("worker").get("/offline?lang=nl").text
    lab.register(sold_as_raw="nobody's business")
    after = client("chemist").get("/offline?lang=nl").text
    assert before == after
    assert "Worker" not in before


def test_the_shell_says_everything_in_every_language(client: Client) -> None:
    for language in LANGUAGES:
        page = client("worker").get(f"/offline?lang={language}")
        found = re.search(r'id="offline-texts">(.*?)</script>', page.text, re.DOTALL)
        assert found
        texts = json.loads(found[1])
        for source in (STATIC / "offline").glob("*.js"):
            for name in re.findall(r'(?<![#\w])say\("(\w+)"', source.read_text(encoding="utf-8")):
                assert name in texts, (language, name)


def test_all_modules_change_their_address_together(client: Client) -> None:
    files = kept_by_the_worker(client("worker"))["files"]
    assert isinstance(files, list)
    versions = {name.split("/")[3] for name in files if name.startswith("/offline/files/")}
    assert len(versions) == 1
    answer = client("worker").get(f"/offline/files/{versions.pop()}/main.js")
    assert "immutable" in answer.headers["cache-control"]
    assert client("worker").get("/offline/files/0/../../settings.py").status_code == 404
    assert client("worker").get("/offline/files/0/sw.js").status_code == 404


def test_the_app_can_be_installed_under_the_networks_name(client: Client, state: AppState) -> None:
    manifest = client("worker").get("/manifest.webmanifest?lang=fr").json()
    assert manifest["name"] == state.settings.network_name
    assert manifest["lang"] == "fr"
    for icon in manifest["icons"]:
        assert client("worker").get(icon["src"]).headers["content-type"] == "image/png"


def test_signing_out_leaves_what_was_not_sent_on_the_phone(client: Client, network: Network) -> None:
    answer = client("worker").post("/sign-out")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
