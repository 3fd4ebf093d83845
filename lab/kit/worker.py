"""The worker: runs queued jobs, keeps the schedule, and takes up what a worker that died left behind."""

import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from threading import Event, Thread
from typing import Protocol

from lab.kit.db import Database
from lab.kit.jobs import LEASE_S, schedule, unscheduled
from lab.kit.tasks import Context, Task
from lab.kit.worker_lease import LeaseEngine
from lab.kit.worker_procrastinate import ProcrastinateEngine

logger = logging.getLogger("drugcheck.jobs")


class Engine(Protocol):
    """What runs the jobs of one kind of database."""

    def run(self, stop: Event) -> None:
        """Run jobs until ``stop``, then finish those that run."""
        ...

    def run_until_idle(self) -> None:
        """Run jobs in turn until none is due."""
        ...

    def care(self) -> None:
        """Called several times per lease: give a sign of life for what runs here, take up what died elsewhere."""
        ...


class Worker:
    """Runs ``tasks`` with up to ``light_slots`` light jobs and one heavy job at once.

    Any number of workers, in as many processes, share the work of one database. ``lease_s`` must be the same in
    all of them.
    """

    def __init__(
        self, context: Context, tasks: Sequence[Task], *, light_slots: int = 3, lease_s: float = LEASE_S
    ) -> None:
        by_name = {task.name: task for task in tasks}
        if len(by_name) != len(tasks):
            message = "two tasks share a name"
            raise ValueError(message)
        kind = LeaseEngine if context.database.is_sqlite else ProcrastinateEngine
        queued = {name: task for name, task in by_name.items() if not task.everywhere}
        self._engine: Engine = kind(context, queued, light_slots=light_slots, lease_s=lease_s)
        self._context = context
        self._database = context.database
        self._everywhere = [task for task in tasks if task.everywhere]
        self._periodic = [task for task in queued.values() if task.every_s is not None]
        self._care_s = min([lease_s / 4, *(task.every_s / 2 for task in self._periodic if task.every_s is not None)])
        self._stop = Event()
        self._thread: Thread | None = None

    def run(self) -> None:
        """Work until :meth:`stop` is called (from another thread, or a signal handler)."""
        with ExitStack() as stack:
            stack.enter_context(_repeating(self._care, every_s=self._care_s))
            for task in self._everywhere:
                run = partial(task.run, self._context, "")
                stack.enter_context(_repeating(run, every_s=task.every_s or 0.0, name=task.name))
            self._engine.run(self._stop)

    def start(self) -> None:
        """Work in a thread of this process: the embedded default."""
        self._thread = Thread(target=self.run, name="drugcheck-worker")
        self._thread.start()

    def stop(self) -> None:
        """Ask for a graceful end: jobs that run are finished, no new one is taken."""
        self._stop.set()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for the thread of :meth:`start`; whether it has ended."""
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def run_until_idle(self) -> None:
        """Run everything that is due now and what that queues in turn; the schedule and later retries wait."""
        with _repeating(self._engine.care, every_s=self._care_s):
            self._engine.run_until_idle()

    def _care(self) -> None:
        self._engine.care()
        keep_schedule(self._database, self._periodic)


def keep_schedule(database: Database, tasks: Sequence[Task]) -> None:
    """Have the next run of each periodic task waiting.

    Runs fall on whole multiples of the interval, the same for every worker, and a (task, key) waits only once:
    however many workers keep the schedule, each moment has one run.
    """
    with database.reading() as session:  # mostly there is nothing to write
        names = unscheduled(session, [task.name for task in tasks])
    if not names:
        return
    with database.session() as session:
        for task in tasks:
            if task.name in names:
                schedule(session, task.name, run_at=_next_moment(task))


def _next_moment(task: Task) -> datetime:
    interval = task.every_s or 0.0
    return datetime.fromtimestamp((math.floor(time.time() / interval) + 1) * interval, UTC)


@contextmanager
def _repeating(action: Callable[[], None], *, every_s: float, name: str = "care") -> Iterator[None]:
    """Call ``action`` at once and every ``every_s`` seconds in a thread of its own, while the block runs."""
    ended = Event()

    def repeat() -> None:
        while True:
            try:
                action()
            except Exception:
                logger.exception("%s failed in this worker; it goes on", name)
            if ended.wait(every_s):
                return

    thread = Thread(target=repeat, name=f"drugcheck-worker-{name}")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
