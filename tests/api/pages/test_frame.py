"""The frame around pages: signing in, preferences, languages, light, errors."""

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from api.pages.layout import STATIC, is_night, local_path, static_url
from lab.network.access import Permission
from lab.network.accounts import set_password
from tests.api.pages.conftest import Client, Lab, fields_of, text_of
from tests.network import ROLES

PASSWORD = "correct horse battery"


@pytest.fixture
def account(lab: Lab) -> str:
    with lab.state.database.session() as session:
        account = lab.network.accounts["worker"]
        set_password(session, account=session.merge(account), password=PASSWORD)
    return "worker@test.example"


def test_signing_in_leads_where_one_was_going(anonymous: TestClient, account: str) -> None:
    anonymous.follow_redirects = False
    turned = anonymous.get("/samples")
    assert turned.headers["location"] == "/sign-in?next=/samples"
    page = anonymous.get(turned.headers["location"])
    sent = {"email": account, "password": PASSWORD, "next": fields_of(page, "next")[0]}
    done = anonymous.post("/sign-in", data=sent)
    assert (done.status_code, done.headers["location"]) == (303, "/samples")
    assert "HttpOnly" in done.headers["set-cookie"]
    assert anonymous.get("/samples").status_code == 200
    out = anonymous.post("/sign-out")
    assert out.headers["location"] == "/sign-in"
    assert anonymous.get("/samples").status_code == 303


def test_a_wrong_password_keeps_the_address_and_never_the_password(anonymous: TestClient, account: str) -> None:
    page = anonymous.post("/sign-in", data={"email": account, "password": "wrong but secret"})
    assert page.status_code == 403
    assert fields_of(page, "email") == [account]
    assert "wrong but secret" not in page.text


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", ""]
)
def test_nobody_is_sent_to_another_site(path: str) -> None:
    assert local_path(path) == "/"


@pytest.mark.parametrize(("language", "word"), [("fr", "Se connecter"), ("nl", "Aanmelden"), ("en", "Sign in")])
def test_the_language_of_the_browser_is_spoken(anonymous: TestClient, language: str, word: str) -> None:
    page = anonymous.get("/sign-in", headers={"Accept-Language": language})
    assert f'<html lang="{language}"' in page.text
    assert word in text_of(page)


def test_a_language_chosen_by_hand_is_remembered(anonymous: TestClient) -> None:
    anonymous.post("/preferences", data={"language": "nl", "next": "/sign-in"})
    assert '<html lang="nl"' in anonymous.get("/sign-in", headers={"Accept-Language": "fr"}).text


def test_light_and_dark_are_remembered_and_forgotten(anonymous: TestClient) -> None:
    anonymous.post("/preferences", data={"theme": "dark", "next": "/sign-in"})
    assert 'data-theme="dark"' in anonymous.get("/sign-in").text
    anonymous.post("/preferences", data={"theme": "auto", "next": "/sign-in"})
    assert "data-theme" not in anonymous.get("/sign-in").text


@pytest.mark.parametrize(
    ("at", "dark"),
    [
        (datetime(2026, 6, 21, 20, 30, tzinfo=UTC), True),  # sunset in Brussels: 20:00 UTC
        (datetime(2026, 6, 21, 19, 0, tzinfo=UTC), False),
        (datetime(2026, 12, 21, 16, 30, tzinfo=UTC), True),  # sunset: 15:38 UTC
        (datetime(2026, 12, 21, 14, 30, tzinfo=UTC), False),
        (datetime(2026, 12, 21, 7, 0, tzinfo=UTC), True),  # sunrise: 7:43 UTC
    ],
)
def test_a_testing_point_is_dark_after_sunset(at: datetime, dark: bool) -> None:
    assert is_night(at) is dark


def test_what_is_not_there_is_a_page_with_a_way_back(anonymous: TestClient) -> None:
    page = anonymous.get("/no/such/page", headers={"Accept-Language": "fr"})
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert 'href="/"' in page.text


def test_htmx_is_answered_with_a_fragment(client: Client) -> None:
    page = client("worker").get("/tasks/00000000-0000-4000-8000-000000000000", headers={"HX-Request": "true"})
    assert page.status_code == 404
    assert "<html" not in page.text


def test_static_files_change_their_address_with_their_content() -> None:
    assert static_url("app.css").startswith("/static/app.css?v=")
    assert (STATIC / "vendor" / "htmx-2.0.11.min.js").exists()


def test_both_dark_palettes_are_one() -> None:
    css = (STATIC / "tokens.css").read_text(encoding="utf-8")
    by_hand = css.partition(':root[data-theme="dark"] {')[2].partition("}")[0]
    by_device = css.partition(":root:not([data-theme]) {")[2].partition("}")[0]
    assert by_hand.split() == by_device.split()


def test_pages_need_nothing_that_the_security_policy_forbids(client: Client) -> None:
    for path in ("/", "/samples/new", "/custody"):
        page = client("worker").get(path)
        assert " style=" not in page.text
        assert "<script>" not in page.text
        assert "unsafe" not in page.headers["content-security-policy"]


@pytest.mark.parametrize("name", sorted(ROLES))
def test_every_role_can_open_every_page_of_its_menu(client: Client, lab: Lab, name: str) -> None:
    lab.register(form="powder", sold_as_raw="speed")
    browser = client(name)
    may = lab.network.actors[name].may
    pages = {
        "/samples": may(Permission.SAMPLE_READ),
        "/custody": may(Permission.CUSTODY_HANDLE),
        "/plates": may(Permission.PLATE_WORK),
        "/plates/new": may(Permission.PLATE_WORK),
        "/library": may(Permission.LIBRARY_READ),
        "/tasks": may(Permission.SAMPLE_READ),
        **dict.fromkeys(("/", "/alerts", "/subscribe", "/lookup"), True),
    }
    for language in ("fr", "nl", "en"):
        answers = {path: browser.get(path, params={"lang": language}).status_code for path in pages}
        assert answers == {path: 200 if allowed else 403 for path, allowed in pages.items()}
