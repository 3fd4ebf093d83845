"""Tables of episodes."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class Episode(SQLModel, table=True):
    """Results that tell one story: same sold-as, same found set. At most one is open per signature."""

    __table_args__ = (
        sa.Index(
            "uq_episode_open",
            "signature",
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    signature: str = Field(max_length=64, index=True)  # SHA-256 of the substances' keys: see episodes/service.py
    sold_as: str | None = Field(default=None, max_length=200)  # names as they were when it opened
    found: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    opened_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    last_joined_at: datetime = Field(default_factory=now, sa_type=UTCDateTime, index=True)
    closed_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
    merged_into_id: UUID | None = Field(default=None, foreign_key="episode.id", index=True)  # its story goes on there
    split_from_id: UUID | None = Field(default=None, foreign_key="episode.id")


class EpisodeResult(SQLModel, table=True):
    """A result version that belongs to an episode."""

    __tablename__ = "episode_result"

    episode_id: UUID = Field(foreign_key="episode.id", primary_key=True)
    result_id: UUID = Field(foreign_key="result.id", primary_key=True)
    sample_id: UUID = Field(foreign_key="sample.id", index=True)
    joined_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class EpisodeActKind(StrEnum):
    """What a person did to an episode."""

    MERGED = "merged"  # another one into this
    SPLIT = "split"  # samples out of this
    MOVED = "moved"  # a sample from this to another
    CLOSED = "closed"


class EpisodeAct(SQLModel, table=True):
    """Somebody changed what belongs together: who, when, why, and which other episode."""

    __tablename__ = "episode_act"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    episode_id: UUID = Field(foreign_key="episode.id", index=True)
    other_id: UUID | None = Field(default=None, foreign_key="episode.id", index=True)
    kind: EpisodeActKind = Field(sa_type=enum_type(EpisodeActKind))
    samples: int = 0  # how many it moved
    account_id: UUID = Field(foreign_key="account.id")
    reason: str = Field(max_length=1000)
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
