"""Tokens that are nowhere stored: derived from the deployment's key, so that every message can carry its own.

A one-click link goes into every mail, and only its hash may lie in the database; so the token is an HMAC of the
endpoint's random id, and the database keeps its SHA-256 to look it up by.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from uuid import UUID

MIN_KEY_BYTES = 32
_SIGNED_BYTES = 16 + 32  # an id and its HMAC


def token_hash(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True)
class TokenKey:
    """The deployment's key for subscriptions, at least 32 random bytes."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < MIN_KEY_BYTES:
            message = f"the key for subscription tokens needs at least {MIN_KEY_BYTES} bytes"
            raise ValueError(message)

    def confirm(self, endpoint_id: UUID) -> str:
        """The token of the second opt-in."""
        return self._token("confirm", endpoint_id)

    def unsubscribe(self, endpoint_id: UUID) -> str:
        """The token of the one-click link (RFC 8058: hard to forge, opaque)."""
        return self._token("unsubscribe", endpoint_id)

    def webhook_secret(self, endpoint_id: UUID) -> bytes:
        """The endpoint's own signing secret, 32 bytes (Standard Webhooks: 24 to 64)."""
        return self._derive("webhook", endpoint_id)

    def manage(self, subscription_id: UUID) -> str:
        """The link to a subscription's own page. It carries the id, so that nothing has to be kept to find it by."""
        return self._signed("manage", subscription_id)

    def managed(self, token: str) -> UUID | None:
        """Whose page ``token`` opens; None when it was not made here."""
        return self._opened("manage", token)

    def acknowledge(self, delivery_id: UUID) -> str:
        """The link by which whoever got this delivery says that they read it."""
        return self._signed("acknowledge", delivery_id)

    def acknowledged(self, token: str) -> UUID | None:
        """Which delivery ``token`` acknowledges; None when it was not made here."""
        return self._opened("acknowledge", token)

    def _signed(self, use: str, key: UUID) -> str:
        return base64.urlsafe_b64encode(key.bytes + self._derive(use, key)).rstrip(b"=").decode()

    def _opened(self, use: str, token: str) -> UUID | None:
        try:
            data = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except (ValueError, UnicodeError):
            return None
        if len(data) != _SIGNED_BYTES:
            return None
        key = UUID(bytes=data[:16])
        return key if hmac.compare_digest(data[16:], self._derive(use, key)) else None

    def _token(self, use: str, endpoint_id: UUID) -> str:
        return base64.urlsafe_b64encode(self._derive(use, endpoint_id)).rstrip(b"=").decode()

    def _derive(self, use: str, endpoint_id: UUID) -> bytes:
        return hmac.new(self.key, f"drugcheck/{use}/".encode() + endpoint_id.bytes, hashlib.sha256).digest()
