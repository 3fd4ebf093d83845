"""Tables of alerts: identity, versions, approvals, what they rest on, and what is proposed about them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from alerts.vocabulary import Tier
from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class VersionKind(StrEnum):
    """What a version does to the alert."""

    ALERT = "alert"  # the first
    UPDATE = "update"
    CANCEL = "cancel"  # the danger is over, or no longer believed
    RETRACT = "retract"  # it should never have been said


class AlertState(StrEnum):
    """How far a version is."""

    DRAFT = "draft"
    GRADED = "graded"
    ISSUED = "issued"
    UPDATED = "updated"  # a later version was issued in its place
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    RETRACTED = "retracted"


class AlertAction(StrEnum):
    """What can be done to a version; see ``lifecycle.py``."""

    EDIT = "edit"
    OVERRIDE = "override"
    GRADE = "grade"
    APPROVE = "approve"
    RELEASE = "release"  # a T2 by one person, in an emergency
    COUNTERSIGN = "countersign"
    DISCARD = "discard"
    REPLACE = "replace"  # the effect on the older version when a newer is issued
    EXPIRE = "expire"
    LAPSE = "lapse"  # an emergency release that nobody countersigned


class Level(StrEnum):
    """One answer of the grading panel."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class ProposalKind(StrEnum):
    """What the machine proposes after a result changed."""

    UPDATE = "update"
    CANCEL = "cancel"


class ProposalState(StrEnum):
    """What a person made of a proposal."""

    OPEN = "open"
    TAKEN = "taken"
    DISMISSED = "dismissed"


class Alert(SQLModel, table=True):
    """One warning through all its versions."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tier: Tier = Field(sa_type=enum_type(Tier))
    episode_id: UUID | None = Field(default=None, foreign_key="episode.id", index=True)
    rule_ids: list[str] = Field(default_factory=list, sa_type=sa.JSON)  # the first gave the texts
    areas: list[str] = Field(default_factory=list, sa_type=sa.JSON)  # coarse, as on the samples
    exercise: bool = False  # demo or training: everything it sends says so
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime, index=True)


class AlertVersion(SQLModel, table=True):
    """One version of an alert, with its final texts."""

    __tablename__ = "alert_version"
    __table_args__ = (sa.UniqueConstraint("alert_id", "number"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    alert_id: UUID = Field(foreign_key="alert.id", index=True)
    number: int  # from 1
    kind: VersionKind = Field(sa_type=enum_type(VersionKind))
    state: AlertState = Field(default=AlertState.DRAFT, sa_type=enum_type(AlertState), index=True)
    message_params: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)  # what the draft is rendered from
    texts: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)  # by language: schemas.AlertText
    edition: int = 0  # grows with every change of the texts; an approval names the one it read
    author_id: UUID | None = Field(default=None, foreign_key="account.id")  # who last edited; None: the machine
    grade: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    graded_by: UUID | None = Field(default=None, foreign_key="account.id")
    override_reason: str | None = Field(default=None, max_length=1000)
    override_by: UUID | None = Field(default=None, foreign_key="account.id")
    release_reason: str | None = Field(default=None, max_length=1000)
    released_by: UUID | None = Field(default=None, foreign_key="account.id")
    countersign_by: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)  # the deadline
    countersigned_by: UUID | None = Field(default=None, foreign_key="account.id")
    reason: str | None = Field(default=None, max_length=1000)  # why it was updated, cancelled or retracted
    photo_id: UUID | None = Field(default=None, foreign_key="sample_photo.id")  # what one of the samples looked like
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    issued_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
    expires_at: datetime = Field(sa_type=UTCDateTime, index=True)


class AlertApproval(SQLModel, table=True):
    """Somebody approved one edition of a version."""

    __tablename__ = "alert_approval"
    __table_args__ = (sa.UniqueConstraint("version_id", "edition", "account_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version_id: UUID = Field(foreign_key="alert_version.id", index=True)
    edition: int
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class AlertBasis(SQLModel, table=True):
    """A result version that an alert rests on."""

    __tablename__ = "alert_basis"

    alert_id: UUID = Field(foreign_key="alert.id", primary_key=True)
    result_id: UUID = Field(foreign_key="result.id", primary_key=True)
    sample_id: UUID = Field(foreign_key="sample.id", index=True)
    confirmed: bool  # whether the finding that fired was confirmed
    withdrawn_at: datetime | None = Field(default=None, sa_type=UTCDateTime)  # amended or retracted since


class AlertProposal(SQLModel, table=True):
    """The machine proposes, a person decides: update or cancel, because a result changed."""

    __tablename__ = "alert_proposal"
    __table_args__ = (sa.UniqueConstraint("alert_id", "result_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    alert_id: UUID = Field(foreign_key="alert.id", index=True)
    result_id: UUID = Field(foreign_key="result.id")  # the version that was amended or retracted
    kind: ProposalKind = Field(sa_type=enum_type(ProposalKind))
    state: ProposalState = Field(default=ProposalState.OPEN, sa_type=enum_type(ProposalState), index=True)
    opened_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    decided_by: UUID | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    reason: str | None = Field(default=None, max_length=1000)


class AlertTransition(SQLModel, table=True):
    """A change of state of a version: who, when, why."""

    __tablename__ = "alert_transition"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version_id: UUID = Field(foreign_key="alert_version.id", index=True)
    action: AlertAction = Field(sa_type=enum_type(AlertAction))
    from_state: AlertState = Field(sa_type=enum_type(AlertState, name="from_state"))
    to_state: AlertState = Field(sa_type=enum_type(AlertState, name="to_state"))
    account_id: UUID | None = Field(default=None, foreign_key="account.id")  # None: the clock
    reason: str | None = Field(default=None, max_length=1000)
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
