"""History as a CSV file, for replays: read strictly, refused with the line and the reason.

One line is one finding of one sample (a sample without findings has one line without a substance).
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from alerts.errors import HistoryError
from lab.results.models import Evidence, FindingRole, Technique
from lab.samples.models import AdverseEvent, SampleForm

REQUIRED = ("sample", "date", "sold_as", "substance", "evidence")
OPTIONAL = ("class", "role", "technique", "form", "adverse_event", "amount_mg", "area")
MAX_BYTES = 50_000_000
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True)
class Line:
    """One line of the file, checked."""

    number: int
    sample: str
    on: date
    sold_as: str
    substance: str
    evidence: Evidence | None
    substance_class: str
    role: FindingRole | None
    technique: Technique
    form: SampleForm | None
    adverse_event: AdverseEvent
    amount_mg: float | None
    area: str


def read_history(text: str) -> Iterator[Line]:
    """The lines of a history file; raises :class:`HistoryError` at the first that cannot be taken."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    names = tuple(reader.fieldnames or ())
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise HistoryError(line=1, problem=f"the column {missing[0]!r} is missing")
    unknown = [name for name in names if name not in (*REQUIRED, *OPTIONAL)]
    if unknown:
        raise HistoryError(line=1, problem=f"there is no column {unknown[0]!r}")
    found = False
    try:
        for row in reader:
            found = True
            yield _line(reader.line_num, row)
    except csv.Error as error:
        raise HistoryError(line=reader.line_num, problem=str(error)) from error
    if not found:
        raise HistoryError(line=2, problem="the file holds no samples")


def _line(number: int, row: Mapping[str | None, str | None]) -> Line:
    if None in row or None in row.values():
        raise HistoryError(line=number, problem="it has not as many fields as the header")
    cell = {str(name): (value or "").strip() for name, value in row.items()}
    if not cell["sample"]:
        raise HistoryError(line=number, problem="the sample has no name")
    if cell["substance"] and not cell["evidence"]:
        raise HistoryError(line=number, problem="a finding needs its evidence")
    return Line(
        number=number,
        sample=cell["sample"],
        on=_day(number, cell["date"]),
        sold_as=cell["sold_as"],
        substance=cell["substance"],
        evidence=_word(number, Evidence, cell["evidence"]),
        substance_class=cell.get("class", ""),
        role=_word(number, FindingRole, cell.get("role", "")),
        technique=_word(number, Technique, cell.get("technique", "")) or Technique.GCMS,
        form=_word(number, SampleForm, cell.get("form", "")),
        adverse_event=_word(number, AdverseEvent, cell.get("adverse_event", "")) or AdverseEvent.UNKNOWN,
        amount_mg=_amount(number, cell.get("amount_mg", "")),
        area=cell.get("area", ""),
    )


def _day(number: int, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise HistoryError(line=number, problem=f"{text!r} is not a date such as 2025-07-31") from None


def _word(number: int, kind: type[Word], text: str) -> Word | None:
    if not text:
        return None
    try:
        return kind(text)
    except ValueError:
        choices = ", ".join(member.value for member in kind)
        raise HistoryError(line=number, problem=f"{text!r} is none of {choices}") from None


def _amount(number: int, text: str) -> float | None:
    if not text:
        return None
    try:
        amount_mg = float(text)
    except ValueError:
        amount_mg = -1.0
    if not 0 <= amount_mg < 1e6:
        raise HistoryError(line=number, problem=f"{text!r} is not an amount in milligrams")
    return amount_mg
