"""Every route says who may use it, and answers errors in one shape."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from fastapi.testclient import TestClient
from starlette.routing import Mount

from api.routing import Access
from api.state import AppState
from tests.api.application import application_on
from tests.api.conftest import Client

FRAMEWORK = {"/api/openapi.json"}  # FastAPI's own: describes routes and holds no data


def routes(app: FastAPI) -> Iterator[RouteContext]:
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, Mount) and route.path not in FRAMEWORK:
            yield route


def accesses(route: RouteContext) -> list[Access]:
    return [found.dependency for found in route.dependencies if isinstance(found.dependency, Access)]


def test_every_route_states_who_may_use_it(state: AppState) -> None:
    for route in routes(application_on(state)):
        assert isinstance(route.original_route, APIRoute), route
        assert len(accesses(route)) == 1, f"{route.path} was added past GuardedRouter"


def test_every_public_route_says_why(state: AppState) -> None:
    for route in routes(application_on(state)):
        assert accesses(route)[0].signed_in or accesses(route)[0].why_public, route.path


def test_no_json_route_answers_nobody(state: AppState, anonymous: TestClient) -> None:
    asked = 0
    for route in routes(application_on(state)):
        if route.path.startswith("/api/v1") and accesses(route)[0].signed_in:
            method = next(iter(route.methods))
            path = route.path.format(**dict.fromkeys(route.param_convertors, "x"))
            answer = anonymous.request(method, path)
            assert answer.status_code == 401, (method, path, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
            asked += 1
    assert asked > 0


def test_a_page_from_another_site_cannot_post(anonymous: TestClient) -> None:
    answer = anonymous.post(
        "/api/v1/session", json={"email": "a@b.example", "password": "x"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:drugcheck:error.auth.cross_site"


def test_an_old_browser_is_known_by_its_origin(anonymous: TestClient) -> None:
    credentials = {"email": "a@b.example", "password": "x"}
    other = anonymous.post("/api/v1/session", json=credentials, headers={"Origin": "https://elsewhere.example"})
    own = anonymous.post("/api/v1/session", json=credentials, headers={"Origin": "http://testserver"})
    assert other.json()["type"] == "urn:drugcheck:error.auth.cross_site"
    assert own.json()["type"] == "urn:drugcheck:error.network.sign_in_failed"


def test_signing_in_is_limited_per_address(anonymous: TestClient) -> None:
    answers = [anonymous.post("/api/v1/session", json={"email": "a@b.example", "password": "x"}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [403] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_what_does_not_fit_names_the_field_and_repeats_no_value(anonymous: TestClient) -> None:
    answer = anonymous.post("/api/v1/session", json={"email": "a@b.example", "password": 12345})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == ["password"]
    assert "12345" not in answer.text


def test_a_bad_token_is_told_from_none(anonymous: TestClient) -> None:
    answer = anonymous.get("/api/v1/session", headers={"Authorization": "Bearer dck_wrong"})
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:drugcheck:error.auth.token_invalid"


def test_a_token_says_who_one_is(client: Client) -> None:
    answer = client("chemist").get("/api/v1/session")
    assert answer.status_code == 200
    assert "plate.work" in answer.json()["permissions"]
    assert "result.verify" not in answer.json()["permissions"]


def test_answers_are_not_kept_and_load_nothing_foreign(anonymous: TestClient) -> None:
    answer = anonymous.get("/api/v1/session")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_the_reference_page_loads_from_this_machine_alone(anonymous: TestClient) -> None:
    page = anonymous.get("/api/docs").text
    assert "http://" not in page
    assert "https://" not in page
    assert anonymous.get("/static/reference/swagger-ui-bundle.js").status_code == 200
    assert anonymous.get("/api/docs.js").status_code == 200


def test_the_running_source_is_offered(anonymous: TestClient) -> None:
    answer = anonymous.get("/source")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.content[:2] == b"PK"
