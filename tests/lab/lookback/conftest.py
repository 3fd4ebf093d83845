"""A laboratory bench with plates on it."""

import pytest
from obstore.store import MemoryStore
from sqlmodel import Session

from lab.kit.files import ObjectFiles
from tests.lab.plates.plate_bench import PlateBench


@pytest.fixture
def session(shared_session: Session) -> Session:
    """Nothing here commits, so one database serves all."""
    return shared_session


@pytest.fixture
def bench(session: Session) -> PlateBench:
    """A laboratory that runs plates in system TA."""
    return PlateBench(session, ObjectFiles(MemoryStore()))
