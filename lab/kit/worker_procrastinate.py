"""Runs the jobs of procrastinate (PostgreSQL): its asynchronous workers on a loop of their own, our tasks in threads.

What procrastinate leaves to its user is done here: taking up the jobs of workers that died, signs of life while
a stopping worker finishes its jobs, a fresh start after the connection was lost, and a retry whose twin waits.
"""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import psycopg
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.worker import Worker as QueueWorker

from lab.kit import jobs_procrastinate
from lab.kit.attempts import retry_in_s, run_attempt
from lab.kit.db import Database
from lab.kit.tasks import Context, Task

logger = logging.getLogger("drugcheck.jobs")
POLL_S = 1.0  # new jobs are notified; this is for those whose moment comes, or was brought forward
RESTART_S = 2.0
ANSWER_TRIES = 60  # of a second each; a worker that cannot settle a job for longer has lost its database


class AttemptFailedError(Exception):
    """Tells procrastinate that a run raised; the log has been told already."""


class ProcrastinateEngine:
    """The :class:`lab.kit.worker.Engine` for PostgreSQL."""

    def __init__(self, context: Context, tasks: Mapping[str, Task], *, light_slots: int, lease_s: float) -> None:
        self._context = context
        self._tasks = tasks
        self._lease_s = lease_s
        light = [name for name, task in tasks.items() if not task.heavy]
        heavy = [name for name, task in tasks.items() if task.heavy]
        self._queues = [(names, slots) for names, slots in ((light, light_slots), (heavy, 1)) if names]
        self._working: list[QueueWorker] = []

    def run(self, stop: Event) -> None:
        """Run jobs until ``stop``, then finish those that run. A lost connection only makes it start anew."""
        while not stop.is_set():
            try:
                self._in_loop(lambda: self._serve(stop))
            except Exception:
                logger.exception("the job queue did not answer; trying again")
            if not stop.is_set():
                stop.wait(RESTART_S)

    def run_until_idle(self) -> None:
        """Run jobs one at a time until none is due."""
        while self._is_due():
            self._in_loop(self._drain)

    def care(self) -> None:
        """Give a sign of life for the workers of this process; take up what silent ones left."""
        ids = [worker.worker_id for worker in self._working if worker.worker_id is not None]
        with self._context.database.session() as session:
            jobs_procrastinate.show_life(session, ids)
            jobs_procrastinate.take_up(session, self._tasks, silent_s=self._lease_s)

    def _is_due(self) -> bool:
        with self._context.database.reading() as session:
            return jobs_procrastinate.is_due(session, list(self._tasks))

    def _in_loop(self, main: Callable[[], Awaitable[None]]) -> None:
        """Run ``main`` on a fresh loop in a fresh thread, so that a caller may have a loop of its own."""

        async def run() -> None:
            slots = sum(slots for _, slots in self._queues)
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(slots, "drugcheck-job"))
            await main()

        here = contextvars.copy_context()  # a clock held still stays so in the tasks
        with ThreadPoolExecutor(1, "drugcheck-worker-loop") as pool:
            pool.submit(here.run, asyncio.run, run()).result()

    async def _serve(self, stop: Event) -> None:
        app = make_app(self._context, self._tasks)
        async with app.open_async():
            self._working = [self._worker(app, names, concurrency=slots) for names, slots in self._queues]
            try:
                await _run_together(self._working, stop)
            finally:
                self._working = []

    async def _drain(self) -> None:
        app = make_app(self._context, self._tasks)
        async with app.open_async():
            self._working = [self._worker(app, list(self._tasks), concurrency=1, wait=False, listen_notify=False)]
            try:
                await self._working[0].run()  # type: ignore[no-untyped-call]  # procrastinate annotates no result here
            finally:
                self._working = []

    def _worker(self, app: App, names: Sequence[str], **options: Any) -> QueueWorker:
        return QueueWorker(
            app,
            queues=names,
            fetch_job_polling_interval=POLL_S,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=self._lease_s / 4,
            stalled_worker_timeout=self._lease_s,
            **options,
        )


async def _run_together(workers: Sequence[QueueWorker], stop: Event) -> None:
    """Run until ``stop``, or until one of them ends by itself (it lost its connection); then end them all."""
    running = [asyncio.create_task(worker.run()) for worker in workers]  # type: ignore[no-untyped-call]  # procrastinate annotates no result here
    while not stop.is_set() and not any(task.done() for task in running):
        await asyncio.wait(running, timeout=0.2, return_when=asyncio.FIRST_COMPLETED)
    for worker in workers:
        worker.stop()  # type: ignore[no-untyped-call]  # procrastinate annotates no result here
    await asyncio.gather(*running)


def make_app(context: Context, tasks: Mapping[str, Task]) -> App:
    """procrastinate's application with our tasks in it."""
    connector = PsycopgConnector(conninfo=_conninfo(context.database), min_size=1, max_size=6)
    app = App(connector=connector)
    app.job_manager = PatientManager(connector)
    for task in tasks.values():
        register = app.task(name=task.name, queue=task.name, retry=TaskRetry(task), pass_context=True)
        register(_runner(context, task))
    return app


def _conninfo(database: Database) -> str:
    return database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def _runner(context: Context, task: Task) -> Callable[[JobContext, str], None]:
    def run(job: JobContext, key: str) -> None:
        failure = run_attempt(context, task, key, job.job.attempts + 1)
        if failure is not None:
            raise AttemptFailedError(failure.error)

    return run


class TaskRetry(BaseRetryStrategy):
    """A task's own delays, as procrastinate asks for them."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002 -- procrastinate's signature
        delay_s = retry_in_s(self._task, job.attempts + 1)
        return None if delay_s is None else RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=delay_s))


class PatientManager(JobManager):
    """Settles jobs through a short loss of the database, and lets a twin that waits stand for a retry.

    Without it, procrastinate leaves such a job "doing" under a worker that is alive: nobody would take it up.
    """

    async def finish_job_by_id_async(self, job_id: int, status: Status, delete_job: bool) -> None:
        finish = super().finish_job_by_id_async
        await _until_answered(lambda: finish(job_id=job_id, status=status, delete_job=delete_job))

    async def retry_job_by_id_async(self, job_id: int, retry_at: datetime, *args: Any, **options: Any) -> None:
        retry = super().retry_job_by_id_async
        try:
            await _until_answered(lambda: retry(job_id, retry_at, *args, **options))
        except UniqueViolation:
            await self.finish_job_by_id_async(job_id=job_id, status=Status.FAILED, delete_job=True)


async def _until_answered(action: Callable[[], Awaitable[None]]) -> None:
    for _ in range(ANSWER_TRIES):
        try:
            return await action()
        except UniqueViolation:
            raise
        except ConnectorException as error:
            if not isinstance(error.__cause__, psycopg.OperationalError):
                logger.warning("a job was settled elsewhere meanwhile")
                return None
            await asyncio.sleep(1.0)
    return None
