"""Text messages through the operator's own gateway: one HTTP request, shaped by a template that the operator sets.

Every gateway of a mobile operator or a modem box takes a number and a text over HTTP; what differs is how they are
named. So a template, and no list of services: the address of the gateway comes from the operator alone, never from
anybody who subscribes, and may lie in the operator's own network.
"""

import json
import re
from dataclasses import dataclass, field
from urllib.parse import quote

from alerts.channels.addresses import PublicOnly
from alerts.channels.base import Outgoing, TransportError
from alerts.channels.kinds import Carries
from alerts.channels.posting import SLOTS, AddressError, post
from alerts.channels.webhook import retry_after_s
from alerts.vocabulary import ChannelKind
from lab.contacts.addresses import parse_phone

CARRIES = Carries.LINE
USER_AGENT = "Drugcheck-SMS/1"
JSON_BODY = '{"to": "{to}", "text": "{text}"}'
_PLACE = re.compile(r"\{(to|text|id)\}")
# The gateway's own trouble or ours to mend: worth another attempt. Any other 4xx refuses this very message.
_TRY_AGAIN = frozenset({401, 403, 404, 407, 408, 409, 423, 425, 429})


def accept(address: str) -> str:
    """A number with its country code; raises :class:`~lab.contacts.errors.ContactPhoneInvalidError`."""
    return parse_phone(address)


def text_of(message: Outgoing) -> str:
    """What the telephone shows: the line and where to read on, or the text where it is short already."""
    if not message.line:
        return message.text
    return f"{message.line}\n{message.url}" if message.url else message.line


@dataclass(frozen=True)
class Gateway:
    """Where and how. ``body`` holds ``{to}``, ``{text}`` and perhaps ``{id}``: JSON when it begins with a brace or
    a bracket, else a form (``application/x-www-form-urlencoded``). ``authorization`` is the header's whole value.
    """

    url: str
    body: str = JSON_BODY
    authorization: str | None = field(default=None, repr=False)

    @property
    def is_json(self) -> bool:
        return self.body.lstrip().startswith(("{", "["))

    def fill(self, message: Outgoing) -> bytes:
        """The body of the request for ``message``, with every value escaped for where it stands."""
        values = {"to": message.address, "text": text_of(message), "id": message.message_id}
        escape = _in_json if self.is_json else _in_form
        return _PLACE.sub(lambda match: escape(values[match[1]]), self.body).encode()


def _in_json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _in_form(value: str) -> str:
    return quote(value, safe="")


@dataclass(frozen=True)
class SmsChannel:
    """``timeout_s`` bounds the whole call; the lease outlives it by a little."""

    gateway: Gateway
    timeout_s: float = 12.0
    # The operator's gateway may stand beside this machine.
    network: PublicOnly = field(default_factory=lambda: PublicOnly(allow_private=True))
    kind: ChannelKind = ChannelKind.SMS
    lease_s: float = 18.0
    slots: int = SLOTS

    def is_noop(self, message: Outgoing) -> bool:
        return not message.address

    async def notify(self, message: Outgoing) -> int | None:
        try:
            answer = await post(
                self.gateway.url, body=self.gateway.fill(message), headers=self._headers(message.message_id),
                network=self.network, timeout_s=self.timeout_s,
            )  # fmt: skip
        except AddressError as error:
            raise TransportError("gateway_address") from error  # the operator's to mend, so tried again
        if answer.is_success:
            return answer.status
        permanent = 400 <= answer.status < 500 and answer.status not in _TRY_AGAIN
        raise TransportError(
            f"http_{answer.status}", permanent=permanent, status=answer.status,
            retry_after_s=retry_after_s(answer.headers),
        )  # fmt: skip

    def _headers(self, message_id: str) -> dict[str, str]:
        kind = "application/json" if self.gateway.is_json else "application/x-www-form-urlencoded"
        headers = {"content-type": kind, "user-agent": USER_AGENT, "idempotency-key": message_id}
        if self.gateway.authorization:
            headers["authorization"] = self.gateway.authorization
        return headers
