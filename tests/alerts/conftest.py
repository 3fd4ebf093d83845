"""A bench whose facts reach ``alerts``, and the services that ``api`` would compose."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from alerts.channels.base import Outgoing, TransportError
from alerts.services import AlertServices
from alerts.subscriptions.tokens import TokenKey
from alerts.vocabulary import ChannelKind
from api.rendering import Renderer
from lab.contacts.keys import ContactKeys
from lab.contacts.schemas import Retention
from lab.kit.clock import frozen
from lab.kit.db import Database
from tests.alerts.house import House

NIGHT = datetime(2026, 7, 4, 1, 30, tzinfo=UTC)


@dataclass
class Recorder:
    """A channel that keeps what it was given, or fails as told."""

    kind: ChannelKind
    lease_s: float = 25.0
    slots: int = 16
    sent: list[Outgoing] = field(default_factory=list)
    failures: list[TransportError] = field(default_factory=list)

    def is_noop(self, message: Outgoing) -> bool:
        return not message.address

    async def notify(self, message: Outgoing) -> int | None:
        self.sent.append(message)
        if self.failures:
            raise self.failures.pop(0)
        return 200


@pytest.fixture
def email() -> Recorder:
    return Recorder(ChannelKind.EMAIL)


@pytest.fixture
def webhook() -> Recorder:
    return Recorder(ChannelKind.WEBHOOK)


@pytest.fixture
def sms() -> Recorder:
    return Recorder(ChannelKind.SMS)


@pytest.fixture
def push() -> Recorder:
    return Recorder(ChannelKind.PUSH)


@pytest.fixture
def contact_keys(tmp_path: Path) -> ContactKeys:
    return ContactKeys(tmp_path / "contact-keys")


@pytest.fixture
def services(
    email: Recorder, webhook: Recorder, sms: Recorder, push: Recorder, contact_keys: ContactKeys
) -> AlertServices:
    return AlertServices(
        renderer=Renderer(),
        channels={one.kind: one for one in (email, webhook, sms, push)},
        tokens=TokenKey(b"k" * 32),
        base_url="https://lab.test.example",
        sender="lab.test.example",
        exercise=False,
        contact_keys=contact_keys,
        retention=Retention(after=timedelta(days=14), most=timedelta(days=180)),
    )


@pytest.fixture
def night() -> Iterator[datetime]:
    """Time stands still at half past one on a summer night."""
    with frozen(NIGHT):
        yield NIGHT


@pytest.fixture
def house(session: Session, services: AlertServices) -> House:
    """A network whose facts raise what they must, on each database; rolled back afterwards."""
    return House(session, services)


@pytest.fixture
def sqlite_house(shared_sqlite: Database, services: AlertServices) -> Iterator[House]:
    """As ``house``, on SQLite alone: for what no database can tell apart."""
    with Session(shared_sqlite.engine, expire_on_commit=False) as session:
        yield House(session, services)
        session.rollback()
