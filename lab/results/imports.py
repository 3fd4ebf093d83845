"""Analyses of other techniques from a CSV file: a preview, a report of every refused line, then the import.

One line is one finding, or one analysis without findings; lines that agree in everything but the finding are one
analysis. Separated by commas, or by semicolons or tabs, then with a decimal comma allowed; UTF-8. An analysis is taken
whole or not at all, and the same lines are never taken twice.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError
from sqlmodel import Session, select

from lab.errors import LabError
from lab.kit.messages import Message
from lab.library.service import find_substance
from lab.network.access import Actor, Permission
from lab.results.analyses import check_analysis, record_analysis
from lab.results.confirmations import DEFAULT_DAYS
from lab.results.errors import ImportColumnsError, ImportCsvError, ImportEncodingError, ImportTooLargeError
from lab.results.models import Abundance, Analysis, FindingRole, Outcome, Technique
from lab.results.schemas import AmountUnit, AnalysisIn, FindingIn
from lab.samples import service as samples
from lab.samples.models import Sample

REQUIRED = ("sample_code", "technique", "performed_on", "method_version", "outcome", "detection_limit_note")
OPTIONAL = (
    "substance",
    "substance_class",
    "role",
    "abundance",
    "amount",
    "amount_unit",
    "amount_basis",
    "amount_u",
    "note",
    "target_class",
)
MAX_BYTES = 5_000_000
MAX_LINES = 10_000
_OF_FINDING = ("substance", "substance_class", "role", "abundance", "amount", "amount_unit", "amount_basis")
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True)
class RefusedLine:
    """A line that is not taken: its number in the file (the header is 1) and why."""

    line: int
    message: Message


@dataclass(frozen=True)
class Readable:
    """An analysis that can be taken, and the lines it comes from."""

    lines: tuple[int, ...]
    sample_id: UUID
    sample_code: str
    data: AnalysisIn
    import_key: str


@dataclass(frozen=True)
class ImportReport:
    """What a file holds. ``imported``: keys of the analyses that were recorded; empty in a preview."""

    readable: tuple[Readable, ...]
    refused: tuple[RefusedLine, ...]
    imported: tuple[UUID, ...] = ()


class _CellError(Exception):
    """What is wrong with a line."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.id)
        self.message = message


@dataclass(frozen=True)
class _Line:
    number: int
    cells: Mapping[str, str]
    decimal_comma: bool

    @property
    def group(self) -> tuple[str, ...]:
        return tuple(self.cells[name] for name in (*REQUIRED, "target_class"))

    def word(self, column: str, kind: type[Word]) -> Word:
        try:
            return kind(self.cells[column].lower())
        except ValueError:
            raise self.wrong(column) from None

    def number_or_none(self, column: str) -> float | None:
        text = self.cells[column]
        if not text:
            return None
        try:
            return float(text.replace(",", ".") if self.decimal_comma else text)
        except ValueError:
            raise self.wrong(column) from None

    def wrong(self, column: str) -> _CellError:
        return _CellError(Message("error.import.value", {"column": column, "value": self.cells[column][:60]}))


def preview(session: Session, *, actor: Actor, site_id: UUID, content: bytes) -> ImportReport:
    """What :func:`import_analyses` would do with this file for the laboratory ``site_id``. Nothing is written.

    Raises :class:`~lab.errors.ForbiddenError`, and a kind of :class:`~lab.results.errors.ImportFileError` for a file
    that cannot be read at all.
    """
    actor.require(Permission.ANALYSIS_RECORD, site_id)
    readable: list[Readable] = []
    refused: list[RefusedLine] = []
    vocabulary = _Vocabulary(session)
    for lines in _groups(_read(content)):
        try:
            readable.append(_analysis(session, vocabulary, actor=actor, site_id=site_id, lines=lines))
        except _RefusedError as error:
            refused += error.lines
    return ImportReport(tuple(readable), tuple(sorted(refused, key=lambda one: one.line)))


def import_analyses(
    session: Session, *, actor: Actor, site_id: UUID, content: bytes, confirm_within_days: int = DEFAULT_DAYS
) -> ImportReport:
    """Record every analysis of the file that can be taken; the report names the lines that were not.

    Raises as :func:`preview` does.
    """
    report = preview(session, actor=actor, site_id=site_id, content=content)
    recorded = [
        record_analysis(
            session,
            actor=actor,
            sample_id=one.sample_id,
            data=one.data,
            import_key=one.import_key,
            confirm_within_days=confirm_within_days,
        )
        for one in report.readable
    ]
    return replace(report, imported=tuple(analysis.id for analysis in recorded))


class _RefusedError(Exception):
    """An analysis that is not taken, with what to say of each of its lines."""

    def __init__(self, lines: Sequence[RefusedLine]) -> None:
        super().__init__(len(lines))
        self.lines = lines


