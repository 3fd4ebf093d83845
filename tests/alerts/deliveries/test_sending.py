"""A row before every call, at least once under one id, and nobody waits for somebody else's endpoint."""

import re
from collections.abc import Iterator
from datetime import timedelta
from threading import Event

import anyio
import anyio.to_thread
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from alerts.channels.base import Outgoing, TransportError
from alerts.deliveries.backoff import DELAYS_S, MAX_ATTEMPTS, delay
from alerts.deliveries.claiming import claim_due
from alerts.deliveries.dead import replay_dead
from alerts.deliveries.models import Delivery, DeliveryAttempt, DeliveryState
from alerts.deliveries.recording import record_failed
from alerts.deliveries.sending import send_due
from alerts.deliveries.service import tally
from alerts.services import AlertServices
from alerts.subscriptions import service as subscriptions
from alerts.subscriptions.models import EndpointState, SubscriptionEndpoint
from alerts.vocabulary import ChannelKind, Tier
from alerts.warnings import clock
from lab.kit.clock import frozen, now
from lab.kit.db import Database
from lab.kit.ids import new_id
from lab.network.access import Actor
from lab.network.models import Role
from tests.alerts.conftest import Recorder
from tests.alerts.house import House

COORDINATOR = Actor(new_id(), frozenset({(None, Role.COORDINATOR)}))
HOOK = "https://hospital.test.example/hook"


def issue_t2(database: Database, services: AlertServices) -> Database:
    """An issued T2 with one subscriber by e-mail and one by webhook."""
    with database.session() as session:
        house = House(session, services)
        house.subscriber("night@test.example")
        house.subscriber(HOOK, channel=ChannelKind.WEBHOOK)
        house.verified_found("isotonitazene")
        house.issue(house.draft(Tier.T2))
    send_confirmations_away(database)
    return database


def send_confirmations_away(database: Database) -> None:
    """The opt-in questions were answered before they went out: they are no part of what is tested here."""
    with database.session() as session:
        for row in session.exec(select(Delivery).where(Delivery.purpose == "confirmation")).all():
            row.state = DeliveryState.WITHDRAWN
            session.add(row)


@pytest.fixture
def issued(sqlite_url: str, services: AlertServices) -> Iterator[Database]:
    database = Database(sqlite_url)
    yield issue_t2(database, services)
    database.dispose()


@pytest.fixture
def issued_everywhere(database: Database, services: AlertServices) -> Database:
    """As ``issued``, on each engine in turn: for what rests on how the database locks."""
    return issue_t2(database, services)


def rows(database: Database, channel: ChannelKind) -> list[Delivery]:
    with Session(database.engine) as session:
        query = select(Delivery).where(Delivery.purpose == "alert", Delivery.channel == channel)
        return list(session.exec(query))


def attempts(database: Database) -> list[DeliveryAttempt]:
    with Session(database.engine) as session:
        return list(session.exec(select(DeliveryAttempt).order_by(col(DeliveryAttempt.number))))


def alerts_in(channel: Recorder) -> list[Outgoing]:
    return [message for message in channel.sent if message.event.startswith("alert.")]


def test_everybody_gets_their_own_words_once(
    issued_everywhere: Database, services: AlertServices, email: Recorder, webhook: Recorder
) -> None:
    send_due(issued_everywhere, services=services)
    send_due(issued_everywhere, services=services)
    (mail,), (call,) = alerts_in(email), alerts_in(webhook)
    assert mail.subject.startswith("[T2] Nitazene found")
    assert mail.unsubscribe_url is not None
    assert mail.unsubscribe_url in mail.text
    assert (call.event, call.document["tier"], call.document["status"]) == ("alert.issued", "T2", "Actual")
    with Session(issued_everywhere.engine) as session:
        version_id = rows(issued_everywhere, ChannelKind.EMAIL)[0].version_id
        assert version_id is not None
        assert {(one.state, one.count) for one in tally(session, version_id=version_id)} == {(DeliveryState.SENT, 1)}


def test_a_new_subscriber_gets_the_question_and_its_answer_opens_the_endpoint(
    sqlite_url: str, services: AlertServices, email: Recorder
) -> None:
    database = Database(sqlite_url)
    with database.session() as session:
        House(session, services).subscriber("new@test.example", confirmed=False, language="nl")
    send_due(database, services=services)
    (question,) = email.sent
    found = re.search(r"https://lab\.test\.example/subscriptions/confirm/(\S+)", question.text)
    assert found is not None
    assert question.unsubscribe_url is None
    with database.session() as session:
        assert subscriptions.confirm(session, token=found[1]).state is EndpointState.ACTIVE
    database.dispose()


def test_the_attempt_is_a_row_before_the_call(
    issued: Database, services: AlertServices, webhook: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool | None] = []

    async def notify(_: Outgoing) -> int:
        (mine,) = rows(issued, ChannelKind.WEBHOOK)
        seen.append(any(row.delivery_id == mine.id and row.ended_at is None for row in attempts(issued)))
        return 200

    monkeypatch.setattr(webhook, "notify", notify)
    send_due(issued, services=services)
    assert seen == [True]


def test_a_failure_is_tried_again_later_under_the_same_id(
    issued: Database, services: AlertServices, webhook: Recorder
) -> None:
    webhook.failures = [TransportError("busy", status=503, retry_after_s=900)]
    send_due(issued, services=services)
    send_due(issued, services=services)
    assert len(alerts_in(webhook)) == 1
    with frozen(now() + timedelta(seconds=901)):
        send_due(issued, services=services)
    first, second = alerts_in(webhook)
    assert first.message_id == second.message_id
    assert rows(issued, ChannelKind.WEBHOOK)[0].state is DeliveryState.SENT


