"""From a picture that waits to a reading that is stored, through the worker."""

from typing import Any

import pytest
from sqlmodel import select

from lab.kit.db import Database
from lab.kit.files import FileStore
from lab.kit.jobs import dead_jobs, without_job
from lab.kit.tasks import Context, Task
from lab.kit.worker import Worker
from lab.plates import jobs
from lab.plates.interpretation import interpret
from lab.plates.jobs import TASKS, read_order, sweep
from lab.plates.listening import Listener
from lab.plates.models import (
    OrderState,
    PictureLight,
    PictureState,
    PlatePicture,
    Reading,
    ReadingOrder,
    ReadingStep,
)
from lab.plates.readings import READ
from lab.plates.sandbox import Failure, Limits, ReaderError
from lab.plates.service import add_picture, correct_reading, read_again
from tests.lab.plates.pictures import jpeg
from tests.lab.plates.plate_bench import PlateBench, document
from tlc_analysis.progress import Step
from tlc_analysis.synthetic import random_spec, render


def context(database: Database, files: FileStore, limits: Limits | None = None) -> Context:
    return Context(database, files, {} if limits is None else {Limits: limits})


def work(database: Database, files: FileStore, limits: Limits | None = None) -> None:
    Worker(context(database, files, limits), TASKS).run_until_idle()


def waiting(database: Database, files: FileStore, content: bytes | None = None, lanes: int = 0) -> ReadingOrder:
    """A picture that was just taken in, committed."""
    with database.session() as session:
        bench = PlateBench(session, files)
        plate = bench.plate(*(bench.unknown() for _ in range(lanes)))
        picture = add_picture(
            session, files, actor=bench.chemist, plate_id=plate.id, content=content or jpeg(), light=PictureLight.UV254
        )
        return bench.order(picture)


def stored(database: Database) -> tuple[PlatePicture, ReadingOrder, list[Reading]]:
    with database.reading() as session:
        found = (
            session.exec(select(PlatePicture)).one(),
            session.exec(select(ReadingOrder)).one(),
            list(session.exec(select(Reading)).all()),
        )
        session.expunge_all()
        return found


def test_a_picture_is_read_by_the_worker(database: Database, files: FileStore) -> None:
    drawn = render(random_spec("scan", "uv254", seed=3), seed=3)
    lanes = len(drawn.truth["plates"][0]["lanes"])
    waiting(database, files, drawn.image, lanes=lanes)
    work(database, files)
    picture, order, (reading,) = stored(database)
    assert (picture.state, picture.failure) == (PictureState.READ, None)
    assert (order.state, order.reading_id) == (OrderState.DONE, reading.id)
    assert (reading.number, reading.created_by, reading.document["schema"]) == (1, None, "plate-reading/1")
    assert reading.document["image"]["sha256"] == picture.sha256
    assert reading.document["image"]["illumination"] == "uv254"
    with database.reading() as session:
        chemist = next(actor for name, actor in _actors(session).items() if name == "chemist")
        found = interpret(session, actor=chemist, reading_id=reading.id)
        assert len(found.lanes) == lanes
        assert found.problems[0].id == "plate.match.library_silent"


def _actors(session: Any) -> dict[str, Any]:
    from lab.network import accounts  # noqa: PLC0415 -- beside its only use
    from lab.network.models import Account  # noqa: PLC0415 -- as above

    people = session.exec(select(Account)).all()
    return {p.email.split("@")[0]: accounts.actor_of(session, account_id=p.id) for p in people}


def test_a_picture_too_much_for_the_limits_fails_alone(database: Database, files: FileStore) -> None:
    waiting(database, files)
    work(database, files, Limits(wall_s=0.05))
    picture, order, readings = stored(database)
    assert (picture.state, picture.failure) == (PictureState.FAILED, Failure.TIMEOUT.value)
    assert (order.state, order.failure, readings) == (OrderState.FAILED, Failure.TIMEOUT.value, [])
    with database.reading() as session:
        assert dead_jobs(session) == []


