"""What people say of the answer and of the contact: beside no sample, no ticket and no moment."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.ids import new_id


class Rating(SQLModel, table=True):
    """One person's rating, 1 to 5; None was not answered.

    ``rater`` is a hash of the ticket's token under a word of its own. The token makes it again, so that a person can
    change their mind; from the hash that stands beside the sample it cannot be made, so that whoever reads the whole
    database finds no way from a rating to a sample.
    """

    rater: bytes = Field(primary_key=True, max_length=32)
    site_id: UUID = Field(foreign_key="site.id", index=True)
    rated_on: date = Field(index=True)  # the first day of the month
    answer: int | None = None  # was the answer of use
    contact: int | None = None  # was the contact good
    needs: list[str] = Field(default_factory=list, sa_type=sa.JSON)  # of lab.ratings.schemas.Need


class Remark(SQLModel, table=True):
    """What somebody wrote, beside neither their ticks nor a rating: it may say more than they meant to."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    rater: bytes = Field(max_length=32, unique=True)
    site_id: UUID = Field(foreign_key="site.id", index=True)
    written_on: date = Field(index=True)  # the first day of the month
    text: str = Field(max_length=500)
