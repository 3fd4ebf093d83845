"""Server and workers are killed at random moments, again and again: no warning is half written, lost or stranded.

A delivery is *stranded* from the moment at which it may be sent until it is sent, or tried and given back with an
outcome: all senders that die with it in between are one stretch. Only a wait that the back-off declares is no part of
it.
"""

import os
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import httpx2
import pytest
import sqlalchemy as sa
from rich.console import Console
from sqlmodel import Session, col, select

from alerts.deliveries.backoff import DELAYS_S, NOT_BEGUN_WAIT
from alerts.deliveries.composing import message_id
from alerts.deliveries.models import Delivery, DeliveryAttempt, DeliveryState
from alerts.subscriptions.models import EndpointState, Subscription, SubscriptionEndpoint
from alerts.vocabulary import Audience, ChannelKind, Tier
from alerts.warnings import editing
from alerts.warnings.models import Alert, AlertApproval, AlertBasis, AlertState, AlertVersion
from lab.kit.clock import now
from lab.kit.db import Database
from lab.kit.ids import new_id
from lab.network import signin
from tests.alerts.deliveries import sender_process
from tests.alerts.house import GRADE, House
from tests.benchmarks.test_deliveries import receivers
from tests.faults.crew import WORKERS, Crew

pytestmark = pytest.mark.soak
KILLS = int(os.environ.get("DRUGCHECK_TEST_KILLS", "200"))
STRANDED_S = 30.0
SUBSCRIBERS = 20
_UNCOUNTED = {"cut_short": timedelta(), "not_begun": NOT_BEGUN_WAIT}


@dataclass(frozen=True)
class Pattern:
    """An alert that was graded, to be copied, and who may approve it."""

    alert_id: UUID
    token: str


def prepare(database: Database, http: int, smtp: int) -> Pattern:
    with database.session() as session:
        house = House(session, sender_process.services(smtp))
        house.verified_found("isotonitazene")
        version = house.draft(Tier.T2)
        editing.grade(session, actor=house.coordinator, version_id=version.id, judgement=GRADE)
        for number in range(SUBSCRIBERS):
            subscribe(session, http, is_mail=number % 2 == 0)
        account_id = house.approver.account_id
        token = signin.issue_token(session, account_id=account_id, label="soak", lifetime=timedelta(days=1))
        return Pattern(version.alert_id, token)


def subscribe(session: Session, http: int, *, is_mail: bool) -> None:
    wish = Subscription(audience=Audience.PROFESSIONALS, language="en", tiers=["T2"])
    session.add(wish)
    session.flush()
    address = f"{wish.id.hex}@test.example" if is_mail else f"http://127.0.0.1:{http}/ok/{wish.id.hex}"
    session.add(
        SubscriptionEndpoint(
            subscription_id=wish.id, channel=ChannelKind.EMAIL if is_mail else ChannelKind.WEBHOOK, address=address,
            state=EndpointState.ACTIVE, confirm_hash=new_id().bytes, unsubscribe_hash=new_id().bytes,
            confirm_until=now(),
        )
    )  # fmt: skip


def another(database: Database, pattern: Pattern) -> AlertVersion:
    """One more alert like the pattern, graded and not yet approved."""
    with database.session() as session:
        alert = session.get_one(Alert, pattern.alert_id)
        copy = Alert(**alert.model_dump(exclude={"id"}))
        session.add(copy)
        session.flush()
        for basis in session.exec(select(AlertBasis).where(AlertBasis.alert_id == alert.id)).all():
            session.add(AlertBasis(**basis.model_dump(exclude={"alert_id"}), alert_id=copy.id))
        (version,) = session.exec(select(AlertVersion).where(AlertVersion.alert_id == alert.id)).all()
        made = AlertVersion(**version.model_dump(exclude={"id", "alert_id"}), alert_id=copy.id)
        session.add(made)
        session.flush()
        return made


class Approval:
    """An approval sent over HTTP, answered or not."""

    def __init__(self, crew: Crew, pattern: Pattern, version: AlertVersion) -> None:
        self.status: int | None = None
        self._url = f"{crew.base_url}/api/v1/alerts/{version.alert_id}/approve"
        self._headers = {"authorization": f"Bearer {pattern.token}"}
        self._body = {"edition": version.edition}
        self._thread = Thread(target=self._send)
        self._thread.start()

    def _send(self) -> None:
        try:
            answer = httpx2.post(self._url, json=self._body, headers=self._headers, trust_env=False, timeout=60)
            self.status = answer.status_code
        except httpx2.TransportError:
            self.status = None

    def answer(self) -> int | None:
        self._thread.join()
        return self.status


def fan_out_of(database: Database, version: AlertVersion) -> tuple[int, AlertState, int]:
    """How many deliveries a version has, its state, and how many approvals."""
    with database.reading() as session:
        count = sa.select(sa.func.count())
        return (
            session.scalar(count.where(col(Delivery.version_id) == version.id)) or 0,
            session.get_one(AlertVersion, version.id).state,
            session.scalar(count.where(col(AlertApproval.version_id) == version.id)) or 0,
        )


