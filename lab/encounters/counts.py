"""Counts of encounters and samples by site and period, with small cells hidden [Brussels plan, action 8].

A period is a calendar quarter or year, never a span that somebody chooses: two spans that differ by a day would
show what that day held. Sites are counted together, so that what is hidden at one cannot be had from the others.
"""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.directory.models import ServiceEntry, ServiceKind
from lab.encounters.definition import Definition, Question, QuestionKind
from lab.encounters.errors import PeriodInvalidError
from lab.encounters.models import Encounter, EncounterModule, EncounterOrientation, Questionnaire
from lab.encounters.questionnaires import definition_of
from lab.encounters.suppression import hidden_cells, shown
from lab.network.access import Actor, Permission
from lab.network.models import Site, SiteType
from lab.network.sites import all_sites
from lab.samples.models import Sample

NOT_STATED = "not_stated"
_REST = "~"  # no word of a questionnaire
_PERIOD = re.compile(r"(20\d\d)(?:-Q([1-4]))?")


@dataclass(frozen=True)
class Period:
    """A calendar year, or one of its quarters."""

    year: int
    quarter: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Period":
        """``2026`` or ``2026-Q4``; raises :class:`PeriodInvalidError`."""
        match = _PERIOD.fullmatch(text.strip())
        if match is None:
            raise PeriodInvalidError
        return cls(int(match[1]), int(match[2]) if match[2] else None)

    @classmethod
    def around(cls, day: date) -> "Period":
        """The quarter that ``day`` is in."""
        return cls(day.year, (day.month + 2) // 3)

    def __str__(self) -> str:
        return f"{self.year}-Q{self.quarter}" if self.quarter else str(self.year)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, 3 * (self.quarter or 1) - 2, 1)

    @property
    def after(self) -> date:
        """The day after its last."""
        if self.quarter is None or self.quarter == 4:
            return date(self.year + 1, 1, 1)
        return date(self.year, 3 * self.quarter + 1, 1)

    def quarter_of(self, day: date) -> int | None:
        """In which quarter of the year ``day`` is; None when it is outside this period."""
        quarter = (day.month + 2) // 3
        return quarter if day.year == self.year and self.quarter in {None, quarter} else None


@dataclass(frozen=True)
class Tally:
    """One table: what is counted, and each column's count. None: fewer than five, or what would give them away.

    Where columns ``overlap``, a talk may be in several, and ``total`` is how many talks it was asked in.
    ``question`` is set for a question of a questionnaire; else ``name`` finds the words.
    """

    name: str
    columns: Sequence[tuple[str, int | None]]
    total: int | None
    question: Question | None = None
    module: Definition | None = None
    overlap: bool = False


@dataclass
class _Counting:
    """Counts by (site, quarter, column) while they are gathered."""

    columns: list[str]
    cells: Counter[tuple[UUID, int, str]] = field(default_factory=Counter)

    def row(self, sites: Sequence[UUID], quarters: Sequence[int], column: str) -> int:
        return sum(self.cells[site, quarter, column] for site in sites for quarter in quarters)

    def masks(self, sites: Sequence[UUID], quarters: Sequence[int]) -> list[list[bool]]:
        """What is hidden, site by column, over ``quarters`` together."""
        table = [[self.row([site], quarters, column) for column in self.columns] for site in sites]
        if len(quarters) == 1:
            return hidden_cells(table)
        # A year is the sum of its quarters: where exactly one of them is hidden, the year would give it away.
        single = [self.masks(sites, [quarter]) for quarter in quarters]
        also = [
            [sum(mask[row][column] for mask in single) == 1 for column in range(len(self.columns))]
            for row in range(len(sites))
        ]
        return hidden_cells(table, also=also)

    def shown(
        self, sites: Sequence[UUID], quarters: Sequence[int], site_id: UUID | None
    ) -> list[tuple[str, int | None]]:
        if site_id is None:
            totals = [self.row(sites, quarters, column) for column in self.columns]
            mask = hidden_cells([totals])[0]
        else:
            totals = [self.row([site_id], quarters, column) for column in self.columns]
            mask = self.masks(sites, quarters)[sites.index(site_id)]
        return [
            (column, None if hide else count) for column, count, hide in zip(self.columns, totals, mask, strict=True)
        ]


