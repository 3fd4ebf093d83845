"""An application on each database in turn, with a small network and clients that can sign in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.auth.limits import RateLimiter
from api.settings import Settings
from api.state import AppState
from lab.kit.db import Database
from lab.kit.files import open_files
from tests.api.application import application_on
from tests.network import Network, make_network

Client = Callable[[str], TestClient]


@pytest.fixture
def state(database: Database, database_url: str, tmp_path: Path) -> AppState:
    """The parts of an application on a fresh database; background work runs when a test asks for it."""
    settings = Settings(
        data_dir=tmp_path, database_url=database_url, worker_in_process=False, base_url="http://testserver"
    )
    return AppState(
        settings=settings,
        database=database,
        files=open_files(str(tmp_path / "files")),
        limiter=RateLimiter("memory://"),
    )


@pytest.fixture
def network(state: AppState) -> Network:
    """Two testing points, a laboratory, and one account for each role."""
    with state.database.session() as session:
        return make_network(session)


@pytest.fixture
def anonymous(state: AppState) -> Iterator[TestClient]:
    """A client that is nobody."""
    with TestClient(application_on(state), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(state: AppState, network: Network) -> Client:
    """Gives a client signed in by bearer token as ``worker``, ``chemist``, … of the network."""
    app = application_on(state)

    def signed_in(name: str) -> TestClient:
        return TestClient(
            app, headers={"Authorization": f"Bearer {network.tokens[name]}"}, raise_server_exceptions=False
        )

    return signed_in
