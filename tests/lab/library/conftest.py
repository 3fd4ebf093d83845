"""A laboratory with the reference library, loaded once per engine."""

from collections.abc import Callable, Iterator

import pytest
from sqlmodel import Session

from lab.kit.db import Database
from lab.library.service import load_reference
from tests.lab.bench import Bench
from tests.lab.conftest import ENGINES


@pytest.fixture(scope="session", params=ENGINES)
def loaded_database(request: pytest.FixtureRequest, lasting_database: Callable[[str], Database]) -> Database:
    """A database of each engine in turn that holds the reference data."""
    database = lasting_database(request.param)
    with database.session() as session:
        load_reference(session)
    return database


@pytest.fixture
def session(loaded_database: Database) -> Iterator[Session]:
    """A unit of work that is always rolled back; nothing here commits."""
    with Session(loaded_database.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()


@pytest.fixture
def library(session: Session) -> Bench:
    """A small network beside the library."""
    return Bench(session)
