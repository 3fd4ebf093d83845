"""What goes into a contact."""

from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from lab.kit.text import PlainText

CONSENT_VERSION = "1"


class ContactIn(BaseModel):
    """An address, a number, or both, with the person's agreement. The service checks them."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    contact_email: PlainText | None = Field(default=None, max_length=254)
    contact_phone: PlainText | None = Field(default=None, max_length=40)
    contact_consent: bool = False
    contact_language: PlainText = Field(default="fr", pattern="^(fr|nl|en)$")


@dataclass(frozen=True)
class Retention:
    """How long contacts are kept: ``after`` the last pending analysis is reported, and never longer than ``most``."""

    after: timedelta
    most: timedelta
