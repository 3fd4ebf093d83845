"""A call-back stays open, and gets louder, until somebody has called."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlmodel import Session, select

from alerts.deliveries.models import Delivery, DeliveryState, Purpose
from alerts.deliveries.sending import send_due
from alerts.errors import TaskClosedError, TaskNoteMissingError, TaskNotFoundError
from alerts.services import AlertServices
from alerts.tasks import service
from alerts.tasks.escalation import due_tasks, escalate
from alerts.tasks.models import CallbackTask, EscalationStep, TaskState
from alerts.tasks.service import open_task
from lab.errors import ForbiddenError
from lab.kit.clock import frozen, now
from lab.kit.db import Database
from lab.kit.messages import Message
from lab.network.models import Account, Role
from lab.samples.models import AdverseEvent, Sample
from tests.alerts.conftest import Recorder
from tests.alerts.house import House

SAID = "told by phone: do not use it, hand it in"


def opened(house: House) -> CallbackTask:
    sample = house.sample("MDMA", adverse_event=AdverseEvent.OVERDOSE)
    house.consume()
    return house.tasks(sample)["serious_adverse_event"]


def told(house: House) -> list[str]:
    """Who was written to, in order."""
    rows = house.session.exec(
        select(Delivery).where(Delivery.purpose == Purpose.CALLBACK).order_by(Delivery.created_at)  # type: ignore[arg-type]  # a column
    )
    return [house.session.get_one(Account, row.account_id).email.partition("@")[0] for row in rows]


def escalate_at(house: House, task: CallbackTask, minutes: float) -> int:
    with frozen(task.opened_at + timedelta(minutes=minutes)):
        return sum(escalate(house.session, services=house.services, task_id=one) for one in due_tasks(house.session))


def test_it_escalates_by_the_schedule_and_again_until_it_is_done(house: House) -> None:
    task = opened(house)
    assert escalate_at(house, task, 0) == 1
    assert escalate_at(house, task, 14) == 0
    assert escalate_at(house, task, 15) == 1
    assert escalate_at(house, task, 44) == 0
    assert escalate_at(house, task, 45) == 2
    assert told(house)[:2] == ["worker", "coordinator"]
    service.confirm_called_back(house.session, actor=house.worker, task_id=task.id, said=SAID)
    assert escalate_at(house, task, 500) == 0


def test_a_site_has_its_own_schedule(house: House) -> None:
    house.session.add(EscalationStep(site_id=house.north.id, after_min=2, role=Role.COORDINATOR))
    house.session.flush()
    task = opened(house)
    assert escalate_at(house, task, 1) == 0
    assert escalate_at(house, task, 2) == 1
    assert told(house) == ["coordinator"]


def test_acknowledging_does_not_silence_it(house: House) -> None:
    task = opened(house)
    service.acknowledge(house.session, actor=house.worker, task_id=task.id)
    assert escalate_at(house, task, 15) == 1


def test_not_reached_keeps_it_open_and_on_record(house: House) -> None:
    task = opened(house)
    service.record_not_reached(house.session, actor=house.worker, task_id=task.id, note="no answer")
    assert task.state is TaskState.OPEN
    assert "task.event.not_reached" in {one.message_id for one in service.history(house.session, task_id=task.id)}


def test_it_is_closed_with_what_was_said_or_not_at_all(house: House) -> None:
    task = opened(house)
    with pytest.raises(TaskNoteMissingError):
        service.confirm_called_back(house.session, actor=house.worker, task_id=task.id, said="  ")
    done = service.confirm_called_back(house.session, actor=house.worker, task_id=task.id, said=SAID)
    assert (done.state, done.said, done.confirmed_by) == (TaskState.DONE, SAID, house.worker.account_id)
    with pytest.raises(TaskClosedError):
        service.confirm_called_back(house.session, actor=house.worker, task_id=task.id, said=SAID)


def test_another_sites_worker_neither_sees_nor_closes_it(house: House) -> None:
    task = opened(house)
    stranger = house.network.actors["south_worker"]
    assert service.list_open(house.session, actor=stranger) == []
    with pytest.raises(TaskNotFoundError):
        service.confirm_called_back(house.session, actor=stranger, task_id=task.id, said=SAID)


def test_who_may_read_samples_everywhere_may_not_close_it_for_that(house: House) -> None:
    task = opened(house)
    with pytest.raises(ForbiddenError):
        service.confirm_called_back(house.session, actor=house.approver, task_id=task.id, said=SAID)


def test_the_mail_names_nobody_and_says_whether_it_is_verified(house: House) -> None:
    task = opened(house)
    escalate_at(house, task, 0)
    (row,) = house.session.exec(select(Delivery).where(Delivery.purpose == Purpose.CALLBACK)).all()
    assert row.content is not None
    assert "NOT VERIFIED YET" in row.content["body"]
    assert f"https://lab.test.example/tasks/{task.id}" in row.content["body"]
    sample = house.session.get_one(Sample, task.sample_id)
    assert sample.code.replace("-", "") not in row.content["subject"]


def test_a_mail_that_waited_until_the_call_was_made_is_not_sent(
    sqlite_url: str, services: AlertServices, email: Recorder
) -> None:
    database = Database(sqlite_url)
    with database.session() as session:
        house = House(session, services)
        task = opened(house)
        escalate_at(house, task, 0)
        service.confirm_called_back(session, actor=house.worker, task_id=task.id, said=SAID)
    send_due(database, services=services)
    with Session(database.engine) as session:
        states = {row.state for row in session.exec(select(Delivery))}
    database.dispose()
    assert states == {DeliveryState.WITHDRAWN}
    assert email.sent == []


def test_two_facts_at_once_open_one_task(database: Database, services: AlertServices) -> None:
    with database.session() as session:
        house = House(session, services)
        sample = house.sample("MDMA")
        sample_id, site_id = sample.id, sample.site_id
    together = Barrier(4)

    def open_it(number: int) -> None:
        together.wait()
        with database.session() as session:
            open_task(
                session, sample_id=sample_id, site_id=site_id, cause="pma_pmma",
                message=Message("task.cause.pma_pmma", {"found": "PMA"}), source_key=f"fact:{number}",
            )  # fmt: skip

    threads = [Thread(target=open_it, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Session(database.engine) as session:
        (task,) = session.exec(select(CallbackTask)).all()
        assert len(service.history(session, task_id=task.id)) == 4


def test_one_step_is_taken_once_however_many_sweeps_come(house: House) -> None:
    task = opened(house)
    with frozen(now() + timedelta(minutes=1)):
        counts = [escalate(house.session, services=house.services, task_id=task.id) for _ in range(3)]
    assert counts == [1, 0, 0]
