"""One database per engine for tests that never commit: what they write is rolled back, so they can share it."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from sqlmodel import Session

from lab.kit.db import Database
from tests.conftest import POSTGRES_URL


@pytest.fixture(scope="session")
def shared_sqlite_url(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated SQLite database for the whole run."""
    path = tmp_path_factory.mktemp("shared") / "lab.sqlite"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def shared_postgres_url(postgres_template: sa.URL) -> Iterator[str]:
    """A migrated PostgreSQL database for the whole run."""
    url = sa.make_url(POSTGRES_URL)
    name = f"drugcheck_shared_{uuid4().hex[:12]}"
    with psycopg.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database, autocommit=True
    ) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{postgres_template.database}"')
        yield postgres_template.set(database=name).render_as_string(hide_password=False)
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def shared_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of each engine in turn, made once."""
    database = Database(request.getfixturevalue(f"shared_{request.param}_url"))
    yield database
    database.dispose()


@pytest.fixture
def shared_session(shared_database: Database) -> Iterator[Session]:
    """A unit of work on each engine in turn that is always rolled back. Never commit in it."""
    with Session(shared_database.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()
