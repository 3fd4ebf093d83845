"""Puts the shipped reference data into the database, as often as one likes.

What is new is added, a substance or system whose row changed follows it unless a person edited it, and a printed value
that the data no longer have is withdrawn: kept and readable, but it speaks no more. What people entered, own runs and
other laboratories' values are never touched.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.kit.clock import now
from lab.library.models import (
    ReagentColour,
    RetentionValue,
    Substance,
    SubstanceSynonym,
    TlcSystem,
    ValueKind,
)
from lab.library.names import fold
from lab.library.reference import ColourRow, Reference, SubstanceRow, SystemRow, ValueRow, read_reference
from tlc_analysis.prediction import SpreadSettings

LITERATURE_SPREAD_HRF = SpreadSettings().laboratory_sd_default_hrf
LITERATURE_SPREAD_ORIGIN = (
    "Declared judgement until the laboratory has runs of its own: one uncorrected value (morphine 20, 27, 32 to 39) "
    "has a standard deviation of 8 hRf over three brands of plate, and correction is credited with half of it."
)


@dataclass(frozen=True)
class Change:
    """How many rows of one kind a load added, changed, withdrew and left as they were."""

    added: int = 0
    changed: int = 0
    withdrawn: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class LoadReport:
    """What a load did, by kind of row."""

    substances: Change
    synonyms: Change
    systems: Change
    values: Change
    colours: Change

    @property
    def is_noop(self) -> bool:
        """Whether everything was there already."""
        changes = (self.substances, self.synonyms, self.systems, self.values, self.colours)
        return not any(change.added or change.changed or change.withdrawn for change in changes)


def load_reference(session: Session) -> LoadReport:
    """Bring the database up to the shipped data. Raises :class:`~lab.library.errors.ReferenceDataError`."""
    reference = read_reference()
    substances, substance_ids = _load_substances(session, reference.substances)
    systems, system_ids = _load_systems(session, reference.systems)
    session.flush()
    return LoadReport(
        substances=substances,
        synonyms=_load_synonyms(session, reference, substance_ids),
        systems=systems,
        values=_load_values(session, reference.values, substance_ids, system_ids),
        colours=_load_colours(session, reference.colours, substance_ids),
    )


def _follow(row: Substance | TlcSystem, columns: Mapping[str, Any]) -> bool:
    changed = {name: value for name, value in columns.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def _load_substances(session: Session, rows: Iterable[SubstanceRow]) -> tuple[Change, dict[str, UUID]]:
    known = {substance.name: substance for substance in session.exec(select(Substance)).all()}
    added = changed = unchanged = 0
    for row in rows:
        columns = {name: value for name, value in asdict(row).items() if name not in {"name", "synonyms"}}
        if row.name not in known:
            known[row.name] = Substance(name=row.name, **columns)
            session.add(known[row.name])
            added += 1
        elif known[row.name].edited_at is None and _follow(known[row.name], columns):
            changed += 1
        else:
            unchanged += 1
    return Change(added, changed, 0, unchanged), {name: substance.id for name, substance in known.items()}


def _load_synonyms(session: Session, reference: Reference, ids: Mapping[str, UUID]) -> Change:
    known = {(row.substance_id, row.key): row for row in session.exec(select(SubstanceSynonym)).all()}
    wanted, languages = _wanted_synonyms(reference, ids)
    fresh = [
        {"substance_id": substance_id, "key": key, "text": text, "language": languages.get((substance_id, key))}
        for (substance_id, key), text in wanted.items()
        if (substance_id, key) not in known
    ]
    edited = set(session.exec(select(Substance.id).where(col(Substance.edited_at).is_not(None))).all())
    changed = [
        known[key]
        for key, language in languages.items()
        if key in known and known[key].language != language and key[0] not in edited
    ]
    for row in changed:
        row.language = languages[row.substance_id, row.key]
    if fresh:
        session.execute(sa.insert(SubstanceSynonym), fresh)
    return Change(added=len(fresh), changed=len(changed), unchanged=len(wanted) - len(fresh) - len(changed))


_Key = tuple[UUID, str]


def _wanted_synonyms(reference: Reference, ids: Mapping[str, UUID]) -> tuple[dict[_Key, str], dict[_Key, str | None]]:
    """Text and language by substance and folded name. One spelling of two languages has none of its own."""
    wanted: dict[_Key, str] = {}
    languages: dict[_Key, str | None] = {}
    for name in reference.names:
        key = ids[name.substance], fold(name.name)
        wanted.setdefault(key, name.name)
        languages[key] = name.language if languages.get(key, name.language) == name.language else None
    for row in reference.substances:
        for text in row.synonyms:
            key = ids[row.name], fold(text)
            if key[1] and key[1] != fold(row.name):
                wanted.setdefault(key, text)
    return wanted, languages


def _load_systems(session: Session, rows: Iterable[SystemRow]) -> tuple[Change, dict[str, UUID]]:
    known = {system.code: system for system in session.exec(select(TlcSystem)).all()}
    added = changed = unchanged = 0
    for row in rows:
        columns = asdict(row) | {
            "correction_standards": [{"substance": name, "hrfc": hrfc} for name, hrfc in row.correction_standards]
        }
        if row.code not in known:
            known[row.code] = TlcSystem(
                **columns,
                literature_spread_hrf=LITERATURE_SPREAD_HRF,
                literature_spread_origin=LITERATURE_SPREAD_ORIGIN,
            )
            session.add(known[row.code])
            added += 1
        elif known[row.code].edited_at is None and _follow(known[row.code], columns):
            changed += 1
        else:
            unchanged += 1
    return Change(added, changed, 0, unchanged), {code: system.id for code, system in known.items()}


def _load_values(
    session: Session, rows: Iterable[ValueRow], substance_ids: Mapping[str, UUID], system_ids: Mapping[str, UUID]
) -> Change:
    wanted = []
    for row in rows:
        columns = {name: value for name, value in asdict(row).items() if name not in {"substance", "system"}}
        wanted.append(
            columns
            | {
                "substance_id": substance_ids[row.substance],
                "system_id": system_ids[row.system],
                "corrected": row.kind is ValueKind.HRFC,
            }
        )
    return _load_printed(session, RetentionValue, wanted, _printed_values())


def _printed_values() -> sa.ColumnElement[bool]:
    """What was shipped: neither a laboratory's own runs nor what came in another laboratory's file."""
    return sa.and_(col(RetentionValue.kind) != ValueKind.OWN, col(RetentionValue.import_id).is_(None))


def _load_colours(session: Session, rows: Iterable[ColourRow], substance_ids: Mapping[str, UUID]) -> Change:
    wanted = []
    for row in rows:
        columns = {name: value for name, value in asdict(row).items() if name != "substance"}
        wanted.append(columns | {"substance_id": None if row.substance is None else substance_ids[row.substance]})
    return _load_printed(session, ReagentColour, wanted, col(ReagentColour.entered_by).is_(None))


def _load_printed(
    session: Session,
    model: type[RetentionValue] | type[ReagentColour],
    wanted: list[dict[str, Any]],
    printed: sa.ColumnElement[bool],
) -> Change:
    """Add and withdraw so that what speaks is exactly ``wanted``. A printed row is known by all that was printed."""
    names = sorted(wanted[0]) if wanted else []
    speaking = session.exec(select(model).where(printed, col(model.withdrawn_at).is_(None))).all()
    standing = {tuple(getattr(row, name) for name in names): row for row in speaking}
    fresh = {tuple(columns[name] for name in names): columns for columns in wanted}
    gone = [row for key, row in standing.items() if key not in fresh]
    for row in gone:
        row.withdrawn_at = now()
    new = [columns for key, columns in fresh.items() if key not in standing]
    if new:
        session.execute(sa.insert(model), new)
    session.flush()
    return Change(added=len(new), withdrawn=len(gone), unchanged=len(fresh) - len(new))
