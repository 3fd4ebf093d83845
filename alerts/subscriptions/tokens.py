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

    def _token(self, use: str, endpoint_id: UUID) -> str:
        return base64.urlsafe_b64encode(self._derive(use, endpoint_id)).rstrip(b"=").decode()

    def _derive(self, use: str, endpoint_id: UUID) -> bytes:
        return hmac.new(self.key, f"drugcheck/{use}/".encode() + endpoint_id.bytes, hashlib.sha256).digest()
