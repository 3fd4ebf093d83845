"""Background work: queued in the transaction of the fact that needs it, on either database.

On PostgreSQL the queue is procrastinate's, on SQLite a lease table; both keep the same promises, held by one
contract suite (``tests/contract/test_jobs.py``):

- a job exists if and only if the transaction that queued it commits;
- one (task, key) waits at most once, and never runs twice at the same time;
- a job whose worker died is run again, within :data:`LEASE_S` and a poll;
- a job that failed ``max_attempts`` times is *dead*: kept, listed, never run by itself again.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlmodel import Session

from lab.kit import jobs_lease, jobs_procrastinate

LEASE_S = 20.0
"""How long after its last sign of life a worker counts as dead. Jobs are never stranded for more than 30 s."""


@dataclass(frozen=True)
class DeadJob:
    """A job that was given up after ``attempts`` runs; :func:`revive` puts it back."""

    task: str
    key: str
    attempts: int


class Queue(Protocol):
    """What :mod:`jobs_lease` and :mod:`jobs_procrastinate` both are."""

    def enqueue(self, session: Session, task: str, key: str, *, run_at: datetime | None) -> None: ...
    def known_keys(self, session: Session, task: str, keys: Collection[str]) -> set[str]: ...
    def scheduled(self, session: Session, tasks: Collection[str]) -> set[str]: ...
    def dead(self, session: Session) -> list[tuple[str, str, int]]: ...
    def forget_dead(self, session: Session, task: str, key: str) -> None: ...


def _queue(session: Session) -> Queue:
    return jobs_lease if session.get_bind().dialect.name == "sqlite" else jobs_procrastinate


def enqueue(session: Session, task: str, key: str, *, run_at: datetime | None = None) -> None:
    """Have ``task`` run on ``key`` once ``session`` commits, not before ``run_at`` (aware; None: at once).

    When the same (task, key) waits already nothing is added; the earlier of the two moments holds.
    """
    if run_at is not None and run_at.tzinfo is None:
        message = "run_at needs its timezone"
        raise ValueError(message)
    _queue(session).enqueue(session, task, key, run_at=run_at)


def without_job(session: Session, task: str, keys: Iterable[str]) -> list[str]:
    """Those of ``keys`` for which ``task`` neither waits nor runs nor is dead: what a sweep must queue again."""
    wanted = list(keys)
    known = _queue(session).known_keys(session, task, wanted)
    return [key for key in wanted if key not in known]


def unscheduled(session: Session, tasks: Iterable[str]) -> set[str]:
    """Those of the periodic ``tasks`` whose next run neither waits nor runs."""
    names = set(tasks)
    return names - _queue(session).scheduled(session, names)


def schedule(session: Session, task: str, *, run_at: datetime) -> None:
    """Have the periodic ``task`` run at ``run_at``; runs of it that died are forgotten, for a sweep must go on."""
    _queue(session).forget_dead(session, task, "")
    enqueue(session, task, "", run_at=run_at)


def dead_jobs(session: Session) -> list[DeadJob]:
    """Every job that was given up, oldest first, for a person to look at."""
    return [DeadJob(*row) for row in _queue(session).dead(session)]


def forget(session: Session, job: DeadJob) -> None:
    """Drop a dead job: what it was about has been dealt with otherwise."""
    _queue(session).forget_dead(session, job.task, job.key)


def revive(session: Session, job: DeadJob) -> None:
    """Queue a dead job again, with all its attempts before it."""
    forget(session, job)
    enqueue(session, job.task, job.key)
