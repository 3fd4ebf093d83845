"""Reads the shipped reference data (``data/*.csv``), each row with its source, and checks what can be checked.

Nothing is corrected here: a row that does not hold together is an error with its file and line.
"""

import csv
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

from lab.library.errors import ReferenceDataError
from lab.library.models import ValueConfidence, ValueKind
from lab.library.names import fold, squeeze

# Standard InChIKey: 14 letters, 8 letters with the standard flag and version A, and the protonation letter
# (IUPAC InChI Technical Manual, "InChIKey"). It carries no check digit.
_INCHIKEY = re.compile(r"[A-Z]{14}-[A-Z]{8}[SN]A-[A-Z]")
_CAS = re.compile(r"(\d{2,7})-(\d{2})-(\d)")
_STANDARD = re.compile(r"(?P<substance>[^\d=][^=]*?) (?P<hrfc>\d+(?:\.\d+)?)")  # "= 1.00" is a relative Rf
UNCLASSIFIED = "unclassified"
"""Class of a substance that the vocabulary lacks and only a printed value names."""


def is_inchikey(text: str) -> bool:
    """Whether ``text`` has the form of a standard InChIKey."""
    return _INCHIKEY.fullmatch(text) is not None


def is_cas(text: str) -> bool:
    """Whether ``text`` is a CAS number: its last digit is the others times 1, 2, 3… from the right, summed, mod 10."""
    parts = _CAS.fullmatch(text)
    if parts is None:
        return False
    digits = parts[1] + parts[2]
    return sum(place * int(digit) for place, digit in enumerate(reversed(digits), 1)) % 10 == int(parts[3])


@dataclass(frozen=True)
class SubstanceRow:
    """A substance of the vocabulary."""

    name: str
    synonyms: tuple[str, ...]
    substance_class: str
    inchikey: str | None
    cas: str | None
    source: str
    inchikey_source: str | None
    cas_source: str | None


@dataclass(frozen=True)
class SystemRow:
    """A chromatographic system; ``correction_standards`` as (substance, hRfc)."""

    code: str
    layer: str
    mobile_phase: str
    saturation: str
    correction_standards: tuple[tuple[str, float], ...]
    error_window: str
    source: str
    source_url: str
    note: str


@dataclass(frozen=True)
class ValueRow:
    """A printed retention value, 0 to 100 hRf."""

    substance: str
    system: str
    layer: str
    mobile_phase: str
    value_hrf: float
    kind: ValueKind
    sd_hrf: float | None
    source: str
    source_url: str
    as_read: str
    confidence: ValueConfidence
    note: str


@dataclass(frozen=True)
class ColourRow:
    """A printed colour reaction; ``substance`` is None where a class of substances was printed."""

    substance: str | None
    subject: str
    reagent: str
    colour_text: str
    where: str
    source: str
    source_url: str
    note: str


@dataclass(frozen=True)
class NameRow:
    """A substance's name in one language of the pages, with its source."""

    substance: str
    language: str
    name: str
    source: str
    source_url: str


@dataclass(frozen=True)
class Reference:
    """All reference data, names resolved to the vocabulary."""

    substances: tuple[SubstanceRow, ...]
    systems: tuple[SystemRow, ...]
    values: tuple[ValueRow, ...]
    colours: tuple[ColourRow, ...]
    names: tuple[NameRow, ...] = ()


Row = Mapping[str, str]


@dataclass(frozen=True)
class _Line:
    """A line of a file, and how to complain about it."""

    file: str
    number: int
    cells: Row

    def fail(self, problem: str) -> ReferenceDataError:
        return ReferenceDataError(file=self.file, line=self.number, problem=problem)

    def number_in(self, column: str, low: float, high: float) -> float:
        try:
            value = float(self.cells[column])
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise self.fail(f"{column} is {self.cells[column]!r}, not a number from {low:g} to {high:g}")
        return value


def _lines(name: str) -> Iterator[_Line]:
    text = resources.files("lab.library").joinpath("data", name).read_text(encoding="utf-8")
    reader = csv.DictReader(text.splitlines(), strict=True)
    for cells in reader:
        if None in cells or None in cells.values():
            raise _Line(name, reader.line_num, {}).fail("too many or too few cells")
        yield _Line(name, reader.line_num, cells)


def read_reference() -> Reference:
    """The shipped data, checked. Raises :class:`ReferenceDataError`."""
    vocabulary = [_substance(line) for line in _lines("substances.csv")]
    names = _Names(vocabulary)
    systems = tuple(_system(line) for line in _lines("systems.csv"))
    codes = {system.code for system in systems}
    values = tuple(_value(line, names, codes) for line in _lines("rf_values.csv"))
    colours = tuple(_colour(line, names) for line in _lines("reagents.csv"))
    spoken = tuple(_name(line, names) for line in _lines("names_in_languages.csv"))
    return Reference((*vocabulary, *names.added.values()), systems, values, colours, spoken)


