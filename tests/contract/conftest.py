"""The application and its network, as the tests of ``api`` have them."""

from tests.api.conftest import anonymous, client, network, state

__all__ = ["anonymous", "client", "network", "state"]
