"""Call-back tasks (T0) as JSON: what is open, and that somebody called."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from alerts.tasks import service
from alerts.tasks.models import CallbackTask, TaskState
from api.deps import ActorDep, SessionDep
from api.language import translator_of
from api.routing import GuardedRouter, needs
from lab.network.access import Permission
from lab.samples.models import Sample
from templates.i18n import Translator

router = GuardedRouter(prefix="/tasks", tags=["call-backs"])


class TaskOut(BaseModel):
    """Tell the person who brought this sample, now. ``text`` says what, in the caller's language."""

    id: UUID
    sample_code: str
    site_id: UUID
    cause: str
    state: TaskState
    verified: bool
    evidence: str | None
    text: str
    opened_at: datetime
    acknowledged_at: datetime | None
    escalations: int
    escalate_at: datetime | None
    confirmed_at: datetime | None
    said: str | None


class SaidIn(BaseModel):
    """What was said, or why nobody was reached."""

    model_config = ConfigDict(extra="forbid")

    said: Annotated[str, Field(max_length=1000)]


def _out(session: Session, task: CallbackTask, speaking: Translator) -> TaskOut:
    fields = task.model_dump(include=set(TaskOut.model_fields) - {"sample_code", "text"})
    return TaskOut(
        **fields,
        sample_code=session.get_one(Sample, task.sample_id).code,
        text=speaking.text(task.message_id, **task.message_params),
    )


@router.get("", access=needs(Permission.SAMPLE_READ))
def list_open(request: Request, session: SessionDep, actor: ActorDep, site_id: UUID | None = None) -> list[TaskOut]:
    """Open call-backs at the sites of this account, oldest first."""
    speaking = translator_of(request)
    return [_out(session, task, speaking) for task in service.list_open(session, actor=actor, site_id=site_id)]


@router.get("/{task_id}", access=needs(Permission.SAMPLE_READ))
def get_task(task_id: UUID, request: Request, session: SessionDep, actor: ActorDep) -> TaskOut:
    """One call-back."""
    return _out(session, service.get_task(session, actor=actor, task_id=task_id), translator_of(request))


@router.post("/{task_id}/acknowledge", access=needs(Permission.TASK_HANDLE))
def acknowledge(task_id: UUID, request: Request, session: SessionDep, actor: ActorDep) -> TaskOut:
    """Say "I am on it"; escalation goes on until the call is confirmed."""
    return _out(session, service.acknowledge(session, actor=actor, task_id=task_id), translator_of(request))


@router.post("/{task_id}/not-reached", access=needs(Permission.TASK_HANDLE))
def not_reached(task_id: UUID, data: SaidIn, request: Request, session: SessionDep, actor: ActorDep) -> TaskOut:
    """Somebody tried; the task stays open."""
    task = service.record_not_reached(session, actor=actor, task_id=task_id, note=data.said)
    return _out(session, task, translator_of(request))


@router.post("/{task_id}/called-back", access=needs(Permission.TASK_HANDLE))
def called_back(task_id: UUID, data: SaidIn, request: Request, session: SessionDep, actor: ActorDep) -> TaskOut:
    """Close the call-back with what was said."""
    task = service.confirm_called_back(session, actor=actor, task_id=task_id, said=data.said)
    return _out(session, task, translator_of(request))
