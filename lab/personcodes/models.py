"""The person code's own table: it points at nothing but a site, and nothing points at it."""

from datetime import date
from uuid import UUID

from sqlmodel import Field, SQLModel

from lab.kit.ids import new_id


class PersonVisit(SQLModel, table=True):
    """That somebody with this code came to a site in a month. No day, no sample, no encounter, no account.

    ``code_hash`` is an HMAC under that year's network secret: without the secret nothing can be tried against it.
    """

    __tablename__ = "person_visit"
    # SQLite keeps rows in the order of their coming; without rowid they lie in the order of their random keys, and
    # nobody can lay them beside that evening's encounters.
    __table_args__ = {"sqlite_with_rowid": False}

    id: UUID = Field(default_factory=new_id, primary_key=True)
    year: int = Field(index=True)
    month: date  # its first day
    site_id: UUID = Field(foreign_key="site.id")
    code_hash: bytes = Field(max_length=32)
