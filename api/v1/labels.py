"""Pre-printed labels as JSON: printing a batch, listing, asking what a code is, declaring a sheet lost."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field

from api.deps import ActorDep, SessionDep, SettingsDep
from api.language import language_of
from api.routing import GuardedRouter, needs
from lab.kit.text import PlainText
from lab.labels import service
from lab.labels.models import LabelBatch
from lab.network.access import Permission
from lab.samples.codes import parse_code
from lab.samples.schemas import LabelStanding
from templates.labels import lookup_address

router = GuardedRouter(tags=["labels"])
PRINT = needs(Permission.SAMPLE_REGISTER)


class BatchIn(BaseModel):
    """What to print; ``site_id`` null is for any site, which takes a network-wide role."""

    model_config = ConfigDict(extra="forbid")

    site_id: UUID | None
    format: Annotated[PlainText, Field(max_length=20)]
    sheets: Annotated[int, Field(ge=1, le=service.MAX_SHEETS)] = 1
    with_tickets: bool = False
    language: Literal["fr", "nl", "en"] | None = None


class BatchOut(BaseModel):
    """A batch that was printed: who, when, for where."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    site_id: UUID | None
    format: str
    size: int
    with_tickets: bool
    language: str
    printed_by: UUID
    printed_at: datetime
    voided_at: datetime | None


class PrintedOut(BatchOut):
    """A batch with what goes on paper. ``tickets`` are seen this once; ``lookup`` is the address before the #."""

    codes: list[str]
    tickets: list[str]
    lookup: str


class StandingOut(BaseModel):
    """What is known of the code on a label."""

    code: str
    standing: LabelStanding


def _batch(batch: LabelBatch) -> BatchOut:
    return BatchOut.model_validate(batch)


@router.post("/labels", access=PRINT, status_code=201)
def print_labels(
    data: BatchIn, request: Request, session: SessionDep, actor: ActorDep, settings: SettingsDep
) -> PrintedOut:
    """Draw and keep the codes of a batch of labels, with a ticket beside each where that is asked for."""
    done = service.print_batch(
        session, actor=actor, site_id=data.site_id, format=data.format, sheets=data.sheets,
        language=data.language or language_of(request), with_tickets=data.with_tickets,
    )  # fmt: skip
    return PrintedOut(
        **_batch(done.batch).model_dump(),
        codes=list(done.codes),
        tickets=list(done.tokens),
        lookup=lookup_address(settings.base_url),
    )


@router.get("/labels", access=PRINT)
def list_batches(session: SessionDep, actor: ActorDep) -> list[BatchOut]:
    """The newest batches for the sites of this account."""
    return [_batch(one.batch) for one in service.list_batches(session, actor=actor)]


@router.get("/labels/standing", access=PRINT)
def standing(
    session: SessionDep, actor: ActorDep, site_id: UUID, code: Annotated[str, Query(max_length=40)]
) -> StandingOut:
    """What is known of a code before it is used at a site."""
    actor.require(Permission.SAMPLE_REGISTER, site_id)
    stored = parse_code(code)
    return StandingOut(code=stored, standing=service.look_at(session, code=stored, site_id=site_id))


@router.post("/labels/{batch_id}/lost", access=PRINT)
def declare_lost(batch_id: UUID, session: SessionDep, actor: ActorDep) -> BatchOut:
    """What is left of a batch can be used no more."""
    return _batch(service.declare_lost(session, actor=actor, batch_id=batch_id))
