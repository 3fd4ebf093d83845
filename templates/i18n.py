"""Texts, plurals, dates and numbers in French, Dutch and English.

Texts live in ``locale/<language>/*.po`` under symbolic ids and are read at start, without a compile step. A
placeholder is ``%(name)s``; a plural takes the parameter ``n``. Numbers given as parameters are written as the
language writes them. An id that no catalogue knows raises :class:`MissingTextWarning`: an error in the test
suite, and in service a page that shows the id rather than no page.
"""

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import Enum
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton, format_time, format_timedelta
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

LANGUAGES = ("fr", "nl", "en")
DEFAULT_LANGUAGE = "fr"
LOCALE_DIR = Path(__file__).parent / "locale"
_LOCALES = {"fr": Locale("fr", "BE"), "nl": Locale("nl", "BE"), "en": Locale("en", "IE")}
_PLACEHOLDER = re.compile(r"%%|%\((?P<name>\w+)\)[sd]")
_PLURAL_FORMS = 2  # French, Dutch and English all have "one" and "other"
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400

Text = str | tuple[str, str]
Catalogue = Mapping[str, Text]


class MissingTextWarning(UserWarning):
    """An id that the catalogues do not have."""


class DoubleTextWarning(UserWarning):
    """An id that two catalogues of a language give."""


class CatalogueError(Exception):
    """A catalogue that cannot be used: a plural with the wrong number of forms."""


def read_catalogue(language: str, *, folder: Path = LOCALE_DIR) -> dict[str, Text]:
    """All texts of ``language``, merged from its PO files; of an id given twice the first stands, with a warning."""
    texts: dict[str, Text] = {}
    for path in sorted((folder / language).glob("*.po")):
        for message_id, text in _read_po(path).items():
            if message_id in texts:
                warnings.warn(f"{path.name} gives {message_id!r} a second time", DoubleTextWarning, stacklevel=2)
            texts.setdefault(message_id, text)
    return texts


def _read_po(path: Path) -> dict[str, Text]:
    with path.open("rb") as file:
        catalog = read_po(file, abort_invalid=True)
    texts: dict[str, Text] = {}
    for entry in catalog:
        if not entry.id or not entry.string:
            continue
        if isinstance(entry.id, str):
            texts[entry.id] = str(entry.string)
        else:
            texts[entry.id[0]] = _plural(entry.id[0], entry.string)
    return texts


def _plural(message_id: str, forms: Iterable[str]) -> tuple[str, str]:
    given = tuple(forms)
    if len(given) != _PLURAL_FORMS or not all(given):
        message = f"{message_id!r} needs exactly {_PLURAL_FORMS} plural forms"
        raise CatalogueError(message)
    return given[0], given[1]


def placeholders(text: Text) -> frozenset[str]:
    """The names of the placeholders in ``text``; in a plural, those of its general form."""
    general = text if isinstance(text, str) else text[1]
    return frozenset(match["name"] for match in _PLACEHOLDER.finditer(general) if match["name"])


