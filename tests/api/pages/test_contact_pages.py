"""Contacts, escalation and roads to workers, as people meet them on pages."""

import pytest
from httpx2 import Response
from sqlmodel import select

from alerts.deliveries.models import Delivery
from alerts.reach.models import PushDevice
from alerts.tasks.models import CallbackTask, EscalationStep
from api.services import contact_keys
from api.state import AppState
from lab.contacts import service as contacts
from lab.contacts.models import Contact
from lab.samples.models import AdverseEvent
from tests.alerts.tasks.test_handing_over import AUTH, P256DH
from tests.api.pages.conftest import Client, Lab, text_of

EMAIL = "somebody.quiet@example.org"
GIVEN = {"contact_email": EMAIL, "contact_consent": "yes", "contact_language": "fr"}


@pytest.fixture
def state(state: AppState) -> AppState:
    """A deployment that can send both."""
    update = {"smtp_host": "127.0.0.1", "smtp_port": 9, "sms_url": "http://127.0.0.1:9/sms"}
    object.__setattr__(state, "settings", state.settings.model_copy(update=update))
    return state


def kept(lab: Lab) -> list[str]:
    with lab.session() as session:
        keys = contact_keys(lab.state.settings)
        return [contacts.address_of(one, keys=keys) for one in session.exec(select(Contact))]


def test_a_contact_is_kept_shown_to_exist_and_erased_at_the_counter(lab: Lab, client: Client) -> None:
    sample, worker = lab.register().sample, client("worker")
    assert worker.post(f"/samples/{sample.code}/contact", data=GIVEN).status_code == 303
    assert kept(lab) == [EMAIL]
    page = worker.get(f"/samples/{sample.code}")
    assert "A contact is kept" in text_of(page)
    assert EMAIL not in page.text
    assert worker.post(f"/samples/{sample.code}/contact/erase").status_code == 303
    assert kept(lab) == []
    assert "No contact was left" in text_of(worker.get(f"/samples/{sample.code}"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"contact_consent": ""}, "Tick that the person agrees"),
        ({"contact_email": "nobody"}, "not an e-mail address"),
        ({"contact_email": "", "contact_phone": "0470"}, "country code"),
        ({"contact_email": "", "contact_consent": ""}, "Give an e-mail address"),
        ({"contact_email": "x" * 300 + "@b.org"}, ""),
        ({"contact_language": "xx"}, ""),
        ({"contact_email": "a\x00@b.org"}, ""),
    ],
)
def test_what_cannot_be_kept_is_said_beside_the_field_and_nothing_typed_is_lost(
    lab: Lab, client: Client, change: dict[str, str], says: str
) -> None:
    sample = lab.register().sample
    answer = client("worker").post(f"/samples/{sample.code}/contact", data=GIVEN | change)
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert kept(lab) == []


def test_where_nobody_can_be_written_to_nobody_is_asked(lab: Lab, client: Client) -> None:
    update = {"smtp_host": None, "sms_url": None}
    object.__setattr__(lab.state, "settings", lab.state.settings.model_copy(update=update))
    sample = lab.register().sample
    assert "contact_email" not in client("worker").get(f"/samples/{sample.code}").text


def test_a_colleague_elsewhere_cannot_touch_it(lab: Lab, client: Client) -> None:
    sample = lab.register().sample
    client("worker").post(f"/samples/{sample.code}/contact", data=GIVEN)
    assert client("south_worker").post(f"/samples/{sample.code}/contact/erase").status_code == 404
    assert client("chemist").post(f"/samples/{sample.code}/contact/erase").status_code == 403
    assert kept(lab) == [EMAIL]


def test_the_person_erases_it_with_the_ticket_and_is_told_the_same_in_any_case(lab: Lab, client: Client) -> None:
    registered = lab.register()
    client("worker").post(f"/samples/{registered.sample.code}/contact", data=GIVEN)
    with_contact = erased(client, registered.ticket or "")
    assert kept(lab) == []
    assert text_of(erased(client, registered.ticket or "")) == text_of(with_contact)
    other = lab.register().ticket or ""
    assert text_of(erased(client, other)) == text_of(with_contact)
    assert with_contact.status_code == 200


def erased(client: Client, ticket: str) -> Response:
    return client("worker").post("/lookup/contact", data={"ticket": ticket})


def test_a_typo_in_the_ticket_is_said(lab: Lab, client: Client) -> None:
    assert erased(client, "not a ticket").status_code == 422


def called(lab: Lab) -> CallbackTask:
    lab.register(adverse_event=AdverseEvent.OVERDOSE)
    lab.work()
    with lab.session() as session:
        return session.exec(select(CallbackTask)).one()


def test_whoever_must_call_is_shown_the_contact_once_it_is_asked_for(lab: Lab, client: Client) -> None:
    task, worker = called(lab), client("worker")
    with lab.session() as session:
        code = worker.get(f"/api/v1/tasks/{task.id}").json()["sample_code"]
        assert session.exec(select(Contact)).all() == []
    assert "No contact was left" in text_of(worker.get(f"/tasks/{task.id}"))
    worker.post(f"/samples/{code}/contact", data=GIVEN)
    assert EMAIL not in worker.get(f"/tasks/{task.id}").text
    shown = worker.post(f"/tasks/{task.id}/contact")
    assert EMAIL in shown.text
    assert shown.headers["cache-control"] == "no-store"
    history = text_of(worker.get(f"/tasks/{task.id}"))
    assert "Read the person’s contact" in history
    assert EMAIL not in history


