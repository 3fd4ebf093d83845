"""That an answer was told, or could not be, and that a site must be told of one that does not stand any more."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class ToldOutcome(StrEnum):
    """What became of telling the person."""

    TOLD_HERE = "told_here"
    NOT_REACHED = "not_reached"


class AnswerTold(SQLModel, table=True):
    """One attempt to tell a version of the answer to the person who waits for it. The newest one counts."""

    __tablename__ = "answer_told"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    result_id: UUID = Field(foreign_key="result.id", index=True)
    outcome: ToldOutcome = Field(sa_type=enum_type(ToldOutcome))
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class NoticeCause(StrEnum):
    """Why an answer that was given out does not stand any more."""

    AMENDED = "amended"
    RETRACTED = "retracted"


class AnswerNotice(SQLModel, table=True):
    """Tells a site that an answer given out there was amended or withdrawn, until somebody there has seen to it."""

    __tablename__ = "answer_notice"
    __table_args__ = (sa.UniqueConstraint("result_id", "cause"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    result_id: UUID = Field(foreign_key="result.id")  # the version that does not stand any more
    sample_id: UUID = Field(foreign_key="sample.id", index=True)
    site_id: UUID = Field(foreign_key="site.id", index=True)
    cause: NoticeCause = Field(sa_type=enum_type(NoticeCause))
    opened_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
    closed_by: UUID | None = Field(default=None, foreign_key="account.id")
