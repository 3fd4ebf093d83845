"""Whatever is sent to a JSON route, the answer is one of its own or a problem (RFC 9457) in the caller's language.

Bodies start from the route's own schema with keys of things that exist, and then one place after another is given
something hostile. Nothing may answer 500, and what was refused must have left no row behind.
"""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import SQLModel

from api.state import AppState
from api.uploads import BODY_LIMIT
from lab.network import accounts, signin
from lab.network.models import Role
from templates.i18n import LANGUAGES, translator
from tests.api.conftest import Client
from tests.api.world import World, make_world
from tests.network import Network

ROLES = ("worker", "chemist", "verifier", "coordinator", "approver", "admin", "courier", "auditor")
HOSTILE = (
    "null", "true", "-1", "0", "9223372036854775808", "1e308", "NaN", "-Infinity", "1" + "0" * 400, "[]", "{}", '""',
    '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udfff\\ud800"', '" "', '"\\u202e\\ufeff"', '"%00"',
    '"../../etc/passwd"',
    '"\'; DROP TABLE sample; --"', '"<script>alert(1)</script>"', '"{{7*7}}"', '"%(x)s"', '"2026-13-45"',
    '"0001-01-01T00:00:00Z"', '"9999-12-31T23:59:59-23:59"', '"00000000-0000-0000-0000-000000000000"', '["\\u0000"]',
    '{"\\u0000": 1}', '{"a": NaN}', '"' + "é" * 3000 + '"', "[" * 50 + "]" * 50,
)  # fmt: skip
HOSTILE_PATHS = ("%00", "%ff", "..%2f..", "x" * 3000, "-1", "%F0%9F%92%8A", "%0d%0aSet-Cookie:a=b", "' OR 1=1 --")


def rows(state: AppState) -> dict[str, int]:
    """How many rows each table has, but for the counters of procrastinate."""
    with state.database.reading() as session:
        return {
            table.name: session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in SQLModel.metadata.sorted_tables
        }


def is_a_problem(answer: Response, language: str) -> None:
    assert answer.headers["content-type"] == "application/problem+json", (answer.status_code, answer.text)
    problem = answer.json()
    assert {"type", "title", "status", "detail"} <= set(problem)
    assert problem["status"] == answer.status_code
    titles = {translator(language).text(f"problem.title.{status}") for status in (answer.status_code, 400)
              if translator(language).has(f"problem.title.{status}")}  # fmt: skip
    assert problem["title"] in titles
    assert all(error["detail"] for error in problem.get("errors", ()))


