"""Pages are tested on SQLite alone: services and JSON routes are what both databases are tested with."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import Session

from api.state import AppState
from api.worker import make_worker
from lab.custody import service as custody
from lab.custody.models import SealState
from lab.library.models import Substance
from lab.samples import service as samples
from lab.samples.schemas import Registered, SampleIn
from tests.api.application import application_on
from tests.network import Network


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine is enough here."""
    return sqlite_url


@dataclass(frozen=True)
class Lab:
    """The application at work: what tests need to bring it into a state."""

    state: AppState
    network: Network

    def register(self, **more: object) -> Registered:
        """A sample of the north field."""
        site = self.network.sites["north"]
        with self.state.database.session() as session:
            data = SampleIn.model_validate({"site_id": site.id, "consent_analyse": True, **more})
            return samples.register(session, actor=self.network.actors["worker"], data=data)

    def substance(self, name: str, group: str = "stimulant") -> Substance:
        """A substance of the vocabulary."""
        with self.state.database.session() as session:
            substance = Substance(name=name, substance_class=group, source="test")
            session.add(substance)
        return substance

    def bring(self, registered: Registered) -> None:
        """Seal a sample and bring it to the laboratory."""
        actors, places, item_id = self.network.actors, self.network.sites, registered.item.id
        with self.state.database.session() as session:
            custody.seal(session, actor=actors["worker"], item_id=item_id, seal_number="S-1")
            parcel = custody.pack(
                session, actor=actors["worker"], item_ids=[item_id], seal_number="P-1",
                from_site_id=places["north"].id, to_site_id=places["laboratory"].id, legal_basis="authorisation 7",
            )  # fmt: skip
            custody.hand_over_parcel(session, actor=actors["worker"], parcel_id=parcel.id)
            custody.receive_parcel(
                session, actor=actors["chemist"], parcel_id=parcel.id, received_item_ids=[item_id],
                seal_state=SealState.INTACT,
            )  # fmt: skip

    def work(self) -> None:
        """Let the background work happen."""
        make_worker(self.state).run_until_idle()

    def session(self) -> Session:
        return Session(self.state.database.engine, expire_on_commit=False)


@pytest.fixture
def lab(state: AppState, network: Network) -> Lab:
    return Lab(state, network)


Client = Callable[[str], TestClient]


@pytest.fixture
def client(state: AppState, network: Network) -> Client:
    """Gives a browser signed in as ``worker``, ``chemist``, … that reads English and does not follow redirects."""
    app = application_on(state)

    def signed_in(name: str) -> TestClient:
        headers = {"Authorization": f"Bearer {network.tokens[name]}", "Accept-Language": "en"}
        return TestClient(app, headers=headers, follow_redirects=False)

    return signed_in


def text_of(response: Response) -> str:
    """What a person reads of a page."""
    bare = re.sub(r"<(script|style|title)\b.*?</\1>|<[^>]+>", " ", response.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", bare)


def fields_of(response: Response, name: str) -> list[str]:
    """The values of the inputs called ``name``."""
    found = re.findall(rf'<input[^>]*\bname="{name}"[^>]*>', response.text)
    return [match[1] if (match := re.search(r'\bvalue="([^"]*)"', one)) else "" for one in found]
