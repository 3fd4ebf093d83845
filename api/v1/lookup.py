"""The answer behind a ticket: no account, no cookie, no log of it."""

from typing import Annotated, Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from api.deps import ReadingDep, SessionDep
from api.language import language_of
from api.routing import GuardedRouter, public
from lab.ratings import service as ratings
from lab.ratings.schemas import RatingIn
from lab.results.lookup import answer_behind
from lab.results.schemas import ColourWord

router = GuardedRouter(tags=["look-up"])
LIMIT = "30/minute"


class LookupIn(BaseModel):
    """The ticket as typed or scanned. It travels in the body, so that no address and no log holds it."""

    model_config = ConfigDict(extra="forbid")

    ticket: Annotated[str, Field(max_length=80)]
    language: Literal["fr", "nl", "en"] | None = None


class LookupOut(BaseModel):
    """The answer, or that there is none to read: why not is not told, so that a ticket that is unknown, closed,
    expired or never used is not told from one that is not ready."""

    ready: bool
    colour: ColourWord | None = None
    text: str | None = None
    preliminary: bool = False
    superseded: bool = False
    retracted: bool = False


class RateIn(RatingIn):
    """A rating with the ticket that it is given for; a later one takes its place."""

    ticket: Annotated[str, Field(max_length=80)]


class RateOut(BaseModel):
    """Whether there was an answer to rate."""

    ready: bool


@router.post("/lookup", access=public("the ticket is the right", limit=LIMIT))
def lookup(data: LookupIn, request: Request, session: ReadingDep) -> LookupOut:
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


@router.post("/lookup/rating", access=public("the ticket is the right", limit=LIMIT))
def rate(data: RateIn, session: SessionDep) -> RateOut:
    """Say whether the answer and the contact were of use; kept beside no sample."""
    said = RatingIn.model_validate(data.model_dump(exclude={"ticket"}))
    return RateOut(ready=ratings.rate(session, token=data.ticket, data=said))