@dataclass(frozen=True)
class Translator:
    """One language: its texts, and how it writes numbers, dates and durations."""

    language: str
    catalogue: Catalogue

    @property
    def locale(self) -> Locale:
        """Babel's locale for this language, as written in Belgium (English: Ireland)."""
        return _LOCALES[self.language]

    def has(self, message_id: str) -> bool:
        """Whether there is a text under this id."""
        return message_id in self.catalogue

    def text(self, message_id: str, /, **params: object) -> str:
        """The text ``message_id`` with ``params`` in place; KeyError when it needs one that is not given."""
        text = self.catalogue.get(message_id)
        if text is None:
            warnings.warn(f"no text {message_id!r} in {self.language}", MissingTextWarning, stacklevel=2)
            return message_id
        if not isinstance(text, str):
            text = text[0 if self._is_one(params["n"]) else 1]
        return _PLACEHOLDER.sub(lambda match: self._value(params[match["name"]]) if match["name"] else "%", text)

    def label(self, member: Enum | None) -> str:
        """The everyday word for a member of an enumeration: the text ``<enumeration>.<value>``; none for None."""
        return "" if member is None else self.text(enum_id(member))

    def options(self, members: Iterable[Enum]) -> list[tuple[str, str]]:
        """Values and labels of ``members``, for the choices of a form."""
        return [(str(member.value), self.label(member)) for member in members]

    def _is_one(self, n: object) -> bool:
        if not isinstance(n, int | float):
            message = f"a plural needs a number, not {n!r}"
            raise TypeError(message)
        return self.locale.plural_form(n) == "one"

    def _value(self, value: object) -> str:
        if isinstance(value, Enum):
            return self.label(value)
        if isinstance(value, tuple):
            return ", ".join(self._value(member) for member in value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        return self.number(value)

    def number(self, value: float, digits: int | None = None) -> str:
        """``value`` as this language writes it, with exactly ``digits`` decimals when given."""
        pattern = None if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(value, format=pattern, locale=self.locale)

    def percent(self, share: float) -> str:
        """A share between 0 and 1 as a whole percentage."""
        return format_percent(share, locale=self.locale)

    def month(self, day: date) -> str:
        """The month of a day: "November 2026"."""
        return format_skeleton("yMMMM", day, locale=self.locale)

    def date(self, day: date, style: str = "long") -> str:
        """A day: "21 November 2026" (long), "21 Nov 2026" (medium)."""
        return format_date(day, format=style, locale=self.locale)

    def moment(self, at: datetime, zone: tzinfo | None = None) -> str:
        """A day and time of day in ``zone`` (UTC, and said so, when none is given)."""
        written = format_datetime(at, format="d MMM y HH:mm", tzinfo=zone, locale=self.locale)
        return written if zone else f"{written} UTC"

    def time(self, at: datetime, zone: tzinfo | None = None) -> str:
        """A time of day, "22:15"."""
        return format_time(at, format="HH:mm", tzinfo=zone, locale=self.locale)

    def duration(self, span: timedelta) -> str:
        """How long something has lasted, in its largest useful unit: "4 min", "3 h", "2 days"."""
        seconds = max(span.total_seconds(), 0.0)
        if seconds < _MINUTE_S:
            return self.text("time.now")
        if seconds >= _DAY_S:
            return format_timedelta(span, granularity="day", format="long", locale=self.locale)
        if seconds >= 2 * _HOUR_S:
            return format_timedelta(span, granularity="hour", threshold=1, format="short", locale=self.locale)
        # Minutes up to two hours: a wait of 90 minutes is not "2 h" to the person who waits.
        return format_timedelta(span, granularity="minute", threshold=2, format="short", locale=self.locale)


def enum_id(member: Enum) -> str:
    """The id of an enumeration member's label: ``SampleForm.TABLET`` is ``sample_form.tablet``."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(member).__name__).lower()
    return f"{name}.{member.value}"


@cache
def translator(language: str) -> Translator:
    """The translator of ``language`` (one of :data:`LANGUAGES`), its catalogue read once per process."""
    if language not in LANGUAGES:
        message = f"no language {language!r}"
        raise ValueError(message)
    return Translator(language, read_catalogue(language))


def negotiate(*, asked: str | None = None, account: str | None = None, accept_language: str | None = None) -> str:
    """The language to speak: what was ``asked`` for by hand, else the account's, else the browser's, else French."""
    for candidate in (asked, account, *_accepted(accept_language or "")):
        if candidate in LANGUAGES:
            return candidate
    return DEFAULT_LANGUAGE


def _accepted(header: str) -> Sequence[str]:
    """Primary language tags of an ``Accept-Language`` header, best first (RFC 9110, 12.5.4); rubbish is dropped."""
    weighted: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            continue
        if tag and weight > 0:
            weighted.append((weight, tag.strip().split("-")[0].lower()))
    return [tag for _, tag in sorted(weighted, key=lambda item: -item[0])]
