"""One database per engine for tests that never commit: what they write is rolled back, so they can share it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from sqlmodel import Session

from lab.kit.db import Database
from tests.conftest import POSTGRES_URL

ENGINES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@contextmanager
def _postgres_copy(template: sa.URL) -> Iterator[str]:
    url = sa.make_url(POSTGRES_URL)
    name = f"drugcheck_shared_{uuid4().hex[:12]}"
    with psycopg.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database, autocommit=True
    ) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template.database}"')
        yield template.set(database=name).render_as_string(hide_password=False)
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def lasting_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Database]]:
    """Makes a migrated database of the engine named, which lasts for the whole run."""
    with ExitStack() as stack:

        def make(engine: str) -> Database:
            if engine == "sqlite":
                template: Path = request.getfixturevalue("sqlite_template")
                path = tmp_path_factory.mktemp("shared") / "lab.sqlite"
                shutil.copyfile(template, path)
                url = f"sqlite:///{path}"
            else:
                url = stack.enter_context(_postgres_copy(request.getfixturevalue("postgres_template")))
            database = Database(url)
            stack.callback(database.dispose)
            return database

        yield make


@pytest.fixture(scope="session", params=ENGINES)
def shared_database(request: pytest.FixtureRequest, lasting_database: Callable[[str], Database]) -> Database:
    """An empty database of each engine in turn, made once."""
    return lasting_database(request.param)


@pytest.fixture
def shared_session(shared_database: Database) -> Iterator[Session]:
    """A unit of work on each engine in turn that is always rolled back. Never commit in it."""
    with Session(shared_database.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()
