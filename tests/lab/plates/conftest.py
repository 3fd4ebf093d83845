"""A laboratory bench with a chromatographic system and plates on it."""

import pytest
from obstore.store import MemoryStore
from sqlmodel import Session

from lab.kit.files import FileStore, ObjectFiles
from tests.lab.plates.plate_bench import PlateBench


@pytest.fixture
def files() -> FileStore:
    return ObjectFiles(MemoryStore())


@pytest.fixture
def bench(session: Session, files: FileStore) -> PlateBench:
    return PlateBench(session, files)