class Fuzzer:
    """Sends to every operation of the published schema, as every role in turn."""

    def __init__(self, document: dict[str, Any], world: World, network: Network) -> None:
        self._document = document
        self._world = world
        self._sites = [str(site.id) for site in network.sites.values()]
        self._random = random.Random(random.getrandbits(64))  # noqa: S311 -- seeded by the test run, so repeatable

    def requests(self) -> Iterator[tuple[str, str, bytes | None]]:
        """Method, path and body of one hostile request after another, without end."""
        operations = [
            (method.upper(), path, operation)
            for path, methods in self._document["paths"].items()
            for method, operation in methods.items()
            if "/session" not in path
        ]
        while True:
            method, path, operation = self._random.choice(operations)
            yield method, self._path(path, operation), self._body(operation)

    def _path(self, path: str, operation: dict[str, Any]) -> str:
        hostile = self._random.random() < 0.15
        keys = {
            name: self._random.choice(HOSTILE_PATHS) if hostile else self._world.keys[name] for name in self._world.keys
        }
        asked = [
            f"{parameter['name']}={self._random.choice(('%00', '-1', '9' * 30, 'x', '1', '%ff', ''))}"
            for parameter in operation.get("parameters", ())
            if parameter["in"] == "query" and self._random.random() < 0.5
        ]
        return path.format(**keys) + ("?" + "&".join(asked) if asked else "")

    def _body(self, operation: dict[str, Any]) -> bytes | None:
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return None
        plain = self._value(content["application/json"]["schema"], depth=0)
        return json.dumps(plain).replace('"@', "").replace('@"', "").encode() if plain is not None else b"null"

    def _value(self, schema: dict[str, Any], *, depth: int) -> Any:
        """Something that fits, or, now and then, raw hostile JSON between ``@`` marks."""
        if self._random.random() < 0.12:
            return "@" + self._hostile() + "@"
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return self._value(self._document["components"]["schemas"][name], depth=depth)
        for several in ("anyOf", "oneOf", "allOf"):
            if several in schema:
                return self._value(self._random.choice(schema[several]), depth=depth)
        if "enum" in schema or "const" in schema:
            return self._random.choice(schema.get("enum") or [schema["const"]])
        return self._plain(schema, depth=depth)

    def _hostile(self) -> str:
        return f"HOSTILE{self._random.randrange(len(HOSTILE))}"

    def _plain(self, schema: dict[str, Any], *, depth: int) -> Any:
        kind = schema.get("type")
        if kind == "object":
            given = schema.get("properties", {})
            wanted = {n for n in given if n in schema.get("required", ()) or self._random.random() < 0.5}
            return {name: self._value(given[name], depth=depth + 1) for name in given if name in wanted}
        if kind == "array":
            count = self._random.randrange(3) if depth < 5 else 0
            return [self._value(schema.get("items", {}), depth=depth + 1) for _ in range(count)]
        plain = {"integer": 1, "number": 1.5, "boolean": True, "null": None}
        return plain[kind] if kind in plain else self._text(schema.get("format"))

    def _text(self, form: str | None) -> str:
        keys = [*self._world.keys.values(), *self._sites, *self._world.substances.values(), self._world.system_id]
        texts = {"uuid": self._random.choice(keys), "date": "2026-11-20", "date-time": "2026-11-20T20:00:00Z"}
        return texts.get(form or "", self._random.choice(("text", "A-1", "en", *keys)))


def restore(body: bytes | None) -> bytes | None:
    """Put the raw hostile JSON where :class:`Fuzzer` left its number."""
    if body is None:
        return None
    for number in reversed(range(len(HOSTILE))):
        body = body.replace(f"HOSTILE{number}".encode(), HOSTILE[number].encode())
    return body


def _anything(state: AppState, app: Any) -> TestClient:
    """A client that holds every role: what it is refused, it is refused for what it sent."""
    with state.database.session() as session:
        account = accounts.find_account(session, email="all@test.example") or accounts.create_account(
            session, email="all@test.example", display_name="All", language="en"
        )
        for role in Role:
            accounts.grant_role(session, account_id=account.id, role=role)
        token = signin.issue_token(session, account_id=account.id, label="test", lifetime=timedelta(hours=1))
    return TestClient(app, headers={"Authorization": f"Bearer {token}"}, raise_server_exceptions=False)


def fuzz(state: AppState, network: Network, client: Client, *, requests: int) -> None:
    world = make_world(state, network, client)
    fuzzer = Fuzzer(client("worker").get("/api/openapi.json").json(), world, network)
    everybody = [client(role) for role in ROLES]
    anything = _anything(state, everybody[0].app)
    clients = [speaking for one in everybody for speaking in (one, anything)]
    before = rows(state)
    answered: dict[int, int] = {}
    for number, (method, path, body) in zip(range(requests), fuzzer.requests(), strict=False):
        speaking = clients[number % len(clients)]
        headers = {"content-type": "application/json"} if body is not None else {}
        answer = speaking.request(method, path, content=restore(body), headers=headers)
        answered[answer.status_code] = answered.get(answer.status_code, 0) + 1
        assert answer.status_code < 500, (method, path, restore(body), answer.text)
        if answer.status_code >= 400:
            is_a_problem(answer, "en")
            assert rows(state) == before, (method, path, restore(body))
        else:
            before = rows(state)
    print(state.database.engine.dialect.name, "answers by status:", dict(sorted(answered.items())))  # noqa: T201 -- the figures of a soak
    assert answered.keys() & {200, 201}
    assert answered.keys() >= {403, 404, 422}


