"""A person's corrections to a reading: foreseen while they work, then ordered as the reading that supersedes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session

from lab.network.access import Actor
from lab.plates.errors import CorrectionReasonMissingError, EditsInvalidError
from lab.plates.models import Plate, PlatePicture, Reading, ReadingOrder
from lab.plates.readings import get_reading, order_successor
from lab.plates.sandbox import Edited
from tlc_analysis.amend import amend
from tlc_analysis.edits import Edits, edits_to_json, read_edits
from tlc_analysis.errors import InvalidHintsError
from tlc_analysis.model import PlateReading
from tlc_analysis.on_paper import OnPaper
from tlc_analysis.serialise import from_json

MAX_REASON = 300


def amend_reading(
    session: Session, *, actor: Actor, reading_id: UUID, edits: Mapping[str, Any], reason: str
) -> ReadingOrder:
    """Order the reading with ``edits`` (:mod:`tlc_analysis.edits`) that supersedes this one; only they will differ.

    Raises :class:`ReadingNotFoundError`, :class:`EditsInvalidError`, :class:`CorrectionReasonMissingError`,
    :class:`ReadingSupersededError`, :class:`ReadingWaitingError`.
    """
    reading = get_reading(session, actor=actor, reading_id=reading_id)
    read, _ = _foreseen(session, reading, edits)
    why = reason.strip()[:MAX_REASON]
    if not why:
        raise CorrectionReasonMissingError
    order = ReadingOrder(
        picture_id=reading.picture_id,
        supersedes_id=reading.id,
        hints=reading.hints,
        edits=edits_to_json(read),
        reason=why,
        ordered_by=actor.account_id,
    )
    return order_successor(session, reading, order)


def foresee(session: Session, *, actor: Actor, reading_id: UUID, edits: Mapping[str, Any]) -> PlateReading:
    """What the reading with ``edits`` will say of places and Rf, by its geometry alone; the picture is not looked at.

    Bands that were put by hand have neither strength nor colour yet, and a new lane no bands but those.
    Raises :class:`ReadingNotFoundError`, :class:`EditsInvalidError`.
    """
    reading = get_reading(session, actor=actor, reading_id=reading_id)
    return _foreseen(session, reading, edits)[1]


def edited_by(session: Session, *, order: ReadingOrder) -> Edited | None:
    """What a worker needs to carry out an order of corrections; None for an order of another kind."""
    if order.edits is None or order.supersedes_id is None:
        return None
    reading = session.get_one(Reading, order.supersedes_id)
    return Edited(document=reading.document, edits=order.edits, plate_mm=_size_mm(session, reading))


def _foreseen(session: Session, reading: Reading, edits: Mapping[str, Any]) -> tuple[Edits, PlateReading]:
    try:
        read = read_edits(dict(edits))
        size = _size_mm(session, reading)
        return read, amend(from_json(reading.document), read, measuring=OnPaper, plate_mm=size)
    except InvalidHintsError as error:
        raise EditsInvalidError from error


def _size_mm(session: Session, reading: Reading) -> tuple[float, float] | None:
    picture = session.get_one(PlatePicture, reading.picture_id)
    plate = session.get_one(Plate, picture.plate_id)
    return (plate.width_mm, plate.height_mm) if plate.width_mm and plate.height_mm else None
