"""A ticket that opens nothing is answered alike, whatever the reason, in every byte. In time: test_lookup_time.py."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from api.state import AppState
from tests.api.alike import WAYS, Tickets, Unlimited, ask, make_tickets
from tests.api.application import application_on
from tests.network import Network

KINDS = ("unknown", "not_ready", "revoked", "expired", "stillborn")


@pytest.fixture
def closed(state: AppState, network: Network) -> Tickets:
    return make_tickets(state, network)


@pytest.fixture
def asking(state: AppState, closed: Tickets) -> Iterator[TestClient]:
    with TestClient(application_on(replace(state, limiter=Unlimited("memory://")))) as client:
        yield client


@pytest.mark.parametrize("way", WAYS)
def test_every_ticket_that_opens_nothing_gets_the_same_bytes(asking: TestClient, closed: Tickets, way: str) -> None:
    answers = {kind: ask(asking, way, closed.by_kind[kind]) for kind in KINDS}
    assert answers["unknown"][0] == 200
    assert all(answer == answers["unknown"] for answer in answers.values())


def test_a_rating_under_a_ticket_that_opens_nothing_tells_nothing_either(asking: TestClient, closed: Tickets) -> None:
    said = {"answer": "1", "needs": ["talk"], "remark": "x" * 600}
    bodies = {
        asking.post("/lookup/rating?lang=en", data=said | {"ticket": closed.by_kind[kind]}).content for kind in KINDS
    }
    assert len(bodies) == 1
    assert b"x" * 600 not in bodies.pop()


def test_the_page_says_when_to_come_back_and_nothing_of_any_ticket(asking: TestClient, closed: Tickets) -> None:
    _, body, headers = ask(asking, "page", closed.by_kind["not_ready"])
    assert closed.by_kind["not_ready"].encode() not in body
    assert closed.not_ready.code.encode() not in body
    assert b"North field" not in body
    assert "set-cookie" not in headers
    assert headers["cache-control"] == "no-store"
