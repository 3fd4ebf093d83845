"""What a browser says of its push subscription."""

import base64
import binascii
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import BaseModel, ConfigDict, Field, field_validator

from lab.kit.text import PlainText

_POINT_BYTES, _AUTH_BYTES = 65, 16  # RFC 8291, 3.1 and 3.2


def decode(text: str) -> bytes:
    """base64url without its padding, as browsers write keys."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        message = "not base64url"
        raise ValueError(message) from error


class PushDeviceIn(BaseModel):
    """``endpoint``, ``p256dh`` and ``auth`` as ``PushSubscription.toJSON()`` gives them."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    endpoint: PlainText = Field(max_length=1000)
    p256dh: PlainText = Field(max_length=100)
    auth: PlainText = Field(max_length=40)
    label: PlainText = Field(default="", max_length=60)

    @field_validator("endpoint")
    @classmethod
    def _https(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
            message = "not the address of a push service"
            raise ValueError(message)
        return value

    @field_validator("p256dh")
    @classmethod
    def _point(cls, value: str) -> str:
        point = decode(value)
        if len(point) != _POINT_BYTES:
            message = "not a public key"
            raise ValueError(message)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)  # raises ValueError off the curve
        return value

    @field_validator("auth")
    @classmethod
    def _secret(cls, value: str) -> str:
        if len(decode(value)) != _AUTH_BYTES:
            message = "not an authentication secret"
            raise ValueError(message)
        return value
