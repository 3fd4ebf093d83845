"""A chat room is the operator's: named by subscriptions, reached by Apprise, and no URL of anybody's gets there."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from alerts.channels.base import Outgoing, TransportError
from alerts.channels.chat import ChatChannel
from alerts.channels.kinds import Carries, accept, carries
from alerts.errors import EndpointInvalidError
from alerts.vocabulary import ChannelKind
from lab.kit.apart import run_apart
from tests.alerts.channels.test_webhook import Receiver

# Apprise's helper for OpenPGP asks for a module that Python is about to drop; it does without where there is none.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

MESSAGE = Outgoing(
    message_id="msg_1", address="Night shift", language="fr", subject="[T2] Fentanyl", text="Quoi : *fentanyl* <b>",
    event="alert.issued", at=datetime(2026, 7, 4, tzinfo=UTC),
)  # fmt: skip


@pytest.fixture
def service() -> Iterator[Receiver]:
    with Receiver().serving() as receiver:
        yield receiver


def room(receiver: Receiver) -> ChatChannel:
    """A room at a service that takes Apprise's own JSON."""
    return ChatChannel({"Night shift": receiver.url.replace("http://", "json://")})


def test_apprise_writes_title_and_text_to_the_room_as_they_are(service: Receiver) -> None:
    assert run_apart(room(service).notify, MESSAGE) is None
    ((_, body),) = service.requests
    sent = json.loads(body)
    assert (sent["title"], sent["message"]) == (MESSAGE.subject, MESSAGE.text)


def test_a_room_that_refuses_is_tried_again_and_its_key_stands_in_no_log(
    service: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    service.status = 500
    channel = ChatChannel({"Night shift": service.url.replace("http://", "json://user:hunter2@")})
    with caplog.at_level(logging.DEBUG), pytest.raises(TransportError) as raised:
        run_apart(channel.notify, MESSAGE)
    assert (raised.value.kind, raised.value.permanent) == ("room_refused", False)
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize(("rooms", "kind"), [({}, "no_such_room"), ({"Night shift": "nothing://x"}, "room_address")])
def test_what_the_operator_must_mend_is_tried_again(rooms: dict[str, str], kind: str) -> None:
    with pytest.raises(TransportError) as raised:
        run_apart(ChatChannel(rooms).notify, MESSAGE)
    assert (raised.value.kind, raised.value.permanent) == (kind, False)


@pytest.mark.parametrize("url", ["json://10.0.0.1", "https://chat.example/hook", "mailto:me", "a/b"])
def test_a_subscriber_cannot_name_a_url_as_a_room(url: str) -> None:
    with pytest.raises(EndpointInvalidError):
        accept(ChannelKind.CHAT, url)


@pytest.mark.parametrize("kind", ChannelKind)
def test_every_channel_says_in_its_own_file_what_it_takes_and_carries(kind: ChannelKind) -> None:
    assert carries(kind) in Carries
    with pytest.raises(Exception, match="error") as raised:
        accept(kind, "ftp://x y")
    assert type(raised.value).__name__ in {"EndpointInvalidError", "ContactPhoneInvalidError"}
