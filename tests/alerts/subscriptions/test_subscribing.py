"""Nothing is sent before its owner has said yes, and nothing after they said no."""

from datetime import timedelta

import pytest
from sqlmodel import select

from alerts.channels.webhook import encode_secret
from alerts.deliveries.models import Delivery, Purpose
from alerts.errors import AudienceError, EndpointInvalidError, SubscriptionNotFoundError
from alerts.subscriptions import service
from alerts.subscriptions.models import EndpointState, SubscriptionEndpoint
from alerts.subscriptions.schemas import EndpointIn, SubscriptionIn
from alerts.subscriptions.tokens import TokenKey, token_hash
from alerts.vocabulary import Audience, ChannelKind, Tier
from lab.errors import ForbiddenError
from lab.kit.clock import frozen, now
from lab.kit.ids import new_id
from tests.alerts.house import House


def wish(
    address: str = "me@test.example", channel: ChannelKind = ChannelKind.EMAIL, **values: object
) -> SubscriptionIn:
    endpoints = [EndpointIn(channel=channel, address=address)]
    return SubscriptionIn.model_validate({"language": "fr", "endpoints": endpoints} | values)


def subscribed(house: House, **values: object) -> SubscriptionEndpoint:
    made = service.subscribe(house.session, tokens=house.services.tokens, data=wish(**values))  # type: ignore[arg-type]  # the wish's own fields
    (endpoint,) = service.endpoints_of(house.session, subscription_id=made.id)
    return endpoint


def questions(house: House) -> int:
    return len(house.session.exec(select(Delivery).where(Delivery.purpose == Purpose.CONFIRMATION)).all())


def test_anybody_may_ask_for_public_alerts_and_is_asked_back(house: House) -> None:
    endpoint = subscribed(house)
    assert endpoint.state is EndpointState.UNCONFIRMED
    assert questions(house) == 1


@pytest.mark.parametrize(
    "values",
    [
        {"audience": Audience.PROFESSIONALS},
        {"audience": Audience.NETWORK},
        {"tiers": [Tier.T2]},
        {"channel": ChannelKind.WEBHOOK, "address": "https://hospital.test.example/hook"},
    ],
)
def test_nobody_helps_themselves_to_what_is_not_public(house: House, values: dict[str, object]) -> None:
    with pytest.raises(AudienceError):
        subscribed(house, **values)


def test_only_who_manages_subscriptions_opens_them_for_others(house: House) -> None:
    data = wish(audience=Audience.PROFESSIONALS)
    tokens = house.services.tokens
    with pytest.raises(ForbiddenError):
        service.subscribe(house.session, tokens=tokens, data=data, actor=house.chemist)
    made = service.subscribe(house.session, tokens=tokens, data=data, actor=house.coordinator)
    assert made.tiers == ["T2", "T3"]


def test_the_second_opt_in_is_the_token_that_was_sent(house: House) -> None:
    endpoint = subscribed(house)
    with pytest.raises(SubscriptionNotFoundError):
        service.confirm(house.session, token=house.services.tokens.unsubscribe(endpoint.id))
    token = house.services.tokens.confirm(endpoint.id)
    assert service.confirm(house.session, token=token).state is EndpointState.ACTIVE
    assert service.confirm(house.session, token=token).state is EndpointState.ACTIVE


def test_a_late_yes_is_no(house: House) -> None:
    endpoint = subscribed(house)
    with frozen(now() + timedelta(days=3)), pytest.raises(SubscriptionNotFoundError):
        service.confirm(house.session, token=house.services.tokens.confirm(endpoint.id))


def test_who_never_answers_is_forgotten(house: House) -> None:
    endpoint = subscribed(house)
    with frozen(now() + timedelta(days=3)):
        assert service.forget_unanswered(house.session) >= 1
    assert endpoint.address == ""


def test_leaving_takes_one_token_and_the_address_is_forgotten(house: House) -> None:
    endpoint = house.subscriber("me@test.example")
    token = house.services.tokens.unsubscribe(endpoint.id)
    for _ in range(2):
        service.unsubscribe(house.session, token=token)
    assert (endpoint.state, endpoint.address) == (EndpointState.UNSUBSCRIBED, "")
    with pytest.raises(SubscriptionNotFoundError):
        service.confirm(house.session, token=house.services.tokens.confirm(endpoint.id))


def test_an_unknown_token_is_not_told_apart_from_a_wrong_one(house: House) -> None:
    for token in ("", "x", house.services.tokens.unsubscribe(new_id())):
        with pytest.raises(SubscriptionNotFoundError):
            service.unsubscribe(house.session, token=token)


def test_no_token_lies_in_the_database(house: House) -> None:
    endpoint = subscribed(house)
    tokens = house.services.tokens
    assert endpoint.confirm_hash == token_hash(tokens.confirm(endpoint.id))
    stored = repr(endpoint.model_dump())
    assert tokens.confirm(endpoint.id) not in stored
    assert tokens.unsubscribe(endpoint.id) not in stored


def test_the_same_address_is_not_asked_again_and_again(house: House) -> None:
    for _ in range(3):
        subscribed(house)
    assert questions(house) == 1
    with frozen(now() + timedelta(hours=2)):
        subscribed(house)
    assert questions(house) == 2


@pytest.mark.parametrize(
    "address",
    [
        "mee",
        "me@",
        "@test.example",
        "a@b@c.example",
        "me@test",
        "a b@test.example",
        "a,b@test.example",
        "<a@b.example>",
    ],
)
def test_what_is_no_mail_address_is_refused(address: str) -> None:
    with pytest.raises(EndpointInvalidError):
        service.check_address(EndpointIn(channel=ChannelKind.EMAIL, address=address))


@pytest.mark.parametrize(
    "address",
    [
        "http://x.example/",
        "https://",
        "https://u:p@x.example/",
        "ftp://x.example/",
        "https://x.example:99999/",
        "javascript:x",
    ],
)
def test_what_is_no_https_address_is_refused(address: str) -> None:
    with pytest.raises(EndpointInvalidError):
        service.check_address(EndpointIn(channel=ChannelKind.WEBHOOK, address=address))


def test_each_token_is_for_one_use_of_one_endpoint_under_one_key() -> None:
    one, other = new_id(), new_id()
    key, another = TokenKey(b"k" * 32), TokenKey(b"K" * 32)
    tokens = [key.confirm(one), key.unsubscribe(one), key.confirm(other), another.confirm(one)]
    assert len(set(tokens)) == len(tokens)
    assert all(len(token) >= 43 for token in tokens)
    assert key.confirm(one) == TokenKey(b"k" * 32).confirm(one)
    assert "k" * 8 not in repr(key)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        TokenKey(b"short")


def test_a_webhooks_secret_is_shown_to_who_manages_it(house: House) -> None:
    endpoint = house.subscriber("https://hospital.test.example/hook", channel=ChannelKind.WEBHOOK)
    tokens = house.services.tokens
    shown = service.webhook_secret(house.session, actor=house.coordinator, tokens=tokens, endpoint_id=endpoint.id)
    assert shown == encode_secret(tokens.webhook_secret(endpoint.id))
    with pytest.raises(ForbiddenError):
        service.webhook_secret(house.session, actor=house.chemist, tokens=tokens, endpoint_id=endpoint.id)
