"""What a laboratory declares of itself."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime


class LaboratoryTerms(SQLModel, table=True):
    """How soon a laboratory means to answer, and whether it verifies with its checklist alone.

    None: not declared, so that nothing is called overdue by a number that nobody chose.
    """

    __tablename__ = "laboratory_terms"

    site_id: UUID = Field(foreign_key="site.id", primary_key=True)
    turnaround_days: int | None = None
    urgent_hours: int | None = None
    checklist_required: bool = False
    changed_by: UUID = Field(foreign_key="account.id")
    changed_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
