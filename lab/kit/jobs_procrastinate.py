"""The job queue on PostgreSQL: procrastinate's tables and SQL functions, called on the session's own connection.

A job's queue is the name of its task, so a worker takes only what it knows how to run, and heavy tasks can be
kept apart. ``queueing_lock`` keeps one (task, key) from waiting twice, ``lock`` from running twice at once.
"""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

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
_DEAD = sa.text("SELECT task_name, args->>'key', attempts FROM procrastinate_jobs WHERE status = 'failed' ORDER BY id")
_FORGET = sa.text("DELETE FROM procrastinate_jobs WHERE status = 'failed' AND queueing_lock = :lock")


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


def dead(session: Session) -> list[tuple[str, str, int]]:
    """(task, key, attempts) of the jobs that were given up."""
    return [(task, key, attempts) for task, key, attempts in session.execute(_DEAD)]


def forget_dead(session: Session, task: str, key: str) -> None:
    """Drop the dead rows of (task, key)."""
    session.execute(_FORGET, {"lock": lock_name(task, key)})
