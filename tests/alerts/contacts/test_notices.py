"""People are told that something waits for them: once, in their language, and never what it is."""

import re
from datetime import timedelta

import pytest
from sqlmodel import col, select

from alerts.channels.base import TransportError
from alerts.contacts.causes import Cause, cause_of
from alerts.contacts.erasing import erase_served
from alerts.contacts.messages import words
from alerts.contacts.notices import CALL_AGAIN_AFTER, notify
from alerts.contacts.outcomes import NoticeState, notices_of_task
from alerts.contacts.reading import read_contacts
from alerts.deliveries.claiming import claim_due
from alerts.deliveries.composing import NothingToSendError, compose
from alerts.deliveries.models import Delivery, DeliveryState, Purpose
from alerts.deliveries.recording import record_failed, record_sent, record_withdrawn
from alerts.errors import TaskClosedError, TaskNotFoundError
from alerts.services import AlertServices
from alerts.tasks import service as tasks
from alerts.tasks.models import CallbackTaskEvent, TaskEventKind
from lab.contacts import service as contacts
from lab.contacts.models import ContactKind
from lab.contacts.schemas import ContactIn
from lab.errors import ForbiddenError
from lab.kit.apart import run_apart
from lab.kit.clock import frozen, now
from lab.results import service as results
from lab.results.models import Result
from lab.samples.models import AdverseEvent, Sample
from templates.i18n import LANGUAGES
from tests.alerts.conftest import Recorder
from tests.alerts.house import House
from tests.lab.bench import TEXTS

EMAIL, PHONE = "somebody@example.org", "+32470123456"


@pytest.fixture
def house(sqlite_house: House) -> House:
    """One engine is enough here; the whole way is walked on both in ``tests/api/test_contact_erasure.py``."""
    return sqlite_house


def left_contact(house: House, sample: Sample, **values: object) -> None:
    usual = {"contact_email": EMAIL, "contact_consent": True, "contact_language": "nl"}
    data = ContactIn.model_validate(usual | values)
    contacts.store(house.session, actor=house.worker, keys=house.services.contact_keys, sample=sample, data=data)


def report(house: House, result: Result) -> None:
    results.report(house.session, actor=house.chemist, result_id=result.id, texts=TEXTS)


def causes(house: House) -> list[Cause]:
    """What was written for, in order."""
    rows = house.session.exec(
        select(Delivery).where(Delivery.purpose == Purpose.CONTACT).order_by(col(Delivery.created_at))
    )
    return [cause_of(row.cause or "") for row in rows]


def send(house: House) -> None:
    """Send what is due, as a worker would, in the session of the test."""
    leases_s = {kind: channel.lease_s for kind, channel in house.services.channels.items()}
    for claim in claim_due(house.session, leases_s=leases_s, limit=50):
        try:
            message = compose(house.session, claim=claim, services=house.services)
            status = run_apart(house.services.channels[claim.channel].notify, message)
        except NothingToSendError as error:
            record_withdrawn(house.session, claim=claim, why=error.why)
        except TransportError as error:
            record_failed(house.session, claim=claim, error=error)
        else:
            record_sent(house.session, claim=claim, status=status)


def test_an_answer_is_announced_once(house: House, email: Recorder) -> None:
    sample, result = house.submit_found("caffeine", sold_as="caffeine")
    left_contact(house, sample)
    house.verify(result)
    house.consume()
    assert notify(house.session) == 0  # verified, and not given out yet
    report(house, result)
    assert notify(house.session) == 1
    assert notify(house.session) == 0
    send(house)
    (message,) = [one for one in email.sent if one.event == "contact.notice"]
    assert (message.address, message.language) == (EMAIL, "nl")
    assert "/lookup" in message.text


def test_both_roads_are_used_and_a_text_message_says_it_in_one_piece(house: House, sms: Recorder) -> None:
    sample, result = house.submit_found("caffeine", sold_as="caffeine")
    left_contact(house, sample, contact_phone=PHONE, contact_language="en")
    house.verify(result)
    report(house, result)
    assert notify(house.session) == 2
    send(house)
    (message,) = sms.sent
    assert message.address == PHONE
    assert message.text == "Your result is ready. Look it up with your ticket: https://lab.test.example/lookup"


