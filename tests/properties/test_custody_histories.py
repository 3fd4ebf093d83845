"""Random work by several devices, offline and late: the books always close and everybody ends up seeing the same.

Each device knows what it last heard of an item, writes events that follow it while offline, and sends them later,
some of them twice. The laboratory takes an event or refuses it with one of its own errors; nothing else may happen.
"""

import os
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from lab.custody import service
from lab.custody.fold import fold
from lab.custody.models import Action, Item
from lab.custody.recording import history
from lab.errors import LabError
from lab.kit import ledger
from lab.kit.ids import new_id
from lab.network.access import Actor
from lab.network.models import Role
from tests.lab.custody.conftest import Network

SOAK_HISTORIES = int(os.environ.get("DRUGCHECK_SOAK_HISTORIES", "10000"))
ACTIONS = [action for action in Action if action not in {Action.COLLECTED, Action.PACKED}]


@dataclass
class Device:
    """A phone or a bench: what it last heard, and what it has not sent yet."""

    id: UUID
    heads: dict[UUID, UUID] = field(default_factory=dict)
    queue: list[tuple[UUID, Action, dict[str, object]]] = field(default_factory=list)
    number: int = 0


class Laboratory:
    """A sample, the devices that work with it, and what became of what they sent."""

    def __init__(self, network: Network, random: Random) -> None:
        self.network, self.random, self.session = network, random, network.session
        sites = (network.north, network.south, network.bench)
        grants = {(site.id, role) for site in sites for role in (Role.WORKER, Role.CHEMIST)}
        self.actor = Actor(network.account.id, frozenset(grants))
        self.devices = [Device(new_id()) for _ in range(3)]
        mass_mg = random.choice([None, 0, 0.5, 20])
        self.sample_id = network.sample()
        service.register_item(
            self.session, actor=self.actor, sample_id=self.sample_id, site_id=network.north.id, mass_mg=mass_mg
        )
        for device in self.devices:
            self.fetch(device)

    def items(self) -> list[Item]:
        return list(service.items_of(self.session, sample_id=self.sample_id))

    def fetch(self, device: Device) -> None:
        """The device hears of everything known here."""
        for item in self.items():
            device.heads[item.id] = fold(history(self.session, item.id)).head

    def act(self, device: Device) -> None:
        """Something happens while the device is offline."""
        item_id = self.random.choice(sorted(device.heads, key=str))
        action = self.random.choice(ACTIONS)
        device.number += 1
        details: dict[str, object] = {
            "id": new_id(), "after": device.heads[item_id], "device": device.id, "device_seq": device.number,
        }  # fmt: skip
        if action is Action.SEALED:
            details["seal_number"] = f"N-{device.number}"
        if action in {Action.RECEIVED, Action.FOUND}:
            sites = (self.network.north, self.network.south, self.network.bench)
            details["to_site_id"] = self.random.choice(sites).id
        if action in {Action.CONSUMED, Action.ALIQUOTED}:
            details["amount_mg"] = self.random.choice([0.001, 0.4, 3, 25])
        if action is Action.ALIQUOTED:
            details["child_id"] = new_id()
        if action in {Action.SEALED, Action.STORED, Action.OPENED} and self.random.random() < 0.4:
            details["mass_mg"] = self.random.choice([0, 1, 19.5])
        if action is Action.CORRECTED:
            details["corrects_id"] = device.heads[item_id]
            details |= self.random.choice([{}, {"mass_mg": 2.0}, {"amount_mg": 0.3}])
        device.queue.append((item_id, action, details))
        if self.random.random() < 0.7:
            device.heads[item_id] = details["id"]  # type: ignore[assignment]  # the id made above

    def send(self, device: Device) -> None:
        """The device sends what it has, sometimes twice, as after a lost answer; then hears what is new."""
        for item_id, action, details in device.queue:
            for _ in range(self.random.choice([1, 1, 2])):
                self.record(item_id, action, dict(details))
        device.queue.clear()
        self.fetch(device)

    def record(self, item_id: UUID, action: Action, details: dict[str, object]) -> None:
        try:
            with self.session.begin_nested():
                service.record_event(self.session, actor=self.actor, item_id=item_id, action=action, **details)
        except LabError:
            return  # refused, with nothing half-written: the checks below hold all the same

    def settle(self) -> None:
        """Now and then a person closes a fork."""
        for item in self.items():
            if item.conflict:
                heads = service.state_of(self.session, item_id=item.id).heads
                with self.session.begin_nested():
                    service.resolve_conflict(
                        self.session, actor=self.actor, item_id=item.id, head_id=self.random.choice(heads)
                    )
                assert not item.conflict

    def check(self) -> None:
        balance = service.balance(self.session, sample_id=self.sample_id)
        assert balance.difference_ug == 0
        assert balance.missing_ug >= 0
        for item in self.items():
            events = history(self.session, item.id)
            status = fold(events)
            assert status.books.held_ug >= 0
            assert [event.item_seq for event in events] == list(range(1, len(events) + 1))
            assert fold(self.random.sample(events, len(events))) == status  # a device hears them in any order
            assert (item.state, item.site_id, item.conflict) == (
                status.state, status.standing.site, status.conflict,
            )  # fmt: skip
            assert (item.held_ug, item.seal_number) == (status.held_ug, status.standing.seal_number)


def live(session: Session, random: Random, steps: int) -> int:
    """One random history, rolled back; how many entries it wrote."""
    with session.begin_nested() as savepoint:
        laboratory = Laboratory(Network(session), random)
        for _ in range(steps):
            device = random.choice(laboratory.devices)
            if random.random() < 0.6:
                laboratory.act(device)
            elif random.random() < 0.9:
                laboratory.send(device)
            else:
                laboratory.settle()
        for device in laboratory.devices:
            laboratory.send(device)
        laboratory.check()
        written = ledger.size(session)
        savepoint.rollback()
    session.expire_all()
    return written


@given(random=st.randoms(use_true_random=False), steps=st.integers(1, 25))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_books_close_and_every_device_sees_the_same(session: Session, random: Random, steps: int) -> None:
    live(session, random, steps)


def test_the_histories_are_not_idle(session: Session) -> None:
    random = Random(20260701)  # noqa: S311 -- a test's own dice
    assert sum(live(session, random, 25) for _ in range(8)) > 30


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_the_books_close_in_ten_thousand_histories(session: Session) -> None:
    written = sum(live(session, Random(seed), 5 + seed % 25) for seed in range(SOAK_HISTORIES))  # noqa: S311 -- as above
    assert written > 3 * SOAK_HISTORIES
