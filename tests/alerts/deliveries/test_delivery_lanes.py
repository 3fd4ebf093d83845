"""Nothing that waits, hangs or is many takes the place of what concerns one person, or of whoever answers."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import anyio
import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from alerts.channels.base import Outgoing, TransportError
from alerts.deliveries import lanes, sending
from alerts.deliveries.fanout import Recipient, lane_for, recipients
from alerts.deliveries.lanes import BATCH, lanes_of
from alerts.deliveries.models import Delivery, DeliveryState, Lane, Purpose
from alerts.deliveries.sending import send_due
from alerts.services import AlertServices
from alerts.subscriptions.models import SubscriptionEndpoint
from alerts.tasks.escalation import escalate
from alerts.vocabulary import Audience, ChannelKind, Tier
from alerts.warnings.models import Alert
from lab.kit.clock import frozen, now
from lab.kit.db import Database
from lab.kit.ids import new_id
from tests.alerts.conftest import Recorder
from tests.alerts.house import House


def subscribe(database: Database, services: AlertServices, urls: list[str]) -> None:
    """An alert to webhooks at ``urls``, waiting to be sent."""
    with database.session() as session:
        house = House(session, services)
        for url in urls:
            house.subscriber(url, channel=ChannelKind.WEBHOOK)
        house.verified_found("isotonitazene")
        house.issue(house.draft(Tier.T2))
        session.execute(
            sa.update(Delivery)
            .where(col(Delivery.purpose) == Purpose.CONFIRMATION)
            .values(state=DeliveryState.WITHDRAWN)
        )


def call_back(database: Database, channel: ChannelKind = ChannelKind.WEBHOOK) -> None:
    """What a call-back would send, as far as lanes see it."""
    with database.session() as session:
        pattern = session.exec(select(Delivery).where(Delivery.purpose == Purpose.ALERT)).first()
        assert pattern is not None
        session.add(
            Delivery(
                purpose=Purpose.ALERT, channel=channel, lane=Lane.PERSON, version_id=pattern.version_id,
                endpoint_id=_another_endpoint(session, pattern),
            )
        )  # fmt: skip


def _another_endpoint(session: Session, pattern: Delivery) -> object:
    endpoint = session.get_one(SubscriptionEndpoint, pattern.endpoint_id)
    twin = SubscriptionEndpoint(
        **endpoint.model_dump(exclude={"id", "channel", "confirm_hash", "unsubscribe_hash", "address"}),
        channel=ChannelKind.EMAIL, confirm_hash=b"c" * 32, unsubscribe_hash=b"u" * 32,
        address="https://person.test.example/",
    )  # fmt: skip
    session.add(twin)
    session.flush()
    return twin.id


def rows(database: Database) -> dict[str, Delivery]:
    """The alert's deliveries by the host they go to."""
    with Session(database.engine) as session:
        found = session.execute(
            sa.select(col(SubscriptionEndpoint.address), Delivery)
            .join(Delivery, col(Delivery.endpoint_id) == col(SubscriptionEndpoint.id))
            .where(col(Delivery.purpose) == Purpose.ALERT)
        )
        return {host_of(address): row for address, row in found}


def host_of(address: str) -> str:
    return (urlsplit(address).hostname or "").partition(".")[0]


def answering(webhook: Recorder, monkeypatch: pytest.MonkeyPatch, hangs: Callable[[str], bool]) -> Counter[str]:
    """Hosts for which ``hangs`` says so never answer their first call; how many got through to each host."""
    through: Counter[str] = Counter()
    called: Counter[str] = Counter()

    async def notify(message: Outgoing) -> int:
        host = host_of(message.address)
        called[host] += 1
        if hangs(host) and called[host] == 1:
            await anyio.sleep_forever()
        through[host] += 1
        return 200

    monkeypatch.setattr(webhook, "notify", notify)
    return through