def tallies(session: Session, *, actor: Actor, period: Period, site_id: UUID | None = None) -> Sequence[Tally]:
    """Every table for one site, or for all that ``actor`` coordinates.

    Raises :class:`~lab.errors.ForbiddenError` where ``actor`` does not coordinate the site.
    """
    actor.require(Permission.NETWORK_COORDINATE, site_id)
    sites = [site.id for site in all_sites(session, actor=actor)]
    quarters = [period.quarter] if period.quarter else [1, 2, 3, 4]
    found = [*_samples(session, sites, period), *_encounters(session, sites, period)]
    return [_tally(one, sites, quarters, site_id) for one in found]


@dataclass
class _Table:
    name: str
    counting: _Counting
    exclusive: bool = True  # each thing is counted in one column; else a thing may be in several
    total: _Counting | None = None
    question: Question | None = None
    module: Definition | None = None


def _tally(table: _Table, sites: Sequence[UUID], quarters: Sequence[int], site_id: UUID | None) -> Tally:
    here = sites if site_id is None else [site_id]
    whole = table.total or table.counting
    count = sum(whole.row(here, quarters, column) for column in whole.columns)
    if table.exclusive:
        columns = table.counting.shown(sites, quarters, site_id)
    else:
        columns = [_alone(table, column, sites, quarters, site_id) for column in table.counting.columns]
    return Tally(table.name, columns, shown(count), table.question, table.module, overlap=not table.exclusive)


def _alone(
    table: _Table, column: str, sites: Sequence[UUID], quarters: Sequence[int], site_id: UUID | None
) -> tuple[str, int | None]:
    """A column that overlaps others: counted against the rest of the whole, as yes against no."""
    pair = _Counting([column, _REST])
    for (site, quarter, _), count in (table.total or table.counting).cells.items():
        pair.cells[site, quarter, _REST] += count - table.counting.cells[site, quarter, column]
    for (site, quarter, word), count in table.counting.cells.items():
        if word == column:
            pair.cells[site, quarter, column] = count
    return pair.shown(sites, quarters, site_id)[0]


def _samples(session: Session, sites: Sequence[UUID], period: Period) -> Iterable[_Table]:
    taken = session.exec(select(Sample).where(*_within(Sample.collected_on, period), col(Sample.site_id).in_(sites)))
    forms: Counter[tuple[UUID, int, str]] = Counter()
    for one in taken:
        quarter = period.quarter_of(one.collected_on) or 0
        forms[one.site_id, quarter, one.form.value if one.form else NOT_STATED] += 1
    yield _Table("samples", _Counting(sorted({column for _, _, column in forms}), forms))


def _within(column: Any, period: Period) -> tuple[sa.ColumnElement[bool], ...]:
    return col(column) >= period.first, col(column) < period.after


def _encounters(session: Session, sites: Sequence[UUID], period: Period) -> Iterable[_Table]:
    corrected = select(Encounter.corrects_id).where(col(Encounter.corrects_id).is_not(None))
    held = session.exec(
        select(Encounter).where(
            *_within(Encounter.met_on, period), col(Encounter.site_id).in_(sites), col(Encounter.id).not_in(corrected)
        )
    ).all()
    asked = _asked(session, [one.id for one in held])
    where = {one.id: (one.site_id, period.quarter_of(one.met_on) or 0) for one in held}
    yield _one_each("encounters", where, dict.fromkeys(where, "held"), ["held"])
    yield _orientation(session, where)
    for module, question, under in asked:
        yield from _question(module, question, [one for one in held if one.id in under], where)


