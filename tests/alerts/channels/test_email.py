"""One plain message with a stable id, leave in one click, and errors without addresses."""

import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from threading import Thread

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from alerts.channels.base import Outgoing, TransportError
from alerts.channels.email import EmailChannel, FolderTransport, SmtpTransport, Tls
from alerts.jobs import TASKS
from lab.kit.apart import run_apart
from lab.kit.worker_procrastinate import POLL_S
from tests.alerts.channels.certificate import write_certificate

MESSAGE = Outgoing(
    message_id="msg_1", address="night@test.example", language="fr", subject="[T2] Nitazène à Liège", text="Été\n",
    event="alert.issued", at=datetime(2026, 7, 4, 1, 30, tzinfo=UTC),
    unsubscribe_url="https://lab.test.example/subscriptions/unsubscribe/tok",
)  # fmt: skip


class Inbox:
    """A mail server that keeps what it gets, or refuses as told."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.reply: str | None = None

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd finds it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.reply:
            return self.reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- as above
        self.received.append(envelope.original_content or b"")
        return "250 OK"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def server(inbox: Inbox) -> Iterator[Controller]:
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop()


def channel(controller: Controller, *, tls: Tls = Tls.NONE) -> EmailChannel:
    return EmailChannel(SmtpTransport("127.0.0.1", controller.port, tls=tls), "alerts@lab.test.example")


def test_what_arrives_is_what_was_said(server: Controller, inbox: Inbox) -> None:
    assert run_apart(channel(server).notify, MESSAGE) == 250
    mail = message_from_bytes(inbox.received[0], policy=default)
    assert (mail["To"], mail["Subject"]) == ("night@test.example", "[T2] Nitazène à Liège")
    assert mail.get_content().replace("\r\n", "\n") == "Été\n"
    assert mail["Content-Language"] == "fr"


def test_the_message_id_is_the_same_at_every_attempt(server: Controller, inbox: Inbox) -> None:
    run_apart(channel(server).notify, MESSAGE)
    run_apart(channel(server).notify, MESSAGE)
    ids = {message_from_bytes(one, policy=default)["Message-ID"] for one in inbox.received}
    assert ids == {"<msg_1@lab.test.example>"}


def test_one_click_unsubscribe_is_as_rfc_8058_asks(server: Controller, inbox: Inbox) -> None:
    run_apart(channel(server).notify, MESSAGE)
    mail = message_from_bytes(inbox.received[0], policy=default)
    assert mail["List-Unsubscribe"] == f"<{MESSAGE.unsubscribe_url}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(("reply", "permanent"), [("550 no such user", True), ("451 try later", False)])
def test_a_refused_recipient_is_told_apart_from_a_busy_server(
    server: Controller, inbox: Inbox, reply: str, permanent: bool
) -> None:
    inbox.reply = reply
    with pytest.raises(TransportError) as caught:
        run_apart(channel(server).notify, MESSAGE)
    assert (caught.value.permanent, caught.value.status) == (permanent, int(reply[:3]))
    assert "night" not in str(caught.value)


def test_a_server_without_starttls_gets_no_message_in_the_clear(server: Controller, inbox: Inbox) -> None:
    with pytest.raises(TransportError):
        run_apart(channel(server, tls=Tls.STARTTLS).notify, MESSAGE)
    assert inbox.received == []


def test_a_certificate_that_cannot_be_verified_is_refused(inbox: Inbox, tmp_path: Path) -> None:
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), tls_context=self_signed(tmp_path))
    controller.start()
    try:
        with pytest.raises(TransportError) as caught:
            run_apart(channel(controller, tls=Tls.STARTTLS).notify, MESSAGE)
    finally:
        controller.stop()
    assert caught.value.kind == "SSLCertVerificationError"
    assert inbox.received == []


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's context with a certificate that nobody vouches for."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*write_certificate(folder))
    return context


def test_a_server_that_is_not_there_is_a_passing_failure() -> None:
    lost = EmailChannel(SmtpTransport("127.0.0.1", 1, tls=Tls.NONE), "alerts@lab.test.example")
    with pytest.raises(TransportError) as caught:
        run_apart(lost.notify, MESSAGE)
    assert not caught.value.permanent


@pytest.mark.parametrize("field", ["address", "subject"])
def test_a_line_break_cannot_smuggle_a_header(field: str, tmp_path: Path) -> None:
    smuggling = replace(MESSAGE, **{field: "a@test.example\r\nBcc: b@test.example"})
    with pytest.raises(TransportError) as caught:
        run_apart(EmailChannel(FolderTransport(tmp_path), "alerts@lab.test.example").notify, smuggling)
    assert caught.value.permanent
    assert list(tmp_path.iterdir()) == []


def test_a_demo_writes_each_message_to_a_file(tmp_path: Path) -> None:
    run_apart(EmailChannel(FolderTransport(tmp_path), "alerts@lab.test.example").notify, MESSAGE)
    mail = message_from_bytes((tmp_path / "msg_1.eml").read_bytes(), policy=default)
    assert mail["Message-ID"] == "<msg_1@lab.test.example>"


def test_nothing_is_sent_to_nobody() -> None:
    assert EmailChannel(FolderTransport(Path()), "a@b.example").is_noop(replace(MESSAGE, address=""))


def test_a_server_that_answers_slowly_is_left_before_the_lease_ends() -> None:
    """Each step within its own time, all together too long: without an end another worker would send it as well."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=_answer_slowly, args=(listener, 0.4), daemon=True).start()
        transport = SmtpTransport("127.0.0.1", listener.getsockname()[1], Tls.NONE, timeout_s=0.8, most_s=1.0)
        begun = time.monotonic()
        with pytest.raises(TransportError) as caught:
            run_apart(EmailChannel(transport, "alerts@test.example").notify, MESSAGE)
        assert time.monotonic() - begun < 2.0
        assert not caught.value.permanent


def _answer_slowly(listener: socket.socket, pause_s: float) -> None:
    peer, _ = listener.accept()
    with peer:
        try:
            for answer in (b"220 here\r\n", *[b"250 go on\r\n"] * 10):
                time.sleep(pause_s)
                peer.sendall(answer)
                peer.recv(1000)
        except OSError:
            return


def test_no_mail_of_a_call_back_waits_half_a_minute_for_a_worker_that_died() -> None:
    """A killed sender's message is free when its lease ends, and the next sweep takes it up."""
    sweep = next(task for task in TASKS if task.name == "alerts.dispatch_sweep")
    channel = EmailChannel(SmtpTransport("mail.test.example"), "alerts@test.example")
    assert isinstance(channel.transport, SmtpTransport)
    assert channel.transport.most_s < channel.lease_s
    assert channel.lease_s + (sweep.every_s or 60) + POLL_S < 30
