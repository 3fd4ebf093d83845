"""A laboratory bench with a chromatographic system and plates on it."""

import pytest
from obstore.store import MemoryStore
from sqlmodel import Session

from lab.kit.files import FileStore, ObjectFiles
from tests.lab.plates.plate_bench import PlateBench


@pytest.fixture
def files() -> FileStore:
    """Storage that is gone with the test."""
    return ObjectFiles(MemoryStore())


@pytest.fixture
def bench(session: Session, files: FileStore) -> PlateBench:
    """A laboratory that runs plates in system TA."""
    return PlateBench(session, files)
