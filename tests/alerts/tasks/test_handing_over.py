"""A site says who is told, when and by what; a call-back can be handed to somebody, who is told at once."""

from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlmodel import col, select

from alerts.channels.base import TransportError
from alerts.deliveries.claiming import claim_due
from alerts.deliveries.composing import compose
from alerts.deliveries.models import Delivery, Purpose
from alerts.deliveries.recording import record_failed
from alerts.errors import (
    DeviceNotFoundError,
    HandOverError,
    ScheduleInvalidError,
    ScheduleWithoutWorkersError,
    TooManyDevicesError,
)
from alerts.reach import service as reach
from alerts.reach.models import PushDevice
from alerts.reach.schemas import PushDeviceIn
from alerts.tasks import service
from alerts.tasks.escalation import due_tasks, escalate, handed_tasks, tell_handed
from alerts.tasks.models import CallbackTask
from alerts.tasks.scheduling import MOST_STEPS, StepIn, set_schedule
from alerts.vocabulary import ChannelKind
from lab.contacts.errors import ContactPhoneInvalidError
from lab.errors import ForbiddenError
from lab.kit.clock import frozen
from lab.network.access import Actor
from lab.network.models import Account, Role
from lab.samples.models import AdverseEvent
from tests.alerts.house import House

# A point on P-256 and a secret, as a browser gives them (RFC 8291, appendix A).
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
E, P, S = ChannelKind.EMAIL, ChannelKind.PUSH, ChannelKind.SMS


@pytest.fixture
def house(sqlite_house: House) -> House:
    """One engine is enough here: ``test_calling_back.py`` escalates on both."""
    return sqlite_house


def opened(house: House) -> CallbackTask:
    sample = house.sample("MDMA", adverse_event=AdverseEvent.OVERDOSE)
    house.consume()
    return house.tasks(sample)["serious_adverse_event"]


def escalate_at(house: House, task: CallbackTask, minutes: float) -> int:
    with frozen(task.opened_at + timedelta(minutes=minutes)):
        return sum(escalate(house.session, services=house.services, task_id=one) for one in due_tasks(house.session))


def told(house: House) -> list[tuple[str, ChannelKind]]:
    """Who was told by what, in order."""
    rows = house.session.exec(
        select(Delivery).where(Delivery.purpose == Purpose.CALLBACK).order_by(col(Delivery.created_at))
    )
    return [(house.session.get_one(Account, row.account_id).email.partition("@")[0], row.channel) for row in rows]


def device(number: int = 1) -> PushDeviceIn:
    return PushDeviceIn(endpoint=f"https://push.example/{number}", p256dh=P256DH, auth=AUTH, label="my phone")


def with_phone(house: House, actor: Actor) -> None:
    reach.set_phone(house.session, actor=actor, number="+32 470 12 34 56")


def save(house: House, *steps: StepIn, actor: Actor | None = None) -> None:
    set_schedule(house.session, actor=actor or house.coordinator, site_id=house.north.id, steps=steps)


def test_by_default_everybody_is_told_by_every_road_there_is_to_them(house: House) -> None:
    reach.add_device(house.session, actor=house.worker, data=device())
    with_phone(house, house.worker)
    escalate_at(house, opened(house), 0)
    assert sorted(told(house)) == [("worker", E), ("worker", P), ("worker", S)]


def test_a_site_chooses_roles_people_and_channels(house: House) -> None:
    with_phone(house, house.coordinator)
    reach.add_device(house.session, actor=house.worker, data=device())
    save(
        house,
        StepIn(after_min=1, role=Role.WORKER, channels=[P]),
        StepIn(after_min=5, account_id=house.coordinator.account_id, channels=[S]),
        StepIn(after_min=5, role=Role.ALERT_APPROVER, channels=[E]),
    )
    task = opened(house)
    assert escalate_at(house, task, 0) == 0
    assert escalate_at(house, task, 1) == 1
    assert escalate_at(house, task, 5) == 3  # of one minute, of one step
    assert sorted(told(house)) == [("approver", E), ("coordinator", S), ("second_approver", E), ("worker", P)]


def test_whoever_has_not_the_road_that_was_chosen_gets_a_mail(house: House) -> None:
    save(house, StepIn(after_min=0, role=Role.WORKER, channels=[S, P]))
    escalate_at(house, opened(house), 0)
    assert told(house) == [("worker", E)]


def test_without_steps_the_network_s_schedule_holds_again(house: House) -> None:
    save(house, StepIn(after_min=30, role=Role.COORDINATOR, channels=[E]))
    save(house)
    assert escalate_at(house, opened(house), 0) == 1


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ([StepIn(after_min=61, role=Role.WORKER, channels=[E])], ScheduleWithoutWorkersError),
        ([StepIn(after_min=0, channels=[E])], ScheduleInvalidError),
        ([StepIn(after_min=0, role=Role.COURIER, channels=[E])], ScheduleInvalidError),
        ([StepIn(after_min=0, account_id=UUID(int=1), channels=[E])], ScheduleInvalidError),
        ([StepIn(after_min=0, role=Role.WORKER, channels=[ChannelKind.WEBHOOK])], ScheduleInvalidError),
        ([StepIn(after_min=0, role=Role.WORKER, channels=[E])] * (MOST_STEPS + 1), ScheduleInvalidError),
    ],
)
def test_a_schedule_that_would_leave_people_waiting_is_refused(
    house: House, steps: list[StepIn], error: type[Exception]
) -> None:
    with pytest.raises(error):
        save(house, *steps)


