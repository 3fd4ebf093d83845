"""A small network with one sample, and people who may handle it."""

from datetime import date
from uuid import UUID

import pytest
from sqlmodel import Session

from lab.kit.ids import new_id
from lab.network.access import Actor
from lab.network.models import Account, Role, Site, SiteType
from lab.samples.models import Sample


class Network:
    """Two testing points, a laboratory, and an actor for each role at each."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.account = Account(email="someone@example.org", display_name="x")
        self.north = Site(name="North field", type=SiteType.FESTIVAL, area="Leuven")
        self.south = Site(name="South gate", type=SiteType.FIXED, area="Namur")
        self.bench = Site(name="Bench", type=SiteType.LABORATORY, area="Brussels")
        session.add_all([self.account, self.north, self.south, self.bench])
        session.flush()
        self.worker = self.actor(Role.WORKER, self.north)
        self.chemist = self.actor(Role.CHEMIST, self.bench)
        self.administrator = Actor(self.account.id, frozenset({(None, Role.ADMINISTRATOR)}))
        self.samples = 0

    def actor(self, role: Role, site: Site) -> Actor:
        return Actor(self.account.id, frozenset({(site.id, role)}))

    def sample(self) -> UUID:
        self.samples += 1
        sample = Sample(
            id=new_id(),
            code=f"AAAA{self.samples:05d}",
            site_id=self.north.id,
            registered_by=self.account.id,
            collected_on=date(2026, 7, 1),
            area="Leuven",
            consent_text_version="1",
            consent_language="nl",
        )
        self.session.add(sample)
        self.session.flush()
        return sample.id


@pytest.fixture
def network(session: Session) -> Network:
    """A network in the session's database."""
    return Network(session)
