"""Runs the jobs of the lease table (SQLite): one thread per slot, each leasing, running and settling one job."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event, Lock, Thread

from lab.kit import jobs_lease
from lab.kit.attempts import Failure, run_attempt
from lab.kit.jobs_lease import Leased
from lab.kit.tasks import Context, Task

logger = logging.getLogger("drugcheck.jobs")
POLL_S = 0.25


class LeaseEngine:
    """The :class:`lab.kit.worker.Engine` for SQLite."""

    def __init__(self, context: Context, tasks: Mapping[str, Task], *, light_slots: int, lease_s: float) -> None:
        self._context = context
        self._database = context.database
        self._tasks = tasks
        self._lease_s = lease_s
        light = [name for name, task in tasks.items() if not task.heavy]
        heavy = [name for name, task in tasks.items() if task.heavy]
        self._slots = [names for names in [light] * light_slots + [heavy] if names]
        self._held: set[str] = set()
        self._lock = Lock()

    def run(self, stop: Event) -> None:
        """Run jobs until ``stop``, then finish those that run."""
        threads = [Thread(target=self._slot, args=(names, stop), name="drugcheck-job") for names in self._slots]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def run_until_idle(self) -> None:
        """Run jobs in turn, in the calling thread, until none is due."""
        while self._step(list(self._tasks)):
            pass

    def care(self) -> None:
        """Extend the leases held here. What died elsewhere needs no care: its lease ends by itself."""
        with self._lock:
            held = list(self._held)
        if held:
            with self._database.session() as session:
                jobs_lease.extend(session, held, lease_s=self._lease_s)

    def _slot(self, names: Sequence[str], stop: Event) -> None:
        while not stop.is_set():
            try:
                busy = self._step(names)
            except Exception:
                logger.exception("the job queue did not answer; trying again")
                busy = False
            if not busy:
                stop.wait(POLL_S)

    def _step(self, names: Sequence[str]) -> bool:
        """Run one job; False when none was due."""
        with self._database.reading() as session:  # idle workers take no write lock
            if not jobs_lease.is_due(session, names):
                return False
        with self._database.session() as session:
            leased = jobs_lease.claim(session, names, lease_s=self._lease_s)
        if leased is not None:
            self._run(leased)
        return True

    def _run(self, leased: Leased) -> None:
        task = self._tasks[leased.task]
        if leased.attempt > task.max_attempts:  # its last attempts ended with their workers
            logger.error("%s %s is dead: its workers died", leased.task, leased.key)
            with self._database.session() as session:
                jobs_lease.give_up(session, leased, attempts=task.max_attempts)
            return
        with self._holding(leased):
            failure = run_attempt(self._context, task, leased.key, leased.attempt)
            self._settle(leased, failure)

    @contextmanager
    def _holding(self, leased: Leased) -> Iterator[None]:
        with self._lock:
            self._held.add(leased.lease)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(leased.lease)

    def _settle(self, leased: Leased, failure: Failure | None) -> None:
        with self._database.session() as session:
            if failure is None:
                jobs_lease.finish(session, leased)
            elif failure.retry_in_s is None:
                jobs_lease.give_up(session, leased, attempts=leased.attempt)
            else:
                jobs_lease.retry(session, leased, delay_s=failure.retry_in_s)