def test_an_answer_that_was_there_before_the_contact_is_no_news(house: House) -> None:
    sample, result = house.submit_found("caffeine", sold_as="caffeine")
    house.verify(result)
    report(house, result)
    left_contact(house, sample)
    assert notify(house.session) == 0


def test_an_answer_that_changed_is_said_to_have_changed_and_its_successor_is_announced(house: House) -> None:
    sample, result = house.submit_found("caffeine", sold_as="caffeine")
    left_contact(house, sample)
    house.verify(result)
    report(house, result)
    notify(house.session)
    newer = results.amend(house.session, actor=house.chemist, result_id=result.id, reason="a second run")
    assert notify(house.session) == 0  # the earlier one stands until somebody has verified the newer
    results.submit(house.session, actor=house.chemist, result_id=newer.id)
    house.verify(newer)
    assert notify(house.session) == 1
    report(house, newer)
    notify(house.session)
    assert causes(house) == [Cause.READY, Cause.CHANGED, Cause.READY]


def test_a_change_and_its_successor_in_one_breath_are_one_message(house: House) -> None:
    sample, result = house.submit_found("caffeine", sold_as="caffeine")
    left_contact(house, sample)
    house.verify(result)
    report(house, result)
    notify(house.session)
    newer = results.amend(house.session, actor=house.chemist, result_id=result.id, reason="a second run")
    results.submit(house.session, actor=house.chemist, result_id=newer.id)
    house.verify(newer)
    report(house, newer)
    notify(house.session)
    notify(house.session)
    assert causes(house) == [Cause.READY, Cause.CHANGED]


def test_an_answer_that_was_withdrawn_is_said_to_have_changed(house: House) -> None:
    sample, result = house.submit_found("caffeine", sold_as="caffeine")
    left_contact(house, sample)
    house.verify(result)
    report(house, result)
    notify(house.session)
    results.retract(house.session, actor=house.verifier, result_id=result.id, reason="two samples were exchanged")
    notify(house.session)
    assert causes(house) == [Cause.READY, Cause.CHANGED]


def test_a_call_back_asks_the_person_to_get_in_touch_before_anybody_has_verified(house: House, email: Recorder) -> None:
    sample, _ = house.submit_found("isotonitazene")
    left_contact(house, sample, contact_language="en")
    house.consume()
    assert notify(house.session) == 1
    send(house)
    (message,) = [one for one in email.sent if one.event == "contact.notice"]
    assert message.subject == "Please get in touch with us today"
    assert not re.search(r"nitazene|heroin|fentanyl|opioid", message.subject + message.text, re.IGNORECASE)
    assert sample.code not in message.text


def test_several_findings_of_one_night_are_one_message(house: House) -> None:
    sample, _ = house.submit_found("isotonitazene", "fentanyl")
    left_contact(house, sample)
    house.consume()
    notify(house.session)
    notify(house.session)
    assert causes(house) == [Cause.CALL_BACK]
    with frozen(now() + CALL_AGAIN_AFTER + timedelta(minutes=1)):
        notify(house.session)
    assert len(causes(house)) == min(2, len(house.tasks(sample)))


def test_whoever_stands_at_the_counter_is_not_sent_back_to_it(house: House) -> None:
    sample = house.sample("MDMA", adverse_event=AdverseEvent.OVERDOSE)
    left_contact(house, sample)
    house.consume()
    assert "serious_adverse_event" in house.tasks(sample)
    assert notify(house.session) == 0


def urgent(house: House) -> Sample:
    sample, _ = house.submit_found("isotonitazene")
    left_contact(house, sample)
    house.consume()
    notify(house.session)
    return sample


