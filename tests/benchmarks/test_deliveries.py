"""How long a warning takes to ten thousand subscribers when half of their endpoints hang."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rich.console import Console
from sqlmodel import Session, col

from alerts.deliveries.composing import message_id
from alerts.deliveries.models import Delivery, Purpose
from alerts.subscriptions.models import EndpointState, Subscription, SubscriptionEndpoint
from alerts.vocabulary import Audience, ChannelKind, Tier
from alerts.warnings import approval, editing
from alerts.warnings.models import AlertVersion
from lab.kit.clock import now
from lab.kit.db import Database
from lab.kit.ids import new_id
from tests.alerts.deliveries.sender_process import services
from tests.alerts.house import GRADE, House

pytestmark = pytest.mark.benchmark
SUBSCRIBERS = int(os.environ.get("DRUGCHECK_TEST_SUBSCRIBERS", "10000"))
ROOT = Path(__file__).parents[2]
CHANNELS = (ChannelKind.EMAIL, ChannelKind.WEBHOOK, ChannelKind.PUSH)


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


class Subscribers:
    """Subscriptions by the thousand, written as rows."""

    def __init__(self, http: int) -> None:
        self._http = http
        self._subscriptions: list[dict[str, Any]] = []
        self._endpoints: list[dict[str, Any]] = []
        self._browser = _browser()

    def add(self, channels: Sequence[ChannelKind], *, hangs: bool = False) -> list[UUID]:
        """One more, with an endpoint on each of ``channels``; the endpoints."""
        number, key = len(self._subscriptions), new_id()
        self._subscriptions.append({
            "id": key, "audience": Audience.PROFESSIONALS, "language": ("fr", "nl", "en")[number % 3],
            "tiers": ["T2", "T3"], "areas": [], "created_at": now(),
        })  # fmt: skip
        made = []
        for channel in channels:
            endpoint = new_id()
            self._endpoints.append({
                "id": endpoint, "subscription_id": key, "channel": channel, "state": EndpointState.ACTIVE,
                "address": self._address(channel, hangs=hangs), "confirm_hash": endpoint.bytes,
                "unsubscribe_hash": endpoint.bytes[::-1], "confirm_until": now(), "created_at": now(),
                "secret": self._browser if channel is ChannelKind.PUSH else None,
            })  # fmt: skip
            made.append(endpoint)
        return made

    def _address(self, channel: ChannelKind, *, hangs: bool) -> str:
        number = len(self._endpoints)
        if channel is ChannelKind.EMAIL:
            return f"n{number}@test.example"
        host = f"127.{1 + number // 62500}.{number // 250 % 250}.{1 + number % 250}"  # each a host of its own
        return f"http://{host}:{self._http}/{'hang' if hangs else 'ok'}/{number}"

    def write(self, session: Session) -> None:
        session.execute(sa.insert(Subscription), self._subscriptions)
        session.execute(sa.insert(SubscriptionEndpoint), self._endpoints)


def _browser() -> bytes:
    """The keys of a browser that takes Web Push: a point on P-256 and sixteen bytes."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) + bytes(16)


def half_of_which_hang(session: Session, http: int, count: int) -> set[UUID]:
    """``count`` subscribers, a third on each road; half of all hang, and all of those by HTTP. Who answers."""
    many, answering = Subscribers(http), set[UUID]()
    for number in range(count):
        channel = CHANNELS[number % 3]
        hangs = channel is not ChannelKind.EMAIL and number % 12 not in {1, 2}
        made = many.add([channel], hangs=hangs)
        answering.update(() if hangs else made)
    many.write(session)
    return answering


def graded(database: Database, smtp: int) -> tuple[House, AlertVersion]:
    with database.session() as session:
        house = House(session, services(smtp))
        house.verified_found("isotonitazene")
        version = house.draft(Tier.T2)
        editing.grade(session, actor=house.coordinator, version_id=version.id, judgement=GRADE)
        return house, version


def approve(database: Database, house: House, version: AlertVersion) -> float:
    """Seconds until the whole fan-out was committed."""
    began = time.monotonic()
    with database.session() as session:
        approval.approve(session, actor=house.approver, version_id=version.id, edition=version.edition)
    return time.monotonic() - began


@pytest.mark.parametrize("together", [1, 3])
def test_the_fan_out_to_ten_thousand_is_committed_in_time(database: Database, together: int) -> None:
    """A third of them on each road, and then each of them on all three."""
    house, version = graded(database, 25)
    with database.session() as session:
        many = Subscribers(80)
        for number in range(SUBSCRIBERS):
            many.add(CHANNELS if together == 3 else [CHANNELS[number % 3]])
        many.write(session)
    cpu_s, commit_s = time.process_time(), approve(database, house, version)
    cpu_s = time.process_time() - cpu_s
    with database.reading() as session:
        written = sa.select(sa.func.count()).where(col(Delivery.version_id) == version.id)
        assert session.scalar(written) == together * SUBSCRIBERS
    Console(width=110).print(
        f"{database.engine.dialect.name}: {together * SUBSCRIBERS} deliveries to {SUBSCRIBERS} subscribers "
        f"committed in {commit_s:.2f} s ({cpu_s:.2f} s of this process)"
    )
    assert commit_s < 3


def test_half_of_the_endpoints_hang(database: Database, tmp_path: Path) -> None:
    with receivers(tmp_path) as (http, smtp, log):
        house, version = graded(database, smtp)
        with database.session() as session:
            answering = half_of_which_hang(session, http, SUBSCRIBERS)
        command = [sys.executable, "-m", "tests.alerts.deliveries.sender_process",
                   database.engine.url.render_as_string(hide_password=False), str(smtp)]  # fmt: skip
        with subprocess.Popen(command, cwd=ROOT) as sender:
            time.sleep(4)  # a worker runs already when somebody approves
            commit_s, approved = approve(database, house, version), time.time()
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
