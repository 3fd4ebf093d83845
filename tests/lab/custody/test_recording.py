"""How events are written: sent twice, late, without what they need; words that may be erased; on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from lab.custody import service
from lab.custody.errors import (
    AfterUnknownError,
    EventDiffersError,
    EventInvalidError,
    ItemNotFoundError,
    NotAllowedError,
    SiteUnknownError,
)
from lab.custody.models import Action, CustodyEvent, CustodyText
from lab.custody.texts import commitment, erase
from lab.errors import ForbiddenError
from lab.kit import ledger
from lab.kit.clock import frozen, now
from lab.kit.ids import new_id
from lab.network.models import Role
from tests.lab.custody.conftest import Network
from tests.lab.custody.counter import at_bench, collect, event
from tests.lab.custody.walks import walk

NIGHT = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)


def test_an_event_sent_twice_is_recorded_once(session: Session, network: Network) -> None:
    item, key, device = collect(network), new_id(), new_id()
    details = {"id": key, "seal_number": "N-1", "occurred_at": NIGHT - timedelta(days=300), "device": device}
    first = event(network, item, Action.SEALED, device_seq=7, **details)
    again = event(network, item, Action.SEALED, device_seq=7, **details)
    assert first.seq == again.seq
    assert ledger.size(session) == 2
    with pytest.raises(EventDiffersError):
        event(network, item, Action.SEALED, device_seq=7, **(details | {"seal_number": "N-2"}))
    with pytest.raises(EventDiffersError):
        event(network, item, Action.SEALED, device_seq=7, **(details | {"id": new_id()}))


def test_an_aliquot_sent_twice_is_taken_once(session: Session, network: Network) -> None:
    item, child_id, key = at_bench(network), new_id(), new_id()
    for _ in range(2):
        child = service.aliquot(session, actor=network.chemist, item_id=item.id, mass_mg=5, child_id=child_id, id=key)
        assert child.id == child_id
    assert (item.held_ug, child.held_ug) == (95_000, 5_000)


def test_an_event_that_follows_an_unknown_one_waits_for_it(network: Network) -> None:
    with pytest.raises(AfterUnknownError):
        event(network, collect(network), Action.SEALED, seal_number="N-1", after=new_id())


def test_a_clock_that_runs_far_ahead_is_not_believed(network: Network) -> None:
    item = collect(network)
    with pytest.raises(EventInvalidError) as refused:
        event(network, item, Action.SEALED, seal_number="N-1", occurred_at=now() + timedelta(hours=1))
    assert refused.value.field == "occurred_at"


def test_moments_are_kept_to_the_second_in_utc(session: Session, network: Network) -> None:
    with frozen(NIGHT + timedelta(microseconds=999_999)):
        item = collect(network)
    entry = service.timeline(session, sample_id=item.sample_id)[0]
    assert (entry.occurred_at, entry.recorded_at) == (NIGHT, NIGHT)


@pytest.mark.parametrize(
    ("action", "details", "field"),
    [
        (Action.SEALED, {}, "seal_number"),
        (Action.SEALED, {"seal_number": "<script>"}, "seal_number"),
        (Action.RECEIVED, {}, "to"),
        (Action.SEALED, {"seal_number": "N-1", "mood": "good"}, "mood"),
        (Action.SEALED, {"seal_number": "N-1", "witness_id": "11111111-1111-4111-8111-111111111111"}, "witness_id"),
        (Action.STORED, {"occurred_at": "2026-07-01T10:00:00"}, "occurred_at"),
    ],
)
def test_an_event_needs_what_it_needs_and_takes_nothing_else(
    network: Network, action: Action, details: dict[str, object], field: str
) -> None:
    item = collect(network)
    anywhere = network.actor(Role.WORKER, network.north)
    with pytest.raises((EventInvalidError, ForbiddenError)) as refused:
        event(network, item, action, actor=anywhere, **details)
    assert refused.value.field in {field, None}
    assert service.state_of(network.session, item_id=item.id).events == 1


def test_an_event_cannot_begin_an_item_or_pack_it_on_the_side(network: Network) -> None:
    item = collect(network)
    for action in (Action.COLLECTED, Action.PACKED):
        with pytest.raises(NotAllowedError):
            event(network, item, action)


def test_unknown_items_and_sites_are_refused(session: Session, network: Network) -> None:
    with pytest.raises(ItemNotFoundError):
        service.state_of(session, item_id=new_id())
    everywhere = network.actor(Role.WORKER, network.north)
    item = collect(network)
    service.seal(session, actor=network.worker, item_id=item.id, seal_number="N-1")
    event(network, item, Action.HANDED_OVER)
    with pytest.raises((SiteUnknownError, ForbiddenError)):
        event(network, item, Action.RECEIVED, actor=everywhere, to_site_id=new_id())


def test_words_can_be_erased_and_the_log_still_holds(session: Session, network: Network) -> None:
    item = collect(network)
    service.seal(session, actor=network.worker, item_id=item.id, seal_number="N-1", note="said her name")
    stored = session.exec(select(CustodyText)).one()
    assert commitment(stored.salt, "said her name") == stored.commitment
    assert len(stored.salt) == 16
    assert not [body for body in ledger.bodies(session, range(2)).values() if b"her name" in body]
    erase(session, [stored.commitment])
    assert service.timeline(session, sample_id=item.sample_id)[1].texts == {"note": None}


def test_words_changed_behind_the_commitment_are_not_shown(session: Session, network: Network) -> None:
    item = collect(network)
    service.seal(session, actor=network.worker, item_id=item.id, seal_number="N-1", note="one gram")
    session.exec(select(CustodyText)).one().value = "two grams"
    session.flush()
    assert service.timeline(session, sample_id=item.sample_id)[1].texts == {"note": None}


@pytest.mark.parametrize("statement", ["update custody_event set item_seq = 9", "delete from custody_event"])
def test_the_database_refuses_to_change_or_delete_an_event(session: Session, network: Network, statement: str) -> None:
    collect(network)
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(sa.text(statement))


def test_an_event_points_at_its_entry_in_the_log(session: Session, network: Network) -> None:
    walk(network)
    for row in session.exec(select(CustodyEvent)):
        entry = session.get(ledger.LedgerEntry, row.seq)
        assert entry is not None
        assert entry.leaf_hash == row.leaf_hash
        assert str(row.id).encode() in entry.body
