"""Clears away files that no row names: what an upload left behind whose transaction was rolled back.

A file is written before its row is committed, so an orphan is a file that is old and named by no row. The same bytes
may be uploaded again at the very moment at which the sweep looks: therefore an orphan is first put aside, under the
day's date, from where :meth:`~lab.kit.files.FileStore.get` still finds it; only after :data:`ASIDE` days is it deleted,
and put back instead if a row names it by then. No row that was ever committed loses its file.
"""

import logging
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session

from lab.kit.clock import now
from lab.kit.db import metadata
from lab.kit.files import FileStore
from lab.kit.tasks import Context, Task

logger = logging.getLogger("drugcheck.files")

SWEEP = "files.sweep"
COLUMN = "file_key"
OLD = timedelta(days=1)
ASIDE = timedelta(days=2)


def naming_columns() -> list[sa.Column[str]]:
    """Every column that names stored files: they are all called :data:`COLUMN`."""
    return [table.columns[COLUMN] for table in metadata.sorted_tables if COLUMN in table.columns]


def is_named(session: Session, key: str) -> bool:
    """Whether any row names the file ``key``."""
    return any(
        session.execute(sa.select(column).where(column == key).limit(1)).first() is not None
        for column in naming_columns()
    )


def sweep_files(session: Session, files: FileStore) -> tuple[int, int]:
    """Put aside the old files that no row names, delete those put aside long enough ago; how many of each."""
    moment = now()
    aside = [key for key in files.older_than(moment - OLD) if not is_named(session, key)]
    for key in aside:
        files.put_aside(key, on=moment.date())
    deleted = 0
    for key in files.aside_before(moment.date() - ASIDE):
        if is_named(session, key):
            files.bring_back(key)
        else:
            files.delete(key)
            deleted += 1
    if aside or deleted:
        logger.info("put %d files aside that no row names, and deleted %d", len(aside), deleted)
    return len(aside), deleted


def sweep(context: Context, _key: str) -> None:
    """The periodic run."""
    with context.database.reading() as session:
        sweep_files(session, context.files)


TASKS: tuple[Task, ...] = (Task(SWEEP, sweep, every_s=6 * 3600.0, heavy=True),)
