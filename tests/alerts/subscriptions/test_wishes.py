"""What a subscriber leaves out, and the hours in which they want to sleep."""

from datetime import UTC, datetime, time

import pytest
from pydantic import ValidationError
from sqlmodel import select

from alerts.deliveries import acknowledging
from alerts.deliveries.fanout import Recipient, wants
from alerts.deliveries.models import Delivery, Purpose
from alerts.errors import AudienceError, DeliveryNotFoundError, SubscriptionNotFoundError, UnknownSubstanceError
from alerts.subscriptions import service
from alerts.subscriptions.quiet import quiet_until
from alerts.subscriptions.schemas import WishIn
from alerts.vocabulary import Audience, ChannelKind, Tier
from alerts.warnings import drafts
from alerts.warnings.models import Alert
from lab.kit.clock import frozen
from lab.kit.ids import new_id
from tests.alerts.house import House

NIGHT = {"quiet_from": time(22), "quiet_until": time(7), "timezone": "Europe/Brussels"}


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (datetime(2026, 7, 4, 1, 30, tzinfo=UTC), datetime(2026, 7, 4, 5, tzinfo=UTC)),  # 3.30 there
        (datetime(2026, 7, 3, 20, 0, tzinfo=UTC), datetime(2026, 7, 4, 5, tzinfo=UTC)),  # 22.00 sharp
        (datetime(2026, 7, 4, 5, 0, tzinfo=UTC), None),  # 7.00 sharp
        (datetime(2026, 7, 3, 19, 59, tzinfo=UTC), None),
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC)),  # clocks go back
        (datetime(2026, 3, 28, 22, 0, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)),  # and forward
    ],
)
def test_quiet_hours_are_those_of_the_subscribers_clock(at: datetime, until: datetime | None) -> None:
    assert quiet_until(at, first=time(22), last=time(7), timezone="Europe/Brussels") == until


@pytest.mark.parametrize(("hour", "until"), [(11, None), (12, 14), (13, 14), (14, None)])
def test_quiet_hours_may_lie_within_a_day(hour: int, until: int | None) -> None:
    found = quiet_until(datetime(2026, 7, 4, hour, tzinfo=UTC), first=time(12), last=time(14), timezone="UTC")
    assert found == (None if until is None else datetime(2026, 7, 4, until, tzinfo=UTC))


def test_who_gave_no_hours_has_none() -> None:
    assert quiet_until(datetime(2026, 7, 4, tzinfo=UTC), first=None, last=None, timezone="UTC") is None


@pytest.mark.parametrize(
    ("wished", "named", "expected"),
    [
        ((), {"ketamine"}, True),
        (("Ketamine",), {"ketamine", "2-FDCK"}, True),
        (("MDMA",), {"ketamine"}, False),
        (("MDMA",), set(), True),
        (("isotonitazene",), {"class:nitazene"}, True),  # it may be any of them
    ],
)
def test_substances_leave_out_only_what_surely_is_another(
    wished: tuple[str, ...], named: set[str], expected: bool
) -> None:
    one = Recipient(new_id(), ChannelKind.EMAIL, Audience.NETWORK, "en", ("T2",), (), substances=wished)
    assert wants(one, Alert(tier=Tier.T2, areas=[]), named=named) is expected


def issued_at_night(house: House, tier: Tier = Tier.T2) -> Delivery:
    """The delivery to a subscriber who sleeps, of an alert that was issued at half past three."""
    endpoint = house.subscriber("sleeper@test.example", **NIGHT)
    with frozen(datetime(2026, 7, 4, 1, 30, tzinfo=UTC)):
        house.verified_found("isotonitazene")
        house.issue(house.draft(tier))
    query = select(Delivery).where(Delivery.endpoint_id == endpoint.id, Delivery.purpose == Purpose.ALERT)
    return house.session.exec(query).one()


def test_a_professional_alert_waits_for_the_subscribers_morning(house: House) -> None:
    assert issued_at_night(house).due_at == datetime(2026, 7, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong",
    [{"timezone": "Mars/Olympus"}, {"quiet_from": time(22)}, {"language": "de"}, {"areas": ["x" * 101]}],
)
def test_a_wish_that_cannot_be_kept_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        WishIn.model_validate({"language": "fr"} | wrong)


