"""The last gate of an answer that rests on plates: one that failed carries it only with a written reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from lab.kit.messages import Message
from lab.network.access import Actor
from lab.plates.models import Reading
from lab.quality.criteria import criteria_at
from lab.quality.errors import QualityReasonMissingError
from lab.quality.judging import judge
from lab.quality.models import QualityException
from lab.results.models import Analysis, ResultAnalysis, Technique


@dataclass(frozen=True, kw_only=True)
class Failed:
    """What failed under one answer: a plate as read, or an analysis by TLC that names no plate (``reading`` None)."""

    reading: Reading | None
    plate_number: str | None
    criteria_id: UUID | None
    failures: tuple[Message, ...]


def failed_under(session: Session, *, result_id: UUID) -> tuple[Failed, ...]:
    """Everything that failed of what a result rests on, plate by plate; empty when all passed."""
    statement = (
        select(Analysis)
        .join(ResultAnalysis, col(ResultAnalysis.analysis_id) == col(Analysis.id))
        .where(ResultAnalysis.result_id == result_id, Analysis.technique == Technique.TLC)
        .order_by(col(Analysis.created_at), col(Analysis.id))
    )
    analyses = session.exec(statement).all()
    readings = dict.fromkeys(one.reading_id for one in analyses if one.reading_id is not None)
    found = [_reading(session, session.get_one(Reading, reading_id)) for reading_id in readings]
    found += [_without_plate(session, site_id) for site_id in {a.site_id for a in analyses if a.reading_id is None}]
    return tuple(one for one in found if one.failures)


def _reading(session: Session, reading: Reading) -> Failed:
    judgement = judge(session, reading=reading)
    return Failed(
        reading=reading, plate_number=judgement.plate.number, criteria_id=judgement.criteria.id,
        failures=judgement.failures,
    )  # fmt: skip


def _without_plate(session: Session, site_id: UUID) -> Failed:
    """Where standards or a blank are demanded, an answer by TLC that shows no plate shows neither."""
    criteria = criteria_at(session, site_id=site_id)
    failures = (Message("quality.plate.none"),) if criteria.demands_a_plate else ()
    return Failed(reading=None, plate_number=None, criteria_id=criteria.id, failures=failures)


def check_plates(session: Session, *, actor: Actor, result_id: UUID, reason: str) -> None:
    """Keep the written ``reason`` for every plate that failed under the result.

    Raises :class:`QualityReasonMissingError` where something failed and nothing was written.
    """
    failed = failed_under(session, result_id=result_id)
    if failed and not reason:
        raise QualityReasonMissingError
    for one in failed:
        session.add(
            QualityException(
                result_id=result_id, reading_id=None if one.reading is None else one.reading.id,
                criteria_id=one.criteria_id, reason=reason, account_id=actor.account_id,
                failures=[{"id": message.id, "params": dict(message.params)} for message in one.failures],
            )
        )  # fmt: skip


def exceptions_of(session: Session, *, result_id: UUID) -> Sequence[QualityException]:
    """Under which exceptions a result was verified."""
    statement = select(QualityException).where(QualityException.result_id == result_id)
    return session.exec(statement.order_by(col(QualityException.at))).all()
