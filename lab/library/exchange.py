"""The library file that laboratories share: what one measured, with its provenance, for another to look at.

``drugcheck-library/1``, JSON (docs/library-file.md). What comes in is shown beside an interpretation as "reported
elsewhere" and never speaks: another laboratory's plates are not these plates. A later file of the same laboratory
replaces its earlier values, which stay readable.
"""

import hashlib
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlmodel import Session, col, select

from lab.errors import LabError
from lab.kit.clock import now, today
from lab.kit.messages import Message
from lab.kit.text import PlainText
from lab.library.errors import LibraryFileError, LibraryFileOwnError
from lab.library.models import LibraryImport, RetentionValue, Substance, TlcSystem, ValueConfidence, ValueKind
from lab.library.service import find_substance, get_system
from lab.network.access import Actor, Permission
from lab.network.models import Site

SCHEMA = "drugcheck-library/1"
MAX_BYTES, MAX_ENTRIES = 1_000_000, 5_000


class EntryIn(BaseModel):
    """One line of a library file: one substance in one system, as one laboratory measured it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    substance: PlainText = Field(min_length=1, max_length=200)
    system: PlainText = Field(min_length=1, max_length=60)
    layer: PlainText = Field(min_length=1, max_length=1000)
    mobile_phase: PlainText = Field(default="", max_length=1000)
    corrected: bool
    mean_hrf: float = Field(ge=0, le=100)
    sd_hrf: float | None = Field(default=None, ge=0, le=100)
    n: int = Field(ge=1, le=100_000)
    first_run_on: date
    last_run_on: date


class _Head(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    schema_: str = Field(alias="schema", pattern=f"^{SCHEMA}$")
    laboratory: PlainText = Field(min_length=1, max_length=160)
    written_on: date
    entries: list[Any] = Field(min_length=1, max_length=MAX_ENTRIES)


@dataclass(frozen=True)
class Taken:
    """An entry that can be taken: its number in the file (from 1) and what it speaks of here."""

    number: int
    entry: EntryIn
    substance: Substance
    system: TlcSystem


@dataclass(frozen=True)
class RefusedEntry:
    """An entry that is not taken, and why."""

    number: int
    message: Message


@dataclass(frozen=True)
class FileReport:
    """What a library file holds, and, once imported, under which key."""

    laboratory: str
    written_on: date
    taken: tuple[Taken, ...]
    refused: tuple[RefusedEntry, ...]
    imported: UUID | None = None


def library_file(session: Session, *, actor: Actor, site_id: UUID) -> bytes:
    """The file of what ``site_id`` measured itself: means and spreads of its own standards, nothing else."""
    actor.require(Permission.LIBRARY_EDIT, site_id)
    rows = session.exec(
        select(RetentionValue, Substance.name, TlcSystem.code)
        .join(Substance, col(Substance.id) == col(RetentionValue.substance_id))
        .join(TlcSystem, col(TlcSystem.id) == col(RetentionValue.system_id))
        .where(
            RetentionValue.site_id == site_id, RetentionValue.kind == ValueKind.OWN,
            col(RetentionValue.withdrawn_at).is_(None),
        )
        .order_by(Substance.name, TlcSystem.code, col(RetentionValue.recorded_at))
    ).all()  # fmt: skip
    groups: dict[tuple[str, str, str, bool], list[RetentionValue]] = {}
    for value, name, code in rows:
        groups.setdefault((name, code, value.layer, value.corrected), []).append(value)
    document = {
        "schema": SCHEMA,
        "laboratory": session.get_one(Site, site_id).name,
        "written_on": today().isoformat(),
        "entries": [_entry(key, values) for key, values in groups.items()],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _entry(key: tuple[str, str, str, bool], values: Sequence[RetentionValue]) -> dict[str, Any]:
    name, code, layer, corrected = key
    measured = [value.value_hrf for value in values]
    return {
        "substance": name, "system": code, "layer": layer, "mobile_phase": values[0].mobile_phase,
        "corrected": corrected, "mean_hrf": round(statistics.fmean(measured), 2),
        "sd_hrf": round(statistics.stdev(measured), 2) if len(measured) > 1 else None, "n": len(measured),
        "first_run_on": values[0].recorded_at.date().isoformat(),
        "last_run_on": values[-1].recorded_at.date().isoformat(),
    }  # fmt: skip


def preview_file(session: Session, *, actor: Actor, site_id: UUID, content: bytes) -> FileReport:
    """What :func:`import_file` would take, and why it would refuse the rest. Nothing is written.

    Raises :class:`~lab.errors.ForbiddenError`, :class:`LibraryFileError`, :class:`LibraryFileOwnError`.
    """
    actor.require(Permission.LIBRARY_EDIT, site_id)
    head = _head(content)
    known = session.exec(
        select(LibraryImport.id).where(LibraryImport.sha256 == _sha256(content), LibraryImport.site_id == site_id)
    ).first()
    if known is not None or session.get_one(Site, site_id).name.casefold() == head.laboratory.casefold():
        raise LibraryFileOwnError
    taken: list[Taken] = []
    refused: list[RefusedEntry] = []
    seen: set[tuple[UUID, UUID, str, bool]] = set()
    for number, raw in enumerate(head.entries, start=1):
        try:
            one = _taken(session, number, raw)
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "entry"
            refused.append(RefusedEntry(number, Message("library.file.wrong", {"column": where})))
            continue
        except LabError as error:
            refused.append(RefusedEntry(number, error.message))
            continue
        key = one.substance.id, one.system.id, one.entry.layer, one.entry.corrected
        if one.entry.last_run_on > today() or one.entry.first_run_on > one.entry.last_run_on:
            refused.append(RefusedEntry(number, Message("library.file.wrong", {"column": "last_run_on"})))
        elif key in seen:
            refused.append(RefusedEntry(number, Message("library.file.twice")))
        else:
            seen.add(key)
            taken.append(one)
    return FileReport(head.laboratory, head.written_on, tuple(taken), tuple(refused))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _head(content: bytes) -> _Head:
    if len(content) > MAX_BYTES:
        raise LibraryFileError
    try:
        head = _Head.model_validate(json.loads(content.decode("utf-8-sig")))
    except (ValueError, RecursionError) as error:  # what is no JSON, no UTF-8, or another document
        raise LibraryFileError from error
    if head.written_on > today():
        raise LibraryFileError
    return head


def _taken(session: Session, number: int, raw: object) -> Taken:
    entry = EntryIn.model_validate(raw)
    substance = find_substance(session, name=entry.substance)
    return Taken(number, entry, substance, get_system(session, code=entry.system))


def import_file(session: Session, *, actor: Actor, site_id: UUID, content: bytes) -> FileReport:
    """Take what can be taken, in place of what the same laboratory sent before. Raises as :func:`preview_file`."""
    report = preview_file(session, actor=actor, site_id=site_id, content=content)
    record = LibraryImport(
        site_id=site_id, laboratory=report.laboratory, written_on=report.written_on, sha256=_sha256(content),
        taken=len(report.taken), refused=len(report.refused), imported_by=actor.account_id,
    )  # fmt: skip
    _withdraw_earlier(session, laboratory=report.laboratory)
    session.add(record)
    session.flush()
    session.add_all(_value(record, one) for one in report.taken)
    session.flush()
    return replace(report, imported=record.id)


def _withdraw_earlier(session: Session, *, laboratory: str) -> None:
    earlier = select(LibraryImport.id).where(LibraryImport.laboratory == laboratory)
    standing = select(RetentionValue).where(
        col(RetentionValue.import_id).in_(earlier), col(RetentionValue.withdrawn_at).is_(None)
    )
    for value in session.exec(standing).all():
        value.withdrawn_at = now()
        session.add(value)


def _value(record: LibraryImport, one: Taken) -> RetentionValue:
    entry = one.entry
    return RetentionValue(
        substance_id=one.substance.id,
        system_id=one.system.id,
        kind=ValueKind.HRFC if entry.corrected else ValueKind.HRF,
        value_hrf=entry.mean_hrf,
        sd_hrf=entry.sd_hrf,
        confidence=ValueConfidence.SECOND_HAND,
        corrected=entry.corrected,
        layer=entry.layer,
        mobile_phase=entry.mobile_phase,
        source=f"{record.laboratory}, own standards, library file of {record.written_on.isoformat()}",
        source_url="",
        as_read=f"{entry.mean_hrf:g}",
        note=f"n = {entry.n}, {entry.first_run_on.isoformat()} to {entry.last_run_on.isoformat()}",
        recorded_by=record.imported_by,
        import_id=record.id,
    )


def imports_of(session: Session) -> Sequence[LibraryImport]:
    """Every library file that was taken in, the newest first."""
    return session.exec(select(LibraryImport).order_by(col(LibraryImport.imported_at).desc())).all()
