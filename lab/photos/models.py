"""Photographs of samples: what a product looked like when it came in."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime
from lab.kit.ids import new_id


class SamplePhoto(SQLModel, table=True):
    """One photograph, re-encoded. Erased, the row stays without its file: that there was one is no secret."""

    __tablename__ = "sample_photo"
    __table_args__ = (sa.CheckConstraint("(file_key IS NULL) = (erased_at IS NOT NULL)", name="erased_has_no_file"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)  # a device may choose it: sent again, it is not added
    sample_id: UUID = Field(foreign_key="sample.id", index=True)
    file_key: str | None = Field(default=None, max_length=120, index=True)
    size_bytes: int
    taken_by: UUID = Field(foreign_key="account.id")
    of_seal: bool = False  # a seal as it was put on or found, rather than the product
    item_id: UUID | None = None  # the container that carries the seal
    # A part of that photograph, cut out for a warning: it lives no longer than the whole.
    cropped_from: UUID | None = Field(default=None, index=True)
    added_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    erased_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
