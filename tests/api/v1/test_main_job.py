"""The main job over JSON, on both databases: from a registration to an alert, and what is refused on the way."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from api.state import AppState
from api.worker import make_worker
from lab.library.service import find_substance, load_reference
from tests.api.conftest import Client
from tests.network import Network

LIMIT = "as validated by the laboratory"


@pytest.fixture
def library(state: AppState) -> dict[str, str]:
    """Keys of the substances that the tests speak of."""
    with state.database.session() as session:
        load_reference(session)
        return {name: str(find_substance(session, name=name).id) for name in ("diazepam", "protonitazene")}


@pytest.fixture
def sample(client: Client, network: Network, library: dict[str, str]) -> dict[str, str]:
    """A registered tablet at the laboratory: its code, keys and ticket."""
    worker, chemist = client("worker"), client("chemist")
    registration = {
        "site_id": str(network.sites["north"].id),
        "sold_as_substance_id": library["diazepam"],
        "form": "tablet",
        "mass_mg": 180,
        "consent_analyse": True,
    }
    answer = worker.post("/api/v1/samples", json=registration)
    assert answer.status_code == 201, answer.text
    item_id = answer.json()["item_id"]
    sealed = {"action": "sealed", "seal_number": "S-1", "id": str(uuid4())}
    assert worker.post(f"/api/v1/items/{item_id}/events", json=sealed).status_code == 201
    parcel = worker.post(
        "/api/v1/parcels",
        json={
            "item_ids": [item_id],
            "seal_number": "P-1",
            "from_site_id": str(network.sites["north"].id),
            "to_site_id": str(network.sites["laboratory"].id),
            "legal_basis": "authorisation 1",
        },
    ).json()
    assert worker.post(f"/api/v1/parcels/{parcel['id']}/hand-over", json={}).status_code == 200
    receipt = {"received_item_ids": [item_id], "seal_state": "intact"}
    assert chemist.post(f"/api/v1/parcels/{parcel['id']}/receive", json=receipt).json()["deviates"] is False
    body = answer.json()
    return {"code": body["sample"]["code"], "item_id": item_id, "ticket": body["ticket"]}


def gcms(network: Network, *substances: str) -> dict[str, object]:
    return {
        "site_id": str(network.sites["laboratory"].id),
        "technique": "gcms",
        "method_version": "full scan",
        "performed_on": date.today().isoformat(),  # noqa: DTZ011 -- the laboratory's own date
        "outcome": "detected",
        "detection_limit_note": LIMIT,
        "findings": [{"substance_id": substance, "abundance": "major"} for substance in substances],
    }


def submitted(client: Client, network: Network, library: dict[str, str], sample: dict[str, str]) -> str:
    chemist = client("chemist")
    analysis = gcms(network, library["diazepam"], library["protonitazene"])
    assert chemist.post(f"/api/v1/samples/{sample['code']}/analyses", json=analysis).status_code == 201
    drafted = chemist.post(f"/api/v1/samples/{sample['code']}/results", json={})
    assert drafted.status_code == 201, drafted.text
    result_id: str = drafted.json()["id"]
    assert chemist.post(f"/api/v1/results/{result_id}/submit").json()["state"] == "submitted"
    return result_id


def test_a_dangerous_finding_calls_back_at_once_and_warns_once_verified_and_approved(
    client: Client, state: AppState, network: Network, library: dict[str, str], sample: dict[str, str]
) -> None:
    result_id = submitted(client, network, library, sample)
    make_worker(state).run_until_idle()
    [task] = client("worker").get("/api/v1/tasks").json()
    assert (task["sample_code"], task["verified"]) == (sample["code"], False)
    assert client("approver").get("/api/v1/alerts").json() == []

    called = client("worker").post(f"/api/v1/tasks/{task['id']}/called-back", json={"said": "do not take it"})
    assert called.json()["state"] == "done"
    assert client("verifier").post(f"/api/v1/results/{result_id}/verify").json()["state"] == "verified"
    make_worker(state).run_until_idle()
    [alert] = client("approver").get("/api/v1/alerts?tier=T2").json()
    assert alert["tier"] == "T2"

    grade = dict.fromkeys(("local_relevance", "likely_spread", "plausibility", "forensic_backing"), "high")
    assert client("coordinator").post(f"/api/v1/alerts/{alert['id']}/grade", json=grade).status_code == 200
    edition = alert["versions"][-1]["edition"]
    issued = client("approver").post(f"/api/v1/alerts/{alert['id']}/approve", json={"edition": edition})
    assert issued.json()["versions"][-1]["state"] == "issued", issued.text


def test_nobody_verifies_their_own_result(
    client: Client, network: Network, library: dict[str, str], sample: dict[str, str]
) -> None:
    verifier = client("verifier")
    verifier.post(f"/api/v1/samples/{sample['code']}/analyses", json=gcms(network, library["diazepam"]))
    result_id = verifier.post(f"/api/v1/samples/{sample['code']}/results", json={}).json()["id"]
    verifier.post(f"/api/v1/results/{result_id}/submit")
    refused = verifier.post(f"/api/v1/results/{result_id}/verify")
    assert refused.status_code in {403, 409}
    assert refused.headers["content-type"] == "application/problem+json"
    assert verifier.get(f"/api/v1/results/{result_id}").json()["state"] == "submitted"


def test_whoever_edits_an_alert_cannot_approve_it(
    client: Client, state: AppState, network: Network, library: dict[str, str], sample: dict[str, str]
) -> None:
    result_id = submitted(client, network, library, sample)
    client("verifier").post(f"/api/v1/results/{result_id}/verify")
    make_worker(state).run_until_idle()
    approver = client("approver")
    [alert] = approver.get("/api/v1/alerts?tier=T2").json()
    edited = approver.put(f"/api/v1/alerts/{alert['id']}", json={"edition": alert["versions"][-1]["edition"]}).json()
    grade = dict.fromkeys(("local_relevance", "likely_spread", "plausibility", "forensic_backing"), "high")
    approver.post(f"/api/v1/alerts/{alert['id']}/grade", json=grade)
    edition = {"edition": edited["versions"][-1]["edition"]}
    assert approver.post(f"/api/v1/alerts/{alert['id']}/approve", json=edition).status_code in {403, 409}
    assert client("second_approver").post(f"/api/v1/alerts/{alert['id']}/approve", json=edition).status_code == 200


def test_a_ticket_opens_the_answer_when_it_is_given_out_and_an_unknown_one_looks_the_same_before(
    client: Client,
    anonymous: TestClient,
    state: AppState,
    network: Network,
    library: dict[str, str],
    sample: dict[str, str],
) -> None:
    result_id = submitted(client, network, library, sample)
    before = anonymous.post("/api/v1/lookup", json={"ticket": sample["ticket"]})
    assert before.json()["ready"] is False
    typo = anonymous.post("/api/v1/lookup", json={"ticket": sample["ticket"][:-1] + "!"})
    assert typo.status_code == 422
    client("verifier").post(f"/api/v1/results/{result_id}/verify")
    assert client("chemist").post(f"/api/v1/results/{result_id}/report", json={}).json()["state"] == "reported"
    answer = anonymous.post("/api/v1/lookup", json={"ticket": sample["ticket"], "language": "nl"})
    assert answer.json()["colour"] == "red"
    assert "protonitazene" in answer.json()["text"]
    assert "set-cookie" not in answer.headers


def test_another_sites_worker_sees_nothing_of_it(client: Client, sample: dict[str, str]) -> None:
    assert client("south_worker").get(f"/api/v1/samples/{sample['code']}").status_code == 404
    assert client("south_worker").get(f"/api/v1/items/{sample['item_id']}").status_code == 404
    assert client("worker").get(f"/api/v1/samples/{sample['code']}").json()["status"] == "at_laboratory"


def test_an_outbox_sent_twice_registers_once_and_one_bad_operation_holds_up_nothing(
    client: Client, network: Network, library: dict[str, str]
) -> None:
    client_id, event_id = str(uuid4()), str(uuid4())
    outbox = {
        "operations": [
            {
                "kind": "register",
                "sample": {"client_id": client_id, "site_id": str(network.sites["north"].id), "consent_analyse": True},
            },
            {"kind": "register", "sample": {"site_id": str(network.sites["north"].id), "consent_analyse": False}},
            {
                "kind": "event",
                "client_id": client_id,
                "event": {"action": "sealed", "seal_number": "S-2", "id": event_id},
            },
        ]
    }
    worker = client("worker")
    first = worker.post("/api/v1/sync", json=outbox).json()["results"]
    again = worker.post("/api/v1/sync", json=outbox).json()["results"]
    assert [one["ok"] for one in first] == [True, False, True]
    assert [one["ok"] for one in again] == [True, False, True]
    assert first[0]["code"] == again[0]["code"]
    assert first[2]["event_id"] == again[2]["event_id"] == event_id
    assert first[1]["problem"]["status"] == 422
    assert worker.get("/api/v1/samples").json()["total"] == 1
    assert UUID(first[0]["item_id"])