class _Names:
    """Resolves names as printed; a substance that the vocabulary lacks is added with the source that names it."""

    def __init__(self, vocabulary: list[SubstanceRow]) -> None:
        self.added: dict[str, SubstanceRow] = {}
        self._known: dict[str, str] = {}
        for row in vocabulary:
            for synonym in row.synonyms:
                self._known.setdefault(squeeze(fold(synonym)), row.name)
        self._known |= {squeeze(fold(row.name)): row.name for row in vocabulary}
        self._printed = {line.cells["as_printed"]: line.cells["substance"] for line in _lines("names_as_printed.csv")}

    def of(self, line: _Line) -> str | None:
        """The vocabulary's name for what ``line`` printed; None for a class."""
        printed = line.cells["substance"]
        if printed.endswith("(class)"):
            return None
        if printed in self._printed:
            return self._printed[printed] or None
        known = self._known.get(squeeze(fold(printed)))
        return known if known is not None else self._add(line, printed)

    def known(self, name: str) -> str | None:
        """The vocabulary's name for ``name``, if it has one."""
        return self._known.get(squeeze(fold(name)))

    def _add(self, line: _Line, printed: str) -> str:
        identifier = line.cells.get("inchikey_or_cas", "")
        source = line.cells["source"]
        self.added[printed] = SubstanceRow(
            name=printed,
            synonyms=(),
            substance_class=UNCLASSIFIED,
            inchikey=identifier if is_inchikey(identifier) else None,
            cas=identifier if is_cas(identifier) else None,
            source=source,
            inchikey_source=source if is_inchikey(identifier) else None,
            cas_source=source if is_cas(identifier) else None,
        )
        self._known[squeeze(fold(printed))] = printed
        return printed


def _name(line: _Line, names: "_Names") -> NameRow:
    cells = line.cells
    substance = names.known(cells["substance"])
    if substance is None or cells["language"] not in {"fr", "nl", "en"} or not cells["name"] or not cells["source"]:
        raise line.fail("a name needs a substance of the vocabulary, fr, nl or en, and a source")
    return NameRow(substance, cells["language"], cells["name"], cells["source"], cells["source_url"])


def _substance(line: _Line) -> SubstanceRow:
    cells = line.cells
    if not cells["name"] or not cells["source"]:
        raise line.fail("a substance needs a name and a source")
    if cells["inchikey"] and not is_inchikey(cells["inchikey"]):
        raise line.fail(f"{cells['inchikey']!r} is no InChIKey")
    if cells["cas"] and not is_cas(cells["cas"]):
        raise line.fail(f"{cells['cas']!r} is no CAS number, or its check digit is wrong")
    return SubstanceRow(
        name=cells["name"],
        synonyms=tuple(text for part in cells["synonyms"].split("; ") if (text := part.strip())),
        substance_class=cells["class"],
        inchikey=cells["inchikey"] or None,
        cas=cells["cas"] or None,
        source=cells["source"],
        inchikey_source=cells["inchikey_source"] or None,
        cas_source=cells["cas_source"] or None,
    )


def _system(line: _Line) -> SystemRow:
    cells = line.cells
    printed = cells["correction_standards_hrfc"]
    parts = [_STANDARD.fullmatch(part.strip()) for part in printed.split(";")]
    standards = tuple((part["substance"], float(part["hrfc"])) for part in parts if part is not None)
    other = "" if standards or not printed else f"correction: {printed}"
    return SystemRow(
        code=cells["system_code"],
        layer=cells["plate"],
        mobile_phase=cells["mobile_phase"],
        saturation=cells["saturation"],
        correction_standards=standards if len(standards) == len(parts) else (),
        error_window=cells["error_window"],
        source=cells["source"],
        source_url=cells["source_url"],
        note="; ".join(part for part in (cells["note"], other) if part),
    )


def _value(line: _Line, names: _Names, systems: set[str]) -> ValueRow:
    cells = line.cells
    substance = names.of(line)
    if substance is None or cells["system_code"] not in systems:
        raise line.fail("a retention value needs one substance and a known system")
    return ValueRow(
        substance=substance,
        system=cells["system_code"],
        layer=cells["plate"],
        mobile_phase=cells["mobile_phase"],
        value_hrf=line.number_in("value_hrf", 0, 100),
        kind=ValueKind(cells["value_kind"]),
        sd_hrf=line.number_in("sd_hrf", 0, 50) if cells["sd_hrf"] else None,
        source=cells["source"],
        source_url=cells["source_url"],
        as_read=cells["as_read"],
        confidence=ValueConfidence(cells["confidence"]),
        note=cells["note"],
    )


def _colour(line: _Line, names: _Names) -> ColourRow:
    cells = line.cells
    return ColourRow(
        substance=names.of(line),
        subject=cells["substance"],
        reagent=cells["reagent"],
        colour_text=cells["colour_text"],
        where=cells["where"],
        source=cells["source"],
        source_url=cells["source_url"],
        note=cells["note"],
    )
