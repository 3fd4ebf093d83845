"""Several phones, their batches sent twice, cut, shuffled and late: everybody ends with the same state."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from lab.custody import service as custody
from lab.custody.models import CustodyEvent, Handover, Item, Parcel, ParcelItem
from lab.kit.db import Database
from lab.network.access import Actor
from lab.samples.models import Sample
from lab.sync import service
from lab.sync.schemas import Operation
from tests.lab.sync.phones import Phone
from tests.network import Network, make_network

MAX_ROUNDS = 40


@contextmanager
def fresh(template: Path, folder: Path) -> Iterator[tuple[Session, Network]]:
    """An empty laboratory that is thrown away."""
    path = folder / "lab.sqlite"
    shutil.copyfile(template, path)
    database = Database(f"sqlite:///{path}")
    with Session(database.engine, expire_on_commit=False) as session:
        yield session, make_network(session)
        session.rollback()
    database.dispose()


def nights(network: Network, seed: int) -> list[Phone]:
    """Two phones of the counter, each with a parcel, and one at the laboratory that receives what it can see."""
    random = Random(seed)  # noqa: S311 -- a plan for a test
    north, laboratory = network.sites["north"].id, network.sites["laboratory"].id
    phones = [Phone(north, laboratory) for _ in range(2)]
    bench = Phone(laboratory, laboratory)
    bench.at = phones[0].at
    for number, phone in enumerate(phones):
        keys = [phone.register(mass_mg=50) for _ in range(random.randint(1, 3))]
        for place, key in enumerate(keys):
            phone.event(key, "sealed", seal_number=f"B-{number}-{place}")
        parcel_id = phone.pack(keys, f"P-{number}")
        phone.hand_over(parcel_id)
        if random.random() < 0.5:
            phone.hand_over(parcel_id)
        bench.at = max(bench.at, phone.at)
        bench.do(
            kind="receive", id=parcel_id, parcel_id=parcel_id, seal_state="intact", close=True,
            scans=[{"code": f"B-{number}-{place}"} for place in range(len(keys))], occurred_at=bench._next,
        )  # fmt: skip
    return [*phones, bench]


def deliver(session: Session, network: Network, phones: list[Phone], random: Random | None) -> None:
    """Send until everything is acknowledged; with ``random`` in pieces, twice, shuffled, phone by phone as it comes."""
    actors = [network.actors["worker"], network.actors["worker"], network.actors["chemist"]]
    open_ones = [list(phone.sent) for phone in phones]
    for _ in range(MAX_ROUNDS):
        if not any(open_ones):
            break
        order = list(range(len(phones)))
        if random:
            random.shuffle(order)
        for which in order:
            if open_ones[which]:
                _send(session, actors[which], open_ones[which], random)
    assert not any(open_ones), "something is never acknowledged"
    for actor, phone in zip(actors, phones, strict=True):  # and all of it once more
        assert all(one.ok or one.conflict_id for one in service.apply_all(session, actor=actor, operations=phone.sent))


def _send(session: Session, actor: Actor, waiting: list[Operation], random: Random | None) -> None:
    batch = list(waiting)
    if random:
        batch = random.sample(batch, random.randint(1, len(batch)))
        batch += random.sample(batch, random.randint(0, len(batch)))
        random.shuffle(batch)
    outcomes = service.apply_all(session, actor=actor, operations=batch)
    for operation, outcome in zip(batch, outcomes, strict=True):
        assert outcome.ok or (outcome.error and outcome.error.message_id == "sync.too_early"), outcome
        if outcome.ok and operation in waiting:
            waiting.remove(operation)


def state(session: Session) -> object:
    """What must not depend on the order of arrival."""
    held = {}
    for sample in session.exec(select(Sample)):
        balance = custody.balance(session, sample_id=sample.id)
        assert balance.held_ug >= 0
        assert balance.difference_ug == 0
        item = custody.items_of(session, sample_id=sample.id)[0]
        held[sample.client_id] = (item.state, item.site_id, item.conflict, balance.held_ug)
    parcels = {one.id: one.state for one in session.exec(select(Parcel))}
    clients = dict(session.exec(select(Item.id, Sample.client_id).where(Item.sample_id == Sample.id)).all())
    lines = {(one.parcel_id, clients[one.item_id]): one.outcome for one in session.exec(select(ParcelItem))}
    actions = sorted((str(clients[event.item_id]), event.action.value) for event in session.exec(select(CustodyEvent)))
    by_key = [sorted(found.items(), key=str) for found in (held, parcels, lines)]
    return by_key, actions, len(session.exec(select(Handover)).all())


@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_the_network_does_to_the_batches_all_end_with_the_same_state(
    sqlite_template: Path, tmp_path: Path, seed: int, random: Random
) -> None:
    # Not shrunk: each example is two whole laboratories, and the seed says all there is to know.
    with fresh(sqlite_template, tmp_path) as (session, network):
        phones = nights(network, seed)
        deliver(session, network, phones, random)
        shuffled = state(session)
        sites: dict[object, str] = {site.id: name for name, site in network.sites.items()}
    with fresh(sqlite_template, tmp_path) as (session, other):
        for phone in phones:
            phone.sent = [_at(operation, sites, other) for operation in phone.sent]
        deliver(session, other, phones, None)
        others: dict[object, str] = {site.id: name for name, site in other.sites.items()}
        assert _named(state(session), others) == _named(shuffled, sites)


def _at(operation: Operation, sites: dict[object, str], network: Network) -> Operation:
    """The same operation in another database, whose sites have keys of their own."""
    text = operation.model_dump_json(exclude_unset=True)
    for key, name in sites.items():
        text = text.replace(str(key), str(network.sites[name].id))
    return type(operation).model_validate_json(text)


def _named(found: object, sites: dict[object, str]) -> str:
    """The state with sites by name."""
    text = repr(found)
    for key, name in sites.items():
        text = text.replace(repr(key), name)
    return text


def test_two_requests_with_one_batch_at_the_same_time_apply_it_once(database: Database) -> None:
    with database.session() as session:
        network = make_network(session)
    phone = Phone(network.sites["north"].id, network.sites["laboratory"].id)
    phone.night(3, "P-9")

    def send(_: int) -> list[service.Outcome]:
        with database.session() as session:
            return service.apply_all(session, actor=network.actors["worker"], operations=phone.sent)

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(send, range(2)))
    assert all(one.ok for outcomes in results for one in outcomes)
    with database.session() as session:
        assert len(session.exec(select(Sample)).all()) == 3
        assert len(session.exec(select(CustodyEvent)).all()) == 12  # collected, sealed, packed, handed over
