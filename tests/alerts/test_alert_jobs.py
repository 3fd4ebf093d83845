"""From a verified result to a delivered message, by the worker alone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session

from alerts.jobs import TASKS
from alerts.services import AlertServices
from alerts.triggers import HANDLERS
from alerts.unread.service import StepIn, set_steps
from alerts.vocabulary import Tier
from alerts.warnings import editing
from alerts.warnings.models import AlertState, AlertVersion
from alerts.warnings.store import latest_version
from lab.kit.clock import frozen, now
from lab.kit.db import Database
from lab.kit.files import FileStore, open_files
from lab.kit.outbox import consumer
from lab.kit.tasks import Context
from lab.kit.worker import Worker
from tests.alerts.conftest import Recorder
from tests.alerts.house import House


@pytest.fixture
def files(tmp_path: object) -> FileStore:
    return open_files(f"{tmp_path}/files")


def work(database: Database, services: AlertServices, files: FileStore) -> None:
    context = Context(database, files, {AlertServices: services})
    Worker(context, (*consumer(HANDLERS), *TASKS)).run_until_idle()


def test_a_result_becomes_a_task_a_draft_and_after_approval_a_message(
    database: Database, services: AlertServices, files: FileStore, email: Recorder
) -> None:
    with database.session() as session:
        house = House(session, services)
        house.subscriber("night@test.example")
        _, result = house.submit_found("isotonitazene")
        house.verify(result)
    work(database, services, files)
    assert {"subscription.confirm", "task.escalated"} >= {message.event for message in email.sent}
    with database.session() as session:
        house.session = session
        version = house.draft(Tier.T2)
        assert set(version.texts) == {"fr", "nl", "en"}
        house.issue(version)
    work(database, services, files)
    (alert,) = [message for message in email.sent if message.event == "alert.issued"]
    assert alert.address == "night@test.example"


def test_an_exercise_marks_what_was_drafted_by_facts(
    sqlite_url: str, services: AlertServices, files: FileStore
) -> None:
    database = Database(sqlite_url)
    training = replace(services, exercise=True)
    with database.session() as session:
        house = House(session, training)
        _, result = house.submit_found("isotonitazene")
        house.verify(result)
    work(database, training, files)
    with Session(database.engine) as session:
        house.session = session
        assert all(alert.exercise for alert in house.alerts().values())
    database.dispose()


def test_the_clock_task_cancels_and_expires(sqlite_url: str, services: AlertServices, files: FileStore) -> None:
    database = Database(sqlite_url)
    with database.session() as session:
        house = House(session, services)
        house.verified_found("isotonitazene")
        version_id = house.issue(house.draft(Tier.T2)).id
    clock = next(task for task in TASKS if task.name == "alerts.clock")
    with frozen(now() + timedelta(days=15)):
        clock.run(Context(database, files, {AlertServices: services}), "")
    with Session(database.engine) as session:
        assert session.get_one(AlertVersion, version_id).state is AlertState.EXPIRED
    database.dispose()


def test_a_draft_whose_job_was_lost_gets_its_words_from_the_sweep(
    sqlite_url: str, services: AlertServices, files: FileStore
) -> None:
    database = Database(sqlite_url)
    with database.session() as session:
        house = House(session, services)
        house.verified_found("isotonitazene")
        version = latest_version(session, alert_id=house.alerts()[Tier.T1].id)
        version.texts = {}
        session.add(version)
    sweep = next(task for task in TASKS if task.name == "alerts.render_sweep")
    sweep.run(Context(database, files, {AlertServices: services}), "")
    with Session(database.engine) as session:
        assert editing.unwritten(session) == []
    database.dispose()


def test_an_alert_that_nobody_acknowledges_is_told_to_whom_the_network_declared_once(
    database: Database, services: AlertServices, files: FileStore, email: Recorder
) -> None:
    with database.session() as session:
        house = House(session, services)
        house.subscriber("ward@test.example")
        step = StepIn(tier=Tier.T2, after_min=30, account_id=house.coordinator.account_id)
        set_steps(session, actor=house.coordinator, wanted=[step])
        house.verified_found("isotonitazene")
        version = house.issue(house.draft(Tier.T2))
    work(database, services, files)
    sweep = next(task for task in TASKS if task.name == "alerts.unread_sweep")
    for minutes, told in ((29, 0), (31, 1), (33, 1)):
        with frozen(now() + timedelta(minutes=minutes)):
            sweep.run(Context(database, files, {AlertServices: services}), "")
            work(database, services, files)
        unread = [message for message in email.sent if message.event == "alert.unread"]
        assert len(unread) == told, minutes
    assert unread[0].address == "coordinator@test.example"
    assert version.texts["en"]["headline"] in unread[0].text
