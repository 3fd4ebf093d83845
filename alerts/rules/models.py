"""Tables of a network's own rule sets."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class RuleSetState(StrEnum):
    """How far a rule set is."""

    DRAFT = "draft"  # being edited: at most one
    ACTIVE = "active"  # what live results are judged by: at most one; without one, what is shipped
    REPLACED = "replaced"
    DISCARDED = "discarded"


class NetworkRules(SQLModel, table=True):
    """One version of a network's rule file. Its text never changes once it was active."""

    __tablename__ = "network_rules"
    __table_args__ = (
        sa.UniqueConstraint("version"),
        sa.Index(
            "uq_network_rules_draft", "state", unique=True,
            sqlite_where=sa.text("state = 'draft'"), postgresql_where=sa.text("state = 'draft'"),
        ),
        sa.Index(
            "uq_network_rules_active", "state", unique=True,
            sqlite_where=sa.text("state = 'active'"), postgresql_where=sa.text("state = 'active'"),
        ),
    )  # fmt: skip

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: str = Field(max_length=40)
    based_on: str = Field(max_length=40)  # the version it was made from
    text: str = Field(sa_type=sa.Text)
    reason: str = Field(max_length=1000)  # why it was begun
    state: RuleSetState = Field(default=RuleSetState.DRAFT, sa_type=enum_type(RuleSetState))
    edition: int = 0  # grows with every change; an activation names the one it read
    created_by: UUID = Field(foreign_key="account.id")
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    activated_by: UUID | None = Field(default=None, foreign_key="account.id")
    activated_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    ended_by: UUID | None = Field(default=None, foreign_key="account.id")  # who discarded it, or activated the next
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class RulesEdit(SQLModel, table=True):
    """One change of a draft: who, when, what and why. Whoever made one does not activate it."""

    __tablename__ = "rules_edit"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    rules_id: UUID = Field(foreign_key="network_rules.id", index=True)
    edition: int
    account_id: UUID = Field(foreign_key="account.id")
    about: str = Field(max_length=80)  # the id of a rule or a group, or "file"
    reason: str = Field(max_length=1000)
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
