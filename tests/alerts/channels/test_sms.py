"""A text message is one request to the operator's gateway, shaped by its template and escaped for where it stands."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from alerts.channels.base import Outgoing, TransportError
from alerts.channels.sms import Gateway, SmsChannel
from lab.kit.apart import run_apart
from tests.alerts.channels.test_webhook import Receiver

MESSAGE = Outgoing(
    message_id="msg_1", address="+32470123456", language="fr", subject="Votre résultat est prêt",
    text='Votre "résultat" est prêt.\nTicket : {to} & {id}', event="contact.notice",
    at=datetime(2026, 7, 4, tzinfo=UTC),
)  # fmt: skip


@pytest.fixture
def gateway() -> Iterator[Receiver]:
    with Receiver().serving() as receiver:
        yield receiver


def channel(receiver: Receiver, **values: str) -> SmsChannel:
    return SmsChannel(Gateway(receiver.url, **values), timeout_s=2)


def test_json_is_filled_and_what_the_text_holds_stays_text(gateway: Receiver) -> None:
    body = '{"messages": [{"destination": "{to}", "content": "{text}", "ref": "{id}"}]}'
    assert run_apart(channel(gateway, body=body, authorization="Bearer secret").notify, MESSAGE) == 204
    headers, sent = gateway.requests[0]
    assert json.loads(sent) == {
        "messages": [{"destination": MESSAGE.address, "content": MESSAGE.text, "ref": MESSAGE.message_id}]
    }
    assert headers["authorization"] == "Bearer secret"
    assert headers["content-type"] == "application/json"


def test_a_form_is_filled_and_escaped(gateway: Receiver) -> None:
    run_apart(channel(gateway, body="recipient={to}&message={text}").notify, MESSAGE)
    headers, sent = gateway.requests[0]
    assert parse_qs(sent.decode()) == {"recipient": [MESSAGE.address], "message": [MESSAGE.text]}
    assert headers["content-type"] == "application/x-www-form-urlencoded"


def test_a_repeated_message_is_known_by_its_key(gateway: Receiver) -> None:
    for _ in range(2):
        run_apart(channel(gateway).notify, MESSAGE)
    assert {headers["idempotency-key"] for headers, _ in gateway.requests} == {"msg_1"}


@pytest.mark.parametrize(("status", "permanent"), [(400, True), (422, True), (401, False), (429, False), (503, False)])
def test_only_a_refusal_of_this_very_message_is_final(gateway: Receiver, status: int, permanent: bool) -> None:
    gateway.status = status
    with pytest.raises(TransportError) as caught:
        run_apart(channel(gateway).notify, MESSAGE)
    assert (caught.value.permanent, caught.value.status) == (permanent, status)
    assert MESSAGE.address not in str(caught.value)


def test_a_gateway_that_is_not_there_is_tried_again() -> None:
    with pytest.raises(TransportError) as caught:
        run_apart(SmsChannel(Gateway("http://127.0.0.1:9/"), timeout_s=1).notify, MESSAGE)
    assert not caught.value.permanent


def test_without_a_number_there_is_nothing_to_send(gateway: Receiver) -> None:
    assert channel(gateway).is_noop(replace(MESSAGE, address=""))


def test_the_operator_s_secret_shows_nowhere() -> None:
    assert "secret" not in repr(SmsChannel(Gateway("https://gateway.example", authorization="Bearer secret")))
