"""Databases for tests: migrated once, copied for each test, on SQLite and on PostgreSQL.

PostgreSQL is taken from ``DRUGCHECK_TEST_POSTGRES`` (a URL of a role that may create databases) or from a
server on this machine. Without one its tests are skipped, except in CI (``CI=true``), where that is a failure.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from sqlmodel import Session

from api.migrations import upgrade
from lab.kit.db import Database

IN_CI = os.environ.get("CI") == "true"
POSTGRES_URL = os.environ.get("DRUGCHECK_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")


def _admin(url: sa.URL) -> psycopg.Connection:
    return psycopg.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database,
        autocommit=True, connect_timeout=3,
    )  # fmt: skip


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database, to be copied."""
    path = tmp_path_factory.mktemp("template") / "lab.sqlite"
    database = Database(f"sqlite:///{path}")
    upgrade(database.engine)
    database.dispose()  # closing the last connection folds the WAL into the file
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[sa.URL]:
    """A migrated, empty PostgreSQL database, to be used as a template; one per test process."""
    admin_url = sa.make_url(POSTGRES_URL)
    try:
        admin = _admin(admin_url)
    except psycopg.OperationalError as error:
        if IN_CI:
            pytest.fail(f"CI must test PostgreSQL too, and no server answered: {error}")
        pytest.skip("no PostgreSQL server; set DRUGCHECK_TEST_POSTGRES to test on one")
    name = f"drugcheck_template_{uuid4().hex[:12]}"
    with admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        url = admin_url.set(database=name)
        database = Database(url.render_as_string(hide_password=False))
        upgrade(database.engine)
        database.dispose()
        yield url
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    admin.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh, migrated SQLite database."""
    path = tmp_path / "lab.sqlite"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_template: sa.URL) -> Iterator[str]:
    """The URL of a fresh, migrated PostgreSQL database, dropped afterwards."""
    name = f"drugcheck_test_{uuid4().hex[:12]}"
    with _admin(sa.make_url(POSTGRES_URL)) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{postgres_template.database}"')
        yield postgres_template.set(database=name).render_as_string(hide_password=False)
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database on each engine in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A :class:`Database` on each engine in turn."""
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def shared_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One SQLite database for all tests that roll back what they write."""
    path = tmp_path_factory.mktemp("shared") / "lab.sqlite"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def shared_postgres(postgres_template: sa.URL) -> Iterator[Database]:
    """One PostgreSQL database for all tests that roll back what they write: making one takes longer than a test."""
    name = f"drugcheck_shared_{uuid4().hex[:12]}"
    with _admin(sa.make_url(POSTGRES_URL)) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{postgres_template.database}"')
        database = Database(postgres_template.set(database=name).render_as_string(hide_password=False))
        yield database
        database.dispose()
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """One open unit of work on each engine in turn; what it wrote is rolled back. For more than one: ``database``."""
    database: Database = request.getfixturevalue(f"shared_{request.param}")
    with Session(database.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()
