"""A sender that dies says nothing about the receiver; what kills its senders is set aside before it stops the rest."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import anyio
import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from alerts.channels.base import NotBegunError, Outgoing, TransportError
from alerts.deliveries import liveness
from alerts.deliveries.backoff import DELAYS_S, MAX_ATTEMPTS, MAX_DEATHS, SUSPECT_AFTER
from alerts.deliveries.claiming import DIED, Claim, claim_due
from alerts.deliveries.dead import dead_letters, replay_dead
from alerts.deliveries.liveness import SILENT, Life, take_up
from alerts.deliveries.models import Delivery, DeliveryAttempt, DeliverySender, DeliveryState, Lane, Purpose
from alerts.deliveries.outcomes import Outcome, record_all
from alerts.deliveries.sending import send_due
from alerts.services import AlertServices
from alerts.vocabulary import ChannelKind, Tier
from lab.kit.clock import frozen, now
from lab.kit.db import Database
from lab.kit.ids import new_id
from lab.network.access import Actor
from lab.network.models import Role
from tests.alerts.conftest import Recorder
from tests.alerts.house import House

LEASES_S = {ChannelKind.WEBHOOK: 18.0}
COORDINATOR = Actor(new_id(), frozenset({(None, Role.COORDINATOR)}))


class Hospital:
    """Webhooks to which a T2 was issued, on one database, under a clock of its own."""

    def __init__(self, database: Database, services: AlertServices, *, endpoints: int = 1) -> None:
        self.database, self.services = database, services
        with database.session() as session:
            house = House(session, services)
            for number in range(endpoints):
                house.subscriber(f"https://hospital{number}.test.example/hook", channel=ChannelKind.WEBHOOK)
            house.verified_found("isotonitazene")
            house.issue(house.draft(Tier.T2))
            session.execute(
                sa.update(Delivery)
                .where(col(Delivery.purpose) == Purpose.CONFIRMATION)
                .values(state=DeliveryState.WITHDRAWN)
            )
        self.moment = now()  # what was written is due by then, however slow the machine

    @contextmanager
    def later(self, seconds: float) -> Iterator[datetime]:
        self.moment += timedelta(seconds=seconds)
        with frozen(self.moment) as moment:
            yield moment

    def claim(self, *, after_s: float = 1.0, limit: int = 50) -> list[Claim]:
        with self.later(after_s), self.database.session() as session:
            return claim_due(session, leases_s=LEASES_S, limit=limit)

    def die(self, times: int) -> None:
        """So many senders take what is due and die with it."""
        for _ in range(times):
            self.claim(after_s=18.5)
        self.moment += timedelta(seconds=18.5)

    def refuse(self, claim: Claim, error: TransportError | None = None) -> None:
        with self.later(0.1), self.database.session() as session:
            record_all(session, [Outcome(claim, error or TransportError("busy", status=503))])

    def row(self) -> Delivery:
        with Session(self.database.engine) as session:
            query = select(Delivery).where(Delivery.purpose == "alert").order_by(col(Delivery.created_at))
            return session.exec(query).all()[0]

    def send(self) -> int:
        with self.later(1):
            return send_due(self.database, services=self.services)


@pytest.fixture
def hospital(database: Database, services: AlertServices) -> Hospital:
    return Hospital(database, services)


def test_what_a_silent_sender_had_is_taken_up_long_before_its_lease_ends(hospital: Hospital, webhook: Recorder) -> None:
    with hospital.later(1) as moment, hospital.database.session() as session:
        sender = DeliverySender(seen_at=moment)
        session.add(sender)
        assert len(claim_due(session, leases_s=LEASES_S, limit=50, sender_id=sender.id)) == 1
    hospital.moment += SILENT - timedelta(seconds=2)
    assert hospital.send() == 0  # a moment of silence is no death
    hospital.moment += timedelta(seconds=2)
    assert hospital.send() == 1
    assert (hospital.row().state, hospital.row().died) == (DeliveryState.SENT, 1)
    with Session(hospital.database.engine) as session:
        assert session.exec(select(DeliverySender)).all() == []


def test_who_was_taken_for_dead_speaks_again_under_its_name(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = Life(database)
    with frozen(now() - SILENT * 2):
        life.show()
    assert take_up(database) == 0
    monkeypatch.setattr(liveness, "SHOWN_EVERY_S", 0.0)
    life.show()
    with Session(database.engine) as session:
        assert [one.id for one in session.exec(select(DeliverySender))] == [life.sender_id]
    life.end()
    with Session(database.engine) as session:
        assert session.exec(select(DeliverySender)).all() == []


def test_deaths_lengthen_no_wait(hospital: Hospital) -> None:
    hospital.die(SUSPECT_AFTER - 1)
    (claim,) = hospital.claim()
    hospital.refuse(claim)
    waits_s = (hospital.row().due_at - hospital.moment).total_seconds()
    assert claim.number == SUSPECT_AFTER
    assert claim.tried == 1
    assert waits_s == pytest.approx(DELAYS_S[0], rel=0.11)


def test_deaths_between_refusals_bring_the_last_attempt_no_nearer(hospital: Hospital) -> None:
    for tried in range(1, MAX_ATTEMPTS):
        hospital.die(SUSPECT_AFTER - 1)
        (claim,) = hospital.claim()
        assert claim.tried == tried
        hospital.refuse(claim)
        assert hospital.row().state is DeliveryState.WAITING
        hospital.moment += timedelta(days=2)
    (claim,) = hospital.claim()
    hospital.refuse(claim)
    assert hospital.row().state is DeliveryState.DEAD
    assert hospital.row().attempts == MAX_ATTEMPTS + (MAX_ATTEMPTS - 1) * (SUSPECT_AFTER - 1)


def test_what_its_senders_die_of_is_set_aside_for_a_person(hospital: Hospital, webhook: Recorder) -> None:
    hospital.die(SUSPECT_AFTER)
    assert hospital.claim(after_s=0.1) == []  # from now on it goes alone
    assert hospital.row().lane == Lane.SUSPECT
    hospital.die(MAX_DEATHS - SUSPECT_AFTER)
    assert hospital.claim() == []
    assert hospital.row().state is DeliveryState.DEAD
    with Session(hospital.database.engine) as session:
        (letter,) = dead_letters(session, actor=COORDINATOR)
        assert session.scalar(sa.select(sa.func.count()).select_from(DeliveryAttempt)) == MAX_DEATHS
    assert letter.fault == DIED
    with hospital.database.session() as session:
        replay_dead(session, actor=COORDINATOR, delivery_id=letter.delivery.id)
    hospital.send()
    assert len(webhook.sent) == 1
    assert hospital.row().state is DeliveryState.SENT


def test_a_sender_that_lived_clears_the_suspicion(hospital: Hospital) -> None:
    hospital.die(SUSPECT_AFTER)
    hospital.claim(after_s=0.1)
    (claim,) = hospital.claim(after_s=0.1)
    hospital.refuse(claim)
    assert (hospital.row().lane, hospital.row().died) == (Lane.SLOW, 0)


def test_suspects_are_sent_one_at_a_time_and_hold_up_nobody(
    database: Database, services: AlertServices, webhook: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    hospital = Hospital(database, services, endpoints=4)
    with database.session() as session:
        suspects = set(session.exec(select(Delivery.id).where(Delivery.purpose == "alert").limit(2)).all())
        session.execute(sa.update(Delivery).where(col(Delivery.id).in_(suspects)).values(lane=Lane.SUSPECT))
    under_way: list[str] = []
    most: list[int] = []

    async def notify(message: Outgoing) -> int:
        under_way.append(message.message_id)
        most.append(len({f"msg_{one.hex}" for one in suspects} & set(under_way)))
        await anyio.sleep(0.02)
        under_way.remove(message.message_id)
        return 200

    monkeypatch.setattr(webhook, "notify", notify)
    assert hospital.send() == 4
    assert max(most) == 1


def test_a_call_that_could_not_begin_is_no_failure_of_the_endpoint(hospital: Hospital) -> None:
    (claim,) = hospital.claim()
    hospital.refuse(claim, NotBegunError())
    (again,) = hospital.claim(after_s=6)
    assert (again.tried, again.number, again.lane) == (1, 2, Lane.ORDINARY)
