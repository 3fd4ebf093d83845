"""Workers are killed at random moments, again and again; no fact is lost, doubled or stranded."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from lab.kit.db import Database
from lab.kit.files import open_files
from lab.kit.ids import new_id
from lab.kit.jobs import LEASE_S, dead_jobs
from lab.kit.outbox import OutboxEntry, Topic, emit
from lab.network.models import Site
from lab.plates.models import PictureState, PlatePicture, Reading
from tests.lab.plates.plate_bench import PlateBench
from tlc_analysis.synthetic import random_spec, render

ROOT = Path(__file__).parents[2]
STRANDED_S = 30.0  # the most that work may wait for a worker that died


@dataclass
class Crew:
    """Worker processes on one database."""

    database: Database
    folder: Path
    lease_s: float
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    started: int = 0

    def hire(self, count: int = 1) -> None:
        """Start workers and wait until they work."""
        ready = [self.folder / f"ready-{number}" for number in range(self.started, self.started + count)]
        self.started += count
        for path in ready:
            self._start(path)
        eventually(lambda: all(path.exists() for path in ready))

    def _start(self, ready: Path) -> None:
        url = self.database.engine.url.render_as_string(hide_password=False)
        command = [sys.executable, "-m", "tests.faults.worker_process", url, str(self.folder / "files"),
                   str(self.lease_s), str(ready)]  # fmt: skip
        self.processes.append(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL))

    def kill(self, number: int = 0) -> None:
        process = self.processes.pop(number)
        process.send_signal(signal.SIGKILL)
        process.wait()


@contextmanager
def crew(database: Database, folder: Path, *, lease_s: float) -> Iterator[Crew]:
    hired = Crew(database, folder, lease_s)
    try:
        yield hired
    finally:
        while hired.processes:
            hired.kill()


def eventually(holds: Callable[[], bool], *, within_s: float = 60.0) -> None:
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)


def facts(database: Database, count: int) -> list[str]:
    names = [f"fact {number} {new_id()}" for number in range(count)]
    with database.session() as session:
        for name in names:
            emit(session, Topic.RESULT_VERIFIED, new_id(), name=name)
    return names


def unconsumed(database: Database) -> int:
    with database.reading() as session:
        open_facts = select(sa.func.count()).select_from(OutboxEntry).where(col(OutboxEntry.consumed_at).is_(None))
        return session.exec(open_facts).one()


def last_consumed(database: Database) -> datetime:
    with database.reading() as session:
        moments = session.exec(select(OutboxEntry.consumed_at)).all()
    return max(moment for moment in moments if moment is not None)


def check_each_acted_on_once(database: Database, names: list[str]) -> None:
    with database.reading() as session:
        made = sorted(session.exec(select(Site.name)).all())
        assert made == sorted(f"{name} {half}" for name in names for half in ("first", "second"))
        assert dead_jobs(session) == []


def massacre(database: Database, folder: Path, *, kills: int, seed: int, lease_s: float) -> float:
    """Kill workers while they act on facts; seconds from the last kill to the last fact consumed."""
    rng = random.Random(seed)  # noqa: S311 -- a repeatable history, no secret
    names = []
    with crew(database, folder, lease_s=lease_s) as workers:
        workers.hire(2)
        for _ in range(kills):
            names += facts(database, 25)
            time.sleep(rng.uniform(0.0, 0.5))
            workers.kill(rng.randrange(2))
            killed_at = datetime.now(UTC)
            workers.hire()
        eventually(lambda: unconsumed(database) == 0, within_s=STRANDED_S + 30.0)
    check_each_acted_on_once(database, names)
    return (last_consumed(database) - killed_at).total_seconds()


def test_no_fact_is_lost_or_doubled_when_workers_are_killed(database: Database, tmp_path: Path) -> None:
    assert massacre(database, tmp_path, kills=1, seed=1, lease_s=3.0) < STRANDED_S


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_no_fact_is_lost_or_doubled_over_many_kills(database: Database, tmp_path: Path) -> None:
    seconds = massacre(database, tmp_path, kills=100, seed=2, lease_s=LEASE_S)
    print(f"{database.engine.dialect.name}: 100 kills, 2500 facts; the last waited {seconds:.1f} s")  # noqa: T201 -- figures
    assert seconds < STRANDED_S


def picture(database: Database, folder: Path) -> None:
    """A plate's picture, taken in and waiting to be read."""
    with database.session() as session:
        bench = PlateBench(session, open_files(str(folder / "files")))
        bench.picture(bench.plate(), render(random_spec("phone", "uv254", seed=5), seed=5).image)


def readers() -> list[int]:
    """The processes in which plates are being read."""
    return [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if b"lab.plates.sandbox_child" in _command(path)
    ]


def _command(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it ended meanwhile
        return b""


def child_of(pid: int) -> list[int]:
    return [reader for reader in readers() if _parent(reader) == pid]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def test_a_plate_whose_worker_was_killed_is_read_once_by_another(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    with crew(database, tmp_path, lease_s=3.0) as workers:
        workers.hire()
        picture(database, tmp_path)
        pid = workers.processes[0].pid
        eventually(lambda: child_of(pid) != [])
        reader = child_of(pid)[0]
        workers.kill()
        workers.hire()
        eventually(lambda: state(database) is PictureState.READ)
        eventually(lambda: reader not in readers())
    with database.reading() as session:
        assert len(session.exec(select(Reading)).all()) == 1
        assert dead_jobs(session) == []
    database.dispose()


def state(database: Database) -> PictureState:
    with database.reading() as session:
        return session.exec(select(PlatePicture.state)).one()
