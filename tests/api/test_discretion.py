"""What goes wrong is told under a reference, and no log hears what anybody wrote."""

import logging
import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.state import AppState
from lab.results import lookup
from tests.api.application import application_on
from tests.api.conftest import Client
from tests.network import Network

TOLD = "she is anna@home.example and was at the north field"


@pytest.fixture
def broken(state: AppState, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """An application whose look-up fails with words in it that nobody should read; errors would come out here."""

    def fail(*_args: object, **_more: object) -> None:
        raise RuntimeError(TOLD)

    monkeypatch.setattr(lookup, "gate", fail)
    with TestClient(application_on(state)) as client:
        yield client


def test_an_unforeseen_error_is_logged_by_class_and_place_alone(
    broken: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = broken.post("/api/v1/lookup", json={"ticket": "06NK-9HV1-Y3MN-JVSZ-0CR4-0WH1-XZ1"})
    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"
    [line] = [record.getMessage() for record in caplog.records if record.name == "drugcheck"]
    assert "RuntimeError" in line
    assert "in answer_behind" in line
    reference = re.search(r"\b[0-9a-f]{8}\b", answer.json()["detail"])
    assert reference is not None
    assert reference[0] in line
    heard = "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records)
    assert TOLD not in heard
    assert "06NK" not in heard
    assert "testclient" not in heard


def test_no_ordinary_request_is_logged_with_what_was_in_it(
    anonymous: TestClient, client: Client, network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        anonymous.post("/api/v1/session", json={"email": "anna@home.example", "password": "a long password"})
        anonymous.post("/api/v1/lookup", json={"ticket": "06NK-9HV1"})
        anonymous.post("/api/v1/subscriptions/confirm/secret-token")
        client("worker").post(
            "/api/v1/samples",
            json={"site_id": str(network.sites["north"].id), "consent_analyse": True, "sold_as_raw": "blue dolphin"},
        )
    # The test's own client logs what it asks; the application is everybody else.
    heard = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("http"))
    for words in ("anna", "06NK", "secret-token", "dolphin", "dck_"):
        assert words not in heard


def test_a_proxys_password_does_not_open_the_door_to_other_sites(anonymous: TestClient) -> None:
    headers = {"Authorization": "Basic dXNlcjpwYXNz", "Sec-Fetch-Site": "cross-site"}
    answer = anonymous.post("/api/v1/lookup", json={"ticket": "x"}, headers=headers)
    assert answer.json()["type"] == "urn:drugcheck:error.auth.cross_site"
