"""Readings: ordered by machine or person, kept as versions that supersede, accepted as the basis of an answer."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.kit.jobs import enqueue
from lab.network.access import Actor
from lab.plates.errors import (
    HintsInvalidError,
    PictureNotFoundError,
    ReadingNotFoundError,
    ReadingSupersededError,
    ReadingWaitingError,
)
from lab.plates.models import (
    OrderState,
    PictureState,
    Plate,
    PlatePicture,
    Reading,
    ReadingAcceptance,
    ReadingOrder,
    ReadingStep,
)
from lab.plates.queries import get_picture, lanes_of
from lab.plates.standards import record_standards
from lab.quality.controls import picture_plate, record_points, system_names
from tlc_analysis.errors import InvalidHintsError
from tlc_analysis.hints_json import read_hints

READ = "plates.read"
"""The task that makes an ordered reading; its key is the order's."""


def order_reading(session: Session, order: ReadingOrder) -> ReadingOrder:
    """Add ``order`` and queue the work."""
    session.add(order)
    session.flush()
    enqueue(session, READ, str(order.id))
    return order


def tell_step(session: Session, *, order_id: UUID, step: ReadingStep) -> None:
    """Keep what the reader is doing; an order that does not wait any more stays as it is."""
    session.execute(
        sa.update(ReadingOrder)
        .where(col(ReadingOrder.id) == order_id, col(ReadingOrder.state) == OrderState.WAITING)
        .values(step=step)
    )


def waiting_order(session: Session, *, picture_id: UUID) -> ReadingOrder | None:
    """The reading that is being made of a picture, or that waits to be."""
    return session.exec(
        select(ReadingOrder).where(ReadingOrder.picture_id == picture_id, ReadingOrder.state == OrderState.WAITING)
    ).first()


def readings_of(session: Session, *, picture_id: UUID) -> Sequence[Reading]:
    """Every reading of a picture, the first one first."""
    return session.exec(select(Reading).where(Reading.picture_id == picture_id).order_by(col(Reading.number))).all()


def latest_reading(session: Session, *, picture_id: UUID) -> Reading | None:
    """The reading that stands, if the picture has been read."""
    readings = readings_of(session, picture_id=picture_id)
    return readings[-1] if readings else None


def get_reading(session: Session, *, actor: Actor, reading_id: UUID) -> Reading:
    """One reading; raises :class:`ReadingNotFoundError`."""
    reading = session.get(Reading, reading_id)
    if reading is None:
        raise ReadingNotFoundError
    try:
        get_picture(session, actor=actor, picture_id=reading.picture_id)
    except PictureNotFoundError:
        raise ReadingNotFoundError from None
    return reading


def correct_reading(
    session: Session, *, actor: Actor, reading_id: UUID, hints: Mapping[str, Any], reason: str | None = None
) -> ReadingOrder:
    """Order a reading with ``hints`` (all of them: they replace those of the reading corrected) that supersedes.

    ``hints`` are those of ``tlc_analysis.hints_json``. Raises :class:`ReadingNotFoundError`,
    :class:`HintsInvalidError`, :class:`ReadingSupersededError`, :class:`ReadingWaitingError`.
    """
    reading = get_reading(session, actor=actor, reading_id=reading_id)
    _check_hints(hints)
    order = ReadingOrder(
        picture_id=reading.picture_id,
        supersedes_id=reading.id,
        hints=dict(hints),
        reason=reason,
        ordered_by=actor.account_id,
    )
    return order_successor(session, reading, order)


def order_successor(session: Session, reading: Reading, order: ReadingOrder) -> ReadingOrder:
    """Order the reading that is to supersede ``reading``. Raises :class:`ReadingSupersededError`,
    :class:`ReadingWaitingError`.
    """
    picture = hold_picture(session, picture_id=reading.picture_id)
    _check_current(session, reading)
    picture.state, picture.failure = PictureState.WAITING, None
    session.add(picture)
    return order_reading(session, order)


def _check_hints(hints: Mapping[str, Any]) -> None:
    try:
        read_hints(dict(hints))
    except InvalidHintsError as error:
        raise HintsInvalidError from error


