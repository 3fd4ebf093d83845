"""Random work by several devices, offline and late: the books always close and everybody ends up seeing the same.

Each device knows what it last heard of an item, writes events that follow it while offline, and sends them later,
some of them twice, out of order, or only a part of them. Telephones send through the sync, which keeps for a person
what does not fit; the bench records directly, and is refused. Nothing else may happen.
"""

import os
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from lab.custody import service
from lab.custody.body import Event
from lab.custody.fold import ItemStatus, fold
from lab.custody.models import Action, Item
from lab.custody.recording import sample_history
from lab.custody.transitions import TRANSITIONS, Guard
from lab.errors import LabError
from lab.kit import ledger
from lab.kit.clock import now
from lab.kit.ids import new_id
from lab.network.access import Actor
from lab.network.models import Role
from lab.register import rules, tasks
from lab.register.models import CustodyTask, CustodyTaskKind
from lab.register.rules import Rules, RulesIn
from lab.sync import service as sync
from lab.sync.schemas import EventOperation
from tests.lab.custody.conftest import Network

SOAK_HISTORIES = int(os.environ.get("DRUGCHECK_SOAK_HISTORIES", "10000"))
SOAK_FIRST = int(os.environ.get("DRUGCHECK_SOAK_FIRST", "0"))  # so that several processes can share them
BATCH = 100  # histories between two roll-backs of everything
ACTIONS = [action for action in Action if action not in {Action.COLLECTED, Action.PACKED}]
TOLERANCE = RulesIn(tolerance_mg=0.3, tolerance_percent=2, basis="a test")


@dataclass
class Device:
    """A telephone or a bench: what it heard, and what it has not sent yet."""

    id: UUID
    phone: bool
    heard: dict[UUID, Event] = field(default_factory=dict)
    heads: dict[UUID, UUID] = field(default_factory=dict)  # what it takes for the last event of each item
    states: dict[UUID, ItemStatus] = field(default_factory=dict)
    queue: list[tuple[UUID, Action, dict[str, Any]]] = field(default_factory=list)
    number: int = 0

    def of(self, item_id: UUID) -> list[Event]:
        return [event for event in self.heard.values() if event.item == item_id]


@dataclass(frozen=True)
class World:
    """Sites, and somebody who may do everything at all of them; made once for many histories."""

    network: Network
    actor: Actor
    declared: Rules

    @classmethod
    def make(cls, session: Session) -> "World":
        network = Network(session)
        sites = (network.north, network.south, network.bench)
        roles = (Role.WORKER, Role.CHEMIST, Role.COORDINATOR)
        actor = Actor(network.account.id, frozenset({(site.id, role) for site in sites for role in roles}))
        for site in sites:
            rules.declare(session, actor=actor, site_id=site.id, data=TOLERANCE)
        return cls(network, actor, rules.rules_for(session, site_id=network.north.id))


