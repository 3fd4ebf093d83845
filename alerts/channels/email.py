"""E-mail: one plain-text message with a stable id and one-click unsubscribe (RFC 5322, RFC 2369, RFC 8058)."""

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from alerts.channels.base import Outgoing, TransportError
from alerts.vocabulary import ChannelKind

_PERMANENT = 500  # RFC 5321, 4.2.1: a 5yz reply is a permanent negative completion


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


@dataclass(frozen=True)
class SmtpTransport:
    """A mail server. ``timeout_s`` bounds each step of the conversation."""

    host: str
    port: int = 587
    tls: Tls = Tls.STARTTLS
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: float = 5.0
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context

    def send(self, message: EmailMessage) -> int | None:
        with _as_transport_error(), self._connection() as server:
            if self.user is not None:
                server.login(self.user, self.password or "")
            server.send_message(message)
            return 250  # RFC 5321, 4.2.2: requested mail action okay; smtplib raises on anything else

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        if self.tls is Tls.IMPLICIT:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout_s, context=self.context()
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)
        with server:
            if self.tls is Tls.STARTTLS:
                server.starttls(context=self.context())
            yield server


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


@dataclass(frozen=True)
class EmailChannel:
    """``from_address`` such as ``alerts@example.org``; its domain also makes the message ids."""

    transport: MailTransport
    from_address: str
    from_name: str = "Drugcheck"
    kind: ChannelKind = ChannelKind.EMAIL
    lease_s: float = 60.0

    def is_noop(self, message: Outgoing) -> bool:
        return not message.address

    def notify(self, message: Outgoing) -> int | None:
        return self.transport.send(self.compose(message))

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
