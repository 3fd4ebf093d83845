"""Tables of those who are sent each day's checkpoint, and of what they were sent."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime
from lab.kit.ids import new_id


class CheckpointWitness(SQLModel, table=True):
    """Somebody outside who keeps checkpoints: an auditor, a notary, another network. Not a person of the counter."""

    __tablename__ = "checkpoint_witness"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=120)
    email: str = Field(max_length=254)
    language: str = Field(max_length=2)
    added_by: UUID = Field(foreign_key="account.id")
    added_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class CheckpointMail(SQLModel, table=True):
    """One day's checkpoint to one witness. The row stands before the message goes out."""

    __tablename__ = "checkpoint_mail"

    witness_id: UUID = Field(foreign_key="checkpoint_witness.id", primary_key=True)
    day: date = Field(primary_key=True)  # UTC
    size: int  # of the log that was signed
    claimed_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    attempts: int = 0
    sent_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    error: str | None = Field(default=None, max_length=200)  # a kind, without any address
