"""The answer behind a ticket: no account, no cookie, no log of it."""

from typing import Annotated, Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from api.deps import SessionDep
from api.language import language_of
from api.routing import GuardedRouter, public
from lab.results.lookup import answer_behind
from lab.results.schemas import ColourWord

router = GuardedRouter(tags=["look-up"])


class LookupIn(BaseModel):
    """The ticket as typed or scanned. It travels in the body, so that no address and no log holds it."""

    model_config = ConfigDict(extra="forbid")

    ticket: Annotated[str, Field(max_length=80)]
    language: Literal["fr", "nl", "en"] | None = None


class LookupOut(BaseModel):
    """The answer, or that there is none to read yet: an unknown ticket is not told from one that is not ready."""

    ready: bool
    colour: ColourWord | None = None
    text: str | None = None
    preliminary: bool = False
    superseded: bool = False
    retracted: bool = False


@router.post("/lookup", access=public("the ticket is the right", limit="30/minute"))
def lookup(data: LookupIn, request: Request, session: SessionDep) -> LookupOut:
    """Read the answer behind a ticket."""
    found = answer_behind(session, token=data.ticket, language=data.language or language_of(request))
    if found is None:
        return LookupOut(ready=False)
    return LookupOut(
        ready=True,
        colour=found.colour,
        text=found.text,
        preliminary=found.preliminary,
        superseded=found.superseded,
        retracted=found.retracted,
    )
