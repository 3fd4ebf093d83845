"""``drugcheck export``: open data of those who agreed to it."""

import csv
import sys
from dataclasses import astuple
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import err, fail
from api.cli.laboratory import laboratory
from lab.results.open_data import COLUMNS, open_rows


def export(
    target: Annotated[Path | None, typer.Option("--out", help="The file to write; standard output without it.")] = None,
) -> None:
    """Write the reported answers of those who agreed to open data, as CSV: month, area, product; nothing of people."""
    with laboratory() as state, state.database.reading() as session:
        rows = [astuple(row) for row in open_rows(session)]
    if target is None:
        _write(sys.stdout, rows)
        return
    try:
        with target.open("w", newline="", encoding="utf-8") as file:
            _write(file, rows)
    except OSError as error:
        fail(f"{target} could not be written: {error.strerror}.")
    err.print(f"Wrote {len(rows)} rows to {target}.")


def _write(file: object, rows: list[tuple[str, ...]]) -> None:
    writer = csv.writer(file)  # type: ignore[arg-type]  # a text file; typeshed's protocol for it is private
    writer.writerow(COLUMNS)
    writer.writerows(rows)