def test_no_request_breaks_a_route_or_leaves_half_of_itself(state: AppState, network: Network, client: Client) -> None:
    fuzz(state, network, client, requests=240)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_no_request_breaks_a_route_in_a_long_run(state: AppState, network: Network, client: Client) -> None:
    fuzz(state, network, client, requests=20_000)


BEFORE_ANY_ROUTE: tuple[tuple[str, str, bytes | None, int], ...] = (
    ("GET", "/api/v1/nothing", None, 404),
    ("PATCH", "/api/v1/samples", None, 405),
    ("POST", "/api/v1/lookup", b"{" + b" " * BODY_LIMIT + b"}", 413),
    ("POST", "/api/v1/lookup", b'{"ticket": ', 422),
    ("POST", "/api/v1/lookup", b'{"ticket": NaN}', 422),
    ("POST", "/api/v1/lookup", b'{"ticket": "\\u0000"}', 422),
    ("POST", "/api/v1/lookup", b'{"ticket": "\\ud800"}', 422),
    ("POST", "/api/v1/lookup", b'{"ticket": 12, "more": 1}', 422),
    ("POST", "/api/v1/lookup", b"\xff\xfe", 422),
    ("POST", "/api/v1/lookup", b"[" * 100_000, 400),
    ("POST", "/api/v1/lookup", b'{"ticket": ' + b"9" * 5000 + b"}", 400),
    ("GET", "/api/v1/samples/%00", None, 422),
    ("GET", "/api/v1/samples", None, 401),
)


def test_what_goes_wrong_before_any_route_is_said_in_the_callers_language(anonymous: TestClient) -> None:
    for method, path, body, status in BEFORE_ANY_ROUTE:
        for language in LANGUAGES:
            headers = {"content-type": "application/json", "accept-language": language}
            answer = anonymous.request(method, path, content=body, headers=headers)
            assert answer.status_code == status, (method, path, body and body[:30])
            is_a_problem(answer, language)
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_field_is_faulted_in_english_to_others(anonymous: TestClient) -> None:
    faults = {"ticket": None, "language": "xx", "stranger": True}
    said = {
        language: [
            error["detail"]
            for error in anonymous.post("/api/v1/lookup", json=faults, headers={"accept-language": language}).json()[
                "errors"
            ]
        ]
        for language in LANGUAGES
    }
    assert all(len(details) == 3 for details in said.values())
    for one, two in (("fr", "en"), ("nl", "en"), ("fr", "nl")):
        assert not set(said[one]) & set(said[two])


def test_a_body_in_another_form_is_told_what_to_send(anonymous: TestClient) -> None:
    answer = anonymous.post("/api/v1/lookup", content=b"ticket=1", headers={"content-type": "text/plain"})
    assert answer.status_code == 422
    assert "application/json" in answer.json()["errors"][0]["detail"]


def test_a_strange_origin_is_a_foreign_one(anonymous: TestClient) -> None:
    answer = anonymous.post("/api/v1/lookup", json={"ticket": "x"}, headers={"Origin": "http://[bad"})
    assert answer.json()["type"] == "urn:drugcheck:error.auth.cross_site"


@pytest.mark.parametrize("path", ["/sign-in", "/lookup"])
def test_a_form_cannot_carry_what_a_database_would_refuse(anonymous: TestClient, path: str) -> None:
    answer = anonymous.post(path, data={"email": "a\x00b", "password": "x", "ticket": "a\x00b"})
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")


def test_a_picture_comes_with_no_text_that_a_database_would_refuse(client: Client) -> None:
    path = "/api/v1/plates/00000000-0000-4000-8000-000000000000/pictures"
    answer = client("chemist").post(path, files={"picture": b"x"}, data={"reagent": "a\x00b"})
    assert answer.status_code in {400, 422}
    is_a_problem(answer, "en")