def test_only_a_coordinator_changes_it(house: House) -> None:
    with pytest.raises(ForbiddenError):
        save(house, StepIn(after_min=0, role=Role.WORKER, channels=[E]), actor=house.worker)


def test_a_step_tells_by_something() -> None:
    with pytest.raises(ValidationError):
        StepIn(after_min=0, role=Role.WORKER, channels=[])


def test_whoever_is_asked_to_call_is_told_once_and_it_goes_on_escalating(house: House) -> None:
    task = opened(house)
    escalate_at(house, task, 0)
    before = len(told(house))
    service.hand_over(
        house.session,
        actor=house.worker,
        task_id=task.id,
        account_id=house.coordinator.account_id,
        note="speaks Arabic",
    )
    assert handed_tasks(house.session) == [task.id]
    for _ in range(2):
        tell_handed(house.session, services=house.services, task_id=task.id)
    assert told(house)[before:] == [("coordinator", E)]
    event = service.history(house.session, task_id=task.id)[-1]
    assert event.message_params["note"] == "speaks Arabic"
    assert escalate_at(house, task, 15) == 1
    service.acknowledge(house.session, actor=house.coordinator, task_id=task.id)
    assert handed_tasks(house.session) == []


def test_it_is_handed_only_to_somebody_who_may_call_back_there(house: House) -> None:
    task = opened(house)
    for name in ("south_worker", "chemist", "auditor"):
        account_id = house.network.actors[name].account_id
        with pytest.raises(HandOverError):
            service.hand_over(house.session, actor=house.worker, task_id=task.id, account_id=account_id)
    with pytest.raises(HandOverError):
        service.hand_over(house.session, actor=house.worker, task_id=task.id, account_id=None)


def test_a_push_says_that_a_call_back_waits_and_nothing_of_what_or_who(house: House) -> None:
    reach.add_device(house.session, actor=house.worker, data=device())
    save(house, StepIn(after_min=0, role=Role.WORKER, channels=[P]))
    task = opened(house)
    escalate_at(house, task, 0)
    with frozen(task.opened_at + timedelta(minutes=1)):
        (claim,) = claim_due(house.session, leases_s={P: 18}, limit=5)
        message = compose(house.session, claim=claim, services=house.services)
    assert (message.subject, message.text) == ("Call-back", "A call-back is waiting at North field.")
    assert (message.url, message.tag) == (f"/tasks/{task.id}", str(task.id))
    assert message.address == "https://push.example/1"
    assert len(message.secret or b"") == 81


def test_a_browser_that_is_gone_is_forgotten(house: House) -> None:
    reach.add_device(house.session, actor=house.worker, data=device())
    save(house, StepIn(after_min=0, role=Role.WORKER, channels=[P]))
    task = opened(house)
    escalate_at(house, task, 0)
    with frozen(task.opened_at + timedelta(minutes=1)):
        (claim,) = claim_due(house.session, leases_s={P: 18}, limit=5)
        record_failed(house.session, claim=claim, error=TransportError("http_410", gone=True, status=410))
    house.session.flush()
    assert house.session.exec(select(PushDevice)).all() == []


def test_devices_belong_to_whoever_is_signed_in_there(house: House) -> None:
    first = reach.add_device(house.session, actor=house.worker, data=device())
    again = reach.add_device(house.session, actor=house.coordinator, data=device())
    assert first.id == again.id
    assert reach.devices_of(house.session, account_id=house.worker.account_id) == []
    with pytest.raises(DeviceNotFoundError):
        reach.remove_device(house.session, actor=house.worker, device_id=again.id)
    reach.remove_device(house.session, actor=house.coordinator, device_id=again.id)


def test_there_are_not_endlessly_many(house: House) -> None:
    for number in range(reach.MOST_DEVICES):
        reach.add_device(house.session, actor=house.worker, data=device(number))
    with pytest.raises(TooManyDevicesError):
        reach.add_device(house.session, actor=house.worker, data=device(reach.MOST_DEVICES))


@pytest.mark.parametrize(
    "broken",
    [
        {"endpoint": "http://push.example/1"},
        {"endpoint": "https://user:word@push.example/1"},
        {"endpoint": "javascript:alert(1)"},
        {"p256dh": AUTH},
        {"p256dh": "B" + "A" * 86},
        {"auth": "short"},
    ],
)
def test_what_no_browser_gives_is_refused(broken: dict[str, str]) -> None:
    given = {"endpoint": "https://push.example/1", "p256dh": P256DH, "auth": AUTH}
    with pytest.raises(ValidationError):
        PushDeviceIn.model_validate(given | broken)


def test_a_number_is_kept_changed_and_removed(house: House) -> None:
    with_phone(house, house.worker)
    assert reach.phone_of(house.session, account_id=house.worker.account_id) == "+32470123456"
    with pytest.raises(ContactPhoneInvalidError):
        reach.set_phone(house.session, actor=house.worker, number="0470")
    reach.set_phone(house.session, actor=house.worker, number=" ")
    assert reach.phone_of(house.session, account_id=house.worker.account_id) is None
