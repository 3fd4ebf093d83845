"""One suite for both job engines: what :mod:`lab.kit.jobs` promises, whichever database is under it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from lab.kit.db import Database
from lab.kit.jobs import dead_jobs, enqueue, without_job


def test_enqueue_is_undone_with_its_transaction(database: Database) -> None:
    def fail() -> None:
        with database.session() as session:
            enqueue(session, "note", "a")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.reading() as session:
        assert without_job(session, "note", ["a"]) == ["a"]


def test_the_same_job_waits_only_once(session: Session) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    for run_at in (later, None, later):
        enqueue(session, "note", "a", run_at=run_at)
    assert without_job(session, "note", ["a", "b"]) == ["b"]
    assert dead_jobs(session) == []


def test_a_moment_without_a_zone_is_refused(session: Session) -> None:
    with pytest.raises(ValueError, match="timezone"):
        enqueue(session, "note", "a", run_at=datetime(2026, 7, 1))  # noqa: DTZ001 -- the naive value is the point
