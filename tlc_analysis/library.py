"""Reads a library file: which substance runs where in which system, and how sure that is.

Columns ``substance,system,hrf,sd_hrf,n,kind``: ``hrf`` 0 to 100, ``sd_hrf`` its standard deviation between plates
(empty when unknown), ``n`` the number of plates behind it (empty when unknown), ``kind`` ``own`` (the laboratory's
own standards) or ``literature`` (a value corrected by standards, measured elsewhere). Separated by commas, or by
semicolons, then with a decimal comma allowed. Further columns are left alone.
"""

import csv
import io
import math
from dataclasses import dataclass
from typing import Literal

from .errors import LibraryFormatError

Kind = Literal["own", "literature"]
COLUMNS = ("substance", "system", "hrf", "sd_hrf", "n", "kind")


@dataclass(frozen=True, kw_only=True)
class LibraryEntry:
    """One line of a library."""

    substance: str
    system: str
    hrf: float
    sd_hrf: float | None
    n: int | None
    kind: Kind


def read_library(text: str) -> tuple[LibraryEntry, ...]:
    """The entries in the order of the file. Raises :class:`LibraryFormatError`, which names the line."""
    lines = text.removeprefix("\ufeff").splitlines()
    if not any(line.strip() for line in lines):
        raise LibraryFormatError(
            "The library is empty: its first line must name the columns " + ",".join(COLUMNS) + "."
        )
    separator = ";" if ";" in lines[0] else ","
    # Strict: a stray quote would otherwise swallow the lines that follow it.
    reader = csv.DictReader(io.StringIO("\n".join(lines)), delimiter=separator, strict=True)
    try:
        names = [name.strip().lower() for name in reader.fieldnames or ()]
        reader.fieldnames = names
        missing = [column for column in COLUMNS if column not in names]
        if missing:
            raise LibraryFormatError(f"Library line 1: no column {', '.join(missing)}.")
        twice = [column for column in COLUMNS if names.count(column) > 1]
        if twice:
            raise LibraryFormatError(f"Library line 1: more than one column {', '.join(twice)}.")
        return tuple(_entry(row, reader.line_num, separator) for row in reader if any(row.values()))
    except csv.Error as error:
        raise LibraryFormatError(f"Library line {reader.reader.line_num}: {error}.") from error


def _entry(row: dict[str, str | None], line: int, separator: str) -> LibraryEntry:
    if None in row:  # more cells than columns: a decimal comma between commas, most often
        raise LibraryFormatError(
            f"Library line {line}: more cells than columns. Decimals take a point; or separate by semicolons."
        )
    cells = {name: (row[name] or "").strip() for name in COLUMNS}
    for name in ("substance", "system", "hrf", "kind"):
        if not cells[name]:
            raise LibraryFormatError(f"Library line {line}: {name} is empty.")
    kind = _kind(cells["kind"], line)
    hrf = _number(cells["hrf"], "hrf", line, separator)
    sd_hrf = _number(cells["sd_hrf"], "sd_hrf", line, separator) if cells["sd_hrf"] else None
    if not 0 <= hrf <= 100:
        raise LibraryFormatError(f"Library line {line}: hrf is {hrf:g}; it must lie between 0 and 100.")
    if sd_hrf is not None and not 0 <= sd_hrf <= 100:
        raise LibraryFormatError(f"Library line {line}: sd_hrf is {sd_hrf:g}; it must lie between 0 and 100.")
    return LibraryEntry(
        substance=cells["substance"],
        system=cells["system"],
        hrf=hrf,
        sd_hrf=sd_hrf,
        n=_count(cells["n"], kind, line, separator),
        kind=kind,
    )


def _number(cell: str, name: str, line: int, separator: str) -> float:
    try:
        value = float(cell.replace(",", ".") if separator == ";" else cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise LibraryFormatError(f"Library line {line}: {name} is “{cell}”, not a number.")
    return value


def _count(cell: str, kind: Kind, line: int, separator: str) -> int | None:
    if not cell:
        return None
    value = _number(cell, "n", line, separator)
    if value == 0 and kind == "literature":  # a printed value without the number of runs behind it
        return None
    if value < 1 or value != int(value):
        raise LibraryFormatError(f"Library line {line}: n is “{cell}”; it counts plates, 1 or more.")
    return int(value)


def _kind(cell: str, line: int) -> Kind:
    word = cell.lower()
    if word == "own":
        return "own"
    if word == "literature":
        return "literature"
    raise LibraryFormatError(f"Library line {line}: kind is “{cell}”; it must be own or literature.")
