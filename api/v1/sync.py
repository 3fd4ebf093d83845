"""A device's outbox, replayed in order. Sent again, it changes nothing: every operation carries its own key."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from api.deps import ActorDep, SessionDep
from api.errors import problem_of
from api.language import translator_of
from api.routing import GuardedRouter, needs
from api.v1.custody import EventRequest
from lab.custody import service as custody
from lab.errors import LabError
from lab.network.access import Actor, Permission
from lab.samples import service as samples
from lab.samples.schemas import SampleIn

router = GuardedRouter(tags=["sync"])


class RegisterOperation(BaseModel):
    """A registration; its ``client_id`` makes it harmless to send again."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["register"]
    sample: SampleIn


class EventOperation(BaseModel):
    """An event of an item; its ``id`` makes it harmless to send again.

    The item is named by its key or, where the device registered it itself, by the ``client_id`` of the sample.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["event"]
    item_id: UUID | None = None
    client_id: UUID | None = None
    event: EventRequest


Operation = Annotated[RegisterOperation | EventOperation, Field(discriminator="kind")]


class SyncIn(BaseModel):
    """The outbox, oldest first."""

    model_config = ConfigDict(extra="forbid")

    operations: Annotated[list[Operation], Field(max_length=500)]


class OperationOut(BaseModel):
    """What became of one operation: the keys it made, or why a person must look at it."""

    ok: bool
    sample_id: UUID | None = None
    code: str | None = None
    item_id: UUID | None = None
    ticket: str | None = None
    event_id: UUID | None = None
    problem: Mapping[str, Any] | None = None


class SyncOut(BaseModel):
    """One outcome for each operation, in their order."""

    results: list[OperationOut]


@router.post("/sync", access=needs(Permission.CUSTODY_HANDLE))
def sync(data: SyncIn, request: Request, session: SessionDep, actor: ActorDep) -> SyncOut:
    """Apply each operation by itself: one that cannot be taken does not hold up the others."""
    return SyncOut(results=[_apply(request, session, actor, operation) for operation in data.operations])


def _apply(request: Request, session: Session, actor: Actor, operation: Operation) -> OperationOut:
    try:
        with session.begin_nested():
            if isinstance(operation, RegisterOperation):
                return _register(session, actor, operation)
            return _record(session, actor, operation)
    except LabError as error:
        return OperationOut(ok=False, problem=problem_of(error, translator_of(request)).body())


def _register(session: Session, actor: Actor, operation: RegisterOperation) -> OperationOut:
    registered = samples.register(session, actor=actor, data=operation.sample)
    return OperationOut(
        ok=True,
        sample_id=registered.sample.id,
        code=registered.sample.code,
        item_id=registered.item.id,
        ticket=registered.ticket,
    )


def _record(session: Session, actor: Actor, operation: EventOperation) -> OperationOut:
    item_id = operation.item_id
    if item_id is None:
        item_id = samples.item_registered_as(session, actor=actor, client_id=operation.client_id).id
    details = operation.event.model_dump(exclude_unset=True, exclude={"action"})
    event = custody.record_event(session, actor=actor, item_id=item_id, action=operation.event.action, **details)
    return OperationOut(ok=True, item_id=item_id, event_id=event.id)
