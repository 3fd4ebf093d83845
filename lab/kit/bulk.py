"""Many rows into one table, as each database takes them fastest."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session

_BATCH = 5000


def write_rows(
    session: Session, *, table: sa.Table, alike: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert ``rows``, each with the values ``alike`` that all of them share.

    Every row names the same columns. On PostgreSQL a column goes over as one array, for a statement a row costs its
    server several times what the row does; on SQLite, where there is no server, as one statement run for each row.
    """
    if not rows:
        return
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        statement = sa.insert(table).values(dict(alike))
        for start in range(0, len(rows), _BATCH):
            connection.execute(statement, list(rows[start : start + _BATCH]))
        return
    names = list(rows[0])
    columns = [sa.func.unnest(sa.bindparam(name, type_=ARRAY(table.c[name].type))).label(name) for name in names]
    shared = [sa.bindparam(name, value, type_=table.c[name].type).label(name) for name, value in alike.items()]
    insert = sa.insert(table).from_select([*names, *alike], sa.select(*columns, *shared), include_defaults=False)
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        connection.execute(insert, {name: [row[name] for row in part] for name in names})
