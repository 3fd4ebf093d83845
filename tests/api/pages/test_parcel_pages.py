"""The page of a parcel: its manifest on paper, what it weighs, and refusing it at the door."""

import json
from collections.abc import Iterator
from uuid import UUID

import pytest

from lab.custody.models import Parcel
from tests.api.pages.conftest import Client, Lab, text_of
from tests.api.pages.test_handover_pages import parcel_of

_ROUTE = {
    "authorisation": "FAGG 2026/114", "circular": "COL 12/2026", "judicial_district": "Leuven",
    "arrival_district": "Brussel", "valid_until": "2031-12-31",
}  # fmt: skip


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, object]]]:
    """What each manifest was printed from."""
    seen: list[dict[str, object]] = []

    def render(_name: str, data: dict[str, object], **_more: object) -> bytes:
        seen.append(data)
        return b"%PDF-"

    monkeypatch.setattr("templates.manifest.render_pdf", render)
    return seen


def route(client: Client, lab: Lab, **more: str) -> int:
    sites = lab.network.sites
    ends = {"from_site_id": str(sites["north"].id), "to_site_id": str(sites["laboratory"].id)}
    return client("coordinator").post("/network/stock/routes", data=ends | _ROUTE | more).status_code


def test_the_manifest_names_contents_by_code_alone_and_the_legal_basis_of_both_ends(
    client: Client, lab: Lab, printed: list[dict[str, object]]
) -> None:
    assert route(client, lab) == 303
    registered = [lab.register(mass_mg=mass_mg) for mass_mg in (50, None)]
    worker = client("worker")
    for number, one in enumerate(registered):
        seal = {"item": str(one.item.id), "seal_number": f"B-{number}", "mass_mg": ""}
        assert worker.post(f"/samples/{one.sample.code}/seal", data=seal).status_code == 303
    packed = worker.post(
        "/custody/parcels",
        data={
            "item_ids": [str(one.item.id) for one in registered], "seal_number": "PM-1", "legal_basis": "",
            "to_site_id": str(lab.network.sites["laboratory"].id),
        },
    )  # fmt: skip
    at = packed.headers["location"].split("?")[0]
    answer = worker.get(f"{at}/manifest.pdf", headers={"accept-language": "fr"})
    assert answer.headers["content-type"] == "application/pdf"
    [data] = printed
    basis = dict(data["basis"])  # type: ignore[call-overload]  # pairs
    assert list(basis.values())[:4] == ["FAGG 2026/114", "COL 12/2026", "Leuven", "Brussel"]
    lines = {line[1].replace("-", ""): line[2:] for line in data["lines"]}  # type: ignore[attr-defined]  # a list
    assert lines == {
        registered[0].sample.code: ["B-0", "50.000 mg"], registered[1].sample.code: ["B-1", "not weighed"],
    }  # fmt: skip
    with lab.session() as session:
        parcel = session.get_one(Parcel, UUID(at.rsplit("/", 1)[1]))
        assert parcel.legal_basis == "FAGG 2026/114 · COL 12/2026 · Leuven → Brussel"
        assert json.loads(parcel.manifest)["items"][0].keys() == {"item", "seal_number", "held_ug"}
    assert "50.000 mg" in text_of(worker.get(at))
    assert client("south_worker").get(f"{at}/manifest.pdf").status_code == 404


def test_words_of_its_own_stand_on_the_manifest_as_they_were_given(
    client: Client, lab: Lab, printed: list[dict[str, object]]
) -> None:
    parcel_id, _ = parcel_of(lab, 1, "PM-2")
    client("worker").get(f"/custody/parcels/{parcel_id}/manifest.pdf")
    assert printed[0]["basis"] == [["", "circular 12/2026"]]


def test_a_route_whose_basis_fits_on_no_manifest_is_refused(client: Client, lab: Lab) -> None:
    assert route(client, lab, authorisation="a" * 120, circular="c" * 120, judicial_district="d" * 80) == 422


def test_a_parcel_is_refused_at_the_door_with_a_reason(client: Client, lab: Lab) -> None:
    parcel_id, _ = parcel_of(lab, 2, "PR-1")
    at, chemist = f"/custody/parcels/{parcel_id}", client("chemist")
    assert "Refuse this parcel" in text_of(chemist.get(at))
    assert "Refuse this parcel" not in text_of(client("worker").get(at))
    good = {"reason": "wet through", "refused_seal_state": "broken"}
    for missing in ({"reason": " "}, {"refused_seal_state": ""}, {"refused_seal_state": "torn"}):
        refused = chemist.post(f"{at}/refuse", data=good | missing)
        assert refused.status_code == 422
    assert chemist.post(f"{at}/refuse", data=good).headers["location"].endswith("done=parcel_refused")
    for who in ("chemist", "worker"):
        said = text_of(client(who).get(at))
        assert "on its way back" in said
        assert "wet through" in said
    assert chemist.post(f"{at}/refuse", data=good).status_code == 422
    assert "PR-1" in text_of(client("worker").get("/custody/tasks"))


def test_a_parcel_is_refused_over_json(client: Client, lab: Lab) -> None:
    parcel_id, _ = parcel_of(lab, 1, "PR-2")
    said = {"reason": "not announced", "seal_state": "intact"}
    address = f"/api/v1/parcels/{parcel_id}/refuse"
    assert client("south_worker").post(address, json=said).status_code == 404
    assert client("chemist").post(address, json=said | {"reason": ""}).status_code == 422
    parcel = client("chemist").post(address, json=said).json()
    assert (parcel["state"], parcel["refused_why"]) == ("in_transit", "not announced")
    assert parcel["to_site_id"] == parcel["from_site_id"] == str(lab.network.sites["north"].id)
    assert client("chemist").post(address, json=said).status_code == 404
