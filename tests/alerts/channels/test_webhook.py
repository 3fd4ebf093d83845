"""A signed POST, verified by the specification's own library, and nothing else: no redirect, no private address."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from alerts.channels.addresses import PrivateAddressError, PublicOnly, Streams, is_public
from alerts.channels.base import Outgoing, TransportError
from alerts.channels.webhook import WebhookChannel, retry_after_s, sign
from lab.kit.apart import run_apart
from lab.kit.clock import frozen

SECRET = b"s" * 32
MESSAGE = Outgoing(
    message_id="msg_1", address="https://hospital.test.example/hook", language="en", subject="s", text="t",
    event="alert.issued", at=datetime(2026, 7, 4, 1, 30, tzinfo=UTC), document={"tier": "T2", "place": "Genève"},
    secret=SECRET,
)  # fmt: skip
HERE = PublicOnly(allow_private=True)


class Receiver:
    """An HTTP server on this machine that remembers its requests and answers as told."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.status, self.headers = 204, {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.requests.append((dict(self.headers.items()), body))
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    @contextmanager
    def serving(self) -> Iterator["Receiver"]:
        thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            thread.join()
            self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().serving() as receiver:
        yield receiver


def send(receiver: Receiver) -> int | None:
    return run_apart(WebhookChannel(network=HERE).notify, replace(MESSAGE, address=receiver.url))


def test_the_reference_library_verifies_what_arrives(receiver: Receiver) -> None:
    assert send(receiver) == 204
    ((headers, body),) = receiver.requests
    data = Webhook(SECRET).verify(body, headers)
    assert (data["type"], data["data"]["place"]) == ("alert.issued", "Genève")
    assert headers["webhook-id"] == "msg_1"


def test_a_changed_byte_is_noticed(receiver: Receiver) -> None:
    send(receiver)
    ((headers, body),) = receiver.requests
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"T2", b"T3"), headers)


def test_the_signature_does_not_depend_on_the_clocks_zone(receiver: Receiver) -> None:
    summer = datetime.now(timezone(timedelta(hours=2)))
    with frozen(summer):
        send(receiver)
    ((headers, body),) = receiver.requests
    assert headers["webhook-timestamp"] == str(int(summer.timestamp()))
    assert Webhook(SECRET).verify(body, headers)


def test_the_signature_is_that_of_the_specification() -> None:
    reference = Webhook(SECRET).sign("msg_1", datetime.fromtimestamp(1674087231, UTC), '{"a":1}')
    assert sign(SECRET, message_id="msg_1", timestamp_s=1674087231, body=b'{"a":1}') == reference


def test_every_attempt_carries_the_same_id(receiver: Receiver) -> None:
    send(receiver)
    send(receiver)
    assert {headers["webhook-id"] for headers, _ in receiver.requests} == {"msg_1"}


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(receiver: Receiver, status: int) -> None:
    receiver.status, receiver.headers = status, {"Location": receiver.url, "Content-Length": "0"}
    with pytest.raises(TransportError) as caught:
        send(receiver)
    assert (caught.value.status, caught.value.permanent, len(receiver.requests)) == (status, False, 1)


def test_gone_means_gone(receiver: Receiver) -> None:
    receiver.status = 410
    with pytest.raises(TransportError) as caught:
        send(receiver)
    assert (caught.value.gone, caught.value.permanent) == (True, True)


def test_the_receivers_wish_to_wait_is_heard(receiver: Receiver) -> None:
    receiver.status, receiver.headers = 503, {"Retry-After": "120"}
    with pytest.raises(TransportError) as caught:
        send(receiver)
    assert caught.value.retry_after_s == 120.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [("120", 120.0), ("Sat, 04 Jul 2026 01:31:00 GMT", 60.0), ("Sat, 04 Jul 2026 01:00:00 GMT", 0.0),
     ("soon", None), ("-5", None), ("", None)],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(value: str, expected: float | None) -> None:
    with frozen(datetime(2026, 7, 4, 1, 30, tzinfo=UTC)):
        assert retry_after_s({"retry-after": value}) == expected


def test_a_peer_that_dribbles_bytes_is_cut_off_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def dribble() -> None:
            peer, _ = listener.accept()
            with peer:
                try:
                    while True:
                        peer.sendall(b"H")
                        time.sleep(0.05)
                except OSError:
                    return

        thread = Thread(target=dribble)
        thread.start()
        began = time.monotonic()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(TransportError):
            run_apart(WebhookChannel(timeout_s=0.5, network=HERE).notify, replace(MESSAGE, address=url))
        assert time.monotonic() - began < 2
        thread.join()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104 -- an address to refuse
     "::1", "::", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "2002:a00:1::", "64:ff9b::a00:1", "ff02::1",
     "192.0.2.1", "2001:db8::1"],
)  # fmt: skip
def test_an_address_that_is_not_public_is_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "193.190.1.1", "2001:4860:4860::8888"])
def test_a_public_address_is_known(address: str) -> None:
    assert is_public(address)


class NoSockets:
    """Remembers where a socket would have opened."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    async def open(self, host: str, _port: int, **_: object) -> Streams:
        self.opened.append(host)
        raise ConnectionRefusedError


def notify_through(answers: list[list[str]], url: str = MESSAGE.address) -> tuple[NoSockets, TransportError]:
    """Send with a name server that gives each of ``answers`` in turn."""
    inner = NoSockets()
    network = PublicOnly(resolve=lambda _host, _port: answers.pop(0), open=inner.open)
    with pytest.raises(TransportError) as caught:
        run_apart(WebhookChannel(network=network).notify, replace(MESSAGE, address=url))
    return inner, caught.value


def test_a_name_that_leads_inside_opens_no_socket() -> None:
    inner, error = notify_through([["169.254.169.254"]])
    assert isinstance(error, PrivateAddressError)
    assert (inner.opened, error.permanent) == ([], True)


def test_a_name_with_one_private_address_among_public_ones_opens_no_socket() -> None:
    inner, error = notify_through([["8.8.8.8", "10.0.0.1"]])
    assert isinstance(error, PrivateAddressError)
    assert inner.opened == []


def test_the_socket_opens_to_the_address_that_was_judged_not_to_the_name() -> None:
    """DNS rebinding: the name server says something public first and something private a moment later."""
    inner, _ = notify_through([["8.8.8.8"], ["127.0.0.1"]])
    assert inner.opened == ["8.8.8.8"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "http://[::1]:9/", "http://localhost:9/", "http://0x7f000001:9/"]
)
def test_an_address_in_the_url_itself_is_judged_too(url: str) -> None:
    with pytest.raises(TransportError) as caught:
        run_apart(WebhookChannel().notify, replace(MESSAGE, address=url))
    assert caught.value.kind in {"private_address", "name_not_found", "address"}


def test_no_proxy_of_the_environment_goes_round_it(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", receiver.url)
    monkeypatch.setenv("ALL_PROXY", receiver.url)
    _, error = notify_through([["10.0.0.1"]])
    assert isinstance(error, PrivateAddressError)
    assert receiver.requests == []


def test_what_fails_says_nothing_about_the_address() -> None:
    _, error = notify_through([["8.8.8.8"]])
    assert "hospital" not in f"{error} {error.kind}"


def test_a_secret_is_in_no_representation() -> None:
    assert "ssss" not in repr(MESSAGE)
