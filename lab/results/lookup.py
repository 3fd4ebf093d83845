"""What the holder of a ticket may read: the answer given out, in their language, and nothing else."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from lab.results.answers import answer_of
from lab.results.models import Result, ResultState
from lab.results.schemas import ColourWord
from lab.results.service import results_of
from lab.samples.tickets import sample_behind

_GIVEN_OUT = frozenset({ResultState.REPORTED, ResultState.AMENDED, ResultState.RETRACTED})


@dataclass(frozen=True)
class TicketAnswer:
    """The answer as it stands. ``superseded``: a newer one is being prepared; ``retracted``: it no longer holds."""

    colour: ColourWord
    text: str
    preliminary: bool
    superseded: bool
    retracted: bool
    given_out_at: datetime | None


def answer_behind(session: Session, *, token: str, language: str) -> TicketAnswer | None:
    """The answer that ``token`` opens; None for an unknown ticket and for an answer that is not ready, alike.

    A typo raises, as in :func:`lab.samples.codes.read`, so that it is told from "not ready".
    """
    sample = sample_behind(session, token=token)
    if sample is None:
        return None
    given = [one for one in results_of(session, sample_id=sample.id) if _is_told(one)]
    return _told(session, given[-1], language) if given else None


def _is_told(result: Result) -> bool:
    return bool(result.texts) and (result.state in _GIVEN_OUT or result.preliminary)


def _told(session: Session, result: Result, language: str) -> TicketAnswer:
    return TicketAnswer(
        colour=answer_of(session, result=result).colour,
        text=result.texts[language],
        preliminary=result.preliminary and result.verified_at is None,
        superseded=result.state is ResultState.AMENDED,
        retracted=result.state is ResultState.RETRACTED,
        given_out_at=result.reported_at,
    )
