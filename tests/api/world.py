"""One of everything that a JSON route names, made over JSON: for tests that walk all routes."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import cv2
import numpy as np
from fastapi.testclient import TestClient
from httpx2 import Response

from api.state import AppState
from api.worker import make_worker
from lab.library.service import find_substance, get_system, load_reference
from tests.api.conftest import Client
from tests.network import Network


@dataclass(frozen=True)
class World:
    """Keys by the name that routes give their path parameter, and what bodies need."""

    keys: dict[str, str]
    substances: dict[str, str]
    system_id: str
    ticket: str


def make_world(state: AppState, network: Network, client: Client) -> World:
    """A sample of the north at the laboratory, with a plate, a picture, a verified result, its call-back and alert."""
    with state.database.session() as session:
        load_reference(session)
        substances = {name: str(find_substance(session, name=name).id) for name in ("diazepam", "protonitazene")}
        system_id = str(get_system(session, code="TA").id)
    sites = {name: str(site.id) for name, site in network.sites.items()}
    sample = _done(client("worker").post("/api/v1/samples", json=_registration(sites, substances)))
    code, item_id = sample["sample"]["code"], sample["item_id"]
    parcel_id = _travelled(client, sites, item_id)
    plate_id, picture_id = _plate(client("chemist"), sites, system_id, sample["sample"]["id"])
    result_id = _verified(client, sites, substances, code)
    _work(state)
    subscription = {
        "audience": "professionals", "language": "en",
        "endpoints": [{"channel": "webhook", "address": "https://receiver.example/hook"}],
    }  # fmt: skip
    endpoint = _done(client("coordinator").post("/api/v1/subscriptions", json=subscription))["endpoints"][0]
    encounter = {"site_id": sites["north"], "sample_codes": [code], "answers": {"core.first_time": True}}
    encounter_id = _done(client("worker").post("/api/v1/encounters", json=encounter))["id"]
    [task] = _done(client("worker").get("/api/v1/tasks"))
    alert = _done(client("approver").get("/api/v1/alerts?tier=T2"))[0]
    printing = {"site_id": sites["north"], "format": "11354"}
    batch = _done(client("worker").post("/api/v1/labels", json=printing))
    keys = {
        "batch_id": batch["id"],
        "code": code, "item_id": item_id, "parcel_id": parcel_id, "plate_id": plate_id, "picture_id": picture_id,
        "result_id": result_id, "task_id": task["id"], "alert_id": alert["id"], "endpoint_id": endpoint["id"],
        "encounter_id": encounter_id,
        "proposal_id": str(uuid4()), "photo_id": str(uuid4()), "reading_id": str(uuid4()), "conflict_id": str(uuid4()),
        "handover_id": str(uuid4()), "receiving_id": str(uuid4()), "scan_id": str(uuid4()),
        "name": "diazepam", "token": "unknown",
    }  # fmt: skip
    return World(keys=keys, substances=substances, system_id=system_id, ticket=sample["ticket"])


def _done(answer: Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def _registration(sites: dict[str, str], substances: dict[str, str]) -> dict[str, object]:
    return {
        "site_id": sites["north"], "sold_as_substance_id": substances["diazepam"], "form": "tablet", "mass_mg": 180,
        "consent_analyse": True, "consent_notify": True,
    }  # fmt: skip


def _travelled(client: Client, sites: dict[str, str], item_id: str) -> str:
    worker = client("worker")
    sealed = {"action": "sealed", "seal_number": "S-1", "id": str(uuid4())}
    _done(worker.post(f"/api/v1/items/{item_id}/events", json=sealed))
    packing = {
        "item_ids": [item_id], "seal_number": "P-1", "from_site_id": sites["north"],
        "to_site_id": sites["laboratory"], "legal_basis": "authorisation 1",
    }  # fmt: skip
    parcel_id = str(UUID(_done(worker.post("/api/v1/parcels", json=packing))["id"]))
    _done(worker.post(f"/api/v1/parcels/{parcel_id}/hand-over", json={}))
    receipt = {"received_item_ids": [item_id], "seal_state": "intact"}
    _done(client("chemist").post(f"/api/v1/parcels/{parcel_id}/receive", json=receipt))
    return parcel_id


def _plate(chemist: TestClient, sites: dict[str, str], system_id: str, sample_id: str) -> tuple[str, str]:
    layout = {
        "site_id": sites["laboratory"], "system_id": system_id, "lanes": [{"kind": "sample", "sample_id": sample_id}],
    }  # fmt: skip
    plate_id = str(_done(chemist.post("/api/v1/plates", json=layout))["id"])
    grey = cv2.imencode(".png", np.full((64, 64, 3), 128, np.uint8))[1].tobytes()
    added = chemist.post(f"/api/v1/plates/{plate_id}/pictures", files={"picture": ("plate.png", grey, "image/png")})
    return plate_id, str(_done(added)["id"])


def _verified(client: Client, sites: dict[str, str], substances: dict[str, str], code: str) -> str:
    analysis = {
        "site_id": sites["laboratory"], "technique": "gcms", "method_version": "full scan", "outcome": "detected",
        "performed_on": date.today().isoformat(),  # noqa: DTZ011 -- the laboratory's own date
        "detection_limit_note": "as validated", "findings": [
            {"substance_id": substance, "abundance": "major"} for substance in substances.values()
        ],
    }  # fmt: skip
    chemist = client("chemist")
    _done(chemist.post(f"/api/v1/samples/{code}/analyses", json=analysis))
    result_id = str(_done(chemist.post(f"/api/v1/samples/{code}/results", json={}))["id"])
    _done(chemist.post(f"/api/v1/results/{result_id}/submit"))
    _done(client("verifier").post(f"/api/v1/results/{result_id}/verify"))
    return result_id


def _work(state: AppState) -> None:
    make_worker(state).run_until_idle()
