"""One suite for both job engines: what :mod:`lab.kit.jobs` promises, whichever database is under it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from lab.kit.clock import frozen, now
from lab.kit.db import Database
from lab.kit.jobs import DeadJob, dead_jobs, enqueue, revive, without_job
from lab.kit.tasks import Context, Task
from lab.kit.worker import Worker
from tests.contract.job_worker import note, read_lines, worker


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def queue(database: Database, *keys: str, task: str = "note", run_at: datetime | None = None) -> None:
    with database.session() as session:
        for key in keys:
            enqueue(session, task, key, run_at=run_at)


def started(log: Path) -> list[str]:
    return [key for word, key, *_ in read_lines(log) if word == "start"]


def eventually(holds: Callable[[], bool], *, within_s: float = 20.0) -> None:
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


@contextmanager
def working(worker: Worker) -> Iterator[Worker]:
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()
        assert worker.join(30.0)


@contextmanager
def process(database: Database, log: Path, *, lasting_s: float) -> Iterator[subprocess.Popen[bytes]]:
    url = database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.contract.job_worker", url, str(log), str(lasting_s)]
    child = subprocess.Popen(command, cwd=Path(__file__).parents[2])
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def test_a_job_runs_once_and_is_forgotten(database: Database, log: Path) -> None:
    queue(database, "a", "b")
    worker(database, [note(log)]).run_until_idle()
    assert started(log) == ["a", "b"]
    with database.reading() as session:
        assert without_job(session, "note", ["a", "b"]) == ["a", "b"]


def test_enqueue_is_undone_with_its_transaction(database: Database, log: Path) -> None:
    def fail() -> None:
        with database.session() as session:
            enqueue(session, "note", "a")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    worker(database, [note(log)]).run_until_idle()
    assert started(log) == []


def test_a_job_does_not_start_before_its_transaction_is_over(database: Database, log: Path) -> None:
    with working(worker(database, [note(log)])):
        with database.session() as session:
            enqueue(session, "note", "a")
            time.sleep(0.6)
            assert started(log) == []
        eventually(lambda: started(log) == ["a"])


def test_a_job_that_waits_already_sees_what_a_second_enqueue_committed(database: Database, log: Path) -> None:
    """The second transaction adds no job, so the one that waits must not start before it is over."""
    queue(database, "a", run_at=datetime.now(UTC) + timedelta(hours=1))
    with working(worker(database, [note(log)])):
        with database.session() as session:
            enqueue(session, "note", "a")
            time.sleep(0.6)
            assert started(log) == []
        eventually(lambda: started(log) == ["a"])


def test_the_same_job_waits_only_once_and_the_earlier_moment_holds(database: Database, log: Path) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    for run_at in (later, None, later):
        queue(database, "a", run_at=run_at)
    worker(database, [note(log)]).run_until_idle()
    assert started(log) == ["a"]


@pytest.mark.parametrize("first_commits", [True, False])
def test_two_transactions_that_queue_the_same_job_leave_one(database: Database, log: Path, first_commits: bool) -> None:
    other = Thread(target=queue, args=(database, "a"))
    with Session(database.engine) as session:
        enqueue(session, "note", "a")
        other.start()
        other.join(0.4)
        assert other.is_alive()  # it cannot know yet whether there is such a job
        (session.commit if first_commits else session.rollback)()
    other.join(20.0)
    worker(database, [note(log)]).run_until_idle()
    assert started(log) == ["a"]


def test_a_job_waits_for_its_moment(database: Database, log: Path) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=1.5)
    queue(database, "later", run_at=moment)
    queue(database, "now")
    with working(worker(database, [note(log)])):
        eventually(lambda: len(started(log)) == 2)
    assert started(log) == ["now", "later"]
    assert datetime.now(UTC) >= moment


def test_a_moment_without_a_zone_is_refused(session: Session) -> None:
    with pytest.raises(ValueError, match="timezone"):
        enqueue(session, "note", "a", run_at=datetime(2026, 7, 1))  # noqa: DTZ001 -- the naive value is the point


def test_a_job_queued_while_it_runs_runs_again_afterwards(database: Database, log: Path) -> None:
    runs: list[str] = []

    def run(context: Context, key: str) -> None:
        runs.append(key)
        if len(runs) == 1:
            queue(context.database, key)

    worker(database, [Task("note", run)]).run_until_idle()
    queue(database, "a")
    worker(database, [Task("note", run)]).run_until_idle()
    assert runs == ["a", "a"]


def failing(times: int, *, max_attempts: int = 10) -> tuple[Task, list[str]]:
    """A task that fails at its first ``times`` runs, and the keys of its runs."""
    runs: list[str] = []

    def run(_context: Context, key: str) -> None:
        runs.append(key)
        if len(runs) <= times:
            message = "not yet"
            raise OSError(message)

    return Task("fail", run, max_attempts=max_attempts, retry_delays_s=(0.0,)), runs


def test_a_job_that_failed_is_tried_again_until_it_succeeds(database: Database) -> None:
    task, runs = failing(2)
    queue(database, "a", task="fail")
    worker(database, [task]).run_until_idle()
    assert runs == ["a"] * 3
    with database.reading() as session:
        assert dead_jobs(session) == []
        assert without_job(session, "fail", ["a"]) == ["a"]


def test_a_failed_job_waits_its_delay(database: Database) -> None:
    task, runs = failing(9)
    queue(database, "a", task="fail")
    worker(database, [Task("fail", task.run, retry_delays_s=(0.0, 60.0))]).run_until_idle()
    assert runs == ["a"] * 2
    with database.reading() as session:
        assert without_job(session, "fail", ["a"]) == []


def test_a_job_that_fails_too_often_is_dead_and_listed_until_it_is_revived(database: Database) -> None:
    task, runs = failing(3, max_attempts=3)
    queue(database, "a", task="fail")
    worker(database, [task]).run_until_idle()
    with database.session() as session:
        assert dead_jobs(session) == [DeadJob("fail", "a", 3)]
        assert without_job(session, "fail", ["a"]) == []  # a sweep leaves it alone
        revive(session, dead_jobs(session)[0])
    worker(database, [task]).run_until_idle()
    assert runs == ["a"] * 4
    with database.reading() as session:
        assert dead_jobs(session) == []


def test_a_retry_gives_way_to_a_twin_that_waits(database: Database) -> None:
    runs: list[str] = []

    def run(context: Context, key: str) -> None:
        runs.append(key)
        if len(runs) == 1:
            queue(context.database, key, task="fail")
            raise OSError

    queue(database, "a", task="fail")
    worker(database, [Task("fail", run, retry_delays_s=(0.0,))]).run_until_idle()
    assert runs == ["a", "a"]
    with database.reading() as session:
        assert without_job(session, "fail", ["a"]) == ["a"]


def test_a_worker_leaves_alone_what_it_does_not_know(database: Database, log: Path) -> None:
    queue(database, "a", task="unknown")
    worker(database, [note(log)]).run_until_idle()
    with database.reading() as session:
        assert without_job(session, "unknown", ["a"]) == []
        assert dead_jobs(session) == []


def test_a_task_sees_a_clock_that_is_held_still(database: Database) -> None:
    moment = datetime(2026, 7, 1, tzinfo=UTC)
    seen: list[datetime] = []
    queue(database, "a")
    with frozen(moment):
        worker(database, [Task("note", lambda _context, _key: seen.append(now()))]).run_until_idle()
    assert seen == [moment]


def test_heavy_jobs_run_one_at_a_time_and_hold_up_no_light_one(database: Database, log: Path) -> None:
    go = Event()
    heavy: list[str] = []

    def lift(_context: Context, key: str) -> None:
        heavy.append(key)
        go.wait(20.0)

    queue(database, "a", "b", "c", "d", "e", task="lift")
    with working(worker(database, [Task("lift", lift, heavy=True), note(log)])):
        eventually(lambda: len(heavy) == 1)
        queue(database, "light")
        eventually(lambda: started(log) == ["light"])
        assert len(heavy) == 1
        go.set()
        eventually(lambda: len(heavy) == 5)


def test_stopping_finishes_the_job_that_runs_and_takes_no_other(database: Database, log: Path) -> None:
    queue(database, *"abcdef")
    with working(worker(database, [note(log, lasting_s=0.8)])):
        eventually(lambda: len(started(log)) >= 1)
        time.sleep(0.3)
    lines = read_lines(log)
    assert sum(line[0] == "start" for line in lines) == sum(line[0] == "end" for line in lines) <= 3
    with database.reading() as session:
        assert len(without_job(session, "note", list("abcdef"))) == len(lines) / 2


def test_a_worker_told_to_end_finishes_its_job_first(database: Database, log: Path) -> None:
    queue(database, "a")
    with process(database, log, lasting_s=1.0) as child:
        eventually(lambda: started(log) == ["a"])
        child.send_signal(signal.SIGTERM)
        assert child.wait(30.0) == 0
    assert [word for word, *_ in read_lines(log)] == ["start", "end"]
    with database.reading() as session:
        assert without_job(session, "note", ["a"]) == ["a"]


def test_a_periodic_task_runs_once_per_interval_however_many_workers_keep_it(database: Database, log: Path) -> None:
    def tick(_context: Context, key: str) -> None:
        assert key == ""
        note(log).run(_context, f"{time.time():.3f}")

    tasks = [Task("tick", tick, every_s=0.5)]
    with working(worker(database, tasks)), working(worker(database, tasks)):
        eventually(lambda: len(started(log)) >= 4)
    intervals = [int(float(moment) / 0.5) for moment in started(log)]
    assert len(set(intervals)) == len(intervals)


def test_a_task_that_runs_everywhere_goes_on_in_every_worker_whatever_the_queue_does(database: Database) -> None:
    runs = [Event(), Event()]
    looks = [Task("look", lambda _context, _key, run=run: run.set(), every_s=0.05, everywhere=True) for run in runs]
    with working(worker(database, looks[:1])), working(worker(database, looks[1:])):
        assert all(run.wait(20) for run in runs)
    with database.reading() as session:
        assert without_job(session, "look", [""]) == [""]  # never queued


def test_two_workers_share_without_running_one_job_twice(database: Database, log: Path) -> None:
    keys = [str(number) for number in range(60)]
    with process(database, log, lasting_s=0.01) as one, process(database, log, lasting_s=0.01) as two:
        eventually(lambda: all(Path(f"{log}.{child.pid}").exists() for child in (one, two)))
        queue(database, *keys)
        eventually(lambda: len(read_lines(log)) >= 120)
    assert sorted(started(log)) == sorted(keys)
    assert len({pid for _, _, pid, _ in read_lines(log)}) == 2


def test_one_key_never_runs_twice_at_once(database: Database, log: Path) -> None:
    with working(worker(database, [note(log, lasting_s=0.1)])), working(worker(database, [note(log, lasting_s=0.1)])):
        for _ in range(8):
            queue(database, "same")
            time.sleep(0.06)
        eventually(lambda: len(read_lines(log)) % 2 == 0 and len(started(log)) >= 2)
        time.sleep(0.3)
    words = [word for word, *_ in read_lines(log)]
    assert words == ["start", "end"] * (len(words) // 2)


def test_the_job_of_a_worker_killed_in_the_middle_is_run_again(database: Database, log: Path) -> None:
    queue(database, "a")
    with process(database, log, lasting_s=60.0) as child:
        eventually(lambda: started(log) == ["a"])
        os.kill(child.pid, signal.SIGKILL)
    killed_at = time.monotonic()
    with working(worker(database, [note(log)])):
        eventually(lambda: [line[:2] for line in read_lines(log)] == [["start", "a"], ["start", "a"], ["end", "a"]])
    assert time.monotonic() - killed_at < 15.0


def test_a_job_that_kills_every_worker_dies_in_the_end(database: Database, log: Path) -> None:
    task = Task("note", note(log).run, max_attempts=1)
    queue(database, "a")
    with process(database, log, lasting_s=60.0) as child:
        eventually(lambda: started(log) == ["a"])
        os.kill(child.pid, signal.SIGKILL)
    with working(worker(database, [task])):
        eventually(lambda: _dead(database) == [DeadJob("note", "a", 1)])
    assert started(log) == ["a"]


def _dead(database: Database) -> list[DeadJob]:
    with database.reading() as session:
        return dead_jobs(session)


def test_a_long_job_is_not_taken_for_dead(database: Database, log: Path) -> None:
    queue(database, "a")
    with working(worker(database, [note(log, lasting_s=5.0)])), working(worker(database, [note(log)])):
        eventually(lambda: len(read_lines(log)) == 2)
    assert started(log) == ["a"]


@pytest.mark.postgres
def test_a_worker_outlives_the_loss_of_its_connections(postgres_url: str, log: Path) -> None:
    database = Database(postgres_url)
    with working(worker(database, [note(log)])):
        queue(database, "before")
        eventually(lambda: started(log) == ["before"])
        with database.engine.connect() as connection:
            cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            connection.execute(sa.text(cut + "AND pid <> pg_backend_pid()"))
        queue(database, "after")
        eventually(lambda: started(log) == ["before", "after"])
    database.dispose()
