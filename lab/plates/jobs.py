"""Background work on plates: making the readings that were ordered."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from lab.kit.jobs import DeadJob, dead_jobs, enqueue, forget, without_job
from lab.kit.tasks import Context, Task
from lab.plates.alignments import ALIGN, finish, give_up, order_alignments, to_align, waiting_alignments
from lab.plates.amendments import edited_by
from lab.plates.models import OrderState, PlatePicture, ReadingOrder, ReadingStep
from lab.plates.readings import READ, hints_for, hold_picture, store_failure, store_reading, tell_step
from lab.plates.sandbox import (
    DEFAULT_LIMITS,
    Failure,
    Limits,
    ReaderError,
    align_pictures,
    amend_plates,
    read_plates,
)

SWEEP = "plates.sweep"


def read_order(context: Context, key: str) -> None:
    """Make the reading of one order: look, read without holding the database, store unless it was done meanwhile.

    A picture that cannot be read is an outcome, not an error: only trouble around it (storage, database) is retried.
    """
    with context.database.reading() as session:
        order = session.get(ReadingOrder, UUID(key))
        if order is None or order.state is not OrderState.WAITING:
            return
        picture = session.get_one(PlatePicture, order.picture_id)
        hints = hints_for(session, order=order)
        edited = edited_by(session, order=order)
        file_key, light = picture.file_key, None if picture.light is None else picture.light.value
    tell = partial(_tell, context, UUID(key))
    try:
        image = context.files.get(file_key)
        if edited is None:
            document = read_plates(image, illumination=light, hints=hints, limits=_limits(context), listener=tell)
        else:
            document = amend_plates(image, edited, limits=_limits(context), listener=tell)
    except ReaderError as error:
        _store(context, UUID(key), failure=error.failure.value)
    else:
        _store(context, UUID(key), document=document)


def _tell(context: Context, order_id: UUID, step: str) -> None:
    """Say what the reader is at, in a unit of work of its own: people who wait see it at once."""
    with context.database.session() as session:
        tell_step(session, order_id=order_id, step=ReadingStep(step))


def _limits(context: Context) -> Limits:
    return context.service(Limits) if Limits in context.services else DEFAULT_LIMITS


def _store(
    context: Context, order_id: UUID, *, document: dict[str, Any] | None = None, failure: str | None = None
) -> None:
    """Keep the outcome if the order still waits; the picture's row keeps another run of it out meanwhile."""
    with context.database.session() as session:
        order = session.get_one(ReadingOrder, order_id)
        hold_picture(session, picture_id=order.picture_id)
        session.refresh(order)
        if order.state is not OrderState.WAITING:
            return
        if document is not None:
            order.step = ReadingStep.STORE
            store_reading(session, order=order, document=document)
            order_alignments(session, picture_id=order.picture_id)
        elif failure is not None:
            store_failure(session, order=order, failure=failure)


def align(context: Context, key: str) -> None:
    """Lay one picture over its plate's reference; pictures that do not fit are an outcome, not an error."""
    with context.database.reading() as session:
        task = to_align(session, picture_id=UUID(key))
    if task is None:
        return
    found: dict[str, Any] | None = None
    failure: str | None = None
    try:
        found = align_pictures(
            context.files.get(task.reference_key), context.files.get(task.other_key),
            documents=task.documents, plates=task.plates, limits=_limits(context),
        )  # fmt: skip
    except ReaderError as error:
        failure = error.failure.value
    with context.database.session() as session:
        finish(session, task=task, found=found, failure=failure)


def sweep(context: Context, _key: str) -> None:
    """Queue every order that nobody works on, and tell people of those whose job died: they can order anew."""
    with context.database.session() as session:
        _bury(session, [job for job in dead_jobs(session) if job.task == READ])
        for job in dead_jobs(session):
            if job.task == ALIGN:
                give_up(session, picture_id=UUID(job.key))
                forget(session, job)
        waiting = session.exec(select(ReadingOrder.id).where(ReadingOrder.state == OrderState.WAITING)).all()
        for key in without_job(session, READ, [str(order_id) for order_id in waiting]):
            enqueue(session, READ, key)
        for key in without_job(session, ALIGN, waiting_alignments(session)):
            enqueue(session, ALIGN, key)


def _bury(session: Session, dead: Sequence[DeadJob]) -> None:
    for job in dead:
        order = session.get(ReadingOrder, UUID(job.key))
        if order is not None and order.state is OrderState.WAITING:
            hold_picture(session, picture_id=order.picture_id)
            store_failure(session, order=order, failure=Failure.GIVEN_UP.value)
        forget(session, job)


TASKS: tuple[Task, ...] = (
    Task(READ, read_order, max_attempts=5, heavy=True),
    Task(ALIGN, align, max_attempts=5, heavy=True),
    Task(SWEEP, sweep, every_s=30.0),
)