def test_a_call_back_is_handed_over(lab: Lab, client: Client) -> None:
    task = called(lab)
    chosen = str(lab.network.accounts["coordinator"].id)
    data = {"handed_to": chosen, "hand_over_note": "knows the person"}
    assert client("worker").post(f"/tasks/{task.id}/hand-over", data=data).status_code == 303
    assert "Asked to call: Coordinator" in text_of(client("worker").get(f"/tasks/{task.id}"))
    lab.work()
    with lab.session() as session:
        rows = session.exec(select(Delivery).where(Delivery.task_id == task.id)).all()
        assert lab.network.accounts["coordinator"].id in {row.account_id for row in rows}
    for wrong in ("", "nobody", str(lab.network.accounts["chemist"].id)):
        refused = client("worker").post(f"/tasks/{task.id}/hand-over", data={"handed_to": wrong})
        assert refused.status_code == 422


def test_the_coordinator_sets_the_site_s_own_schedule(lab: Lab, client: Client) -> None:
    site, coordinator = lab.network.sites["north"], client("coordinator")
    path = f"/sites/{site.id}/escalation"
    assert "The network’s schedule holds here" in text_of(coordinator.get(path))
    form = {
        "whom_1": "role:worker", "after_1": "0", "by_1": ["email", "push"],
        "whom_2": f"person:{lab.network.accounts['coordinator'].id}", "after_2": "10", "by_2": ["sms"],
        "whom_3": "", "after_3": "99", "by_3": ["email"],
    }  # fmt: skip
    assert coordinator.post(path, data=form).status_code == 303
    with lab.session() as session:
        rows = session.exec(select(EscalationStep).order_by(EscalationStep.after_min)).all()  # type: ignore[arg-type]  # a column
    assert [(row.after_min, row.channels) for row in rows] == [(0, ["email", "push"]), (10, ["sms"])]
    assert "its own schedule" in text_of(coordinator.get(path))
    assert coordinator.post(path, data={"reset": "yes"}).status_code == 303
    assert "The network’s schedule holds here" in text_of(coordinator.get(path))


@pytest.mark.parametrize(
    "form",
    [
        {"whom_1": "role:worker", "after_1": "soon", "by_1": ["email"]},
        {"whom_1": "role:worker", "after_1": "0"},
        {"whom_1": "role:king", "after_1": "0", "by_1": ["email"]},
        {"whom_1": "person:me", "after_1": "0", "by_1": ["email"]},
        {"whom_1": "role:worker", "after_1": "-1", "by_1": ["email"]},
        {"whom_1": "role:worker", "after_1": "999", "by_1": ["email"]},
        {"whom_1": "role:worker", "after_1": "0", "by_1": ["pigeon"]},
    ],
)
def test_a_schedule_that_cannot_be_is_refused_with_a_word(lab: Lab, client: Client, form: dict[str, object]) -> None:
    path = f"/sites/{lab.network.sites['north'].id}/escalation"
    answer = client("coordinator").post(path, data=form)
    assert answer.status_code == 422
    with lab.session() as session:
        assert session.exec(select(EscalationStep)).all() == []


def test_a_worker_adds_a_device_and_a_number_and_removes_them(lab: Lab, client: Client) -> None:
    worker = client("worker")
    data = {"endpoint": "https://push.example/1", "p256dh": P256DH, "auth": AUTH, "label": "Phone <b>one</b>"}
    assert worker.post("/reach/devices", data=data).status_code == 303
    page = worker.get("/reach")
    assert "Phone &lt;b&gt;one" in page.text
    with lab.session() as session:
        device = session.exec(select(PushDevice)).one()
    assert "Phone &lt;b&gt;" not in client("coordinator").get("/reach").text
    assert client("coordinator").post(f"/reach/devices/{device.id}/remove").status_code == 404
    assert worker.post(f"/reach/devices/{device.id}/remove").status_code == 303
    assert worker.post("/reach/devices", data=data | {"auth": "x"}).status_code == 422
    assert worker.post("/reach/phone", data={"contact_phone": "+32 470 12 34 56"}).status_code == 303
    assert "+32470123456" in worker.get("/reach").text
    assert worker.post("/reach/phone", data={"contact_phone": "call me"}).status_code == 422


def test_without_a_mail_server_those_who_can_mend_it_are_told(lab: Lab, client: Client) -> None:
    assert "Messages that do not go out" not in text_of(client("coordinator").get("/"))
    update = {"smtp_host": None, "sms_url": None}
    object.__setattr__(lab.state, "settings", lab.state.settings.model_copy(update=update))
    called(lab)
    for name in ("coordinator", "admin"):
        page = text_of(client(name).get("/"))
        assert "Messages that do not go out" in page
        assert "message waits for it" in page
    assert "Messages that do not go out" not in text_of(client("worker").get("/"))
