"""Only the browser reads a push, and the push service can tell who sent it.

The browser's side is written here from the specifications (RFC 8188, RFC 8291, RFC 8292), not from the library that
seals: a fault in the one cannot hide in the other.
"""

import hashlib
import hmac
import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alerts.channels.addresses import PrivateAddressError, PublicOnly
from alerts.channels.base import Outgoing, TransportError
from alerts.channels.push import PushChannel, VapidKey, payload_of
from alerts.deliveries.composing import message_id
from lab.kit.apart import run_apart
from lab.kit.clock import frozen
from lab.kit.ids import new_id
from tests.alerts.channels.test_webhook import Receiver

NIGHT = datetime(2026, 7, 4, 1, 30, tzinfo=UTC)
HERE = PublicOnly(allow_private=True)


def hmac256(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


@dataclass
class Browser:
    """What a browser holds: a key pair and a secret."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = b"0123456789abcdef"

    @property
    def point(self) -> bytes:
        return point_of(self.key.public_key())

    def open(self, body: bytes) -> bytes:
        """RFC 8188, 2.1 and RFC 8291, 3.3 and 3.4."""
        salt, (size,), length = body[:16], struct.unpack(">I", body[16:20]), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        material = hmac256(hmac256(self.auth, shared), b"WebPush: info\0" + self.point + sender + b"\x01")
        base = hmac256(salt, material)
        key = hmac256(base, b"Content-Encoding: aes128gcm\0\x01")[:16]
        nonce = hmac256(base, b"Content-Encoding: nonce\0\x01")[:12]
        padded = AESGCM(key).decrypt(nonce, sealed, None)
        content, mark, _ = padded.rpartition(b"\x02")
        assert mark == b"\x02"
        return content


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def unpadded_text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unpadded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture
def service() -> Iterator[Receiver]:
    with Receiver().serving() as receiver:
        receiver.status = 201
        yield receiver


@pytest.fixture
def channel() -> PushChannel:
    return PushChannel(VapidKey(VapidKey.new_pem(), "mailto:lab@test.example"), timeout_s=2, network=HERE)


def message(url: str, browser: Browser) -> Outgoing:
    return Outgoing(
        message_id="msg_1", address=url, language="en", subject="Call-back", text="A call-back is waiting at Nördfeld.",
        event="task.escalated", at=NIGHT, url="/tasks/1", tag="1", secret=browser.point + browser.auth,
    )  # fmt: skip


def test_the_browser_reads_what_was_sent_and_nobody_in_between_does(service: Receiver, channel: PushChannel) -> None:
    browser = Browser()
    assert run_apart(channel.notify, message(service.url, browser)) == 201
    headers, body = service.requests[0]
    assert json.loads(browser.open(body)) == {
        "title": "Call-back", "body": "A call-back is waiting at Nördfeld.", "url": "/tasks/1", "tag": "1",
    }  # fmt: skip
    assert b"call-back" not in body
    assert headers["content-encoding"] == "aes128gcm"
    assert headers["urgency"] == "high"
    assert int(headers["ttl"]) > 0


def test_a_repeated_message_takes_the_place_of_the_one_that_waits(service: Receiver, channel: PushChannel) -> None:
    written = new_id()
    for _ in range(2):
        run_apart(channel.notify, replace(message(service.url, Browser()), message_id=message_id(written)))
    topics = {headers["topic"] for headers, _ in service.requests}
    assert topics == {written.hex}
    assert all(len(topic) <= 32 for topic in topics)  # RFC 8030, 5.4


def test_each_message_has_a_key_of_its_own(service: Receiver, channel: PushChannel) -> None:
    browser = Browser()
    for _ in range(2):
        run_apart(channel.notify, message(service.url, browser))
    assert service.requests[0][1][21:86] != service.requests[1][1][21:86]


def test_the_push_service_can_tell_who_sent_it(service: Receiver, channel: PushChannel) -> None:
    with frozen(NIGHT):
        run_apart(channel.notify, message(service.url, Browser()))
    scheme, _, parameters = service.requests[0][0]["authorization"].partition(" ")
    given = dict(part.split("=", 1) for part in parameters.split(","))
    assert scheme == "vapid"
    assert given["k"] == channel.key.public
    signed, _, signature = given["t"].rpartition(".")
    r, s = unpadded(signature)[:32], unpadded(signature)[32:]
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpadded(given["k"]))
    encoded = encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
    key.verify(encoded, signed.encode(), ec.ECDSA(hashes.SHA256()))
    claims = json.loads(unpadded(signed.partition(".")[2]))
    assert claims["aud"] == service.url.removesuffix("/hook")
    assert claims["sub"] == "mailto:lab@test.example"
    assert 0 < claims["exp"] - NIGHT.timestamp() <= 24 * 3600


@pytest.mark.parametrize(("status", "gone", "permanent"), [(404, True, True), (410, True, True), (400, False, True),
                                                          (429, False, False), (500, False, False)])  # fmt: skip
def test_a_browser_that_is_gone_is_told_from_a_service_in_trouble(
    service: Receiver, channel: PushChannel, status: int, gone: bool, permanent: bool
) -> None:
    service.status = status
    with pytest.raises(TransportError) as caught:
        run_apart(channel.notify, message(service.url, Browser()))
    assert (caught.value.gone, caught.value.permanent) == (gone, permanent)


def test_a_subscription_that_leads_into_a_private_network_is_refused(service: Receiver, channel: PushChannel) -> None:
    with pytest.raises(PrivateAddressError):
        run_apart(replace(channel, network=PublicOnly()).notify, message(service.url, Browser()))


def test_a_broken_key_is_an_error_and_no_message(service: Receiver, channel: PushChannel) -> None:
    broken = replace(message(service.url, Browser()), secret=b"\x04" + b"\x01" * 80)
    with pytest.raises(TransportError) as caught:
        run_apart(channel.notify, broken)
    assert caught.value.permanent
    assert service.requests == []


def test_the_payload_is_small_enough_for_every_push_service() -> None:
    assert len(payload_of(message("https://push.example/1", Browser()))) < 3000  # RFC 8030, 7.2: 4096 with its frame