def hold_picture(session: Session, *, picture_id: UUID) -> PlatePicture:
    """The picture's row, held until this transaction ends: it fences everything done to the picture's readings."""
    return session.exec(
        select(PlatePicture)
        .where(PlatePicture.id == picture_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _check_current(session: Session, reading: Reading) -> None:
    waiting = select(ReadingOrder.id).where(
        ReadingOrder.picture_id == reading.picture_id, ReadingOrder.state == OrderState.WAITING
    )
    if session.exec(waiting).first() is not None:
        raise ReadingWaitingError
    latest = latest_reading(session, picture_id=reading.picture_id)
    if latest is not None and latest.id != reading.id:
        raise ReadingSupersededError


def read_again(session: Session, *, actor: Actor, picture_id: UUID) -> ReadingOrder:
    """Order another try at a picture that could not be read. Raises :class:`ReadingWaitingError` if one waits,
    :class:`ReadingSupersededError` if the picture has been read: then it can be corrected.
    """
    get_picture(session, actor=actor, picture_id=picture_id)
    picture = hold_picture(session, picture_id=picture_id)
    if picture.state is PictureState.WAITING:
        raise ReadingWaitingError
    if latest_reading(session, picture_id=picture_id) is not None:
        raise ReadingSupersededError
    picture.state, picture.failure = PictureState.WAITING, None
    session.add(picture)
    return order_reading(session, ReadingOrder(picture_id=picture_id, ordered_by=actor.account_id))


def hints_for(session: Session, *, order: ReadingOrder) -> dict[str, Any] | None:
    """What the reader is told: the plate's size, and a person's corrections, else as evidence the number of lanes."""
    picture = session.get_one(PlatePicture, order.picture_id)
    plate = session.get_one(Plate, picture.plate_id)
    size = {"width_mm": plate.width_mm, "height_mm": plate.height_mm}
    if order.hints is not None:
        first, *others = order.hints.get("plates") or [{}]
        return order.hints | {"plates": [_given(size) | first, *others]}
    known = _given(size | {"lane_count": len(lanes_of(session, plate_id=plate.id)) or None})
    return {"plates": [known]} if known else None


def _given(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def store_reading(session: Session, *, order: ReadingOrder, document: dict[str, Any]) -> Reading:
    """Keep what the reader measured; the caller holds the picture (:func:`hold_picture`)."""
    earlier = latest_reading(session, picture_id=order.picture_id)
    reading = Reading(
        picture_id=order.picture_id,
        number=1 if earlier is None else earlier.number + 1,
        supersedes_id=order.supersedes_id,
        method_version=document["method"]["version"],
        document=document,
        hints=order.hints,
        edits=order.edits,
        created_by=None if order.hints is None and order.edits is None else order.ordered_by,
        reason=order.reason,
    )
    session.add(reading)
    session.flush()
    order.state, order.reading_id = OrderState.DONE, reading.id
    _settle(session, order, PictureState.READ, None)
    return reading


def store_failure(session: Session, *, order: ReadingOrder, failure: str) -> None:
    """Keep that the reader gave no answer; an earlier reading stands. The caller holds the picture."""
    order.state, order.failure = OrderState.FAILED, failure
    earlier = latest_reading(session, picture_id=order.picture_id)
    _settle(session, order, PictureState.FAILED if earlier is None else PictureState.READ, failure)


def _settle(session: Session, order: ReadingOrder, state: PictureState, failure: str | None) -> None:
    picture = session.get_one(PlatePicture, order.picture_id)
    picture.state, picture.failure = state, failure
    session.add_all([order, picture])
    session.flush()


def accept_reading(session: Session, *, actor: Actor, reading_id: UUID) -> ReadingAcceptance:
    """Take the reading that stands as the basis of an answer; the standards on it join the library, once.

    Accepting it again changes nothing. Raises :class:`ReadingNotFoundError`, :class:`ReadingSupersededError`,
    :class:`ReadingWaitingError`.
    """
    reading = get_reading(session, actor=actor, reading_id=reading_id)
    hold_picture(session, picture_id=reading.picture_id)
    accepted = session.get(ReadingAcceptance, reading_id)
    if accepted is not None:
        return accepted
    _check_current(session, reading)
    accepted = ReadingAcceptance(reading_id=reading_id, accepted_by=actor.account_id)
    session.add(accepted)
    session.flush()
    record_standards(session, actor=actor, reading=reading)
    plate = picture_plate(session, reading=reading)
    record_points(session, plate=plate, reading=reading, names=system_names(session, plate=plate))
    return accepted
