"""The job queue on SQLite: one table in which a worker leases a row for as long as it shows signs of life.

Moments here are the machine's own, never :func:`lab.kit.clock.now`: a replay that holds the clock still must
not hold leases still (PostgreSQL's queue goes by the server's clock in the same way).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import Session

from lab.kit.db import UTCDateTime

# Apart from the application's metadata: this table exists on SQLite alone (migration 0003).
lease_metadata = sa.MetaData()
job = sa.Table(
    "job",
    lease_metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("task", sa.String(128), nullable=False),
    sa.Column("key", sa.String(200), nullable=False),
    sa.Column("run_at", UTCDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lease", sa.String(32)),  # set while a worker has it
    sa.Column("lease_until", UTCDateTime),
    sa.Column("dead_at", UTCDateTime),
    sqlite_autoincrement=True,
)
_WAITING = sa.and_(job.c.lease.is_(None), job.c.dead_at.is_(None))
sa.Index("uq_job_waiting", job.c.task, job.c.key, unique=True, sqlite_where=_WAITING)


@dataclass(frozen=True)
class Leased:
    """A job in a worker's hands; ``attempt`` counts from 1 and includes runs whose worker died."""

    id: int
    task: str
    key: str
    attempt: int
    lease: str


def _now() -> datetime:
    return datetime.now(UTC)


def enqueue(session: Session, task: str, key: str, *, run_at: datetime | None) -> None:
    """See :func:`lab.kit.jobs.enqueue`. The write lock that ``session`` holds keeps workers off until it commits."""
    due = run_at or _now()
    waiting = session.execute(
        sa.update(job)
        .where(job.c.task == task, job.c.key == key, _WAITING)
        .values(run_at=sa.func.min(job.c.run_at, due))
        .returning(job.c.id)
    ).first()
    if waiting is None:
        session.execute(sa.insert(job).values(task=task, key=key, run_at=due))


def known_keys(session: Session, task: str, keys: Collection[str]) -> set[str]:
    """Those of ``keys`` for which a row exists, in whatever state."""
    found = session.execute(sa.select(job.c.key).where(job.c.task == task)).scalars()
    return set(keys).intersection(found)  # not IN: there may be more keys than SQLite takes parameters


def scheduled(session: Session, tasks: Collection[str]) -> set[str]:
    """Those of the periodic ``tasks`` (their key is empty) of which a run waits or is running."""
    alive = sa.select(job.c.task).where(job.c.task.in_(tasks), job.c.key == "", job.c.dead_at.is_(None))
    return set(session.execute(alive).scalars())


def dead(session: Session) -> list[tuple[str, str, int]]:
    """(task, key, attempts) of the jobs that were given up."""
    rows = session.execute(
        sa.select(job.c.task, job.c.key, job.c.attempts).where(job.c.dead_at.is_not(None)).order_by(job.c.id)
    )
    return [(row.task, row.key, row.attempts) for row in rows]


def forget_dead(session: Session, task: str, key: str) -> None:
    """Drop the dead rows of (task, key)."""
    session.execute(sa.delete(job).where(job.c.task == task, job.c.key == key, job.c.dead_at.is_not(None)))


def _ready(tasks: Iterable[str]) -> sa.ColumnElement[bool]:
    """Due and free, or leased by a worker that fell silent; and no live run of the same (task, key)."""
    moment = _now()
    other = job.alias("other")
    live_twin = sa.exists().where(
        other.c.task == job.c.task, other.c.key == job.c.key, other.c.id != job.c.id, other.c.lease_until >= moment
    )
    free = sa.and_(_WAITING, job.c.run_at <= moment)
    return sa.and_(job.c.task.in_(list(tasks)), sa.or_(free, job.c.lease_until < moment), sa.not_(live_twin))


def is_due(session: Session, tasks: Iterable[str]) -> bool:
    """Whether one of ``tasks`` could be leased now; takes no write lock in a reading session."""
    return session.execute(sa.select(sa.literal(1)).where(_ready(tasks)).limit(1)).first() is not None


def claim(session: Session, tasks: Iterable[str], *, lease_s: float) -> Leased | None:
    """Lease the oldest job of ``tasks`` that is due, for ``lease_s`` seconds."""
    oldest = sa.select(job.c.id).where(_ready(tasks)).order_by(job.c.run_at, job.c.id).limit(1).scalar_subquery()
    row = session.execute(
        sa.update(job)
        .where(job.c.id == oldest)
        .values(lease=uuid4().hex, lease_until=_now() + timedelta(seconds=lease_s), attempts=job.c.attempts + 1)
        .returning(job.c.id, job.c.task, job.c.key, job.c.attempts, job.c.lease)
    ).one_or_none()
    return None if row is None else Leased(row.id, row.task, row.key, row.attempts, row.lease)


def extend(session: Session, leases: Collection[str], *, lease_s: float) -> None:
    """A sign of life: the jobs under ``leases`` stay leased for another ``lease_s`` seconds."""
    session.execute(
        sa.update(job).where(job.c.lease.in_(leases)).values(lease_until=_now() + timedelta(seconds=lease_s))
    )


def _mine(leased: Leased) -> sa.ColumnElement[bool]:
    return sa.and_(job.c.id == leased.id, job.c.lease == leased.lease)


def finish(session: Session, leased: Leased) -> None:
    """The run succeeded. Nothing happens when the lease was lost meanwhile: the row is somebody else's."""
    session.execute(sa.delete(job).where(_mine(leased)))


def give_up(session: Session, leased: Leased, *, attempts: int) -> None:
    """The last of ``attempts`` failed: the job is dead."""
    dead_now = {"lease": None, "lease_until": None, "dead_at": _now(), "attempts": attempts}
    session.execute(sa.update(job).where(_mine(leased)).values(dead_now))


def retry(session: Session, leased: Leased, *, delay_s: float) -> None:
    """The run failed: wait ``delay_s``. A twin that was queued meanwhile carries the work instead."""
    twin = session.execute(
        sa.select(job.c.id).where(job.c.task == leased.task, job.c.key == leased.key, _WAITING).limit(1)
    ).first()
    if twin is not None:
        finish(session, leased)
        return
    session.execute(
        sa.update(job)
        .where(_mine(leased))
        .values(lease=None, lease_until=None, run_at=_now() + timedelta(seconds=delay_s))
    )
