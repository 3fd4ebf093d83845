"""A device's outbox, replayed in order. Sent again, it changes nothing: every operation carries its own key."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from api.deps import ActorDep, SessionDep, SettingsDep
from api.errors import Problem, problem_of
from api.language import translator_of
from api.routing import GuardedRouter, needs
from api.validation import field_errors
from lab.custody.models import SealState
from lab.network.access import Permission
from lab.samples.models import AdverseEvent, Reason, SampleForm
from lab.samples.words import Colour, Route, TabletShape, Texture
from lab.sync import service
from lab.sync.kit import make_kit
from lab.sync.schemas import MAX_OPERATIONS, Kit, Operation
from lab.sync.service import Outcome
from templates.i18n import Translator

router = GuardedRouter(tags=["sync"])
_VOCABULARIES: dict[str, type[StrEnum]] = {
    "form": SampleForm,
    "colour": Colour,
    "texture": Texture,
    "route": Route,
    "tablet_shape": TabletShape,
    "adverse_event": AdverseEvent,
    "reason": Reason,
    "seal_state": SealState,
}


@dataclass(frozen=True)
class Malformed:
    """An operation that does not fit its schema, and where."""

    errors: list[Any]


def _or_malformed(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """One operation that does not fit must not hold up a night's outbox."""
    try:
        return validate(value)
    except ValidationError as error:
        return Malformed(error.errors(include_url=False, include_input=False))


class SyncIn(BaseModel):
    """The outbox, oldest first. Where all carry ``device`` and ``device_sequence``, these tell the order."""

    model_config = ConfigDict(extra="forbid")

    operations: Annotated[list[Annotated[Operation, WrapValidator(_or_malformed)]], Field(max_length=MAX_OPERATIONS)]


class OperationOut(BaseModel):
    """What became of one operation: the keys it made, or why a person must look at it."""

    ok: bool
    sample_id: UUID | None = None
    code: str | None = None
    item_id: UUID | None = None
    ticket: str | None = None
    event_id: UUID | None = None
    parcel_id: UUID | None = None
    conflict_id: UUID | None = None  # kept at the server, where a person decides: the device may forget it
    problem: Mapping[str, Any] | None = None


class Word(BaseModel):
    """A word to pick, as it is sent and as it is read."""

    value: str
    label: str


class KitOut(Kit):
    """The kit with the vocabularies in the reader's language."""

    language: str
    vocabularies: dict[str, list[Word]]


class SyncOut(BaseModel):
    """One outcome for each operation, in their order."""

    results: list[OperationOut]


@router.post("/sync", access=needs(Permission.CUSTODY_HANDLE))
def sync(data: SyncIn, request: Request, session: SessionDep, actor: ActorDep, settings: SettingsDep) -> SyncOut:
    """Apply each operation by itself: one that cannot be taken does not hold up the others."""
    t = translator_of(request)
    sent = cast("list[Operation | Malformed]", data.operations)
    fitting = [one for one in sent if not isinstance(one, Malformed)]
    days = settings.ticket_days
    outcomes = iter(service.apply_all(session, actor=actor, operations=fitting, ticket_days=days))
    return SyncOut(
        results=[_malformed(one, t) if isinstance(one, Malformed) else _out(next(outcomes), t) for one in sent]
    )


def _out(outcome: Outcome, t: Translator) -> OperationOut:
    return OperationOut(
        ok=outcome.ok,
        sample_id=outcome.sample_id,
        code=outcome.code,
        item_id=outcome.item_id,
        ticket=outcome.ticket,
        event_id=outcome.event_id,
        parcel_id=outcome.parcel_id,
        conflict_id=outcome.conflict_id,
        problem=problem_of(outcome.error, t).body() if outcome.error else None,
    )


def _malformed(operation: Malformed, t: Translator) -> OperationOut:
    errors = field_errors(operation.errors, t)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    problem = Problem(
        "error.invalid", status, t.text(f"problem.title.{status}"), t.text("problem.invalid_request"), errors
    )
    return OperationOut(ok=False, problem=problem.body())


@router.get("/sync/kit", access=needs(Permission.CUSTODY_HANDLE))
def kit(request: Request, session: SessionDep, actor: ActorDep) -> KitOut:
    """What a device needs to work without network: no result, nothing about a person who came."""
    t = translator_of(request)
    words = {
        name: [Word(value=value, label=label) for value, label in t.options(members)]
        for name, members in _VOCABULARIES.items()
    }
    return KitOut(**dict(make_kit(session, actor=actor)), language=t.language, vocabularies=words)
