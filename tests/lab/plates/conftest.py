"""A laboratory bench with a chromatographic system and plates on it."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from obstore.store import MemoryStore
from sqlmodel import Session

from lab.kit.db import Database
from lab.kit.files import FileStore, ObjectFiles
from tests.conftest import POSTGRES_URL
from tests.lab.plates.plate_bench import PlateBench


@pytest.fixture(scope="session")
def shared_postgres(postgres_template: sa.URL) -> Iterator[Database]:
    """One migrated PostgreSQL database for all tests that roll back: making one takes longer than such a test."""
    name = f"drugcheck_shared_{uuid4().hex[:12]}"
    conninfo = sa.make_url(POSTGRES_URL).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(conninfo, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{postgres_template.database}"')
        database = Database(postgres_template.set(database=name).render_as_string(hide_password=False))
        yield database
        database.dispose()
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def shared_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One migrated SQLite database for all tests that roll back."""
    path = tmp_path_factory.mktemp("shared") / "lab.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """One open unit of work on each engine in turn; what it wrote is rolled back."""
    database: Database = request.getfixturevalue(f"shared_{request.param}")
    with Session(database.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()


@pytest.fixture
def files() -> FileStore:
    return ObjectFiles(MemoryStore())


@pytest.fixture
def bench(session: Session, files: FileStore) -> PlateBench:
    return PlateBench(session, files)
