"""Who sees what, route by route: a table of every JSON route that names something, and what each role is answered.

The sample came in at the north and is at the laboratory. ``-``: as if it were not there (404) or not for this role
(403); ``+``: anything else, since what is asked may not be possible any more (409).
"""

from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import cv2
import numpy as np
import pytest
from httpx2 import Response

from api.state import AppState
from tests.api.application import application_on
from tests.api.conftest import Client
from tests.api.test_routes import routes
from tests.api.world import World, make_world
from tests.network import Network

COLUMNS = ("worker", "south_worker", "courier", "chemist", "verifier", "coordinator", "approver", "admin", "auditor")
TABLE = """
GET    /samples/{code}                              + - - + + + + - +
GET    /samples/{code}/photos                       + - - + + + + - +
POST   /samples/{code}/photos                       + - - - - + - - -
GET    /samples/{code}/custody                      + - - + + + + - +
GET    /samples/{code}/analyses                     + - - + + + + - +
POST   /samples/{code}/analyses                     - - - + + - - - -
GET    /samples/{code}/results                      + - - + + + + - +
POST   /samples/{code}/results                      - - - + + - - - -
GET    /items/{item_id}                             + - - + + + + - +
POST   /items/{item_id}/events                      - - + + + + - - -
GET    /parcels/{parcel_id}                         + - + + + + - - -
POST   /parcels/{parcel_id}/hand-over               + - + + + + - - -
POST   /parcels/{parcel_id}/receive                 - - + + + + - - -
POST   /parcels/{parcel_id}/refuse                  - - + + + + - - -
POST   /parcels/{parcel_id}/offer                   + - + + + + - - -
POST   /parcels/{parcel_id}/receiving               - - + + + + - - -
GET    /plates/{plate_id}                           - - - + + - - - -
GET    /plates/{plate_id}/readings                  - - - + + - - - -
GET    /plates/{plate_id}/quality                   - - - + + - - - -
POST   /plates/{plate_id}/pictures                  - - - + + - - - -
GET    /plates/pictures/{picture_id}                - - - + + - - - -
GET    /plates/pictures/{picture_id}/file           - - - + + - - - -
GET    /results/{result_id}                         + - - + + + + - +
GET    /results/{result_id}/report.pdf              + - - + + + + - +
POST   /results/{result_id}/submit                  - - - + + - - - -
POST   /results/{result_id}/return                  - - - - + - - - -
POST   /results/{result_id}/verify                  - - - - + - - - -
POST   /results/{result_id}/report                  - - - + + - - - -
POST   /results/{result_id}/amend                   - - - + + - - - -
POST   /results/{result_id}/retract                 - - - - + - - - -
GET    /tasks/{task_id}                             + - - - - + + - +
POST   /tasks/{task_id}/acknowledge                 + - - - - + - - -
POST   /tasks/{task_id}/not-reached                 + - - - - + - - -
POST   /tasks/{task_id}/called-back                 + - - - - + - - -
GET    /alerts/{alert_id}                           + + - + + + + + +
PUT    /alerts/{alert_id}                           - - - - - + + - -
POST   /alerts/{alert_id}/grade                     - - - - - + + - -
POST   /alerts/{alert_id}/override                  - - - - - + + - -
POST   /alerts/{alert_id}/approve                   - - - - - - + - -
POST   /alerts/{alert_id}/release                   - - - - - - + - -
POST   /alerts/{alert_id}/countersign               - - - - - - + - -
POST   /alerts/{alert_id}/discard                   - - - - - + + - -
POST   /alerts/{alert_id}/update                    - - - - - + + - -
POST   /alerts/{alert_id}/cancel                    - - - - - + + - -
POST   /labels/{batch_id}/lost                       + - - - - + - - -
GET    /encounters/{encounter_id}                   + - - - - + - - -
GET    /subscriptions/endpoints/{endpoint_id}/secret - - - - - + - + -
"""
PHOTO = bytes(cv2.imencode(".png", np.full((64, 64, 3), 128, np.uint8))[1])
LISTS = {  # route: how many of the world's things each of COLUMNS is shown; None: refused
    "/samples": (1, 0, None, 1, 1, 1, 1, None, 1),
    "/plates": (None, None, None, 1, 1, None, None, None, None),
    "/tasks": (1, 0, None, 0, 0, 1, 1, None, 1),
}
NOTHING_BEHIND_THE_KEY = {  # a key that the world has none of, or that is no secret of a site
    "/alerts/proposals/{proposal_id}/take", "/alerts/proposals/{proposal_id}/dismiss",
    "/plates/readings/{reading_id}/amend", "/plates/readings/{reading_id}/foresee",
    "/plates/readings/{reading_id}/correct", "/plates/readings/{reading_id}/accept",
    "/samples/{code}/photos/{photo_id}",
    "/handovers/{handover_id}/confirm", "/handovers/{handover_id}/withdraw",
    "/receivings/{receiving_id}", "/receivings/{receiving_id}/scans", "/receivings/{receiving_id}/close",
    "/receivings/{receiving_id}/scans/{scan_id}/mark", "/receivings/{receiving_id}/scans/{scan_id}/undo",
    "/conflicts/{conflict_id}", "/conflicts/{conflict_id}/decide",
    "/library/substances/{name}", "/subscriptions/confirm/{token}", "/subscriptions/unsubscribe/{token}",
}  # fmt: skip


def table() -> Iterator[tuple[str, str, dict[str, bool]]]:
    for line in TABLE.strip().splitlines():
        method, path, *marks = line.split()
        assert len(marks) == len(COLUMNS), line
        yield method, path, {role: mark == "+" for role, mark in zip(COLUMNS, marks, strict=True)}


