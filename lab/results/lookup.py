"""What the holder of a ticket may read, in their language, and nothing else.

A ticket that is unknown, closed, expired, printed and never used, or whose answer is not ready must not be told
apart, in what is answered or in how long that takes: whoever tries tickets learns nothing. So every look-up first asks
one question of one shape (:func:`gate`). Its statement looks up the same things for a ticket that opens nothing, under
a key that no sample has, and only what there is to say about an answer is looked up after it.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from lab.custody.models import Item, ItemState
from lab.kit.clock import now
from lab.kit.ids import new_id
from lab.results.answers import answer_of
from lab.results.models import Analysis, Outcome, Result, ResultState
from lab.results.schemas import ColourWord
from lab.results.service import results_of
from lab.samples.models import Ticket
from lab.samples.tickets import hash_of

GONE = (ItemState.RETURNED, ItemState.DESTROYED, ItemState.LOST)
# Versions that were given out and do not stand as they are: a newer one is on its way.
_UNSETTLED = frozenset({ResultState.DRAFT, ResultState.AMENDED})


@dataclass(frozen=True)
class Gate:
    """Whether a ticket opens anything. ``sample_id`` is a key that no sample has where the ticket opens nothing."""

    sample_id: UUID
    has_answer: bool
    is_over: bool  # the material is gone, and there will be no answer


def gate(session: Session, *, token: str) -> Gate:
    """What ``token`` opens, by one statement for all tickets.

    A typo raises, as in :func:`lab.samples.codes.read`: it is told from "not ready" before anything is looked up.
    """
    row = session.execute(_question(hash_of(token), decoy=new_id())).one()
    return Gate(row.sample_id, bool(row.has_answer), bool(row.is_over))


def _question(token_hash: bytes, *, decoy: UUID) -> sa.Select[tuple[UUID, bool, bool]]:
    opened = (
        sa.select(col(Ticket.sample_id))
        .where(
            col(Ticket.token_hash) == token_hash, col(Ticket.revoked_at).is_(None), col(Ticket.expires_at) > now()
        )
        .scalar_subquery()
    )  # fmt: skip
    subject = sa.select(sa.func.coalesce(opened, sa.literal(decoy, sa.Uuid()), type_=sa.Uuid()).label("id")).cte(
        "subject"
    )
    sample_id = subject.c.id
    versions = sa.exists().where(col(Result.sample_id) == sample_id)
    given = versions.where(sa.or_(col(Result.reported_at).is_not(None), col(Result.preliminary)))
    analysed = sa.exists().where(col(Analysis.sample_id) == sample_id, col(Analysis.outcome) != Outcome.NOT_TESTED)
    items = sa.exists().where(col(Item.sample_id) == sample_id)
    gone = items.where(sa.text("custody_item.state IN ('returned', 'destroyed', 'lost')"))
    at_hand = items.where(col(Item.state).not_in(GONE))
    # CASE looks no further than it must: of a sample that is not over nothing but an absence is looked up.
    is_over = sa.case((gone, sa.and_(sa.not_(at_hand), sa.not_(versions), sa.not_(analysed))), else_=sa.false())
    return sa.select(sample_id.label("sample_id"), given.label("has_answer"), is_over.label("is_over"))


def given_out(session: Session, *, sample_id: UUID) -> list[Result]:
    """The versions that were told to the person, oldest first: reported, or told before their check."""
    return [
        one
        for one in results_of(session, sample_id=sample_id)
        if one.texts and (one.reported_at is not None or one.preliminary)
    ]


@dataclass(frozen=True)
class TicketAnswer:
    """The answer as it stands. ``superseded``: a newer one is being prepared; ``retracted``: it no longer holds.

    ``replaces``: when the answer that this one takes the place of was given out.
    """

    result: Result
    colour: ColourWord
    text: str
    preliminary: bool
    superseded: bool
    retracted: bool
    given_out_at: datetime | None
    replaces: datetime | None = None


def answer_behind(session: Session, *, token: str, language: str) -> TicketAnswer | None:
    """The answer that ``token`` opens; None for every ticket that opens none, alike. A typo raises, as :func:`gate`."""
    opened = gate(session, token=token)
    return answer_for(session, sample_id=opened.sample_id, language=language) if opened.has_answer else None


def answer_for(session: Session, *, sample_id: UUID, language: str) -> TicketAnswer | None:
    """The newest version that was given out, in ``language``; None while there is none."""
    versions = given_out(session, sample_id=sample_id)
    if not versions:
        return None
    *older, newest = versions
    return TicketAnswer(
        result=newest,
        colour=answer_of(session, result=newest).colour,
        text=newest.texts[language],
        preliminary=newest.verified_at is None,
        superseded=newest.state in _UNSETTLED,
        retracted=newest.state is ResultState.RETRACTED,
        given_out_at=newest.reported_at,
        replaces=(older[-1].reported_at or older[-1].submitted_at) if older else None,
    )
