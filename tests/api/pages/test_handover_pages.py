"""Parcels from hand to hand, unpacking by scanning, and what phones and the server tell differently."""

import re
from uuid import UUID

from fastapi.testclient import TestClient
from sqlmodel import select

from lab.custody.models import CustodyEvent, Handover, HandoverMode, Item, ItemState
from lab.samples.models import Ticket
from lab.sync.models import Decision, SyncConflict
from lab.sync.service import apply_all
from tests.api.pages.conftest import Client, Lab, text_of
from tests.lab.sync.phones import Phone, label


def parcel_of(lab: Lab, count: int, seal: str, *, handed_over: bool = True) -> tuple[UUID, list[str]]:
    """A parcel of sealed samples that a phone packed, and their codes."""
    places = lab.network.sites
    phone = Phone(places["north"].id, places["laboratory"].id)
    parcel_id = phone.night(count, seal)
    with lab.state.database.session() as session:
        operations = phone.sent if handed_over else phone.sent[:-1]
        outcomes = apply_all(session, actor=lab.network.actors["worker"], operations=operations)
    assert all(one.ok for one in outcomes)
    return parcel_id, [one.code for one in outcomes if one.code]


def unpack(client: TestClient, seal: str) -> str:
    return client.post("/custody/receiving", data={"parcel": seal}).headers["location"]


def test_a_parcel_offered_is_taken_on_the_couriers_own_device(client: Client, lab: Lab) -> None:
    parcel_id, _ = parcel_of(lab, 2, "PX-1", handed_over=False)
    worker, courier = client("worker"), client("courier")
    courier_id = lab.network.accounts["courier"].id
    offered = worker.post(f"/custody/parcels/{parcel_id}/offer", data={"receiver": str(courier_id)})
    assert offered.headers["location"].endswith("done=offered")
    waiting = courier.get("/custody")
    assert "Offered to you" in text_of(waiting)
    [handover_id] = re.findall(r"/custody/handovers/([0-9a-f-]+)/confirm", waiting.text)
    wrong = courier.post(f"/custody/handovers/{handover_id}/confirm", data={"seal_number": "PX-2"})
    assert wrong.status_code == 422
    assert "PX-1" in text_of(wrong)
    assert worker.post(f"/custody/handovers/{handover_id}/confirm", data={"seal_number": "PX-1"}).status_code == 422
    taken = courier.post(
        f"/custody/handovers/{handover_id}/confirm", data={"seal_number": "PARCEL:PX-1", "entry": "scanned"}
    )
    assert taken.headers["location"].endswith("done=taken")
    assert "You carry" in text_of(courier.get("/custody"))
    with lab.session() as session:
        handover = session.get_one(Handover, UUID(handover_id))
        assert (handover.mode, handover.entry) == (HandoverMode.TWO_DEVICES, "scanned")
        events = session.exec(select(CustodyEvent).where(CustodyEvent.action == "handed_over")).all()
        assert {event.actor_id for event in events} == {lab.network.accounts["worker"].id}
        assert {item.state for item in session.exec(select(Item))} == {ItemState.IN_TRANSIT}
    assert courier.post(f"/custody/handovers/{handover_id}/confirm", data={"seal_number": "PX-1"}).status_code == 422


def test_nobody_hands_over_without_the_other_side(client: Client, lab: Lab) -> None:
    parcel_id, _ = parcel_of(lab, 1, "PX-3", handed_over=False)
    worker = client("worker")
    alone = worker.post(f"/custody/parcels/{parcel_id}/hand-over", data={"receiver": ""})
    assert alone.status_code == 409
    assert "confirms here" in text_of(alone)
    stranger = str(lab.network.accounts["south_worker"].id)
    refused = worker.post(f"/custody/parcels/{parcel_id}/offer", data={"receiver": stranger})
    assert refused.status_code == 422
    declined = worker.post(
        f"/custody/parcels/{parcel_id}/offer", data={"receiver": str(lab.network.accounts["courier"].id)}
    )
    assert declined.status_code == 303
    page = worker.get(f"/custody/parcels/{parcel_id}")
    [handover_id] = re.findall(r"/custody/handovers/([0-9a-f-]+)/withdraw", page.text)
    assert client("courier").post(f"/custody/handovers/{handover_id}/withdraw").status_code == 303
    assert "Offered to you" not in text_of(client("courier").get("/custody"))


