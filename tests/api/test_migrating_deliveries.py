"""A laboratory at work keeps its deliveries when the roads to people change (migrations 0008 and 0020)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.migrations import upgrade
from lab.kit.db import Database

ID, OTHER, AT = "0" * 31 + "1", "0" * 31 + "2", "2026-07-04 01:30:00"


@pytest.fixture
def before(tmp_path: Path) -> Iterator[Database]:
    """SQLite, which builds tables anew, with a delivery and an attempt at it."""
    database = Database(f"sqlite:///{tmp_path / 'lab.sqlite'}")
    upgrade(database.engine, "0007")
    with database.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO delivery (id, purpose, channel, state, attempts, replayed_at, created_at, due_at)"
                " VALUES (:id, 'callback', 'email', 'sent', 1, 0, :at, :at)"
            ),
            {"id": ID, "at": AT},
        )
        connection.execute(
            sa.text("INSERT INTO delivery_attempt (id, delivery_id, number, started_at) VALUES (:other, :id, 1, :at)"),
            {"id": ID, "other": OTHER, "at": AT},
        )
    yield database
    database.dispose()


def test_what_was_sent_is_still_there_and_still_checked(before: Database) -> None:
    upgrade(before.engine)
    with before.engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT channel, number FROM delivery JOIN delivery_attempt ON delivery_id = delivery.id")
        )
        assert [tuple(row) for row in rows] == [("email", 1)]
        assert connection.execute(sa.text("PRAGMA foreign_keys")).scalar() == 1
    for column in ("purpose", "channel", "state"):
        with pytest.raises(sa.exc.IntegrityError), before.engine.begin() as connection:
            connection.execute(sa.text(f"UPDATE delivery SET {column} = 'pigeon'"))  # noqa: S608 -- our own names
    with before.engine.begin() as connection:
        connection.execute(sa.text("UPDATE delivery SET channel = 'chat', purpose = 'unread'"))
    with pytest.raises(sa.exc.IntegrityError), before.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM delivery"))
