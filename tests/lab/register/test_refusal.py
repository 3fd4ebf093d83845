"""A parcel refused at the door: it stays with whoever carries it, goes back, and everybody can see why."""

import pytest
from sqlmodel import Session, select

from lab.custody import handover, receiving, service, unpacking
from lab.custody.errors import ParcelNotFoundError
from lab.custody.models import Action, CustodyEvent, Item, ItemState, Parcel, ParcelState, SealState
from lab.custody.worklist import worklist
from lab.errors import LabError
from lab.kit.clock import today
from lab.network.access import Actor
from lab.network.models import Role
from lab.register import refusal, tasks
from lab.register.book import Deviation, keep_book
from lab.register.errors import ReasonMissingError, RefusalInvalidError
from lab.register.models import CustodyTask, CustodyTaskKind
from tests.lab.custody.conftest import Network


@pytest.fixture
def network(session: Session) -> Network:
    return Network(session)


def under_way(network: Network, count: int = 2) -> tuple[Parcel, list[Item]]:
    """A parcel from the north field to the bench, handed over."""
    session, worker, items = network.session, network.worker, []
    for number in range(count):
        items.append(
            service.register_item(
                session, actor=worker, sample_id=network.sample(), site_id=network.north.id, mass_mg=10
            )
        )
        service.seal(session, actor=worker, item_id=items[-1].id, seal_number=f"N-{number}")
    parcel = service.pack(
        session, actor=worker, item_ids=[item.id for item in items], seal_number="P-1",
        from_site_id=network.north.id, to_site_id=network.bench.id, legal_basis="circular",
    )  # fmt: skip
    service.hand_over_parcel(session, actor=worker, parcel_id=parcel.id)
    return parcel, items


def refuse(network: Network, parcel: Parcel, reason: str = "wet, seal torn") -> Parcel:
    return refusal.refuse_parcel(
        network.session, actor=network.chemist, parcel_id=parcel.id, reason=reason, seal_state=SealState.BROKEN
    )


def test_a_refused_parcel_stays_under_way_and_every_container_says_so_in_the_log(network: Network) -> None:
    parcel, items = under_way(network)
    refuse(network, parcel)
    assert (parcel.state, parcel.to_site_id) == (ParcelState.IN_TRANSIT, network.north.id)
    assert parcel.refused_site_id == network.bench.id
    assert refusal.seal_when_refused(network.session, parcel) is SealState.BROKEN
    for item in items:
        assert (item.state, item.site_id) == (ItemState.IN_TRANSIT, network.north.id)
        last = service.timeline(network.session, sample_id=item.sample_id)[-1]
        assert (last.action, last.texts["condition"]) == (Action.REFUSED, "wet, seal torn")
        assert last.actor_id == network.chemist.account_id


def test_it_travels_back_and_is_received_where_it_left(network: Network) -> None:
    parcel, items = under_way(network)
    refuse(network, parcel)
    handover.hand_over(
        network.session, actor=network.chemist, parcel_id=parcel.id, receiver_id=None, confirmed=True
    )  # the house that refused may see it off with another courier
    waiting = worklist(network.session, actor=network.worker, site_id=network.north.id)
    assert [one.parcel.id for one in waiting.to_receive] == [parcel.id]
    assert not waiting.under_way
    opened = receiving.open_by_seal(network.session, actor=network.worker, site_id=network.north.id, seal="P-1")
    for item in items:
        receiving.add_scan(network.session, actor=network.worker, receiving_id=opened.id, text=item.seal_number)
    unpacking.close(network.session, actor=network.worker, receiving_id=opened.id, seal_state=SealState.BROKEN)
    assert parcel.state is ParcelState.RECEIVED
    assert {(item.state, item.site_id) for item in items} == {(ItemState.AT_SITE, network.north.id)}
    assert not any(service.state_of(network.session, item_id=item.id).conflict for item in items)


def test_the_sender_gets_a_task_and_both_registers_a_line(network: Network) -> None:
    parcel, _ = under_way(network)
    refuse(network, parcel)
    tasks.examine(network.session)
    [task] = network.session.exec(select(CustodyTask)).all()
    assert (task.kind, task.site_id, task.parcel_id) == (CustodyTaskKind.REFUSED, network.north.id, parcel.id)
    auditor = Actor(network.account.id, frozenset({(None, Role.AUDITOR)}))
    for site in (network.bench, network.north):
        book = keep_book(network.session, actor=auditor, site_id=site.id, since=today(), until=today())
        [line] = [line for line in book.lines if line.deviations]
        assert (line.deviations, line.text) == ((Deviation.REFUSED,), "wet, seal torn")


@pytest.mark.parametrize("how", ["twice", "begun", "received", "packed", "no reason", "by the sender"])
def test_only_what_is_at_the_door_is_refused_and_only_with_a_reason(network: Network, how: str) -> None:
    session = network.session
    parcel, items = under_way(network)
    errors: tuple[type[LabError], ...] = (RefusalInvalidError,)
    if how == "twice":
        refuse(network, parcel)
        errors = (ParcelNotFoundError,)  # it comes to the bench no more
    elif how == "begun":
        receiving.open_receiving(session, actor=network.chemist, parcel_id=parcel.id)
    elif how == "received":
        service.receive_parcel(
            session, actor=network.chemist, parcel_id=parcel.id, received_item_ids=[items[0].id],
            seal_state=SealState.INTACT,
        )  # fmt: skip
    elif how == "packed":
        parcel.state = ParcelState.PACKED
    elif how == "no reason":
        errors = (ReasonMissingError,)
    elif how == "by the sender":
        network.chemist, errors = network.worker, (ParcelNotFoundError,)
    refused = select(CustodyEvent).where(CustodyEvent.action == Action.REFUSED)
    before = len(session.exec(refused).all())
    with pytest.raises(errors):
        refuse(network, parcel, reason=" " if how == "no reason" else "wet")
    assert len(session.exec(refused).all()) == before


def test_one_container_alone_cannot_be_refused_by_an_event(network: Network) -> None:
    _, items = under_way(network, 1)
    with pytest.raises(LabError):
        service.record_event(
            network.session, actor=network.chemist, item_id=items[0].id, action=Action.REFUSED,
            to_site_id=network.north.id,
        )  # fmt: skip
