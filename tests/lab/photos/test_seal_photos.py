"""Photographs of seals are kept as long as there is something to prove, and no longer."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from lab.custody import service as custody
from lab.custody.models import Action, Item
from lab.kit.clock import frozen, now
from lab.network.access import Actor
from lab.network.models import Role
from lab.photos import service
from lab.photos.models import SamplePhoto
from lab.photos.service import PhotoRetention
from lab.register import storage
from tests.lab.custody.conftest import Network

YEAR = PhotoRetention(after_report=timedelta(0), at_most=timedelta(days=1), seal_after_end=timedelta(days=365))


@pytest.fixture
def network(session: Session) -> Network:
    return Network(session)


def due(network: Network, *, days: int) -> list[object]:
    with frozen(now() + timedelta(days=days)):
        return list(service.due_for_erasure(network.session, retention=YEAR))


def sealed(network: Network) -> tuple[Item, SamplePhoto]:
    both = Actor(network.account.id, frozenset({(None, Role.WORKER), (None, Role.CHEMIST)}))
    item = custody.register_item(
        network.session, actor=both, sample_id=network.sample(), site_id=network.bench.id, mass_mg=10
    )
    photo = SamplePhoto(
        sample_id=item.sample_id, item_id=item.id, of_seal=True, file_key="photo/1", size_bytes=1,
        taken_by=network.account.id,
    )  # fmt: skip
    network.session.add(photo)
    network.session.flush()
    return item, photo


def end(network: Network, item: Item, action: Action) -> None:
    custody.record_event(network.session, actor=network.chemist, item_id=item.id, action=action)


def test_a_seal_s_photograph_stays_while_anything_is_left_and_a_year_after(network: Network) -> None:
    item, photo = sealed(network)
    part = custody.aliquot(network.session, actor=network.chemist, item_id=item.id, mass_mg=1)
    assert due(network, days=4000) == []  # whatever the rule for pictures of products says
    end(network, item, Action.DESTROYED)
    assert due(network, days=4000) == []
    end(network, part, Action.DESTROYED)
    assert due(network, days=364) == []
    assert due(network, days=366) == [photo.id]


def test_neither_what_is_lost_nor_what_is_under_a_hold_loses_its_photograph(network: Network) -> None:
    lost, _ = sealed(network)
    end(network, lost, Action.LOST)
    held, _ = sealed(network)
    end(network, held, Action.DESTROYED)
    held.on_hold = True  # placed on another container, or told late
    assert due(network, days=4000) == []
    assert storage.is_held(network.session, sample_id=held.sample_id)
