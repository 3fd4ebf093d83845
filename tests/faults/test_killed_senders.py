"""Senders are killed at random moments, again and again: nothing is lost, stranded, or new to a receiver twice."""

import multiprocessing
import os
import random
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from rich.console import Console
from sqlmodel import Session, col

from alerts.deliveries.composing import message_id
from alerts.deliveries.models import Delivery, DeliveryAttempt, DeliveryState, Purpose
from alerts.subscriptions.models import EndpointState, Subscription, SubscriptionEndpoint
from alerts.vocabulary import Audience, ChannelKind, Tier
from lab.kit.clock import now
from lab.kit.db import Database
from lab.kit.ids import new_id
from tests.alerts.deliveries import sender_process
from tests.alerts.house import House
from tests.benchmarks.test_deliveries import receivers

pytestmark = pytest.mark.soak
KILLS = int(os.environ.get("DRUGCHECK_TEST_KILLS", "200"))
STRANDED_S = 30.0
SENDERS = 2
EACH = 10  # deliveries written between two kills


class Crew:
    """Senders, forked from a process that has everything loaded: one is back as soon as one is killed."""

    def __init__(self, url: str, smtp: int) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.alerts.deliveries.sender_process"])
        self._arguments = (url, str(smtp))
        self.processes = [self._hire() for _ in range(SENDERS)]

    def _hire(self) -> BaseProcess:
        process = self._context.Process(target=sender_process.main, args=self._arguments, daemon=True)
        process.start()
        return process

    def kill_one(self, chance: random.Random) -> None:
        number = chance.randrange(len(self.processes))
        self.processes[number].kill()
        self.processes[number].join()
        self.processes[number] = self._hire()

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.join()


def subscribe(session: Session, version_id: UUID, http: int, count: int) -> None:
    """``count`` more endpoints with a delivery each, as the fan-out writes them."""
    for number in range(count):
        is_mail = number % 2 == 0
        channel = ChannelKind.EMAIL if is_mail else ChannelKind.WEBHOOK
        wish = Subscription(audience=Audience.PROFESSIONALS, language="en", tiers=["T2"])
        session.add(wish)
        session.flush()
        endpoint = SubscriptionEndpoint(
            subscription_id=wish.id, channel=channel, state=EndpointState.ACTIVE, confirm_hash=new_id().bytes,
            address=f"{wish.id.hex}@test.example" if is_mail else f"http://127.0.0.1:{http}/ok/{wish.id.hex}",
            unsubscribe_hash=new_id().bytes, confirm_until=now(),
        )  # fmt: skip
        session.add(endpoint)
        session.flush()
        session.add(Delivery(purpose=Purpose.ALERT, channel=channel, version_id=version_id, endpoint_id=endpoint.id))


@pytest.mark.timeout(3600)
def test_two_hundred_killed_senders_lose_nothing(database: Database, tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 -- draws moments, keeps no secret
    with receivers(tmp_path) as (http, smtp, log):
        with database.session() as session:
            house = House(session, sender_process.services(smtp))
            house.verified_found("isotonitazene")
            version_id = house.issue(house.draft(Tier.T2)).id
        crew = Crew(database.engine.url.render_as_string(hide_password=False), smtp)
        try:
            for _ in range(KILLS):
                with database.session() as session:
                    subscribe(session, version_id, http, EACH)
                time.sleep(chance.uniform(0.2, 1.8))
                crew.kill_one(chance)
            left = _wait_until_sent(database)
        finally:
            crew.end()
        arrived = [line.split() for line in log.read_text().splitlines()]
    _judge(database, arrived, left)


def _wait_until_sent(database: Database) -> int:
    end_s = time.monotonic() + 120
    left = -1
    while time.monotonic() < end_s and left != 0:
        time.sleep(0.5)
        with database.reading() as session:
            left = (
                session.scalar(
                    sa.select(sa.func.count()).select_from(Delivery).where(col(Delivery.state) != DeliveryState.SENT)
                )
                or 0
            )
    return left


def _judge(database: Database, arrived: list[list[str]], left: int) -> None:
    with database.reading() as session:
        written = {
            message_id(key): moment
            for key, moment in session.execute(sa.select(col(Delivery.id), col(Delivery.created_at)))
        }
        attempts = session.execute(
            sa.select(col(DeliveryAttempt.delivery_id), col(DeliveryAttempt.started_at), col(DeliveryAttempt.ok))
            .order_by(col(DeliveryAttempt.started_at))
        ).all()  # fmt: skip
    last = dict(written)
    longest_s = 0.0
    for key, moment, _ in attempts:  # between two attempts nobody works on it
        longest_s = max(longest_s, (moment - last[message_id(key)]).total_seconds())
        last[message_id(key)] = moment
    received = {key for key, _ in arrived}
    Console(width=120).print(
        f"{database.engine.dialect.name}: {KILLS} kills, {len(written)} deliveries, {len(attempts)} attempts of which "
        f"{sum(ok is None for *_, ok in attempts)} died with their sender, {len(arrived) - len(received)} repeated "
        f"under their own id, {len(written.keys() - received)} lost, none waited longer than {longest_s:.1f} s"
    )
    assert left == 0
    assert received == written.keys()
    assert longest_s < STRANDED_S
