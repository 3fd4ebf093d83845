"""Sheets of pre-printed labels. Their codes are random, kept from the moment of printing, and drawn by nobody else."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime
from lab.kit.ids import new_id


class LabelBatch(SQLModel, table=True):
    """Labels printed at once: who, when, for which site (None: for any of the network), on which sheet."""

    __tablename__ = "label_batch"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    site_id: UUID | None = Field(default=None, foreign_key="site.id", index=True)
    format: str = Field(max_length=20)  # a name of formats.toml
    size: int  # labels
    with_tickets: bool = False
    language: str = Field(max_length=2)
    printed_by: UUID = Field(foreign_key="account.id")
    printed_at: datetime = Field(default_factory=now, sa_type=UTCDateTime, index=True)
    voided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    voided_by: UUID | None = Field(default=None, foreign_key="account.id")


class PrintedLabel(SQLModel, table=True):
    """One label of a batch. ``ticket_hash``: of the ticket printed beside it, where there is one."""

    __tablename__ = "printed_label"

    code: str = Field(primary_key=True, max_length=9)
    batch_id: UUID = Field(foreign_key="label_batch.id", index=True)
    place: int  # from 1, in reading order over the sheets
    ticket_hash: bytes | None = Field(default=None, max_length=32, unique=True)
