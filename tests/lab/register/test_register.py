"""The register says what the log says, deviations included, and its stock is the stock."""

import csv
import io
from datetime import date, timedelta

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from api.books import book_paper
from lab.custody import service
from lab.custody.models import Action, Item, ItemState, SealState
from lab.custody.recording import history
from lab.errors import ForbiddenError
from lab.kit import ledger
from lab.kit.clock import today
from lab.network.access import Actor
from lab.network.models import Role, Site
from lab.register import running, storage
from lab.register.book import Book, Deviation, keep_book
from lab.register.errors import PeriodInvalidError
from templates.i18n import translator
from templates.register_book import book_csv, book_pdf
from tests.lab.custody.conftest import Network
from tests.lab.custody.walks import walk
from tests.lab.register_year import write_year
from tests.properties.test_custody_histories import Laboratory, World


@pytest.fixture
def network(session: Session) -> Network:
    return Network(session)


def auditor(network: Network) -> Actor:
    return Actor(network.account.id, frozenset({(None, Role.AUDITOR)}))


def book_of(network: Network, site: Site | None = None) -> Book:
    place = site or network.bench
    return keep_book(
        network.session, actor=auditor(network), site_id=place.id, since=today() - timedelta(days=2), until=today()
    )  # fmt: skip


def here(network: Network) -> tuple[int, int]:
    rows = network.session.exec(
        select(Item).where(
            Item.site_id == network.bench.id,
            Item.state.in_([ItemState.AT_SITE, ItemState.AT_LABORATORY]),  # type: ignore[attr-defined]
        )
    ).all()
    return len(rows), sum(item.held_ug or 0 for item in rows)


def test_what_came_was_used_and_is_left_stands_line_by_line(network: Network) -> None:
    walk(network)
    book = book_of(network)
    told = [(line.action, line.containers, line.change_ug) for line in book.lines]
    assert told == [
        ("received", 1, 120_000), ("aliquoted", 0, -20_000), ("aliquoted", 1, 20_000),
        ("consumed", 0, -1_250), ("consumed", 0, -1_250),
    ]  # fmt: skip
    assert (book.opening.containers, book.opening.held_ug) == (0, 0)
    assert (book.closing.containers, book.closing.held_ug) == (2, 117_500) == here(network)
    assert book.lines[0].counterparty == str(network.north.id)


def test_the_place_it_left_has_it_go_out(network: Network) -> None:
    walk(network)
    book = book_of(network, network.north)
    assert [(line.action, line.containers) for line in book.lines] == [("collected", 1), ("handed_over", -1)]
    assert book.closing.held_ug == 0


def test_every_deviation_of_a_parcel_stands_in_it(network: Network) -> None:
    items = []
    for number in range(4):
        item = service.register_item(
            network.session, actor=network.worker, sample_id=network.sample(), site_id=network.north.id, mass_mg=10
        )
        service.seal(network.session, actor=network.worker, item_id=item.id, seal_number=f"N-{number}")
        items.append(item)
    parcel = service.pack(
        network.session, actor=network.worker, item_ids=[one.id for one in items[:3]], seal_number="P-1",
        from_site_id=network.north.id, to_site_id=network.bench.id, legal_basis="circular",
    )  # fmt: skip
    service.hand_over_parcel(network.session, actor=network.worker, parcel_id=parcel.id)
    service.receive_parcel(
        network.session, actor=network.chemist, parcel_id=parcel.id, seal_state=SealState.BROKEN,
        received_item_ids=[items[0].id, items[1].id, items[3].id], item_seal_states={items[1].id: SealState.BROKEN},
    )  # fmt: skip
    found = {line.item_id: set(line.deviations) for line in book_of(network).lines}
    assert found == {
        str(items[0].id): {Deviation.PARCEL_SEAL},
        str(items[1].id): {Deviation.PARCEL_SEAL, Deviation.SEAL},
        str(items[2].id): {Deviation.MISSING},
        str(items[3].id): {Deviation.PARCEL_SEAL, Deviation.UNEXPECTED},
    }


def test_a_year_is_counted_as_it_was_written(network: Network) -> None:
    write_year(network.session, counter=network.north, bench=network.bench, account=network.account, samples=12)
    whole = keep_book(
        network.session, actor=auditor(network), site_id=network.bench.id, since=date(2025, 1, 1),
        until=date(2025, 12, 31),
    )  # fmt: skip
    half = keep_book(
        network.session, actor=auditor(network), site_id=network.bench.id, since=date(2025, 7, 1),
        until=date(2025, 12, 31),
    )  # fmt: skip
    assert (whole.closing.containers, whole.closing.held_ug) == (6, 6 * 87_655)
    assert (half.opening.containers, half.opening.held_ug) == (3, 3 * 87_655)
    assert half.closing == whole.closing


def test_the_table_and_the_paper_hold_every_line_and_no_formula(network: Network) -> None:
    walk(network)
    for language in ("fr", "nl", "en"):
        paper = book_paper(book_of(network), network="Drugcheck", translator=translator(language))
        rows = list(csv.reader(io.StringIO(book_csv(paper).decode("utf-8-sig"))))
        assert len(rows) == 1 + 5
        assert not any(cell.startswith(("=", "@")) for row in rows for cell in row)
        assert book_pdf(paper).startswith(b"%PDF-")


def test_only_who_audits_may_see_it_and_only_forwards(network: Network) -> None:
    with pytest.raises(ForbiddenError):
        keep_book(network.session, actor=network.chemist, site_id=network.bench.id, since=today(), until=today())
    with pytest.raises(PeriodInvalidError):
        keep_book(
            network.session, actor=auditor(network), site_id=network.bench.id, since=today(),
            until=today() - timedelta(days=1),
        )  # fmt: skip


@given(random=st.randoms(use_true_random=False), steps=st.integers(5, 25))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_stock_of_the_register_is_the_stock_whatever_happened(session: Session, random: object, steps: int) -> None:
    with session.begin_nested() as savepoint:
        world = World.make(session)
        laboratory = Laboratory(world, random)  # type: ignore[arg-type]  # hypothesis' own Random
        for _ in range(steps):
            laboratory.act(laboratory.devices[0])
            laboratory.send(laboratory.devices[0])
            laboratory.settle()
        book = book_of(world.network)
        assert (book.closing.containers, book.closing.held_ug) == here(world.network)
        savepoint.rollback()
    session.expire_all()


def test_the_straight_way_and_the_fold_tell_the_same(network: Network) -> None:
    sample = walk(network)
    for item in service.items_of(network.session, sample_id=sample):
        seqs = [event.seq for event in history(network.session, item.id)]
        bodies = ledger.bodies(network.session, seqs)
        entries = [(seq, orjson.loads(bodies[seq])) for seq in seqs]
        assert list(running._straight(entries)) == list(running._folded(entries))


def test_a_hold_is_in_the_register(network: Network) -> None:
    sample = walk(network)
    item = service.items_of(network.session, sample_id=sample)[0]
    desk = Actor(network.account.id, frozenset({(None, Role.COORDINATOR)}))
    storage.hold(network.session, actor=desk, item_id=item.id, basis="parquet 12/26")
    assert book_of(network).lines[-1].action == Action.HELD