class Laboratory:
    """A sample, the devices that work with it, and what became of what they sent."""

    def __init__(self, world: World, random: Random) -> None:
        self.world, self.network, self.random = world, world.network, random
        self.session, self.actor = world.network.session, world.actor
        self.devices = [Device(new_id(), phone=number < 2) for number in range(3)]
        mass_mg = random.choice([None, 0, 0.5, 20, 20, 120])
        self.sample_id = self.network.sample()
        service.register_item(
            self.session, actor=self.actor, sample_id=self.sample_id, site_id=self.network.north.id, mass_mg=mass_mg
        )
        self.fetch_all()

    def fetch_all(self) -> list[Event]:
        """Every device hears of everything, each in an order of its own; what there is."""
        known = sample_history(self.session, self.sample_id)
        for device in self.devices:
            self.fetch(device, known)
        return known

    def items(self) -> list[Item]:
        return list(service.items_of(self.session, sample_id=self.sample_id))

    def fetch(self, device: Device, known: list[Event] | None = None) -> None:
        """The device hears of everything known here, in any order, some of it again."""
        news = list(known or sample_history(self.session, self.sample_id))
        self.random.shuffle(news)
        device.heard |= {event.id: event for event in news}
        device.states = {item: fold(device.of(item)) for item in {event.item for event in news}}
        device.heads = {item: status.head for item, status in device.states.items()}

    def act(self, device: Device) -> None:
        """Something happens while the device is offline."""
        item_id = self.random.choice(sorted(device.heads, key=str))
        action = self.choose(device.states[item_id])
        device.number += 1
        details = self.details(device, item_id, action)
        device.queue.append((item_id, action, details))
        if self.random.random() < 0.7:
            device.heads[item_id] = details["id"]

    def choose(self, status: ItemStatus) -> Action:
        """Mostly what may happen to an item as the device knows it; now and then anything."""
        sealed = status.standing.seal_number is not None
        fits = [
            row.action for row in TRANSITIONS
            if row.state is status.state and row.action in ACTIONS and row.guard is not Guard.RETURN_BASIS
            and not (row.guard is Guard.SEALED and not sealed) and not (row.guard is Guard.OPEN and sealed)
            and (row.action is not Action.DESTROYED or self.random.random() < 0.2)
        ]  # fmt: skip
        return self.random.choice(fits if fits and self.random.random() < 0.8 else ACTIONS)

    def details(self, device: Device, item_id: UUID, action: Action) -> dict[str, Any]:
        random = self.random
        details: dict[str, Any] = {
            "id": new_id(), "after": device.heads[item_id], "device": device.id, "device_seq": device.number,
            "occurred_at": now(),
        }  # fmt: skip
        if action is Action.SEALED:
            details["seal_number"] = f"N-{device.number}"
        if action in {Action.RECEIVED, Action.FOUND, Action.HANDED_OVER, Action.DISPATCHED}:
            details["to_site_id"] = random.choice((self.network.north, self.network.south, self.network.bench)).id
        if action in {Action.CONSUMED, Action.ALIQUOTED}:
            details["amount_mg"] = random.choice([0.001, 0.4, 3, 25])
        if action is Action.RECEIVED:
            details["seal_state"] = random.choice(["intact", "intact", "broken"])
        if action in {Action.SEALED, Action.STORED, Action.OPENED} and random.random() < 0.4:
            details["mass_mg"] = self.scale(device.states[item_id])
        if action is Action.CORRECTED:
            details["corrects_id"] = random.choice(device.of(item_id)).id
            details |= random.choice([{}, {"mass_mg": 2.0}, {"amount_mg": 0.3}, {"mass_mg": 60.0}])
        return details

    def scale(self, status: ItemStatus) -> float:
        """What a scale may show: about what the device believes, or something else."""
        held_mg = (status.held_ug or 0) / 1000
        return round(max(0.0, self.random.choice([held_mg, held_mg + 0.2, held_mg - 0.5, 1, 19.5])), 3)

    def send(self, device: Device) -> None:
        """The device sends what it has, or the first part of it; then hears what is new."""
        count = len(device.queue) if self.random.random() < 0.8 else self.random.randint(0, len(device.queue))
        sent, device.queue = device.queue[:count], device.queue[count:]
        if device.phone:
            self.sync(sent)
        else:
            for one in sent:
                for _ in range(self.random.choice([1, 1, 2])):
                    self.record(*one)
        self.fetch(device)

    def sync(self, sent: list[tuple[UUID, Action, dict[str, Any]]]) -> None:
        """A telephone's batch: sometimes twice, sometimes shuffled; what came too early comes again."""
        waiting = [_operation(*one) for one in sent]
        for attempt in range(6):
            batch = list(waiting)
            if attempt == 0 and self.random.random() < 0.5:
                batch += self.random.sample(batch, self.random.randint(0, len(batch)))
                self.random.shuffle(batch)
            outcomes = sync.apply_all(self.session, actor=self.actor, operations=batch)
            early = {
                one.event.id for one, outcome in zip(batch, outcomes, strict=True)
                if outcome.error is not None and outcome.error.message_id == "sync.too_early"
            }  # fmt: skip
            waiting = [one for one in waiting if one.event.id in early]
            if not waiting:
                return  # what is left builds on something that was refused, and will for ever

    def record(self, item_id: UUID, action: Action, details: dict[str, Any]) -> None:
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
        events = self.fetch_all()
        for item in self.items():
            status = fold([event for event in events if event.item == item.id])
            assert status.books.held_ug >= 0
            assert all((event.after_ug or 0) >= 0 for event in events)
            seen = [device.states[item.id] for device in self.devices]
            assert seen == [status] * len(seen)  # whatever the order in which a device heard of it
            assert (item.state, item.site_id, item.conflict, item.on_hold, item.place) == (
                status.state, status.standing.site, status.conflict, status.on_hold, status.standing.place,
            )  # fmt: skip
            assert (item.held_ug, item.seal_number) == (status.held_ug, status.standing.seal_number)
            numbers = [event.item_seq for event in events if event.item == item.id]
            assert numbers == list(range(1, len(numbers) + 1))
        self.check_weighings(events)

    def check_weighings(self, events: list[Event]) -> None:
        """A task is open for each weighing that is off by more than the declared tolerance, and for no other."""
        off = {
            event.id for event in events
            if event.weighed_ug is not None and event.before_ug is not None
            and abs(event.weighed_ug - event.before_ug) > max(300, round(event.before_ug * 0.02))
        }  # fmt: skip
        tasks.examine(self.session)
        query = select(CustodyTask.event_id).where(
            CustodyTask.kind == CustodyTaskKind.MASS_DIFFERS, col(CustodyTask.item_id).in_([e.item for e in events])
        )
        assert set(self.session.exec(query)) == off


