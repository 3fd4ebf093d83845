"""The table of contacts: ciphertext alone. What opens it lies in files that no backup takes (``keys.py``)."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class ContactKind(StrEnum):
    """By which road somebody wants to be told."""

    EMAIL = "email"
    SMS = "sms"


class Contact(SQLModel, table=True):
    """How to tell the person who brought a sample that something waits for them. One of each kind per sample."""

    __table_args__ = (sa.UniqueConstraint("sample_id", "kind"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    sample_id: UUID = Field(foreign_key="sample.id", index=True)
    kind: ContactKind = Field(sa_type=enum_type(ContactKind))
    sealed: bytes = Field(max_length=1000)  # nonce and AES-256-GCM ciphertext, padded so that its length tells nothing
    key_day: date  # the day key that it is sealed under
    language: str = Field(max_length=2)  # of the consent, and of what is written
    consent_text_version: str = Field(max_length=20)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
