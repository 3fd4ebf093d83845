"""A small network with one sample, and people who may handle it."""

import shutil
from collections.abc import Iterator
from datetime import date
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import Session

from lab.kit.db import Database
from lab.kit.ids import new_id
from lab.network.access import Actor
from lab.network.models import Account, Role, Site, SiteType
from lab.samples.models import Sample

_NUMBERS = count(1)


class Network:
    """Two testing points, a laboratory, and an actor for each role at each."""

    def __init__(self, session: Session, prefix: str = "") -> None:
        self.session = session
        self.account = Account(email=f"{prefix}someone@example.org", display_name="x")
        self.north = Site(name=f"{prefix}North field", type=SiteType.FESTIVAL, area="Leuven")
        self.south = Site(name=f"{prefix}South gate", type=SiteType.FIXED, area="Namur")
        self.bench = Site(name=f"{prefix}Bench", type=SiteType.LABORATORY, area="Brussels")
        session.add_all([self.account, self.north, self.south, self.bench])
        session.flush()
        self.worker = self.actor(Role.WORKER, self.north)
        self.chemist = self.actor(Role.CHEMIST, self.bench)
        self.administrator = Actor(self.account.id, frozenset({(None, Role.ADMINISTRATOR)}))

    def actor(self, role: Role, site: Site) -> Actor:
        return Actor(self.account.id, frozenset({(site.id, role)}))

    def sample(self) -> UUID:
        sample = Sample(
            id=new_id(),
            code=f"A{next(_NUMBERS):08d}",
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


@pytest.fixture(scope="module")
def module_session(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A SQLite session that a module's tests read together, for bundles that are dear to make."""
    path = tmp_path_factory.mktemp("custody") / "lab.sqlite"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    with Session(database.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()
    database.dispose()
