"""The two databases behave alike where their drivers do not."""

from datetime import UTC, datetime, timedelta, timezone
from threading import Thread

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import Session, select

from api.tables import metadata
from lab.kit.db import Database
from lab.network.models import Account, Site, SiteType


def site(**values: object) -> Site:
    return Site(**{"name": "North field", "type": SiteType.FESTIVAL, "area": "Leuven"} | values)


def test_a_moment_comes_back_in_utc_with_its_zone(session: Session) -> None:
    moment = datetime(2026, 7, 1, 2, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))
    session.add(site(created_at=moment))
    session.flush()
    session.expire_all()
    stored = session.exec(select(Site)).one().created_at
    assert stored == moment
    assert stored.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(session: Session) -> None:
    session.add(site(created_at=datetime(2026, 7, 1)))  # noqa: DTZ001 -- the naive value is the point
    with pytest.raises(StatementError, match="timezone"):
        session.flush()


def test_an_enum_is_stored_by_value_and_an_unknown_one_is_refused_by_the_database(session: Session) -> None:
    session.add(site())
    session.flush()
    assert session.execute(sa.text("select type from site")).scalar_one() == "festival"
    with pytest.raises(IntegrityError):
        session.execute(sa.text("update site set type = 'tent'"))


def test_a_unit_of_work_that_raises_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.session() as session:
            session.add(site())
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.reading() as session:
        assert session.exec(select(Site)).all() == []


def test_concurrent_writers_all_get_through(database: Database) -> None:
    def write(writer: int) -> None:
        for number in range(10):
            with database.session() as session:
                session.exec(select(Account)).all()
                session.add(Account(email=f"{writer}-{number}@example.org", display_name="x"))

    threads = [Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.exec(select(sa.func.count()).select_from(Account)).one() == 40


def test_the_migrations_make_the_tables_that_the_code_declares(database: Database) -> None:
    inspector = sa.inspect(database.engine)
    for name, table in metadata.tables.items():
        declared = {column.name for column in table.columns}
        assert {column["name"] for column in inspector.get_columns(name)} == declared, name
