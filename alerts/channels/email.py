"""E-mail: one plain-text message with a stable id and one-click unsubscribe (RFC 5322, RFC 2369, RFC 8058)."""

import smtplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Protocol

import anyio.to_thread
from anyio.lowlevel import RunVar

from alerts.channels.base import NotBegunError, Outgoing, TransportError
from alerts.channels.kinds import Carries
from alerts.errors import EndpointInvalidError
from alerts.vocabulary import ChannelKind

CARRIES = Carries.LETTER
_OKAY = 250
THREADS = 8
"""Conversations with the mail server at once: well below what common servers allow one client."""

URGENT_THREADS = 2
"""Of them, those that nothing else may take."""

_PERMANENT = 500  # RFC 5321, 4.2.1: a 5yz reply is a permanent negative completion


def accept(address: str) -> str:
    """An e-mail address as it is written to; raises :class:`EndpointInvalidError`."""
    local, at, domain = address.rpartition("@")
    if not (local and at and "." in domain) or "@" in local or any(one in address for one in '<>,;:"\\()[]'):
        raise EndpointInvalidError
    return f"{local}@{domain.lower()}"


class Tls(StrEnum):
    """How the connection to the mail server is protected."""

    NONE = "none"  # a server on the same machine
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


class MailTransport(Protocol):
    """Takes a finished message away."""

    def send(self, message: EmailMessage) -> int | None:
        """Send it; the server's status. Raises :class:`TransportError`."""
        ...


class Idle:
    """Connections to the mail server between two messages: opening one anew costs more than the message itself."""

    KEPT_S = 10.0  # a server waits for minutes (RFC 5321, 4.5.3.2.7); who sends no more has no use for it
    UNASKED_S = 1.0  # after a pause the server is asked whether it is still there
    MESSAGES = 100  # then a new one: some servers end a connection after so many

    def __init__(self) -> None:
        self._lock = Lock()
        self._free: list[_Ending] = []

    def take(self) -> "_Ending | None":
        """One that still answers, the one used last; those that lay too long are closed."""
        while True:
            with self._lock:
                if not self._free:
                    return None
                server = self._free.pop()
            if self._usable(server):
                return server
            server.close()

    def _usable(self, server: "_Ending") -> bool:
        rested_s = time.monotonic() - server.used_s
        if rested_s < self.UNASKED_S:
            return True
        if rested_s > self.KEPT_S:
            return False
        try:
            server.end_s = time.monotonic() + self.UNASKED_S
            return server.noop()[0] == _OKAY
        except (smtplib.SMTPException, OSError):
            return False

    def give(self, server: "_Ending") -> None:
        """Keep it for the next message."""
        server.messages += 1
        server.used_s = time.monotonic()
        if server.messages >= self.MESSAGES:
            server.close()
            return
        with self._lock:
            self._free.append(server)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close what lies ready."""
        with self._lock:
            free, self._free = self._free, []
        for server in free:
            server.close()


@dataclass(frozen=True)
class SmtpTransport:
    """A mail server. ``timeout_s`` bounds each step of the conversation, ``most_s`` all of them together.

    ``most_s`` ends before the channel's lease: a server that answers slowly is left, and tried again, before another
    worker takes the message for stranded.
    """

    host: str
    port: int = 587
    tls: Tls = Tls.STARTTLS
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: float = 5.0
    most_s: float = 16.0
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context
    idle: Idle = field(default_factory=Idle, repr=False, compare=False)

    def send(self, message: EmailMessage) -> int | None:
        with _as_transport_error(), self._connection() as server:
            server.send_message(message)
            return 250  # RFC 5321, 4.2.2: requested mail action okay; smtplib raises on anything else

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        """A connection that lies ready, else a new one; it is kept for the next message only if all went well."""
        end_s = time.monotonic() + self.most_s
        server = self.idle.take() or self._open(end_s)
        server.end_s = end_s
        try:
            yield server
        except BaseException:
            server.close()
            raise
        self.idle.give(server)

    def _open(self, end_s: float) -> "_Ending":
        if self.tls is Tls.IMPLICIT:
            server: _Ending = _EndingTls(self.host, self.port, timeout=self.timeout_s, context=self.context())
        else:
            server = _Ending(self.host, self.port, timeout=self.timeout_s)
        server.end_s = end_s
        try:
            if self.tls is Tls.STARTTLS:
                server.starttls(context=self.context())
            if self.user is not None:
                server.login(self.user, self.password or "")
        except BaseException:
            server.close()
            raise
        return server


class _Ending(smtplib.SMTP):
    """A conversation that ends at ``end_s`` (monotonic clock): each step has what is left, at most its own time."""

    end_s = float("inf")
    used_s = 0.0
    messages = 0

    def putcmd(self, cmd: str, args: str = "") -> None:
        left_s = self.end_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        if self.sock is not None:
            with suppress(OSError):  # closed already: what follows says so in its own words
                self.sock.settimeout(min(left_s, self.timeout))
        super().putcmd(cmd, args)


class _EndingTls(_Ending, smtplib.SMTP_SSL):
    """As :class:`_Ending`, under TLS from the first byte."""


@contextmanager
def _as_transport_error() -> Iterator[None]:
    """What smtplib raises, as a kind without any address: its own messages quote addresses."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        status = max((code for code, _ in error.recipients.values()), default=None)
        permanent = status is not None and status >= _PERMANENT
        raise TransportError("recipient_refused", permanent=permanent, status=status) from None
    except smtplib.SMTPAuthenticationError as error:
        raise TransportError("authentication", status=error.smtp_code) from None  # ours to mend, so tried again
    except smtplib.SMTPResponseException as error:
        permanent = error.smtp_code >= _PERMANENT
        raise TransportError("refused", permanent=permanent, status=error.smtp_code) from None
    except (smtplib.SMTPException, OSError) as error:
        raise TransportError(type(error).__name__) from None


