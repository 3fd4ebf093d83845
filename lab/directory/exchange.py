"""The directory as a CSV file: written whole, read line by line, each refused line reported with what is wrong."""

import csv
import io
from collections.abc import Iterator, Mapping
from uuid import UUID

from pydantic import ValidationError
from sqlmodel import Session

from lab.directory.errors import CsvUnreadableError
from lab.directory.models import ServiceEntry
from lab.directory.schemas import EntryIn, ImportReport, RefusedLine
from lab.directory.service import add_entry, change_entry, check_entry, list_entries
from lab.errors import InvalidError
from lab.kit.clock import today
from lab.kit.messages import Message
from lab.network.access import Actor, Permission

COLUMNS = ("id", "kind", "name", "country", "area", "languages", "telephone", "web", "hours", "purpose", "valid_until",
           "source_url", "source_read_on")  # fmt: skip
_NEEDED = {"kind", "name", "valid_until"}
MAX_LINES = 5000


def export_csv(session: Session, *, actor: Actor) -> str:
    """Every entry in use, as a file that :func:`import_csv` reads back unchanged."""
    actor.require(Permission.NETWORK_COORDINATE)
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for entry in list_entries(session):
        if entry.ended_at is None:
            writer.writerow({name: _written(entry, name) for name in COLUMNS})
    return out.getvalue()


def _written(entry: ServiceEntry, name: str) -> str:
    value = getattr(entry, name)
    if value is None:
        return ""
    text = " ".join(value) if name == "languages" else getattr(value, "value", None) or str(value)
    # A spreadsheet would run what begins like a formula; a number that begins with + is no formula to us.
    return f"'{text}" if text[:1] in {"=", "@", "-", "\t"} or (text[:1] == "+" and name != "telephone") else text


def import_csv(session: Session, *, actor: Actor, content: bytes) -> ImportReport:
    """Take in a file: lines with a known ``id`` change that entry, others add one unless the same is there already.

    A line that does not fit is refused and reported, the others are taken in. Raises :class:`CsvUnreadableError`.
    """
    actor.require(Permission.NETWORK_COORDINATE)
    added = changed = unchanged = 0
    refused: list[RefusedLine] = []
    known = {entry.id: entry for entry in list_entries(session)}
    seen = {(one.kind.value, one.name.casefold(), one.area.casefold()) for one in known.values()}
    for number, row in _rows(content):
        data = _parsed(number, row)
        if isinstance(data, RefusedLine):
            refused.append(data)
            continue
        entry = known.get(_key(row))
        same = (data.kind.value, data.name.casefold(), data.area.casefold())
        if entry is not None and _fields(entry) != data.model_dump():
            change_entry(session, actor=actor, entry_id=entry.id, data=data)
            changed += 1
        elif entry is not None or same in seen:
            unchanged += 1
        else:
            add_entry(session, actor=actor, data=data)
            seen.add(same)
            added += 1
    return ImportReport(added, changed, unchanged, refused)


def _fields(entry: ServiceEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in EntryIn.model_fields}


def _key(row: Mapping[str, str]) -> UUID:
    try:
        return UUID(row.get("id", ""))
    except ValueError:
        return UUID(int=0)


def _rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = content.decode("utf-8-sig")
        sample = text.partition("\n")[0]
        reader = csv.DictReader(io.StringIO(text), delimiter=";" if sample.count(";") > sample.count(",") else ",")
        names = {name.strip() for name in reader.fieldnames or ()}
        if not names >= _NEEDED or "\x00" in text:
            raise CsvUnreadableError(columns=", ".join(COLUMNS))
        for count, row in enumerate(reader, start=1):
            if count > MAX_LINES:
                raise CsvUnreadableError(columns=", ".join(COLUMNS))
            if any(isinstance(value, str) and value.strip() for value in row.values()):
                yield (
                    reader.line_num,
                    {name.strip(): value.strip() for name, value in row.items() if name and isinstance(value, str)},
                )
    except (UnicodeDecodeError, csv.Error) as error:
        raise CsvUnreadableError(columns=", ".join(COLUMNS)) from error


def _parsed(number: int, row: Mapping[str, str]) -> EntryIn | RefusedLine:
    values: dict[str, object] = {
        name: row[name].removeprefix("'") for name in COLUMNS if name != "id" and row.get(name)
    }
    if "languages" in values:
        values["languages"] = str(values["languages"]).replace(",", " ").split()
    try:
        data = EntryIn.model_validate(values)
        check_entry(data, on=today())
    except ValidationError as error:
        first = error.errors()[0]
        missing = first["type"] == "missing"
        return RefusedLine(number, str(first["loc"][0]), Message("forms.missing" if missing else "forms.invalid"))
    except InvalidError as error:
        return RefusedLine(number, error.field or "", error.message)
    return data