def _read(content: bytes) -> list[_Line]:
    if len(content) > MAX_BYTES:
        raise ImportTooLargeError(most=f"{MAX_BYTES // 1_000_000} MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ImportEncodingError from None
    header = text.split("\n", 1)[0]
    separator = max(";\t,", key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = [name.strip().lower() for name in reader.fieldnames or ()]
        missing = [column for column in REQUIRED if column not in names]
        if missing:
            raise ImportColumnsError(columns=", ".join(missing))
        reader.fieldnames = names
        return _lines(reader, decimal_comma=separator != ",")
    except csv.Error:
        raise ImportCsvError(line=reader.line_num) from None


def _lines(reader: "csv.DictReader[str]", *, decimal_comma: bool) -> list[_Line]:
    lines = []
    for row in reader:
        cells = {name: (row.get(name) or "").strip() for name in (*REQUIRED, *OPTIONAL)}
        if any(cells.values()):
            lines.append(_Line(reader.line_num, cells, decimal_comma))
        if len(lines) > MAX_LINES:
            raise ImportTooLargeError(most=MAX_LINES)
    return lines


def _groups(lines: Iterable[_Line]) -> Iterable[list[_Line]]:
    groups: dict[tuple[str, ...], list[_Line]] = {}
    for line in lines:
        groups.setdefault(line.group, []).append(line)
    return groups.values()


class _Vocabulary:
    """Looks every name of a file up once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, UUID] = {}

    def id_of(self, name: str) -> UUID:
        if name not in self._known:
            self._known[name] = find_substance(self._session, name=name).id
        return self._known[name]


def _analysis(
    session: Session, vocabulary: _Vocabulary, *, actor: Actor, site_id: UUID, lines: Sequence[_Line]
) -> Readable:
    findings: list[FindingIn] = []
    wrong: dict[int, Message] = {}
    for line in lines:
        try:
            findings += _findings(vocabulary, line)
        except (_CellError, LabError) as error:
            wrong[line.number] = error.message
    first = lines[0]
    try:
        sample, data = _head(session, actor=actor, site_id=site_id, line=first)
        data = data.model_copy(update={"findings": findings})
        if not wrong:
            check_analysis(session, sample=sample, data=data)
        key = _unused_key(session, site_id=site_id, lines=lines)
    except (_CellError, LabError) as error:
        wrong[first.number] = error.message
    if wrong:
        rest = Message("error.import.group", {"line": min(wrong)})
        raise _RefusedError([RefusedLine(line.number, wrong.get(line.number, rest)) for line in lines])
    return Readable(tuple(line.number for line in lines), sample.id, sample.code, data, key)


def _head(session: Session, *, actor: Actor, site_id: UUID, line: _Line) -> tuple[Sample, AnalysisIn]:
    sample = samples.get_by_code(
        session, actor=actor, code=line.cells["sample_code"], permission=Permission.ANALYSIS_RECORD
    )
    try:
        performed_on = date.fromisoformat(line.cells["performed_on"])
    except ValueError:
        raise line.wrong("performed_on") from None
    values = {
        "site_id": site_id,
        "technique": line.word("technique", Technique),
        "method_version": line.cells["method_version"],
        "performed_on": performed_on,
        "outcome": line.word("outcome", Outcome),
        "detection_limit_note": line.cells["detection_limit_note"],
        "target_class": line.cells["target_class"] or None,
    }
    try:
        return sample, AnalysisIn.model_validate(values)
    except ValidationError as error:
        raise line.wrong(str(error.errors()[0]["loc"][0])) from None


def _findings(vocabulary: _Vocabulary, line: _Line) -> list[FindingIn]:
    """The finding of a line; none when every cell of it is empty."""
    cells = line.cells
    if not any(cells[name] for name in _OF_FINDING):
        return []
    named = cells["substance"] not in {"", "unknown"}
    values = {
        "substance_id": vocabulary.id_of(cells["substance"]) if named else None,
        "substance_class": cells["substance_class"] or None,
        "role": line.word("role", FindingRole) if cells["role"] else None,
        "abundance": line.word("abundance", Abundance) if cells["abundance"] else Abundance.INDICATED,
        "amount": line.number_or_none("amount"),
        "amount_unit": _unit(line),
        "amount_basis": cells["amount_basis"] or None,
        "amount_u": line.number_or_none("amount_u"),
        "note": cells["note"] or None,
    }
    try:
        return [FindingIn.model_validate(values)]
    except ValidationError as error:
        raise line.wrong(str(error.errors()[0]["loc"][0])) from None


def _unit(line: _Line) -> AmountUnit | None:
    text = line.cells["amount_unit"]
    known = {unit.value.lower(): unit for unit in AmountUnit}
    if text and text.lower() not in known:
        raise line.wrong("amount_unit")
    return known.get(text.lower())


def _content(line: _Line) -> list[str]:
    """The cells of a line; without the columns that came later, where they are empty, so that old keys stay true."""
    return [value for name, value in line.cells.items() if value or name != "target_class"]


def _unused_key(session: Session, *, site_id: UUID, lines: Sequence[_Line]) -> str:
    content = json.dumps([str(site_id), sorted(_content(line) for line in lines)], ensure_ascii=False)
    key = hashlib.sha256(content.encode()).hexdigest()
    if session.exec(select(Analysis.id).where(Analysis.import_key == key)).first() is not None:
        raise _CellError(Message("error.import.already"))
    return key