def test_an_order_is_done_once_however_often_its_job_runs(
    database: Database, files: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = waiting(database, files)
    monkeypatch.setattr(jobs, "read_plates", lambda *_args, **_options: document([[0.3]]))
    for _ in range(3):
        read_order(context(database, files), str(order.id))
    _, _, readings = stored(database)
    assert len(readings) == 1


def test_of_two_runs_at_once_one_stores(database: Database, files: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that was taken for dead comes back while its successor has stored the reading already."""
    order = waiting(database, files)

    def slow(*_args: object, **_options: object) -> dict[str, Any]:
        monkeypatch.setattr(jobs, "read_plates", lambda *_args, **_options: document([[0.3]]))
        read_order(context(database, files), str(order.id))
        return document([[0.9]])

    monkeypatch.setattr(jobs, "read_plates", slow)
    read_order(context(database, files), str(order.id))
    _, _, (reading,) = stored(database)
    assert reading.document == document([[0.3]])


def test_a_late_failure_does_not_undo_a_reading(
    sqlite_url: str, files: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(sqlite_url)
    order = waiting(database, files)

    def slow(*_args: object, **_options: object) -> dict[str, Any]:
        monkeypatch.setattr(jobs, "read_plates", lambda *_args, **_options: document([[0.3]]))
        read_order(context(database, files), str(order.id))
        raise ReaderError(Failure.TIMEOUT)

    monkeypatch.setattr(jobs, "read_plates", slow)
    read_order(context(database, files), str(order.id))
    picture, _, readings = stored(database)
    assert (picture.state, picture.failure, len(readings)) == (PictureState.READ, None, 1)
    database.dispose()


def test_the_steps_of_a_reading_are_told_while_it_is_made(
    database: Database, files: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each in a unit of work of its own: another session sees it before the reading is there."""
    order = waiting(database, files)
    seen: list[ReadingStep | None] = [stored(database)[1].step]

    def reader(*_args: object, listener: Listener, **_options: object) -> dict[str, Any]:
        for step in Step:
            listener(step.value)
            seen.append(stored(database)[1].step)
        return document([[0.3]])

    monkeypatch.setattr(jobs, "read_plates", reader)
    read_order(context(database, files), str(order.id))
    assert seen == [None, *(ReadingStep(step.value) for step in Step)]
    assert stored(database)[1].step is ReadingStep.STORE
    assert seen[1:] == list(ReadingStep)[:-1]


def test_a_reading_whose_steps_cannot_be_told_is_made_nevertheless(
    sqlite_url: str, files: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_options: object) -> None:
        message = "no database"
        raise OSError(message)

    database = Database(sqlite_url)
    waiting(database, files)
    monkeypatch.setattr(jobs, "tell_step", broken)
    work(database, files)
    picture, _, readings = stored(database)
    assert (picture.state, len(readings)) == (PictureState.READ, 1)
    database.dispose()


def test_a_correction_is_recomputed_with_its_hints(
    sqlite_url: str, files: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(sqlite_url)
    waiting(database, files, lanes=2)
    told: list[object] = []

    def reader(_image: bytes, *, hints: object, **_options: object) -> dict[str, Any]:
        told.append(hints)
        return document([[0.3], []])

    monkeypatch.setattr(jobs, "read_plates", reader)
    work(database, files)
    hints = {"plates": [{"front_px": [[0, 90], [1000, 90]]}]}
    with database.session() as session:
        reading = session.exec(select(Reading)).one()
        correct_reading(session, actor=_actors(session)["chemist"], reading_id=reading.id, hints=hints)
    work(database, files)
    assert told == [{"plates": [{"lane_count": 2}]}, hints]
    with database.reading() as session:
        assert [row.number for row in session.exec(select(Reading).order_by("number")).all()] == [1, 2]
    database.dispose()


def test_trouble_with_the_storage_is_tried_again_and_blames_no_picture(sqlite_url: str, files: FileStore) -> None:
    database = Database(sqlite_url)
    order = waiting(database, files)
    files.delete(stored(database)[0].file_key)
    work(database, files)
    picture, _, _ = stored(database)
    assert picture.state is PictureState.WAITING
    with database.reading() as session:
        assert without_job(session, READ, [str(order.id)]) == []
    database.dispose()


def test_the_sweep_queues_orders_whose_job_vanished(database: Database, files: FileStore) -> None:
    import sqlalchemy as sa  # noqa: PLC0415 -- beside its only use

    order = waiting(database, files)
    with database.session() as session:
        session.execute(sa.delete(sa.table("job" if database.is_sqlite else "procrastinate_jobs")))
        assert without_job(session, READ, [str(order.id)]) == [str(order.id)]
    sweep(context(database, files), "")
    with database.reading() as session:
        assert without_job(session, READ, [str(order.id)]) == []


def test_a_reading_whose_job_died_is_told_to_people_and_can_be_ordered_again(
    database: Database, files: FileStore
) -> None:
    order = waiting(database, files)

    def die(_context: Context, _key: str) -> None:
        raise OSError

    Worker(context(database, files), [Task(READ, die, max_attempts=1)]).run_until_idle()
    sweep(context(database, files), "")
    picture, buried, _ = stored(database)
    assert (picture.state, picture.failure) == (PictureState.FAILED, Failure.GIVEN_UP.value)
    assert (buried.id, buried.state) == (order.id, OrderState.FAILED)
    with database.session() as session:
        assert dead_jobs(session) == []
        read_again(session, actor=_actors(session)["chemist"], picture_id=picture.id)
    work(database, files)
    with database.reading() as session:
        assert session.exec(select(PlatePicture)).one().state is PictureState.READ


def test_reading_is_heavy_and_its_sweep_frequent() -> None:
    by_name = {task.name: task for task in TASKS}
    assert by_name[READ].heavy
    assert (by_name["plates.sweep"].every_s or 999.0) <= 30.0
