"""A laboratory that runs plates, with a control history when a test asks for one."""

import pytest
from obstore.store import MemoryStore
from sqlmodel import Session

from lab.kit.files import ObjectFiles
from tests.lab.quality.quality_bench import QualityBench


@pytest.fixture
def bench(session: Session) -> QualityBench:
    """A laboratory that runs plates in system TA."""
    return QualityBench(session, ObjectFiles(MemoryStore()))
