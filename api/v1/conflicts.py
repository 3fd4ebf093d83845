"""Conflicts between a device and the server as JSON: both versions, and a person's decision."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.deps import ActorDep, SessionDep
from api.routing import GuardedRouter, needs
from lab.kit.text import PlainText
from lab.network.access import Permission
from lab.sync import conflicts, decisions
from lab.sync.models import Decision, SyncConflict, SyncKind

router = GuardedRouter(tags=["sync"])
HANDLE = needs(Permission.CUSTODY_HANDLE)


class ConflictOut(BaseModel):
    """What a device says against what is known here."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: SyncKind
    reason: str
    site_id: UUID
    account_id: UUID
    happened_at: datetime | None
    received_at: datetime
    applied: bool
    sample_id: UUID | None
    other_sample_id: UUID | None
    parcel_id: UUID | None
    label: str | None
    items: list[Mapping[str, Any]]
    device_says: Mapping[str, Any]
    server_says: Mapping[str, Any]
    decided_at: datetime | None
    decision: Decision | None
    decision_reason: str | None


class ConflictDetailOut(ConflictOut):
    """One conflict, with how it can be decided."""

    choices: list[Decision]


class DecisionIn(BaseModel):
    """A decision, and why."""

    model_config = ConfigDict(extra="forbid")

    decision: Decision
    reason: Annotated[PlainText, Field(max_length=500)]


def _detail(conflict: SyncConflict) -> ConflictDetailOut:
    possible = [] if conflict.decided_at else [choice.decision for choice in decisions.choices(conflict)]
    return ConflictDetailOut(**ConflictOut.model_validate(conflict).model_dump(), choices=possible)


@router.get("/conflicts", access=HANDLE)
def list_conflicts(session: SessionDep, actor: ActorDep) -> list[ConflictOut]:
    """What waits for a decision at this account's sites, the oldest first."""
    return [ConflictOut.model_validate(one) for one in conflicts.open_conflicts(session, actor=actor)]


@router.get("/conflicts/{conflict_id}", access=HANDLE)
def get_conflict(conflict_id: UUID, session: SessionDep, actor: ActorDep) -> ConflictDetailOut:
    """One conflict with both versions."""
    return _detail(conflicts.get_conflict(session, actor=actor, conflict_id=conflict_id))


@router.post("/conflicts/{conflict_id}/decide", access=HANDLE)
def decide(conflict_id: UUID, data: DecisionIn, session: SessionDep, actor: ActorDep) -> ConflictDetailOut:
    """Decide it, once."""
    return _detail(decisions.decide(session, actor=actor, conflict_id=conflict_id, **data.model_dump()))
