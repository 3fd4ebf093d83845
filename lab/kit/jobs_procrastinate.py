"""The job queue on PostgreSQL: procrastinate's tables and SQL functions, called on the session's own connection.

A job's queue is the name of its task, so a worker takes only what it knows how to run, and heavy tasks can be
kept apart. ``queueing_lock`` keeps one (task, key) from waiting twice, ``lock`` from running twice at once.
"""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from lab.kit.tasks import Task

logger = logging.getLogger("drugcheck.jobs")

# LEAST ignores NULL, and no moment at all means "at once".
_BRING_FORWARD = sa.text(
    """
    UPDATE procrastinate_jobs
       SET scheduled_at = CASE WHEN CAST(:run_at AS timestamptz) IS NULL OR scheduled_at IS NULL THEN NULL
                               ELSE LEAST(scheduled_at, CAST(:run_at AS timestamptz)) END
     WHERE queueing_lock = :lock AND status = 'todo'
    """
)
_DEFER = sa.text(
    """
    SELECT procrastinate_defer_jobs_v1(CAST(ARRAY[ROW(
        CAST(:task AS varchar), CAST(:task AS varchar), 0, CAST(:lock AS text), CAST(:lock AS text),
        jsonb_build_object('key', CAST(:key AS text)), CAST(:run_at AS timestamptz)
    )] AS procrastinate_job_to_defer_v1[]))
    """
)
# Jobs that succeed are deleted (see the worker), so a row is one that waits, runs or is dead.
_KNOWN = sa.text("SELECT args->>'key' FROM procrastinate_jobs WHERE queue_name = :task AND queueing_lock = ANY(:locks)")
_SCHEDULED = sa.text(
    "SELECT task_name FROM procrastinate_jobs WHERE queueing_lock = ANY(:locks) AND status IN ('todo', 'doing')"
)
_DEAD = sa.text("SELECT task_name, args->>'key', attempts FROM procrastinate_jobs WHERE status = 'failed' ORDER BY id")
_FORGET = sa.text("DELETE FROM procrastinate_jobs WHERE status = 'failed' AND queueing_lock = :lock")

_DUE = sa.text(
    """
    SELECT EXISTS (
        SELECT FROM procrastinate_jobs AS job
         WHERE job.status = 'todo' AND job.queue_name = ANY(:tasks)
           AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())
           AND NOT EXISTS (SELECT FROM procrastinate_jobs AS twin WHERE twin.lock = job.lock AND twin.status = 'doing'))
    """
)
_STRANDED = sa.text(
    """
    SELECT job.id, job.task_name, job.queueing_lock, job.attempts,
           EXISTS (SELECT FROM procrastinate_jobs AS twin
                    WHERE twin.queueing_lock = job.queueing_lock AND twin.status = 'todo') AS has_twin
      FROM procrastinate_jobs AS job
     WHERE job.status = 'doing' AND job.queue_name = ANY(:tasks)
       AND NOT EXISTS (SELECT FROM procrastinate_workers AS worker
                        WHERE worker.id = job.worker_id
                          AND worker.last_heartbeat >= now() - make_interval(secs => :silent_s))
       FOR UPDATE OF job SKIP LOCKED
    """
)
_FINISH = sa.text("SELECT procrastinate_finish_job_v1(:id, 'failed', :delete)")
_RETRY = sa.text("SELECT procrastinate_retry_job_v2(:id, now(), NULL, NULL, NULL)")


def lock_name(task: str, key: str) -> str:
    """The lock that all jobs of one (task, key) share."""
    return f"{task}:{key}"


def enqueue(session: Session, task: str, key: str, *, run_at: datetime | None) -> None:
    """See :func:`lab.kit.jobs.enqueue`.

    Updating a twin that waits locks its row, which a worker then skips until this transaction is over: the run
    cannot start before it sees what this transaction wrote. If a worker took the twin a moment ago the update
    finds nothing, and a job of our own is queued.
    """
    connection = session.connection()
    values = {"task": task, "key": key, "lock": lock_name(task, key), "run_at": run_at}
    while connection.execute(_BRING_FORWARD, values).rowcount == 0:
        try:
            with connection.begin_nested():
                connection.execute(_DEFER, values)
        except IntegrityError:
            continue  # another transaction queued it between the two statements, and has committed
        return


def known_keys(session: Session, task: str, keys: Collection[str]) -> set[str]:
    """Those of ``keys`` for which a row exists, in whatever state."""
    locks = [lock_name(task, key) for key in keys]
    return set(session.execute(_KNOWN, {"task": task, "locks": locks}).scalars())


def scheduled(session: Session, tasks: Collection[str]) -> set[str]:
    """Those of the periodic ``tasks`` (their key is empty) of which a run waits or is running."""
    locks = [lock_name(task, "") for task in tasks]
    return set(session.execute(_SCHEDULED, {"locks": locks}).scalars())


def dead(session: Session) -> list[tuple[str, str, int]]:
    """(task, key, attempts) of the jobs that were given up."""
    return [(task, key, attempts) for task, key, attempts in session.execute(_DEAD)]


def forget_dead(session: Session, task: str, key: str) -> None:
    """Drop the dead rows of (task, key)."""
    session.execute(_FORGET, {"lock": lock_name(task, key)})


def is_due(session: Session, tasks: Collection[str]) -> bool:
    """Whether one of ``tasks`` could be fetched now."""
    return bool(session.execute(_DUE, {"tasks": list(tasks)}).scalar())


def show_life(session: Session, worker_ids: Collection[int]) -> None:
    """A sign of life for each worker; procrastinate's own stops when a worker begins to end."""
    for worker_id in worker_ids:
        session.execute(sa.select(sa.func.procrastinate_update_heartbeat_v1(worker_id)))


def take_up(session: Session, tasks: Mapping[str, Task], *, silent_s: float) -> None:
    """Queue again the jobs of workers that were silent for ``silent_s`` seconds; those on their last attempt die.

    The rows are locked while it is decided, so of several workers that look at once one acts.
    """
    for row in session.execute(_STRANDED, {"tasks": list(tasks), "silent_s": silent_s}):
        logger.warning("%s is taken up: its worker fell silent", row.queueing_lock)
        if row.attempts + 1 >= tasks[row.task_name].max_attempts:
            session.execute(_FINISH, {"id": row.id, "delete": False})
        elif row.has_twin:
            session.execute(_FINISH, {"id": row.id, "delete": True})
        else:
            session.execute(_RETRY, {"id": row.id})
