"""The check of a whole database finds whatever somebody did to it behind the triggers."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from lab.custody import service
from lab.custody.audit import verify_database
from lab.kit import ledger
from lab.kit.db import Database
from tests.lab.custody.conftest import Network
from tests.lab.custody.logs import OTHER, SIGNER

KEY = SIGNER.public_key


@pytest.fixture
def session(sqlite_url: str) -> Iterator[Session]:
    """Triggers are taken away here, as whoever owns the file could; one engine is enough for that."""
    database = Database(sqlite_url)
    with Session(database.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()
    database.dispose()


def fill(session: Session) -> None:
    network = Network(session)
    for _ in range(3):
        item = service.register_item(
            session, actor=network.worker, sample_id=network.sample(), site_id=network.north.id, mass_mg=9, note="blue"
        )
        service.seal(session, actor=network.worker, item_id=item.id, seal_number="N-1")
    ledger.checkpoint(session, signer=SIGNER)
    session.flush()
    for (name,) in session.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
        session.execute(sa.text(f"DROP TRIGGER {name}"))


def problems(session: Session) -> set[str]:
    session.flush()
    session.expire_all()
    report = verify_database(session, key=KEY)
    return {problem.message.id.rpartition(".")[2] for problem in report.problems}


def test_an_untouched_database_is_verified(session: Session) -> None:
    fill(session)
    report = verify_database(session, key=KEY)
    assert (report.verified, report.size, report.whole_log) == (True, 6, True)


CRIMES: dict[str, tuple[str, str]] = {
    "UPDATE ledger_entry SET body = CAST(replace(body, 'N-1', 'N-2') AS BLOB) WHERE seq = 1": (
        "hashes",
        "an entry edited",
    ),
    "DELETE FROM custody_event WHERE seq = 5; DELETE FROM ledger_entry WHERE seq = 5": (
        "stored_checkpoint",
        "the end cut off",
    ),
    "DELETE FROM custody_event WHERE seq = 2; DELETE FROM ledger_entry WHERE seq = 2": (
        "gap_in_log",
        "an entry removed",
    ),
    "UPDATE ledger_entry SET hashes = zeroblob(32) WHERE seq = 4": ("hashes", "hashes edited"),
    "DELETE FROM custody_event WHERE seq = 3": ("index", "hidden from the lists"),
    "UPDATE custody_event SET occurred_at = '2020-01-01 00:00:00.000000' WHERE seq = 3": ("index", "moved in time"),
    "UPDATE custody_item SET state = 'destroyed'": ("item_row", "lists that lie"),
    "UPDATE custody_item SET held_ug = 1": ("item_row", "a mass that is not there"),
    "UPDATE custody_text SET value = 'red'": ("text", "words exchanged"),
    "UPDATE ledger_checkpoint SET root = zeroblob(32)": ("stored_checkpoint", "a checkpoint edited"),
    "UPDATE ledger_checkpoint SET size = 5": ("stored_checkpoint", "a checkpoint moved"),
}


@pytest.mark.parametrize("crime", CRIMES, ids=[what for _, what in CRIMES.values()])
def test_whatever_was_done_is_named(session: Session, crime: str) -> None:
    fill(session)
    for statement in crime.split(";"):
        done = session.execute(sa.text(statement))
        assert done.rowcount > 0  # type: ignore[attr-defined]
    assert CRIMES[crime][0] in problems(session)


def resign(session: Session) -> None:
    session.execute(sa.text("DELETE FROM ledger_checkpoint"))
    ledger.checkpoint(session, signer=OTHER)


def add_stray(session: Session) -> None:
    network = Network(session, prefix="later-")
    service.register_item(session, actor=network.worker, sample_id=network.sample(), site_id=network.north.id)
    ledger.checkpoint(session, signer=OTHER)


@pytest.mark.parametrize(("crime", "found"), [(resign, "other_key"), (add_stray, "stray_key")])
def test_a_key_that_is_not_the_logs_is_seen(session: Session, crime: Callable[[Session], None], found: str) -> None:
    fill(session)
    crime(session)
    assert found in problems(session)
