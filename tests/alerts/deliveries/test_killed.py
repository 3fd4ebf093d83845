"""A sender that is killed in the middle of a call loses nothing, and the receiver can tell it was the same message."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlmodel import Session, select

from alerts.channels.addresses import PublicOnly
from alerts.channels.webhook import WebhookChannel
from alerts.deliveries.models import Delivery, DeliveryAttempt, DeliveryState
from alerts.deliveries.sending import send_due
from alerts.services import AlertServices
from alerts.subscriptions.models import SubscriptionEndpoint
from alerts.subscriptions.tokens import TokenKey
from alerts.vocabulary import ChannelKind, Tier
from api.rendering import Renderer
from lab.contacts.keys import ContactKeys
from lab.contacts.schemas import Retention
from lab.kit.db import Database
from tests.alerts.house import House

ROOT = Path(__file__).parents[3]
SENDER = """
import sys
from alerts.deliveries.sending import send_due
from lab.kit.db import Database
from tests.alerts.deliveries.test_killed import impatient
send_due(Database(sys.argv[1]), services=impatient())
"""


def impatient() -> AlertServices:
    """Services whose leases end after half a second, and whose webhooks may reach this machine."""
    webhook = WebhookChannel(timeout_s=10, network=PublicOnly(allow_private=True), lease_s=0.5)
    return AlertServices(
        renderer=Renderer(), channels={ChannelKind.WEBHOOK: webhook}, tokens=TokenKey(b"k" * 32),
        base_url="https://lab.test.example", sender="lab.test.example", exercise=True,
        contact_keys=ContactKeys(Path("nowhere")), retention=Retention(timedelta(days=14), timedelta(days=180)),
    )  # fmt: skip


class Receiver:
    """Answers every request but the first, which it keeps waiting for ever."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        self.ids: list[str] = []
        self.first = Event()
        self.kept: list[socket.socket] = []

    def serve(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            head = peer.recv(65536).decode(errors="replace")
            self.ids.append(next(line[12:] for line in head.splitlines() if line.startswith("webhook-id: ")))
            if not self.first.is_set():
                self.kept.append(peer)
                self.first.set()
                continue
            peer.sendall(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
            peer.close()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for peer in self.kept:
            peer.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = Thread(target=receiver.serve)
    thread.start()
    yield receiver
    receiver.close()
    thread.join()


def test_a_killed_call_is_made_again_under_the_same_id(database: Database, receiver: Receiver) -> None:
    services = impatient()
    with database.session() as session:
        house = House(session, services)
        endpoint = house.subscriber("https://hospital.test.example/hook", channel=ChannelKind.WEBHOOK)
        session.get_one(SubscriptionEndpoint, endpoint.id).address = receiver.url
        house.verified_found("isotonitazene")
        version_id = house.issue(house.draft(Tier.T2)).id
        for row in session.exec(select(Delivery).where(Delivery.purpose == "confirmation")).all():
            row.state = DeliveryState.WITHDRAWN
    url = database.engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen([sys.executable, "-c", SENDER, url], cwd=ROOT, env={**os.environ})
    assert receiver.first.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    _wait_for(database, services, version_id)
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    with Session(database.engine) as session:
        attempts = session.exec(select(DeliveryAttempt)).all()
    assert sorted((one.number, one.ok) for one in attempts) == [(1, None), (2, True)]


def _wait_for(database: Database, services: AlertServices, version_id: object) -> None:
    """Let another sender look again until the lease of the dead one has ended."""
    for _ in range(40):
        if send_due(database, services=services):
            break
        Event().wait(0.1)
    with Session(database.engine) as session:
        (row,) = session.exec(select(Delivery).where(Delivery.version_id == version_id)).all()
    assert row.state is DeliveryState.SENT