def test_a_sender_that_died_is_followed_by_another(
    issued_everywhere: Database, services: AlertServices, webhook: Recorder
) -> None:
    with issued_everywhere.session() as session:
        claim_due(session, leases_s={ChannelKind.WEBHOOK: 25.0}, limit=10)  # and then: kill -9
    send_due(issued_everywhere, services=services)
    assert alerts_in(webhook) == []
    with frozen(now() + timedelta(seconds=26)):
        send_due(issued_everywhere, services=services)
    assert len(alerts_in(webhook)) == 1
    (mine,) = rows(issued_everywhere, ChannelKind.WEBHOOK)
    numbers = [(row.number, row.ok) for row in attempts(issued_everywhere) if row.delivery_id == mine.id]
    assert numbers == [(1, None), (2, True)]


def test_an_outcome_that_comes_after_the_lease_changes_nothing(
    issued_everywhere: Database, services: AlertServices, webhook: Recorder
) -> None:
    with issued_everywhere.session() as session:
        (slow,) = claim_due(session, leases_s={ChannelKind.WEBHOOK: 25.0}, limit=10)
    with frozen(now() + timedelta(seconds=26)):
        send_due(issued_everywhere, services=services)
    with issued_everywhere.session() as session:
        record_failed(session, claim=slow, error=TransportError("late"))
    assert rows(issued_everywhere, ChannelKind.WEBHOOK)[0].state is DeliveryState.SENT


def test_gone_ends_the_endpoint(issued_everywhere: Database, services: AlertServices, webhook: Recorder) -> None:
    webhook.failures = [TransportError("http_410", gone=True, status=410)]
    send_due(issued_everywhere, services=services)
    with Session(issued_everywhere.engine) as session:
        states = {row.channel: row.state for row in session.exec(select(SubscriptionEndpoint))}
    assert states == {ChannelKind.EMAIL: EndpointState.ACTIVE, ChannelKind.WEBHOOK: EndpointState.GONE}
    assert rows(issued_everywhere, ChannelKind.WEBHOOK)[0].state is DeliveryState.DEAD


def test_after_the_last_attempt_it_is_dead_until_a_person_puts_it_back(
    issued: Database, services: AlertServices, webhook: Recorder
) -> None:
    webhook.failures = [TransportError("busy") for _ in range(MAX_ATTEMPTS)]
    moment = now()
    for step in (0, *DELAYS_S):
        moment += timedelta(seconds=step * 1.2 + 1)
        with frozen(moment):
            send_due(issued, services=services)
    (row,) = rows(issued, ChannelKind.WEBHOOK)
    assert (row.state, row.attempts) == (DeliveryState.DEAD, MAX_ATTEMPTS)
    with issued.session() as session:
        replay_dead(session, actor=COORDINATOR, delivery_id=row.id)
    send_due(issued, services=services)
    assert rows(issued, ChannelKind.WEBHOOK)[0].state is DeliveryState.SENT
    assert len({message.message_id for message in alerts_in(webhook)}) == 1


def test_what_has_expired_is_not_sent_any_more(issued: Database, services: AlertServices, email: Recorder) -> None:
    with frozen(now() + timedelta(days=15)):
        with issued.session() as session:
            for version_id in clock.expired_versions(session):
                clock.expire(session, version_id=version_id)
        send_due(issued, services=services)
    assert alerts_in(email) == []
    assert rows(issued, ChannelKind.EMAIL)[0].state is DeliveryState.WITHDRAWN


def test_an_endpoint_that_hangs_holds_up_nobody(
    issued: Database, services: AlertServices, email: Recorder, webhook: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailed = Event()
    outcome: list[bool] = []

    async def hang(_: Outgoing) -> int:
        outcome.append(await anyio.to_thread.run_sync(mailed.wait, 10))  # ends only once the e-mail went out
        return 200

    async def mail(_: Outgoing) -> int:
        mailed.set()
        return 250

    monkeypatch.setattr(webhook, "notify", hang)
    monkeypatch.setattr(email, "notify", mail)
    send_due(issued, services=services)
    assert outcome == [True]


def test_a_channel_that_breaks_breaks_nothing_else(
    issued: Database, services: AlertServices, email: Recorder, webhook: Recorder, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    async def broken(message: Outgoing) -> int:
        raise RuntimeError(message.address)

    monkeypatch.setattr(webhook, "notify", broken)
    send_due(issued, services=services)
    assert len(alerts_in(email)) == 1
    assert rows(issued, ChannelKind.WEBHOOK)[0].state is DeliveryState.WAITING
    assert "hospital" not in caplog.text


def test_the_schedule_is_the_specifications() -> None:
    assert sum(DELAYS_S) == 75 * 3600 + 35 * 60 + 5
    assert delay(MAX_ATTEMPTS) is None


@given(
    attempt=st.integers(1, MAX_ATTEMPTS - 1),
    wish_s=st.none() | st.floats(0, 1e7),
    jitter=st.floats(-1, 1),
)
def test_a_wish_lengthens_the_wait_up_to_a_day_and_never_shortens_it(
    attempt: int, wish_s: float | None, jitter: float
) -> None:
    planned, wished = delay(attempt, jitter=jitter), delay(attempt, wish_s=wish_s, jitter=jitter)
    assert planned is not None
    assert wished is not None
    assert planned <= wished <= max(planned, timedelta(days=1))
    assert abs(planned.total_seconds() / DELAYS_S[attempt - 1] - 1) <= 0.1001