def _operation(item_id: UUID, action: Action, details: dict[str, Any]) -> EventOperation:
    return EventOperation.model_validate(
        {
            "kind": "event", "item_id": item_id, "event": details | {"action": action}, "device": details["device"],
            "device_sequence": details["device_seq"],
        }
    )  # fmt: skip


def live(world: World, random: Random, steps: int) -> int:
    """One random history, rolled back; how many entries it wrote."""
    session = world.network.session
    before = ledger.size(session)
    with session.begin_nested() as savepoint:
        laboratory = Laboratory(world, random)
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
        written = ledger.size(session) - before
        savepoint.rollback()
    session.expire_all()
    return written


@given(random=st.randoms(use_true_random=False), steps=st.integers(1, 25))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_books_close_and_every_device_sees_the_same(session: Session, random: Random, steps: int) -> None:
    with session.begin_nested() as savepoint:
        live(World.make(session), random, steps)
        savepoint.rollback()
    session.expire_all()


def test_the_histories_are_not_idle(session: Session) -> None:
    random = Random(20260701)  # noqa: S311 -- a test's own dice
    world = World.make(session)
    assert sum(live(world, random, 25) for _ in range(8)) > 60


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_the_books_close_in_ten_thousand_histories(session: Session) -> None:
    """Each batch is undone whole: ten thousand in one transaction would slow each other down."""
    engine, started, written = session.get_bind().dialect.name, time.perf_counter(), 0
    last = SOAK_FIRST + SOAK_HISTORIES
    for first in range(SOAK_FIRST, last, BATCH):
        world = World.make(session)
        for seed in range(first, min(first + BATCH, last)):
            try:
                written += live(world, Random(seed), 3 + seed % 14)  # noqa: S311 -- as above
            except AssertionError as error:
                error.add_note(f"history {seed}")
                raise
        session.rollback()
        print(".", end="", flush=True)  # noqa: T201 -- a batch
    seconds = time.perf_counter() - started
    which = f"{SOAK_HISTORIES:,} histories from number {SOAK_FIRST:,}"
    print(f"\ncustody: {which}: {written:,} entries on {engine} in {seconds:,.0f} s")  # noqa: T201 -- a figure
    assert written > 4 * SOAK_HISTORIES
