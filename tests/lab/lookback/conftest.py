"""A laboratory bench with plates on it."""

import pytest
from obstore.store import MemoryStore
from sqlmodel import Session

from lab.kit.files import ObjectFiles
from tests.lab.plates.plate_bench import PlateBench
from tests.lab.sharing import session

__all__ = ["bench", "session"]


@pytest.fixture
def bench(session: Session) -> PlateBench:
    """A laboratory that runs plates in system TA."""
    return PlateBench(session, ObjectFiles(MemoryStore()))
