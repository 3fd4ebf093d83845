"""When nobody acknowledges: silence until a network declares whom to tell, then each step once, on each database."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from alerts.deliveries import acknowledging
from alerts.deliveries.claiming import Claim
from alerts.deliveries.composing import NothingToSendError, compose
from alerts.deliveries.models import Delivery, Purpose
from alerts.errors import UnreadStepsInvalidError
from alerts.unread import service
from alerts.unread.escalation import DueStep, due_steps, take
from alerts.unread.service import StepIn
from alerts.vocabulary import Audience, ChannelKind, Tier
from alerts.warnings.models import AlertVersion
from lab.errors import ForbiddenError
from lab.kit.clock import frozen
from lab.network.models import Role
from tests.alerts.house import House

ISSUED = datetime(2026, 7, 4, 1, 30, tzinfo=UTC)
STEPS = [
    StepIn(tier=Tier.T2, after_min=30, role=Role.COORDINATOR),
    StepIn(tier=Tier.T2, after_min=90, role=Role.ADMINISTRATOR),
]


def declared(house: House, *steps: StepIn) -> None:
    service.set_steps(house.session, actor=house.coordinator, wanted=steps or STEPS)


def issued(house: House, *, audience: Audience = Audience.PROFESSIONALS) -> AlertVersion:
    with frozen(ISSUED):
        house.subscriber("ward@test.example", audience=audience)
        house.verified_found("isotonitazene")
        return house.issue(house.draft(Tier.T2))


def after(house: House, minutes: int) -> int:
    """How many people a sweep tells so long after the issue."""
    with frozen(ISSUED + timedelta(minutes=minutes)):
        return sum(take(house.session, services=house.services, due=due) for due in due_steps(house.session))


def messages(house: House) -> list[Delivery]:
    return list(house.session.exec(select(Delivery).where(Delivery.purpose == Purpose.UNREAD)))


def read(house: House, version: AlertVersion) -> None:
    query = select(Delivery).where(Delivery.version_id == version.id, Delivery.purpose == Purpose.ALERT)
    tokens = house.services.tokens
    for row in house.session.exec(query).all():
        acknowledging.acknowledge(house.session, tokens=tokens, token=tokens.acknowledge(row.id))


def test_nobody_is_told_where_the_network_declared_nothing(house: House) -> None:
    issued(house)
    assert after(house, 7 * 24 * 60) == 0


def test_each_declared_step_is_taken_once_when_its_time_has_come(house: House) -> None:
    declared(house)
    version = issued(house)
    assert after(house, 29) == 0
    first = after(house, 30)
    assert first == len(service.accounts_in(house.session, roles=[Role.COORDINATOR])) > 0
    assert after(house, 31) == 0
    after(house, 90)
    assert [notice.after_min for notice in service.notices_of(house.session, version_id=version.id)] == [30, 90]


def test_a_step_that_two_sweeps_take_at_once_is_taken_once(house: House) -> None:
    declared(house)
    version = issued(house)
    with frozen(ISSUED + timedelta(minutes=30)):
        due = DueStep(version.id, 30)
        told = [take(house.session, services=house.services, due=due) for _ in range(2)]
    assert told[0] > 0
    assert told[1] == 0


def test_one_acknowledgement_ends_it_and_what_is_not_sent_yet_stays_unsent(house: House) -> None:
    declared(house)
    version = issued(house)
    after(house, 30)
    (row, *_) = messages(house)
    claim = Claim(row.id, 1, 1, row.purpose, row.channel)
    letter = compose(house.session, claim=claim, services=house.services)
    assert version.texts["en"]["headline"] in letter.text
    assert f"/alerts/{version.alert_id}/work" in letter.text
    read(house, version)
    with pytest.raises(NothingToSendError):
        compose(house.session, claim=claim, services=house.services)
    assert after(house, 90) == 0


def test_a_lock_screen_learns_that_an_alert_lies_unread_and_not_what_it_says(house: House) -> None:
    declared(house)
    version = issued(house)
    after(house, 30)
    house.session.flush()
    for row in messages(house):
        if row.channel is not ChannelKind.EMAIL:
            assert version.texts["en"]["headline"] not in str(row.content)


def test_an_alert_that_only_the_public_got_asks_for_no_acknowledgement(house: House) -> None:
    declared(house, StepIn(tier=Tier.T2, after_min=30, role=Role.COORDINATOR))
    issued(house, audience=Audience.PUBLIC)
    assert after(house, 60) == 0


def test_only_who_looks_after_subscribers_declares_steps(house: House) -> None:
    with pytest.raises(ForbiddenError):
        service.set_steps(house.session, actor=house.chemist, wanted=STEPS)


@pytest.mark.parametrize(
    "wrong",
    [
        StepIn(tier=Tier.T0, after_min=30, role=Role.COORDINATOR),
        StepIn(tier=Tier.T2, after_min=30, role=Role.COURIER),  # may not read alerts
        StepIn(tier=Tier.T2, after_min=30),
    ],
)
def test_a_step_that_tells_nobody_who_may_know_is_refused(house: House, wrong: StepIn) -> None:
    with pytest.raises(UnreadStepsInvalidError):
        declared(house, wrong)
