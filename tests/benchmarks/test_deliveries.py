"""How long a warning takes to ten thousand subscribers when half of their endpoints hang."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import sqlalchemy as sa
from rich.console import Console
from sqlmodel import Session, col

from alerts.deliveries.composing import message_id
from alerts.deliveries.models import Delivery, Purpose
from alerts.subscriptions.models import EndpointState, Subscription, SubscriptionEndpoint
from alerts.vocabulary import Audience, ChannelKind, Tier
from alerts.warnings import approval, editing
from lab.kit.clock import now
from lab.kit.db import Database
from lab.kit.ids import new_id
from tests.alerts.deliveries.sender_process import services
from tests.alerts.house import GRADE, House

pytestmark = pytest.mark.benchmark
SUBSCRIBERS = 10_000
ROOT = Path(__file__).parents[2]
CHANNELS = (ChannelKind.EMAIL, ChannelKind.WEBHOOK, ChannelKind.WEBHOOK)


@contextmanager
def receivers(folder: Path) -> Iterator[tuple[int, int, Path]]:
    """A process with endpoints; its HTTP port, its SMTP port, and its notes."""
    log, ports = folder / "arrived", folder / "ports"
    command = [sys.executable, "-m", "tests.alerts.deliveries.receivers", str(log), str(ports)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        while not ports.exists() or not ports.read_text():
            time.sleep(0.05)
        http, smtp = map(int, ports.read_text().split())
        yield http, smtp, log
        process.kill()


def subscribe_many(session: Session, http: int, count: int) -> set[UUID]:
    """``count`` subscribers over the channels; half of all endpoints hang. Those that answer."""
    subscriptions, endpoints = [], []
    answering: set[UUID] = set()
    hanging = 0
    for number in range(count):
        channel = CHANNELS[number % 3]
        hangs = channel is not ChannelKind.EMAIL and hanging < count // 2 and number % 4 != 3
        hanging += hangs
        key, endpoint = new_id(), new_id()
        subscriptions.append({
            "id": key, "audience": Audience.PROFESSIONALS, "language": ("fr", "nl", "en")[number % 3],
            "tiers": ["T2", "T3"], "areas": [], "created_at": now(),
        })  # fmt: skip
        path = f"http://127.0.0.1:{http}/{'hang' if hangs else 'ok'}/{number}"
        endpoints.append({
            "id": endpoint, "subscription_id": key, "channel": channel, "state": EndpointState.ACTIVE,
            "address": f"n{number}@test.example" if channel is ChannelKind.EMAIL else path,
            "confirm_hash": endpoint.bytes, "unsubscribe_hash": key.bytes, "confirm_until": now(), "created_at": now(),
        })  # fmt: skip
        if not hangs:
            answering.add(endpoint)
    session.execute(sa.insert(Subscription), subscriptions)
    session.execute(sa.insert(SubscriptionEndpoint), endpoints)
    return answering


def test_half_of_the_endpoints_hang(database: Database, tmp_path: Path) -> None:
    with receivers(tmp_path) as (http, smtp, log):
        sending = services(smtp)
        with database.session() as session:
            house = House(session, sending)
            house.verified_found("isotonitazene")
            version = house.draft(Tier.T2)
            editing.grade(session, actor=house.coordinator, version_id=version.id, judgement=GRADE)
            answering = subscribe_many(session, http, SUBSCRIBERS)
        command = [sys.executable, "-m", "tests.alerts.deliveries.sender_process",
                   database.engine.url.render_as_string(hide_password=False), str(smtp)]  # fmt: skip
        with subprocess.Popen(command, cwd=ROOT) as sender:
            time.sleep(4)  # a worker runs already when somebody approves
            began = time.monotonic()
            with database.session() as session:
                approval.approve(session, actor=house.approver, version_id=version.id, edition=version.edition)
            commit_s, approved = time.monotonic() - began, time.time()
            waits = _waits(database, log, answering, approved)
            sender.kill()
    share = {name: float(np.quantile(waits, q)) for name, q in (("median", 0.5), ("p99", 0.99), ("last", 1.0))}
    Console(width=110).print(
        f"{database.engine.dialect.name}: fan-out to {SUBSCRIBERS} committed in {commit_s:.2f} s; of those that answer "
        f"{len(waits)}/{len(answering)} reached, " + ", ".join(f"{name} {s:.2f} s" for name, s in share.items())
    )
    assert len(waits) == len(answering)
    assert commit_s < 3
    assert share["p99"] < 5


def _waits(database: Database, log: Path, answering: set[UUID], approved: float) -> list[float]:
    """From approval to arrival, for each endpoint that answers; the first arrival counts."""
    with database.reading() as session:
        wanted = {
            message_id(key)
            for key, endpoint in session.execute(
                sa.select(col(Delivery.id), col(Delivery.endpoint_id)).where(col(Delivery.purpose) == Purpose.ALERT)
            )
            if endpoint in answering
        }
    first: dict[str, float] = {}
    end_s = time.monotonic() + 60
    while time.monotonic() < end_s and len(first) < len(wanted):
        time.sleep(0.5)
        for line in log.read_text().splitlines() if log.exists() else ():
            key, _, moment = line.partition(" ")
            if key in wanted and moment:
                first.setdefault(key, float(moment) - approved)
    return list(first.values())