def bodies(world: World, network: Network) -> dict[str, object]:
    """Something that fits, so that the answer is about who asks."""
    reason, said = {"reason": "because"}, {"said": "told them"}
    return {
        "/samples/{code}/analyses": {
            "site_id": str(network.sites["laboratory"].id), "technique": "gcms", "method_version": "full scan",
            "performed_on": date.today().isoformat(),  # noqa: DTZ011 -- the laboratory's own date
            "outcome": "none_of_interest", "detection_limit_note": "as validated",
        },
        "/items/{item_id}/events": {"action": "stored", "place": "A-1"},
        "/parcels/{parcel_id}/offer": {"receiver_id": str(uuid4())},
        "/parcels/{parcel_id}/receive": {"received_item_ids": [world.keys["item_id"]], "seal_state": "intact"},
        "/parcels/{parcel_id}/refuse": {"reason": "not announced", "seal_state": "intact"},
        "/results/{result_id}/return": reason, "/results/{result_id}/amend": reason,
        "/results/{result_id}/retract": reason,
        "/tasks/{task_id}/not-reached": said, "/tasks/{task_id}/called-back": said,
        "/alerts/{alert_id}": {"edition": 1}, "/alerts/{alert_id}/approve": {"edition": 1},
        "/alerts/{alert_id}/grade": dict.fromkeys(
            ("local_relevance", "likely_spread", "plausibility", "forensic_backing"), "high"
        ),
        "/alerts/{alert_id}/override": reason, "/alerts/{alert_id}/release": {"edition": 1, **reason},
        "/alerts/{alert_id}/discard": reason, "/alerts/{alert_id}/update": reason, "/alerts/{alert_id}/cancel": reason,
    }  # fmt: skip


@pytest.fixture
def world(state: AppState, network: Network, client: Client) -> World:
    return make_world(state, network, client)


def is_reached(answer: Response) -> bool:
    """Whether more was said than "not for you"; that nobody may check their own work is another rule."""
    if answer.status_code == 403:
        return bool(answer.json()["type"] != "urn:drugcheck:error.forbidden")
    return answer.status_code != 404


def test_each_role_reaches_what_the_table_says_and_nothing_else(client: Client, network: Network, world: World) -> None:
    sent = bodies(world, network)
    # Whoever may goes last: they may change what is there to be asked for.
    asked = sorted(
        ((method, path, role, may) for method, path, marks in table() for role, may in marks.items()),
        key=lambda one: one[3] and one[0] != "GET",
    )
    wrong = []
    for method, path, role, may in asked:
        whole = "/api/v1" + path.format(**world.keys)
        if path.endswith("/pictures"):
            answer = client(role).post(whole, files={"picture": ("plate.png", b"no picture", "image/png")})
        elif path.endswith("/photos") and method == "POST":
            answer = client(role).post(whole, files={"picture": ("photo.png", PHOTO, "image/png")})
        else:
            answer = client(role).request(method, whole, json=None if method == "GET" else sent.get(path, {}))
        fits = answer.status_code != 422 or path.endswith(("/pictures", "/report"))
        if is_reached(answer) is not may or not fits:
            wrong.append((method, path, role, "may" if may else "may not", answer.status_code, answer.text[:160]))
    assert wrong == []


def test_lists_hold_what_each_role_may_see(client: Client, world: World) -> None:
    for path, counts in LISTS.items():
        for role, count in zip(COLUMNS, counts, strict=True):
            answer = client(role).get(f"/api/v1{path}")
            if count is None:
                assert answer.status_code == 403, (path, role)
            else:
                shown = answer.json()
                assert len(shown["samples"] if path == "/samples" else shown) == count, (path, role)


def test_no_route_that_names_something_is_left_out(state: AppState) -> None:
    stated = {(method, path) for method, path, _ in table()}
    named = {
        (next(iter(route.methods)), route.path.removeprefix("/api/v1"))
        for route in routes(application_on(state))
        if route.path.startswith("/api/v1") and "{" in route.path
    }
    assert {one for one in named if one[1] not in NOTHING_BEHIND_THE_KEY} == stated


def test_a_key_in_a_body_opens_no_more_than_one_in_a_path(client: Client, network: Network, world: World) -> None:
    north, south, laboratory = (str(network.sites[name].id) for name in ("north", "south", "laboratory"))
    stranger, item_id = client("south_worker"), world.keys["item_id"]
    registered = stranger.post("/api/v1/samples", json={"site_id": north, "consent_analyse": True})
    packing = {"item_ids": [item_id], "seal_number": "P-9", "to_site_id": laboratory, "legal_basis": "authorisation 1"}
    packed = [
        stranger.post("/api/v1/parcels", json={**packing, "from_site_id": origin})
        for origin in (north, south, laboratory)
    ]
    event = {"kind": "event", "item_id": item_id, "event": {"action": "lost", "note": "gone"}}
    register = {"kind": "register", "sample": {"site_id": north, "consent_analyse": True}}
    synced = stranger.post("/api/v1/sync", json={"operations": [event, register]}).json()["results"]
    assert registered.status_code == 403
    assert [answer.status_code for answer in packed] == [
        403,
        422,
        403,
    ]  # what is not at one's site cannot be packed there
    assert [one["ok"] for one in synced] == [False, False]
    assert client("worker").get(f"/api/v1/items/{item_id}").json()["state"] == "at_laboratory"
    assert stranger.get(f"/api/v1/samples?site_id={north}").json() == {"samples": [], "total": 0}
