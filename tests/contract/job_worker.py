"""A worker in a process of its own, for the tests that kill one: ``python -m tests.contract.job_worker URL LOG``.

Its tasks append lines to LOG, so that what ran where can be read after the process is gone.
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from obstore.store import MemoryStore

from lab.kit.db import Database
from lab.kit.files import ObjectFiles
from lab.kit.tasks import Context, Task
from lab.kit.worker import Worker

LEASE_S = 3.0


def write_line(log: Path, *words: object) -> None:
    """Append one line in one write, which the system keeps whole among processes."""
    with log.open("ab", buffering=0) as stream:
        stream.write((" ".join(map(str, words)) + "\n").encode())


def read_lines(log: Path) -> list[list[str]]:
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


def note(log: Path, *, lasting_s: float = 0.0) -> Task:
    """A task that says when it starts and ends."""

    def run(_context: Context, key: str) -> None:
        write_line(log, "start", key, os.getpid(), time.monotonic())
        time.sleep(lasting_s)
        write_line(log, "end", key, os.getpid(), time.monotonic())

    return Task("note", run, retry_delays_s=(0.0,))


def worker(database: Database, tasks: Sequence[Task]) -> Worker:
    """A worker that takes up what died after :data:`LEASE_S`."""
    return Worker(Context(database, ObjectFiles(MemoryStore())), tasks, lease_s=LEASE_S)


def main(url: str, log: str, lasting_s: str) -> None:
    work = worker(Database(url), [note(Path(log), lasting_s=float(lasting_s))])
    signal.signal(signal.SIGTERM, lambda *_: work.stop())
    Path(f"{log}.{os.getpid()}").touch()  # ready
    work.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
