"""A laboratory with samples on its bench."""

import pytest
from sqlmodel import Session

from tests.lab.bench import Bench


@pytest.fixture
def session(shared_session: Session) -> Session:
    """Nothing here commits, so one database serves all."""
    return shared_session


@pytest.fixture
def bench(session: Session) -> Bench:
    """A small network with its vocabulary."""
    return Bench(session)