@dataclass(frozen=True)
class FolderTransport:
    """Writes each message to ``folder`` as one .eml file, named by its message id: for a demo without a mail server."""

    folder: Path

    def send(self, message: EmailMessage) -> int | None:
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{name}.eml").write_bytes(message.as_bytes(policy=SMTP))
        return None


_limiters: RunVar[tuple[anyio.CapacityLimiter, anyio.CapacityLimiter]] = RunVar("drugcheck-mail")


def _conversations(*, urgent: bool) -> anyio.CapacityLimiter:
    """The threads that mail has to itself: smtplib blocks, and a slow mail server must hold up nothing else.

    Some are kept for what concerns one person at risk, and do not wait for a mailing to thousands.
    """
    try:
        found = _limiters.get()
    except LookupError:
        found = anyio.CapacityLimiter(THREADS - URGENT_THREADS), anyio.CapacityLimiter(URGENT_THREADS)
        _limiters.set(found)
    return found[urgent]


@dataclass(frozen=True)
class EmailChannel:
    """``from_address`` such as ``alerts@example.org``; its domain also makes the message ids."""

    transport: MailTransport
    from_address: str
    from_name: str = "Drugcheck"
    kind: ChannelKind = ChannelKind.EMAIL
    lease_s: float = 18.0  # with the sweep, no message waits 30 s for a worker that died
    slots: int = 8 * THREADS  # most wait for a thread: what is taken together is written down together

    def is_noop(self, message: Outgoing) -> bool:
        return not message.address

    async def notify(self, message: Outgoing) -> int | None:
        begun: list[bool] = []

        def send() -> int | None:
            begun.append(True)
            return self.transport.send(self.compose(message))

        try:
            return await anyio.to_thread.run_sync(send, limiter=_conversations(urgent=message.urgent))
        except anyio.get_cancelled_exc_class():
            if begun:
                raise
            raise NotBegunError from None  # the mail server had no time for it: that is not this address's fault

    def compose(self, message: Outgoing) -> EmailMessage:
        """The message as it goes out. A line break in an address or subject is refused by the header itself."""
        mail = EmailMessage(policy=SMTP)
        domain = self.from_address.rpartition("@")[2]
        try:
            mail["From"] = f"{self.from_name} <{self.from_address}>"
            mail["To"] = message.address
            mail["Subject"] = message.subject
        except (ValueError, IndexError) as error:
            raise TransportError("header", permanent=True) from error
        mail["Date"] = message.at.astimezone(UTC)
        mail["Message-ID"] = f"<{message.message_id}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
        if message.unsubscribe_url:
            mail["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058, 3.1
        mail.set_content(message.text, cte="quoted-printable")
        mail["Content-Language"] = message.language  # set_content clears what was there before
        return mail
