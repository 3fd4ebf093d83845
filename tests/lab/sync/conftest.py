"""A network and phones on each engine in turn; what they write is rolled back."""

import pytest
from sqlmodel import Session

from tests.lab.sync.phones import Phone
from tests.network import Network, make_network


@pytest.fixture
def network(session: Session) -> Network:
    """Two testing points, a laboratory, and one account for each role."""
    return make_network(session)


@pytest.fixture
def phone(network: Network) -> Phone:
    """A phone of the north."""
    return Phone(network.sites["north"].id, network.sites["laboratory"].id)