def test_a_message_that_does_not_go_through_shows_on_the_task(house: House, email: Recorder) -> None:
    sample = urgent(house)
    (task,) = house.tasks(sample).values()
    email.failures = [TransportError("recipient_refused", permanent=True)]
    send(house)
    (notice,) = notices_of_task(house.session, task_id=task.id)
    assert notice.state is NoticeState.FAILED
    events = house.session.exec(select(CallbackTaskEvent).where(CallbackTaskEvent.kind == TaskEventKind.MESSAGED)).all()
    assert [event.message_id for event in events] == ["task.event.message_failed"]


def test_the_first_failure_is_told_and_the_next_attempt_comes_within_seconds(house: House, email: Recorder) -> None:
    sample = urgent(house)
    (task,) = house.tasks(sample).values()
    email.failures = [TransportError("TimeoutError")]
    send(house)
    assert [one.state for one in notices_of_task(house.session, task_id=task.id)] == [NoticeState.FAILING]
    (row,) = house.session.exec(select(Delivery).where(Delivery.purpose == Purpose.CONTACT))
    assert row.due_at - now() < timedelta(seconds=10)


def test_nobody_is_written_to_after_the_call(house: House, email: Recorder) -> None:
    sample = urgent(house)
    (task,) = house.tasks(sample).values()
    tasks.confirm_called_back(house.session, actor=house.worker, task_id=task.id, said="told")
    send(house)
    assert [one for one in email.sent if one.event == "contact.notice"] == []


def test_an_erased_contact_is_not_written_to(house: House, email: Recorder) -> None:
    sample = urgent(house)
    contacts.erase_contacts(house.session, keys=house.services.contact_keys, sample_id=sample.id)
    send(house)
    assert [one for one in email.sent if one.event == "contact.notice"] == []
    (row,) = house.session.exec(select(Delivery).where(Delivery.purpose == Purpose.CONTACT))
    assert row.state is DeliveryState.WITHDRAWN


def test_whoever_must_call_reads_the_contact_and_that_is_written_down(house: House) -> None:
    sample = urgent(house)
    (task,) = house.tasks(sample).values()
    keys = house.services.contact_keys
    assert read_contacts(house.session, actor=house.worker, keys=keys, task_id=task.id) == [(ContactKind.EMAIL, EMAIL)]
    event = tasks.history(house.session, task_id=task.id)[-1]
    assert (event.account_id, event.message_id) == (house.worker.account_id, "task.event.contact_shown")
    assert EMAIL not in str(event.message_params)
    stranger, auditor = house.network.actors["south_worker"], house.network.actors["auditor"]
    with pytest.raises(TaskNotFoundError):
        read_contacts(house.session, actor=stranger, keys=keys, task_id=task.id)
    with pytest.raises(ForbiddenError):
        read_contacts(house.session, actor=auditor, keys=keys, task_id=task.id)
    tasks.confirm_called_back(house.session, actor=house.worker, task_id=task.id, said="told")
    with pytest.raises(TaskClosedError):
        read_contacts(house.session, actor=house.worker, keys=keys, task_id=task.id)


def test_a_contact_stays_while_somebody_must_be_called_and_goes_afterwards(house: House) -> None:
    sample, result = house.submit_found("isotonitazene")
    left_contact(house, sample)
    house.consume()
    house.verify(result)
    report(house, result)
    services = house.services
    later = now() + timedelta(days=20)
    with frozen(later):
        assert erase_served(house.session, keys=services.contact_keys, retention=services.retention) == 0
        for task in house.tasks(sample).values():
            tasks.confirm_called_back(house.session, actor=house.worker, task_id=task.id, said="told")
        assert erase_served(house.session, keys=services.contact_keys, retention=services.retention) == 1
    assert contacts.contacts_of(house.session, sample_id=sample.id) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", list(Cause))
def test_no_message_says_what_it_is_about(services: AlertServices, cause: Cause, language: str) -> None:
    said = " ".join(words(cause, language=language, services=services))
    telling = r"drogue|drug|staal van|subst|pill|tablet|cachet|dange|gevaar|overdos|analy|MDMA|coca|hero|fent|nitaz"
    assert not re.search(telling, said.replace("/lookup", ""), re.IGNORECASE), said
    assert "#" not in said
    assert len(said) < 420  # three parts of a text message at most
