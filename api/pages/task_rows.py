"""Call-back tasks as rows of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from alerts.tasks import service as tasks
from lab.network.access import Actor
from lab.samples.models import Sample
from templates.i18n import Translator


@dataclass(frozen=True)
class TaskRow:
    """One person to call back."""

    id: UUID
    code: str
    text: str
    opened_at: datetime
    verified: bool
    acknowledged_at: datetime | None


def open_tasks(session: Session, *, actor: Actor, translator: Translator) -> Sequence[TaskRow]:
    """The open tasks that ``actor`` sees, the oldest first."""
    return [
        TaskRow(
            task.id,
            session.get_one(Sample, task.sample_id).code,
            translator.text(task.message_id, **task.message_params),
            task.opened_at,
            task.verified,
            task.acknowledged_at,
        )
        for task in tasks.list_open(session, actor=actor)
    ]