WHOLE = (SUBSCRIBERS, AlertState.ISSUED, 1)
NONE = (0, AlertState.GRADED, 0)


def approve_through_a_kill(crew: Crew, database: Database, pattern: Pattern, chance: random.Random) -> bool:
    """Kill the server while it approves, and approve again; whether the first request had done it already."""
    version = another(database, pattern)
    crew.wait_until_open()
    first = Approval(crew, pattern, version)
    time.sleep(chance.uniform(0.0, 0.25))
    crew.kill_server()
    answered = first.answer()
    found = fan_out_of(database, version)
    assert found in {WHOLE, NONE}
    assert found == WHOLE or answered != 200
    crew.wait_until_open()
    assert Approval(crew, pattern, version).answer() == (409 if found == WHOLE else 200)
    assert Approval(crew, pattern, version).answer() == 409
    assert fan_out_of(database, version) == WHOLE
    return found == WHOLE


def approve_and_kill_a_worker(crew: Crew, database: Database, pattern: Pattern, chance: random.Random) -> None:
    version = another(database, pattern)
    crew.wait_until_open()
    assert Approval(crew, pattern, version).answer() == 200
    time.sleep(chance.uniform(0.0, 0.4))  # most of it is on its way by then, some of it has arrived
    crew.kill_worker(chance.randrange(WORKERS))


@pytest.mark.timeout(3600)
def test_two_hundred_kills_of_server_and_workers_lose_nothing(database: Database, tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 -- draws moments, keeps no secret
    servers, done_before = 0, 0
    with receivers(tmp_path) as (http, smtp, log):
        pattern = prepare(database, http, smtp)
        crew = Crew(database.engine.url.render_as_string(hide_password=False), str(tmp_path / "data"), smtp)
        try:
            for _ in range(KILLS):
                if chance.random() < 0.5:
                    servers += 1
                    done_before += approve_through_a_kill(crew, database, pattern, chance)
                else:
                    approve_and_kill_a_worker(crew, database, pattern, chance)
            left = _wait_until_sent(database)
        finally:
            crew.end()
        arrived = [line.split()[0] for line in log.read_text().splitlines()]
    print_out = Console(width=140).print
    print_out(
        f"{database.engine.dialect.name}: {KILLS} kills, {servers} of the server while it approved: {done_before} of "
        "these approvals were whole already, the others not begun"
    )
    _judge(database, arrived, left)


def _wait_until_sent(database: Database) -> int:
    end_s = time.monotonic() + 120
    left = -1
    open_ones = sa.select(sa.func.count()).where(col(Delivery.state) != DeliveryState.SENT)
    while time.monotonic() < end_s and left != 0:
        time.sleep(0.5)
        with database.reading() as session:
            left = session.scalar(open_ones) or 0
    return left


def longest_stretch(created: datetime, attempts: Iterable[Any]) -> timedelta:
    """The longest time for which one delivery was stranded, over its attempts in order."""
    free_since, longest, counted = created, timedelta(), 0
    for attempt in attempts:
        if attempt.ok is None:
            continue  # its sender died: nobody gave it back
        longest = max(longest, attempt.ended_at - free_since)
        if attempt.error in _UNCOUNTED:
            free_since = attempt.ended_at + _UNCOUNTED[attempt.error]
        else:
            counted += 1
            free_since = attempt.ended_at + timedelta(seconds=0.9 * DELAYS_S[counted - 1])
    return longest


def _judge(database: Database, arrived: Sequence[str], left: int) -> None:
    with database.reading() as session:
        created = dict(session.execute(sa.select(col(Delivery.id), col(Delivery.created_at))).all())
        columns = (
            col(DeliveryAttempt.delivery_id), col(DeliveryAttempt.ok), col(DeliveryAttempt.ended_at),
            col(DeliveryAttempt.error),
        )  # fmt: skip
        attempts: dict[UUID, list[Any]] = {key: [] for key in created}
        for row in session.execute(sa.select(*columns).order_by(col(DeliveryAttempt.number))):
            attempts[row.delivery_id].append(row)
    stranded_s = max(longest_stretch(created[key], rows).total_seconds() for key, rows in attempts.items())
    died = [sum(row.ok is None for row in rows) for rows in attempts.values()]
    faults = {row.error for rows in attempts.values() for row in rows if row.ok is False}
    written = {message_id(key) for key in created}
    repeated, lost = len(arrived) - len(set(arrived)), len(written - set(arrived))
    Console(width=140).print(
        f"{len(written)} deliveries, {sum(map(len, attempts.values()))} attempts, of which {sum(died)} died with their "
        f"sender (at most {max(died)} of one delivery); {repeated} repeated under their own id, {lost} lost, {left} "
        f"not sent; faults: {faults or 'none'}; none stranded for longer than {stranded_s:.1f} s"
    )
    assert left == 0
    assert set(arrived) == written
    assert stranded_s < STRANDED_S
