"""What is tested here does not depend on the database, but for the tests that ask for both."""

import pytest

from tests.alerts.house import House


@pytest.fixture
def house(sqlite_house: House) -> House:
    return sqlite_house
