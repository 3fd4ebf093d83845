"""The database's history, from the first table on, and the one way to walk it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection, Engine

HERE = Path(__file__).parent


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to ``revision``. Each migration commits by itself; running it again changes nothing."""
    config = _config()
    with engine.connect() as connection, _free_to_rebuild(connection):
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


@contextmanager
def _free_to_rebuild(connection: Connection) -> Iterator[None]:
    """SQLite changes a column by building the table anew: while the old one is dropped nothing may refer to rows of it.

    The switch is deaf inside a transaction, so it is set on the bare connection, before anything begins.
    """
    bare = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite" or bare is None:
        yield
        return
    bare.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
            message = "the migration left rows that refer to nothing"
            raise RuntimeError(message)
    finally:
        connection.rollback()
        bare.execute("PRAGMA foreign_keys=ON")
