"""Fixtures for folders whose tests never commit: one database serves them all. A conftest imports what it wants."""

import pytest
from sqlmodel import Session

from tests.lab.bench import Bench


@pytest.fixture
def session(shared_session: Session) -> Session:
    """A unit of work that is rolled back."""
    return shared_session


@pytest.fixture
def bench(session: Session) -> Bench:
    """A small network with its vocabulary."""
    return Bench(session)
