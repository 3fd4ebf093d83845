"""Pages of stock: a container by its label, storage, destroying by two, deviations, the register."""

import re
from uuid import UUID

from sqlmodel import select

from lab.custody.models import Item, ItemState
from tests.api.pages.conftest import Client, Lab, text_of


def at_laboratory(lab: Lab) -> tuple[str, UUID]:
    """A sample at the laboratory: its code and its container."""
    registered = lab.register(mass_mg=80)
    lab.bring(registered)
    return registered.sample.code, registered.item.id


def test_a_scanned_label_or_seal_opens_the_container_and_a_stranger_finds_nothing(client: Client, lab: Lab) -> None:
    code, item_id = at_laboratory(lab)
    chemist = client("chemist")
    for text in (code, "S-1"):
        assert chemist.get("/custody/find", params={"text": text}).headers["location"].endswith(str(item_id))
    page = chemist.get(f"/custody/items/{item_id}")
    assert page.status_code == 200
    assert "Received" in text_of(page) or "received" in text_of(page)
    assert client("south_worker").get(f"/custody/items/{item_id}").status_code == 404
    assert client("south_worker").get("/custody/find", params={"text": "S-1"}).status_code in {404, 422}


def test_work_on_a_container_is_booked_from_its_page(client: Client, lab: Lab) -> None:
    _, item_id = at_laboratory(lab)
    chemist = client("chemist")
    at = f"/custody/items/{item_id}"
    sealed = chemist.post(f"{at}/use", data={"used_mg": "5"})
    assert sealed.status_code == 422
    assert chemist.post(f"{at}/open", data={"weighed_mg": ""}).status_code == 303
    for said in ("", "abc", "-3", "900"):
        assert chemist.post(f"{at}/use", data={"used_mg": said}).status_code == 422
    assert chemist.post(f"{at}/use", data={"used_mg": "5,5"}).status_code == 303
    assert chemist.post(f"{at}/aliquot", data={"part_mg": "10"}).status_code == 303
    chemist.post("/custody/storage/places", data={"code": "SAFE-1", "name": "safe"})
    assert chemist.post(f"{at}/store", data={"place": "SAFE-1", "mass_mg": "60"}).status_code == 303
    with lab.session() as session:
        item = session.get_one(Item, item_id)
        assert (item.held_mg, item.place) == (64.5, "SAFE-1")
    waiting = chemist.get("/custody/tasks")
    assert "-4.500 mg" in text_of(waiting).replace("−", "-")
    [action] = re.findall(r'action="(/custody/tasks/[0-9a-f-]+)"', waiting.text)
    assert chemist.post(action, data={"reason": "", "settlement": "use_booked"}).status_code == 422
    assert client("courier").post(action, data={"reason": "x"}).status_code == 422
    assert chemist.post(action, data={"reason": "not booked", "settlement": "use_booked"}).status_code == 303


def test_a_hold_stops_a_destruction_that_takes_two(client: Client, lab: Lab) -> None:
    _, item_id = at_laboratory(lab)
    chemist, verifier, desk = client("chemist"), client("verifier"), client("coordinator")
    empty = chemist.post("/custody/disposals", data={"method": "incineration", "place": "oven"})
    assert empty.status_code == 422
    asked = chemist.post(
        "/custody/disposals", data={"item_ids": [str(item_id)], "method": "incineration", "place": "oven"}
    )
    at = asked.headers["location"].split("?")[0]
    assert "somebody who was there" in text_of(chemist.get(at))
    assert chemist.post(f"{at}/confirm").status_code == 409
    assert desk.post(f"/custody/items/{item_id}/hold", data={"basis": "parquet 12/26"}).status_code == 303
    assert verifier.post(f"{at}/confirm").status_code == 409
    assert desk.post(f"/custody/items/{item_id}/release", data={"basis": "closed"}).status_code == 303
    assert verifier.post(f"{at}/confirm").status_code == 303
    with lab.session() as session:
        assert session.exec(select(Item.state).where(Item.id == item_id)).one() is ItemState.DESTROYED


def test_the_register_refuses_days_that_are_none_and_those_who_do_not_audit(client: Client, lab: Lab) -> None:
    at_laboratory(lab)
    auditor = client("auditor")
    place = str(lab.network.sites["laboratory"].id)
    assert auditor.get("/custody/register", params={"site": place}).status_code == 200
    wrong = auditor.get("/custody/register", params={"site": place, "since": "yesterday"})
    assert wrong.status_code == 422
    table = auditor.get("/custody/register.csv", params={"site": place})
    assert table.headers["content-type"].startswith("text/csv")
    assert client("chemist").get("/custody/register", params={"site": place}).status_code == 403
    for path in ("/custody", "/custody/storage", "/custody/find"):
        assert client("chemist").get(path).status_code == 200