def _asked(session: Session, ids: Sequence[UUID]) -> Sequence[tuple[Definition, Question, set[UUID]]]:
    """Every question asked in these encounters, by its newest wording, with the encounters it was part of."""
    rows = session.exec(
        select(EncounterModule.encounter_id, Questionnaire)
        .join(Questionnaire, col(Questionnaire.id) == col(EncounterModule.questionnaire_id))
        .order_by(Questionnaire.name, col(Questionnaire.version))
    )
    wanted = set(ids)
    newest: dict[str, tuple[Definition, Question]] = {}
    under: dict[str, set[UUID]] = {}
    parsed: dict[UUID, Definition] = {}
    for encounter_id, row in rows:
        if encounter_id not in wanted:
            continue
        module = parsed.setdefault(row.id, definition_of(row))
        for question in module.questions:
            newest[module.key(question)] = (module, question)
            under.setdefault(module.key(question), set()).add(encounter_id)
    return [(*newest[key], encounters) for key, encounters in under.items()]


def _question(
    module: Definition, question: Question, held: Sequence[Encounter], where: Mapping[UUID, tuple[UUID, int]]
) -> Iterable[_Table]:
    if question.kind in {QuestionKind.SHORT_TEXT, QuestionKind.NUMBER}:
        return
    key = module.key(question)
    asked = [one for one in held if _was_asked(module, question, one)]
    columns = [*_columns(question), NOT_STATED]
    if question.kind is not QuestionKind.SEVERAL_OF:
        given = {one.id: _word(one.answers.get(key)) for one in asked}
        # An answer that only an older version offered keeps a column of its own.
        columns = [*dict.fromkeys([*columns[:-1], *sorted(set(given.values()) - {NOT_STATED})]), NOT_STATED]
        table = _one_each(key, where, given, columns)
        table.question, table.module = question, module
        yield table
        return
    counting = _Counting(columns)
    for one in asked:
        for word in one.answers.get(key) or [NOT_STATED]:
            counting.cells[(*where[one.id], word)] += 1
    whole = _one_each(key, where, {one.id: "asked" for one in asked}, ["asked"]).counting
    yield _Table(key, counting, exclusive=False, total=whole, question=question, module=module)


def _was_asked(module: Definition, question: Question, encounter: Encounter) -> bool:
    return any(one.id == question.id for one in module.applicable(encounter.answers))


def _columns(question: Question) -> list[str]:
    if question.kind is QuestionKind.YES_NO:
        return ["yes", "no"]
    if question.kind is QuestionKind.SCALE:
        return [str(step) for step in range(question.min or 0, (question.max or 0) + 1)]
    return [option.id for option in question.options]


def _word(value: object) -> str:
    if value is None:
        return NOT_STATED
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _one_each(
    name: str, where: Mapping[UUID, tuple[UUID, int]], words: Mapping[UUID, str], columns: Sequence[str]
) -> _Table:
    counting = _Counting(list(columns))
    for key, word in words.items():
        counting.cells[(*where[key], word)] += 1
    return _Table(name, counting)


def _orientation(session: Session, where: Mapping[UUID, tuple[UUID, int]]) -> _Table:
    rows = session.exec(
        select(EncounterOrientation, ServiceEntry).join(
            ServiceEntry, col(ServiceEntry.id) == col(EncounterOrientation.entry_id)
        )
    )
    kinds = {(named.encounter_id, entry.kind) for named, entry in rows if named.encounter_id in where}
    counting = _Counting([kind.value for kind in ServiceKind if any(kind is other for _, other in kinds)])
    for encounter, kind in kinds:
        counting.cells[(*where[encounter], kind.value)] += 1
    whole = _one_each("orientation", where, dict.fromkeys(where, "held"), ["held"]).counting
    return _Table("orientation", counting, exclusive=False, total=whole)


@dataclass(frozen=True)
class TestingPoints:
    """How many testing points there are, and of how many kinds and milieus: of the network itself, nobody's data."""

    points: int
    types: int
    milieus: int


def testing_points(session: Session) -> TestingPoints:
    """The open testing points of the network."""
    found = session.exec(select(Site).where(col(Site.active), Site.type != SiteType.LABORATORY)).all()
    return TestingPoints(len(found), _distinct(found, lambda one: one.type), _distinct(found, lambda one: one.milieu))


def _distinct(sites: Sequence[Site], what: Callable[[Site], Hashable]) -> int:
    return len({value for site in sites if (value := what(site)) is not None})