def test_scans_are_kept_undone_marked_and_closed_by_different_people(client: Client, lab: Lab) -> None:
    _, codes = parcel_of(lab, 4, "PX-4")
    stray = lab.register()
    chemist, verifier = client("chemist"), client("verifier")
    at = unpack(chemist, "px-4")
    assert chemist.post(f"{at}/scans", data={"scan": codes[0].lower()}).status_code == 303
    repeated = chemist.post(f"{at}/scans", data={"scan": codes[0]}, headers={"HX-Request": "true"})
    assert "scanned already" in text_of(repeated)
    assert verifier.post(f"{at}/scans", data={"scan": "PX-4-1"}).status_code == 303  # a bag's seal
    for text in (stray.sample.code, label()):
        verifier.post(f"{at}/scans", data={"scan": text})
    for text, words in (
        ("PARCEL:PX-4", "label of parcel PX-4"), ("https://test/lookup#ABC", "give it back unread"),
        ("K7QM", "Neither a sample code"), ("", "Nothing was scanned"),
    ):  # fmt: skip
        refused = chemist.post(f"{at}/scans", data={"scan": text})
        assert refused.status_code == 422
        assert words in text_of(refused)
    assert chemist.post(f"{at}/scans", data={"scan": "no label", "keep_unknown": "yes"}).status_code == 303
    page = verifier.get(at)
    assert "2 of 4" in text_of(page)
    assert "Not on the list 3" in text_of(page)
    scans = re.findall(r"/scans/([0-9a-f-]+)/mark", page.text)
    verifier.post(f"{at}/scans/{scans[-1]}/mark", data={"seal_state": "broken", "condition": "torn"})
    verifier.post(f"{at}/scans/{scans[0]}/undo")
    page = verifier.get(at)
    assert "Seal broken or missing 1" in text_of(page)
    assert "1 scan undone" in text_of(page)
    unsaid = chemist.post(f"{at}/close", data={})
    assert (unsaid.status_code, "Say how the seal" in text_of(unsaid)) == (422, True)
    closed = chemist.post(f"{at}/close", data={"seal_state": "intact"})
    assert "Missing 2" in text_of(chemist.get(closed.headers["location"]))
    assert chemist.post(f"{at}/scans", data={"scan": codes[3]}).status_code == 422
    assert "something missing" in text_of(chemist.get("/custody"))
    with lab.session() as session:
        here = session.exec(select(Item).where(Item.state == ItemState.AT_LABORATORY)).all()
        actors = session.exec(select(CustodyEvent.actor_id).where(CustodyEvent.action == "received")).all()
    assert len(here) == 3
    assert set(actors) == {lab.network.accounts["chemist"].id, lab.network.accounts["verifier"].id}


def label_clash(lab: Lab) -> tuple[str, str, str]:
    """A label used for two samples by two phones; the conflict's key, the printed code, the fresh one."""
    printed = label()
    lab.register(code=printed, sold_as_raw="the first")
    phone = Phone(lab.network.sites["north"].id, lab.network.sites["laboratory"].id)
    phone.register(printed, sold_as_raw="the second")
    with lab.state.database.session() as session:
        [outcome] = apply_all(session, actor=lab.network.actors["worker"], operations=phone.sent)
    assert outcome.code is not None
    return str(outcome.conflict_id), printed, outcome.code


def test_a_label_used_twice_waits_with_both_versions_and_is_decided_once(client: Client, lab: Lab) -> None:
    key, _, fresh = label_clash(lab)
    worker = client("worker")
    assert "1 conflict" in text_of(worker.get("/custody"))
    assert "Registration" in text_of(worker.get("/custody/conflicts"))
    page = worker.get(f"/custody/conflicts/{key}")
    assert {"the first", "the second"} <= set(re.findall(r"the (?:first|second)", text_of(page)))
    assert client("south_worker").get(f"/custody/conflicts/{key}").status_code == 404
    mute = worker.post(f"/custody/conflicts/{key}", data={"decision": "apply_device", "reason": " "})
    assert mute.status_code == 422
    decided = worker.post(f"/custody/conflicts/{key}", data={"decision": "apply_device", "reason": "two bags"})
    assert decided.headers["location"].endswith("done=decided")
    again = worker.post(f"/custody/conflicts/{key}", data={"decision": "keep_server", "reason": "no"})
    assert again.status_code == 422
    events = worker.get(f"/api/v1/samples/{fresh}/custody").json()["events"]
    assert events[-1]["texts"]["note"] == "two bags"  # the decision stands in the ledger
    assert "conflict" not in text_of(worker.get("/custody"))


def test_one_bag_registered_twice_has_one_answer_under_both_tickets(client: Client, lab: Lab) -> None:
    key, printed, fresh = label_clash(lab)
    client("worker").post(f"/custody/conflicts/{key}", data={"decision": "keep_server", "reason": "same bag"})
    with lab.session() as session:
        conflict = session.get_one(SyncConflict, UUID(key))
        assert conflict.decision is Decision.KEEP_SERVER
        tickets = session.exec(select(Ticket.sample_id)).all()
    assert tickets == [conflict.other_sample_id] * 2
    listed = text_of(client("worker").get("/custody"))
    assert "registered twice" in text_of(client("worker").get(f"/samples/{fresh}"))
    assert printed[:4] in listed
    assert fresh[:4] not in listed
