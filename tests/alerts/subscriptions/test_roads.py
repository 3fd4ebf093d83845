"""An alert by text message, to a browser, into a chat room: what each carries, who may ask for it, and how it ends."""

import json
from dataclasses import replace

import pytest
from sqlmodel import select

from alerts.channels.base import Outgoing
from alerts.channels.chat import ChatChannel
from alerts.channels.push import payload_of
from alerts.channels.sms import text_of
from alerts.deliveries.claiming import Claim
from alerts.deliveries.composing import compose
from alerts.deliveries.models import Delivery, Purpose
from alerts.errors import AudienceError, ChannelNotOfferedError, EndpointInvalidError
from alerts.subscriptions import service
from alerts.subscriptions.models import EndpointState, SubscriptionEndpoint
from alerts.subscriptions.schemas import EndpointIn, SubscriptionIn
from alerts.vocabulary import Audience, ChannelKind, Tier
from lab.contacts.errors import ContactPhoneInvalidError
from tests.alerts.channels.test_push import Browser, unpadded_text
from tests.alerts.house import House

PUSH_URL = "https://push.example/send/1"


def browser_endpoint(browser: Browser, **values: str) -> EndpointIn:
    keys = {"p256dh": unpadded_text(browser.point), "auth": unpadded_text(browser.auth)}
    return EndpointIn.model_validate({"channel": "push", "address": PUSH_URL} | keys | values)


def subscribed(house: House, endpoint: EndpointIn, *, audience: Audience = Audience.NETWORK) -> SubscriptionEndpoint:
    data = SubscriptionIn(audience=audience, language="en", endpoints=[endpoint], label="Night ward")
    tokens = house.services.tokens
    made = service.subscribe(house.session, tokens=tokens, data=data, actor=house.coordinator)
    (stored,) = service.endpoints_of(house.session, subscription_id=made.id)
    return stored


def sent_to(house: House, endpoint: SubscriptionEndpoint) -> Outgoing:
    """What goes to ``endpoint`` of an issued T2."""
    service.confirm(house.session, token=house.services.tokens.confirm(endpoint.id))
    house.verified_found("isotonitazene")
    house.issue(house.draft(Tier.T2))
    return written(house, endpoint, Purpose.ALERT)


def written(house: House, endpoint: SubscriptionEndpoint, purpose: Purpose) -> Outgoing:
    query = select(Delivery).where(Delivery.endpoint_id == endpoint.id, Delivery.purpose == purpose)
    row = house.session.exec(query).one()
    claim = Claim(row.id, 1, 1, purpose, row.channel)
    return compose(house.session, claim=claim, services=house.services)


def test_a_text_message_is_the_line_and_a_link_to_the_rest(house: House) -> None:
    endpoint = subscribed(house, EndpointIn(channel=ChannelKind.SMS, address="+32 470 12 34 56"))
    assert endpoint.address == "+32470123456"
    message = sent_to(house, endpoint)
    line = house.draft(Tier.T2).texts["en"]["line"]
    token = house.services.tokens.acknowledge(
        house.session.exec(select(Delivery.id).where(Delivery.purpose == Purpose.ALERT)).one()
    )
    assert text_of(message) == f"{line}\nhttps://lab.test.example/alerts/read/{token}"


def test_a_browser_is_asked_first_and_then_shows_subject_and_line(house: House) -> None:
    browser = Browser()
    endpoint = subscribed(house, browser_endpoint(browser))
    assert endpoint.secret == browser.point + browser.auth
    question = json.loads(payload_of(written(house, endpoint, Purpose.CONFIRMATION)))
    assert question["url"].startswith("https://lab.test.example/subscriptions/confirm/")
    message = sent_to(house, endpoint)
    shown = json.loads(payload_of(message))
    text = house.draft(Tier.T2).texts["en"]
    assert (shown["title"], shown["body"]) == (text["subject"], text["line"])
    assert message.secret == endpoint.secret
    assert len(payload_of(message)) < 3000  # RFC 8030, 7.2: 4096 with its frame


def test_a_room_gets_the_whole_text_and_no_link_by_which_one_would_leave_for_all(house: House) -> None:
    message = sent_to(house, subscribed(house, EndpointIn(channel=ChannelKind.CHAT, address="Night shift")))
    assert house.draft(Tier.T2).texts["en"]["body"].strip() in message.text
    assert "/subscriptions/" not in message.text
    assert message.unsubscribe_url is None
    assert "/alerts/read/" in message.text


def test_anybody_may_have_public_alerts_on_their_browser_but_not_by_text_message(house: House) -> None:
    tokens = house.services.tokens
    data = SubscriptionIn(language="en", endpoints=[browser_endpoint(Browser())])
    assert service.subscribe(house.session, tokens=tokens, data=data).audience is Audience.PUBLIC
    for channel, address in ((ChannelKind.SMS, "+32470123456"), (ChannelKind.CHAT, "Night shift")):
        data = SubscriptionIn(language="en", endpoints=[EndpointIn(channel=channel, address=address)])
        with pytest.raises(AudienceError):
            service.subscribe(house.session, tokens=tokens, data=data)


@pytest.mark.parametrize("wrong", [{"p256dh": ""}, {"auth": "x"}, {"address": "http://push.example/1"}])
def test_a_browser_without_its_keys_is_refused(house: House, wrong: dict[str, str]) -> None:
    with pytest.raises(EndpointInvalidError):
        subscribed(house, browser_endpoint(Browser(), **wrong))


def test_a_number_without_its_country_is_refused(house: House) -> None:
    with pytest.raises(ContactPhoneInvalidError):
        subscribed(house, EndpointIn(channel=ChannelKind.SMS, address="0470 12 34 56"))


def test_a_channel_or_room_that_this_deployment_has_not_is_refused(house: House) -> None:
    tokens = house.services.tokens
    channels = {ChannelKind.CHAT: ChatChannel({"Day shift": "json://x"})}
    for channel, address in ((ChannelKind.SMS, "+32470123456"), (ChannelKind.CHAT, "Night shift")):
        data = SubscriptionIn(
            audience=Audience.NETWORK, language="en", endpoints=[EndpointIn(channel=channel, address=address)]
        )
        with pytest.raises(ChannelNotOfferedError):
            service.subscribe(house.session, tokens=tokens, data=data, actor=house.coordinator, channels=channels)


def test_who_leaves_takes_the_browsers_keys_with_them(house: House) -> None:
    endpoint = subscribed(house, browser_endpoint(Browser()))
    service.unsubscribe(house.session, token=house.services.tokens.unsubscribe(endpoint.id))
    assert (endpoint.state, endpoint.address, endpoint.secret) == (EndpointState.UNSUBSCRIBED, "", None)


def test_an_exercise_says_so_in_the_question_too(house: House) -> None:
    house.services = replace(house.services, exercise=True)
    endpoint = subscribed(house, EndpointIn(channel=ChannelKind.SMS, address="+32470123456"))
    assert text_of(written(house, endpoint, Purpose.CONFIRMATION)).startswith("EXERCISE")