def test_a_call_back_finds_a_slot_while_a_mailing_has_taken_all_others(
    database: Database, services: AlertServices, webhook: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(database, services, [f"https://h{number}.test.example/hook" for number in range(3)])
    monkeypatch.setattr(webhook, "slots", 3)
    monkeypatch.setattr(sending, "PATIENCE_S", 60.0)
    release: list[anyio.Event] = []
    ended: list[str] = []

    async def notify(message: Outgoing) -> int:
        host = host_of(message.address)
        if not release:
            release.append(anyio.Event())
            call_back(database)  # comes while all slots of the mailing are being taken
        if host != "person":
            with anyio.fail_after(10):
                await release[0].wait()
        release[0].set()
        ended.append(host)
        return 200

    monkeypatch.setattr(webhook, "notify", notify)
    send_due(database, services=services)
    assert ended[0] == "person"
    assert len(ended) == 4


def test_whoever_hangs_gives_way_at_once_and_gets_it_later_uncounted(
    database: Database, services: AlertServices, webhook: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = [f"https://hang{number}.test.example/" for number in range(8)]
    subscribe(database, services, [*urls, "https://fine1.test.example/", "https://fine2.test.example/"])
    monkeypatch.setattr(webhook, "slots", 8)  # all of them hang, where they come first
    monkeypatch.setattr(sending, "PATIENCE_S", 0.05)
    with database.session() as session:
        first = sa.select(col(SubscriptionEndpoint.id)).where(col(SubscriptionEndpoint.address).like("%hang%"))
        session.execute(
            sa.update(Delivery).where(col(Delivery.endpoint_id).in_(first)).values(due_at=now() - timedelta(minutes=1))
        )
    through = answering(webhook, monkeypatch, lambda host: host.startswith("hang"))
    send_due(database, services=services)
    assert set(through.values()) == {1}
    assert len(through) == 10
    cut = [row for row in rows(database).values() if row.lane == Lane.SLOW]
    assert {(row.state, row.attempts - row.uncounted) for row in cut} == {(DeliveryState.SENT, 1)}
    with Session(database.engine) as session:
        failing = select(SubscriptionEndpoint).where(col(SubscriptionEndpoint.failing_since).is_not(None))
        assert session.exec(failing).all() == []


def test_one_host_takes_only_its_share_of_the_slots(
    database: Database, services: AlertServices, webhook: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "HOST_CALLS", 2)
    subscribe(database, services, [*(f"https://one.test.example/{n}" for n in range(6)), "https://two.test.example/"])
    under_way: Counter[str] = Counter()
    most: Counter[str] = Counter()

    async def notify(message: Outgoing) -> int:
        host = host_of(message.address)
        under_way[host] += 1
        most[host] = max(most[host], under_way[host])
        await anyio.sleep(0.02)
        under_way[host] -= 1
        return 200

    monkeypatch.setattr(webhook, "notify", notify)
    assert send_due(database, services=services) == 7
    assert most == {"one": 2, "two": 1}


def test_whoever_failed_waits_among_the_slow_from_then_on(
    database: Database, services: AlertServices, webhook: Recorder
) -> None:
    subscribe(database, services, ["https://h.test.example/"])
    webhook.failures = [TransportError("busy", status=503)]
    send_due(database, services=services)
    assert rows(database)["h"].lane == Lane.SLOW
    with Session(database.engine) as session:
        (recipient,) = recipients(session)
        (alert,) = session.exec(select(Alert).where(Alert.tier == Tier.T2)).all()
    assert lane_for(recipient, alert) is Lane.SLOW


def test_a_public_alert_goes_first_and_leaves_a_share_to_the_rest(webhook: Recorder) -> None:
    webhook.slots = 2000
    dealt = lanes_of(webhook)
    due = [(ChannelKind.WEBHOOK, lane) for lane in Lane]
    assert sorted(Lane)[:2] == [Lane.PERSON, Lane.PUBLIC]
    assert dealt[Lane.PUBLIC].room(due) == BATCH
    assert 0 < dealt[Lane.ORDINARY].room(due) < dealt[Lane.PUBLIC].room(due)
    assert dealt[Lane.ORDINARY].room([(ChannelKind.WEBHOOK, Lane.ORDINARY)]) == BATCH
    assert all(calls.room(due) > 0 for calls in dealt.values())
    assert dealt[Lane.SUSPECT].room(due) == 1


@pytest.mark.parametrize(("tier", "lane"), [(Tier.T3, Lane.PUBLIC), (Tier.T2, Lane.ORDINARY), (Tier.T1, Lane.ORDINARY)])
def test_a_public_alert_has_a_lane_of_its_own(tier: Tier, lane: Lane) -> None:
    assert lane_for(Recipient(new_id(), ChannelKind.SMS, Audience.NETWORK, "en", (), ()), Alert(tier=tier)) is lane


def test_a_call_back_waits_in_the_first_lane(sqlite_house: House) -> None:
    sample, _ = sqlite_house.submit_found("isotonitazene")
    sqlite_house.consume()
    with frozen(now() + timedelta(hours=2)):
        told = sum(
            escalate(sqlite_house.session, services=sqlite_house.services, task_id=task.id)
            for task in sqlite_house.tasks(sample).values()
        )
    lanes_of_calls = select(Delivery.lane).where(Delivery.purpose == Purpose.CALLBACK)
    assert told > 0
    assert set(sqlite_house.session.exec(lanes_of_calls)) == {Lane.PERSON}
