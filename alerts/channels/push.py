"""Web Push to somebody's own browser: RFC 8030, sealed for that browser (RFC 8291), signed by this house (RFC 8292).

The push service in between (the browser's maker) sees when something is sent and how long it is, never what: and what
is sent holds nothing about anybody's health: to a worker that a call-back waits, to a subscriber an alert's line.
"""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from alerts.channels.addresses import PublicOnly
from alerts.channels.base import Outgoing, TransportError
from alerts.channels.kinds import Carries
from alerts.channels.posting import SLOTS, post
from alerts.channels.webhook import retry_after_s
from alerts.errors import EndpointInvalidError
from alerts.vocabulary import ChannelKind
from lab.kit.clock import now

CARRIES = Carries.LINE
POINT_BYTES = 65
TTL_S = 12 * 3600  # how long the push service keeps it for a telephone that is off
TOPIC_LENGTH = 32  # at most
_TOKEN_S = 6 * 3600  # RFC 8292, 2: at most 24 hours
_GONE = frozenset({404, 410})  # RFC 8030, 7.3
_REFUSED = frozenset({400, 413})


def accept(address: str) -> str:
    """The address of a browser's push service; raises :class:`EndpointInvalidError`. Its keys are judged elsewhere."""
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
        raise EndpointInvalidError
    return address


@dataclass(frozen=True)
class VapidKey:
    """The key by which push services know this deployment. A browser's subscription is bound to it."""

    pem: str = field(repr=False)
    contact: str  # mailto: or https:, for the operator of the push service

    @staticmethod
    def new_pem() -> str:
        key = ec.generate_private_key(ec.SECP256R1())
        return key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    @cached_property
    def _vapid(self) -> Vapid02:
        return Vapid02.from_pem(self.pem.encode())

    @property
    def public(self) -> str:
        """The public key as browsers take it: base64url of the uncompressed point."""
        point = self._vapid.public_key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return urlsafe_b64encode(point).rstrip(b"=").decode()

    def authorization(self, endpoint: str) -> str:
        """The Authorization header for a message to ``endpoint``."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(now().timestamp()) + _TOKEN_S,
            "sub": self.contact,
        }
        return str(self._vapid.sign(claims)["Authorization"])


def payload_of(message: Outgoing) -> bytes:
    """What the browser is given: a title, a line, and which page to open."""
    shown = {"title": message.subject, "body": message.line or message.text, "url": message.url, "tag": message.tag}
    return json.dumps(shown, ensure_ascii=False).encode()


@dataclass(frozen=True)
class PushChannel:
    """``Outgoing.secret`` holds the browser's public key and its authentication secret, one after the other."""

    key: VapidKey
    timeout_s: float = 12.0
    network: PublicOnly = field(default_factory=PublicOnly)
    kind: ChannelKind = ChannelKind.PUSH
    lease_s: float = 18.0
    slots: int = SLOTS

    def is_noop(self, message: Outgoing) -> bool:
        return not message.address or message.secret is None

    async def notify(self, message: Outgoing) -> int | None:
        body = seal(payload_of(message), secret=message.secret or b"")
        headers = {
            "content-type": "application/octet-stream",
            "content-encoding": "aes128gcm",
            "ttl": str(TTL_S),
            # RFC 8030, 5.4: sent again, it takes the place of what still waits for a telephone that is off.
            "topic": message.message_id.removeprefix("msg_")[:TOPIC_LENGTH],
            "urgency": "high",  # RFC 8030, 5.3: also to a telephone that saves its battery
            "authorization": self.key.authorization(message.address),
        }
        answer = await post(message.address, body=body, headers=headers, network=self.network, timeout_s=self.timeout_s)
        if answer.is_success:
            return answer.status
        raise TransportError(
            f"http_{answer.status}", gone=answer.status in _GONE, permanent=answer.status in _REFUSED,
            status=answer.status, retry_after_s=retry_after_s(answer.headers),
        )  # fmt: skip


def seal(payload: bytes, *, secret: bytes) -> bytes:
    """``payload`` for one browser alone, with a fresh key of ours for each message."""
    try:
        sealed: bytes = http_ece.encrypt(
            payload, private_key=ec.generate_private_key(ec.SECP256R1()), dh=secret[:POINT_BYTES],
            auth_secret=secret[POINT_BYTES:], version="aes128gcm",
        )  # fmt: skip
    except (http_ece.ECEException, ValueError) as error:
        raise TransportError("browser_key", permanent=True) from error
    return sealed