def test_the_mailed_link_changes_what_is_received_within_the_audience(house: House) -> None:
    endpoint = house.subscriber("a@test.example", audience=Audience.PROFESSIONALS)
    house.substance("ketamine")
    tokens = house.services.tokens
    token = tokens.manage(endpoint.subscription_id)
    data = WishIn.model_validate({"language": "nl", "substances": ["kétamine", " Ketamine "], **NIGHT})
    changed = service.change_wish(house.session, tokens=tokens, token=token, data=data)
    assert (changed.language, changed.substances, changed.tiers) == ("nl", ["ketamine"], ["T2", "T3"])
    with pytest.raises(AudienceError):
        service.change_wish(house.session, tokens=tokens, token=token, data=WishIn(language="nl", tiers=[Tier.T1]))


def test_a_substance_that_no_alert_would_ever_name_is_refused_and_named(house: House) -> None:
    endpoint, tokens = house.subscriber("a@test.example"), house.services.tokens
    data = WishIn(language="nl", substances=["ketamien"])
    with pytest.raises(UnknownSubstanceError) as raised:
        service.change_wish(
            house.session, tokens=tokens, token=tokens.manage(endpoint.subscription_id), data=data
        )  # fmt: skip
    assert raised.value.message.params["name"] == "ketamien"


@pytest.mark.parametrize(
    "spoil", [lambda token: token[:-2] + "AA", lambda _: "", lambda _: "é", lambda token: token * 2]
)
def test_a_link_that_was_not_made_here_opens_nothing(house: House, spoil: object) -> None:
    endpoint = house.subscriber("a@test.example")
    token = spoil(house.services.tokens.manage(endpoint.subscription_id))  # type: ignore[operator]  # a lambda above
    with pytest.raises(SubscriptionNotFoundError):
        service.managed(house.session, tokens=house.services.tokens, token=token)


def test_a_link_for_reading_opens_no_subscription_and_the_other_way_round(house: House) -> None:
    endpoint, tokens = house.subscriber("a@test.example"), house.services.tokens
    assert tokens.managed(tokens.acknowledge(endpoint.subscription_id)) is None
    assert tokens.acknowledged(tokens.manage(endpoint.subscription_id)) is None


def test_who_left_has_no_page_any_more(house: House) -> None:
    endpoint, tokens = house.subscriber("a@test.example"), house.services.tokens
    token = tokens.manage(endpoint.subscription_id)
    service.leave_all(house.session, tokens=tokens, token=token)
    assert endpoint.address == ""
    with pytest.raises(SubscriptionNotFoundError):
        service.managed(house.session, tokens=tokens, token=token)


def test_reading_is_said_once_and_who_has_not_is_listed_first(house: House) -> None:
    row, tokens = issued_at_night(house), house.services.tokens
    assert row.version_id is not None
    assert acknowledging.read_by(house.session, version_id=row.version_id) == acknowledging.ReadBy(0, 1)
    for _ in range(2):
        acknowledging.acknowledge(house.session, tokens=tokens, token=tokens.acknowledge(row.id))
    assert acknowledging.read_by(house.session, version_id=row.version_id) == acknowledging.ReadBy(1, 1)
    (reader,) = acknowledging.readers_of(house.session, version_id=row.version_id)
    assert (reader.address, reader.read_at is not None) == ("sleeper@test.example", True)


def test_nobody_of_the_public_is_asked_whether_they_read_it(house: House) -> None:
    house.subscriber("public@test.example", audience=Audience.PUBLIC)
    house.subscriber("ward@test.example", audience=Audience.PROFESSIONALS)
    house.verified_found("isotonitazene")
    drafts.raise_tier(house.session, actor=house.coordinator, alert_id=house.alerts()[Tier.T2].id, tier=Tier.T3)
    house.render()
    version = house.issue(house.draft(Tier.T3))
    assert [one.address for one in acknowledging.readers_of(house.session, version_id=version.id)] == [
        "ward@test.example"
    ]


def test_only_an_alert_can_be_acknowledged(house: House) -> None:
    house.subscriber("a@test.example", confirmed=False)
    question = house.session.exec(select(Delivery)).one()
    tokens = house.services.tokens
    with pytest.raises(DeliveryNotFoundError):
        acknowledging.acknowledge(house.session, tokens=tokens, token=tokens.acknowledge(question.id))
