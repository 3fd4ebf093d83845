"""The worker's pages without any script: register, ticket, seal, hand over, look up, call back."""

import re
from datetime import timedelta
from uuid import uuid4

from sqlmodel import select

from alerts.tasks.models import CallbackTask, TaskState
from lab.custody.models import ItemState
from lab.custody.service import items_of
from lab.kit.clock import frozen, now
from lab.samples.models import Sample
from tests.api.pages.conftest import Client, Lab, fields_of, text_of


def registration(**more: str) -> dict[str, str]:
    return {"client_id": str(uuid4()), "sold_as_raw": "speed", "form": "powder", "consent_analyse": "yes", **more}


def test_registering_shows_the_code_and_the_ticket_once(client: Client, lab: Lab) -> None:
    sent = registration(mass_mg="120,5", consent_notify="yes")
    page = client("worker").post("/samples/new", data=sent)
    assert page.status_code == 200
    ticket = re.search(r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{3}", text_of(page))
    assert ticket
    assert "<svg" in page.text
    again = client("worker").post("/samples/new", data=sent)
    assert ticket[0] not in again.text
    with lab.session() as session:
        (sample,) = session.exec(select(Sample)).all()
        assert (sample.mass_mg, sample.consent_notify, sample.consent_open_data) == (120.5, True, False)
        assert sample.code[:4] in text_of(page)


def test_a_name_of_the_vocabulary_is_linked_and_the_persons_words_are_kept(client: Client, lab: Lab) -> None:
    amphetamine = lab.substance("amphetamine")
    client("worker").post("/samples/new", data=registration(sold_as_raw="Amphetamine"))
    with lab.session() as session:
        (sample,) = session.exec(select(Sample)).all()
        assert (sample.sold_as_substance_id, sample.sold_as_raw) == (amphetamine.id, "Amphetamine")


def test_what_was_typed_is_kept_and_the_error_stands_beside_its_field(client: Client, lab: Lab) -> None:
    sent = registration(sold_as_raw="pink powder", mass_mg="a lot")
    page = client("worker").post("/samples/new", data=sent)
    assert page.status_code == 422
    assert fields_of(page, "sold_as_raw") == ["pink powder"]
    assert fields_of(page, "client_id") == [sent["client_id"]]
    assert 'id="mass_mg-error"' in page.text
    assert 'aria-invalid="true"' in page.text
    with lab.session() as session:
        assert session.exec(select(Sample)).first() is None


def test_without_consent_nothing_is_registered(client: Client, lab: Lab) -> None:
    page = client("worker").post("/samples/new", data=registration() | {"consent_analyse": ""})
    assert page.status_code == 422
    assert 'id="consent_analyse-error"' in page.text
    with lab.session() as session:
        assert session.exec(select(Sample)).first() is None


def test_typing_a_product_offers_the_vocabulary(client: Client, lab: Lab) -> None:
    lab.substance("ketamine")
    page = client("worker").get("/samples/sold-as", params={"sold_as_raw": "ketmine"})
    assert "ketamine" in text_of(page)
    assert 'name="sold_as_substance_id"' in page.text


def test_the_night_lists_who_waits_longest_first_and_marks_who_waits_too_long(client: Client, lab: Lab) -> None:
    with frozen(now() - timedelta(minutes=50)):
        late = lab.register(form="powder")
    fresh = lab.register(form="tablet")
    page = client("worker").get("/")
    codes = re.findall(r'/samples/([0-9A-Z]{9})"', page.text)
    assert codes == [late.sample.code, fresh.sample.code]
    assert len(re.findall(r'class="late"', page.text)) == 1
    assert "2 waiting" in text_of(page)


def test_a_code_finds_its_sample_and_a_typo_is_told(client: Client, lab: Lab) -> None:
    code = lab.register().sample.code
    found = client("worker").get("/samples", params={"code": f" {code[:4].lower()}-{code[4:]}"})
    assert (found.status_code, found.headers["location"]) == (303, f"/samples/{code}")
    wrong = ("A" if code[0] != "A" else "B") + code[1:]
    page = client("worker").get("/samples", params={"code": wrong})
    assert page.status_code == 200
    assert 'id="code-error"' in page.text


def test_a_sample_of_another_site_is_not_there(client: Client, lab: Lab) -> None:
    code = lab.register().sample.code
    assert client("south_worker").get(f"/samples/{code}").status_code == 404


def test_a_parcel_goes_from_counter_to_laboratory(client: Client, lab: Lab) -> None:
    worker, chemist = client("worker"), client("chemist")
    registered = lab.register(mass_mg=100)
    code, item = registered.sample.code, str(registered.item.id)
    unsealed = worker.post(f"/samples/{code}/seal", data={"item": item, "seal_number": "", "mass_mg": ""})
    assert unsealed.status_code == 422
    sealed = worker.post(f"/samples/{code}/seal", data={"item": item, "seal_number": "S-1", "mass_mg": "99,5"})
    assert sealed.headers["location"] == f"/samples/{code}?done=sealed"
    laboratory = str(lab.network.sites["laboratory"].id)
    parcel = {"item_ids": item, "to_site_id": laboratory, "seal_number": "P-1"}
    refused = worker.post("/custody/parcels", data=parcel)
    assert refused.status_code == 422
    assert fields_of(refused, "seal_number") == ["P-1"]
    packed = worker.post("/custody/parcels", data=parcel | {"legal_basis": "authorisation 7"})
    path = packed.headers["location"].partition("?")[0]
    assert "S-1" in worker.get(path).text
    assert worker.post(f"{path}/hand-over", data={"confirmed": "yes"}).status_code == 303
    assert "P-1" in text_of(chemist.get("/custody"))
    unpacking = chemist.post("/custody/receiving", data={"parcel": "PARCEL:P-1"}).headers["location"]
    assert chemist.post(f"{unpacking}/scans", data={"scan": code}).headers["location"] == unpacking
    closed = chemist.post(f"{unpacking}/close", data={"seal_state": "intact"})
    assert closed.headers["location"].endswith("done=receiving_closed")
    with lab.session() as session:
        assert items_of(session, sample_id=registered.sample.id)[0].state is ItemState.AT_LABORATORY
    assert "North field → Laboratory" in text_of(chemist.get(f"/samples/{code}"))


def test_what_is_missing_from_a_parcel_is_said(client: Client, lab: Lab) -> None:
    worker, chemist = client("worker"), client("chemist")
    items = []
    for number in range(2):
        registered = lab.register(mass_mg=10)
        items.append(str(registered.item.id))
        data = {"item": items[-1], "seal_number": f"S-{number}"}
        worker.post(f"/samples/{registered.sample.code}/seal", data=data)
    sent = {"item_ids": items, "to_site_id": str(lab.network.sites["laboratory"].id), "seal_number": "P-2",
            "legal_basis": "authorisation 7"}  # fmt: skip
    path = worker.post("/custody/parcels", data=sent).headers["location"].partition("?")[0]
    worker.post(f"{path}/hand-over", data={"confirmed": "yes"})
    unpacking = chemist.post(f"{path}/receiving").headers["location"]
    chemist.post(f"{unpacking}/scans", data={"scan": "S-0"})
    closed = chemist.post(f"{unpacking}/close", data={"seal_state": "broken"}).headers["location"]
    assert "Missing 1" in text_of(chemist.get(closed))
    assert "missing" in text_of(chemist.get(path))


def test_a_call_back_stands_on_every_page_until_somebody_has_told_the_person(client: Client, lab: Lab) -> None:
    lab.register(adverse_event="overdose")
    lab.work()
    worker = client("worker")
    for path in ("/", "/samples", "/custody", "/samples/new"):
        assert "CALL BACK NOW 1" in text_of(worker.get(path)), path
    with lab.session() as session:
        (task,) = session.exec(select(CallbackTask)).all()
    silent = worker.post(f"/tasks/{task.id}/told", data={"said": " "})
    assert silent.status_code == 422
    assert 'id="said-error"' in silent.text
    assert worker.post(f"/tasks/{task.id}/not-reached", data={"said": "phone off"}).status_code == 303
    assert "phone off" in text_of(worker.get(f"/tasks/{task.id}"))
    assert worker.post(f"/tasks/{task.id}/told", data={"said": "told at the counter"}).status_code == 303
    assert "CALL BACK NOW" not in text_of(worker.get("/"))
    with lab.session() as session:
        assert session.get(CallbackTask, task.id).state is TaskState.DONE


def test_a_call_back_of_one_site_is_not_shown_at_another(client: Client, lab: Lab) -> None:
    lab.register(adverse_event="serious")
    lab.work()
    assert "CALL BACK NOW" not in text_of(client("south_worker").get("/"))
