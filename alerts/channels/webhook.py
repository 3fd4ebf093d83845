"""Signed webhooks (Standard Webhooks specification, 1.0): one POST, one answer, no redirects."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from alerts.channels.addresses import PublicOnly
from alerts.channels.base import Outgoing, TransportError
from alerts.channels.kinds import Carries
from alerts.channels.posting import SLOTS, post
from alerts.errors import EndpointInvalidError
from alerts.vocabulary import ChannelKind
from lab.kit.clock import now

CARRIES = Carries.LETTER
USER_AGENT = "Drugcheck-Webhooks/1"
_GONE = 410


def accept(address: str) -> str:
    """An https URL without a password in it; raises :class:`EndpointInvalidError`. Where it leads is judged later."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise EndpointInvalidError from error
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password or port == 0:
        raise EndpointInvalidError
    return address


def encode_secret(secret: bytes) -> str:
    """A signing secret as it is shown to the receiver, once."""
    return "whsec_" + base64.b64encode(secret).decode()


def sign(secret: bytes, *, message_id: str, timestamp_s: int, body: bytes) -> str:
    """The ``webhook-signature`` header: HMAC-SHA256 over ``id.timestamp.body``."""
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def body_of(message: Outgoing) -> bytes:
    """The payload: type, moment and data, as the specification recommends."""
    payload = {
        "type": message.event,
        "timestamp": message.at.astimezone(UTC).isoformat(),
        "data": dict(message.document),
    }
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The endpoint's wish in seconds from now (RFC 9110, 10.2.3: a number, or a date); None when it has none."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((aware - now()).total_seconds(), 0.0)


@dataclass(frozen=True)
class WebhookChannel:
    """``timeout_s`` bounds the whole call, however slowly the other side talks.

    The specification recommends 15 to 30 s; the shorter end, so that with the lease and the sweep no message of a
    sender that died waits for 30 s.
    """

    timeout_s: float = 15.0
    network: PublicOnly = field(default_factory=PublicOnly)
    kind: ChannelKind = ChannelKind.WEBHOOK
    lease_s: float = 18.0
    slots: int = SLOTS

    def is_noop(self, message: Outgoing) -> bool:
        return not message.address or message.secret is None

    async def notify(self, message: Outgoing) -> int | None:
        if message.secret is None:
            raise TransportError("no_secret", permanent=True)
        body = body_of(message)
        timestamp_s = int(now().timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": USER_AGENT,
            "webhook-id": message.message_id,
            "webhook-timestamp": str(timestamp_s),
            "webhook-signature": sign(
                message.secret, message_id=message.message_id, timestamp_s=timestamp_s, body=body
            ),
        }
        answer = await post(message.address, body=body, headers=headers, network=self.network, timeout_s=self.timeout_s)
        if answer.is_success:
            return answer.status
        raise TransportError(
            f"http_{answer.status}",
            gone=answer.status == _GONE,
            status=answer.status,
            retry_after_s=retry_after_s(answer.headers),
        )
