"""The library edited by people: substances with their names, systems, colour reactions; each change kept with why.

Shipped data no longer overwrite what a person edited (``loading.py``). Nothing is deleted: a name or a colour that is
taken off stays readable in the history.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, SQLModel, col, select

from lab.kit.clock import now
from lab.library.errors import (
    ChangeReasonError,
    ColourNotFoundError,
    NothingChangedError,
    SubstanceExistsError,
    SubstanceNotFoundError,
    SystemExistsError,
    SystemInUseError,
    SystemNotFoundError,
)
from lab.library.loading import LITERATURE_SPREAD_HRF, LITERATURE_SPREAD_ORIGIN
from lab.library.models import (
    LibraryChange,
    LibrarySubject,
    ReagentColour,
    RetentionValue,
    Substance,
    SubstanceSynonym,
    TlcSystem,
)
from lab.library.names import fold, squeeze
from lab.library.schemas import ColourIn, SubstanceIn, SystemIn
from lab.network.access import Actor, Permission
from lab.plates.models import Plate

MAX_REASON = 300
_FIXED = ("layer", "mobile_phase")  # another layer or mobile phase is another system


def history_of(session: Session, *, subject_id: UUID) -> Sequence[LibraryChange]:
    """What people changed of one entry, the newest first."""
    changes = select(LibraryChange).where(LibraryChange.subject_id == subject_id)
    return session.exec(changes.order_by(col(LibraryChange.changed_at).desc())).all()


def save_substance(
    session: Session, *, actor: Actor, data: SubstanceIn, reason: str, substance_id: UUID | None = None
) -> Substance:
    """Add a substance, or change the one with ``substance_id``, with its names by language.

    Raises :class:`~lab.errors.ForbiddenError`, :class:`ChangeReasonError`, :class:`SubstanceNotFoundError`,
    :class:`SubstanceExistsError`, :class:`NothingChangedError`.
    """
    actor.require(Permission.LIBRARY_EDIT)
    said = _said(reason)
    substance = session.get(Substance, substance_id, with_for_update=True) if substance_id else None
    if substance_id is not None and substance is None:
        raise SubstanceNotFoundError
    _check_name(session, data.name, but=substance_id)
    columns = data.model_dump(exclude={"names"})
    if substance is None:
        substance = Substance(**columns)
        session.add(substance)
        session.flush()
        before: dict[str, Any] = {}
        _set_names(session, substance, data.names)
        after = columns | {"names": _names_of(session, substance.id)}
    else:
        was = _names_of(session, substance.id)
        before, after = _apply(substance, columns)
        _set_names(session, substance, data.names)
        if (names := _names_of(session, substance.id)) != was:
            before["names"], after["names"] = was, names
    substance.edited_at = now()
    _keep(session, actor, LibrarySubject.SUBSTANCE, substance.id, before, after, said)
    return substance


def save_system(
    session: Session, *, actor: Actor, data: SystemIn, reason: str, system_id: UUID | None = None
) -> TlcSystem:
    """Add a system, or change the one with ``system_id``. What was run in it stays what it was: a system that is in
    use keeps its layer and mobile phase.

    Raises :class:`~lab.errors.ForbiddenError`, :class:`ChangeReasonError`, :class:`SystemNotFoundError`,
    :class:`SystemExistsError`, :class:`SystemInUseError`, :class:`NothingChangedError`.
    """
    actor.require(Permission.LIBRARY_EDIT)
    said = _said(reason)
    system = session.get(TlcSystem, system_id, with_for_update=True) if system_id else None
    if system_id is not None and system is None:
        raise SystemNotFoundError
    same = session.exec(select(TlcSystem.id).where(TlcSystem.code == data.code)).first()
    if same is not None and same != system_id:
        raise SystemExistsError(code=data.code)
    columns = data.model_dump()
    if system is None:
        system = TlcSystem(
            **columns, literature_spread_hrf=LITERATURE_SPREAD_HRF, literature_spread_origin=LITERATURE_SPREAD_ORIGIN
        )
        session.add(system)
        before: dict[str, Any] = {}
        after = columns
    else:
        moved = next((name for name in _FIXED if getattr(system, name) != columns[name]), None)
        if moved is not None and _in_use(session, system.id):
            raise SystemInUseError(field=moved)
        before, after = _apply(system, columns)
    system.edited_at = now()
    session.flush()
    _keep(session, actor, LibrarySubject.SYSTEM, system.id, before, after, said)
    return system


def _in_use(session: Session, system_id: UUID) -> bool:
    ran = session.exec(select(Plate.id).where(Plate.system_id == system_id)).first()
    return ran is not None or session.exec(
        select(RetentionValue.id).where(RetentionValue.system_id == system_id)
    ).first() is not None  # fmt: skip


def add_colour(session: Session, *, actor: Actor, substance_id: UUID, data: ColourIn, reason: str) -> ReagentColour:
    """Add a colour reaction of a substance, with its source. Raises as :func:`save_substance` does."""
    actor.require(Permission.LIBRARY_EDIT)
    said = _said(reason)
    substance = session.get(Substance, substance_id)
    if substance is None:
        raise SubstanceNotFoundError
    colour = ReagentColour(
        **data.model_dump(), substance_id=substance_id, subject=substance.name[:120], entered_by=actor.account_id
    )
    session.add(colour)
    session.flush()
    _keep(session, actor, LibrarySubject.COLOUR, substance_id, {}, data.model_dump(), said)
    return colour


def withdraw_colour(session: Session, *, actor: Actor, colour_id: UUID, reason: str) -> ReagentColour:
    """Let a colour reaction that a person entered be shown no more. Raises :class:`ColourNotFoundError`."""
    actor.require(Permission.LIBRARY_EDIT)
    said = _said(reason)
    colour = session.get(ReagentColour, colour_id, with_for_update=True)
    if colour is None or colour.entered_by is None or colour.withdrawn_at is not None or colour.substance_id is None:
        raise ColourNotFoundError
    colour.withdrawn_at = now()
    session.add(colour)
    before = {"reagent": colour.reagent, "colour_text": colour.colour_text}
    _keep(session, actor, LibrarySubject.COLOUR, colour.substance_id, before, {}, said)
    return colour


def _said(reason: str) -> str:
    said = reason.replace("\x00", "").strip()
    if not said or len(said) > MAX_REASON:
        raise ChangeReasonError(most=MAX_REASON)
    return said


def _check_name(session: Session, name: str, *, but: UUID | None) -> None:
    wanted = squeeze(fold(name))
    for substance_id, other in session.exec(select(Substance.id, Substance.name)).all():
        if substance_id != but and squeeze(fold(other)) == wanted:
            raise SubstanceExistsError(name=other)


def _apply(row: SQLModel, columns: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set ``columns`` on ``row``; what was and what is, of those that changed."""
    changed = [name for name, value in columns.items() if getattr(row, name) != value]
    before = {name: getattr(row, name) for name in changed}
    for name in changed:
        setattr(row, name, columns[name])
    return before, {name: columns[name] for name in changed}


def names_by_language(session: Session, *, substance_id: UUID) -> dict[str, list[str]]:
    """The names a substance goes by, by language; ``""``: in any."""
    return _names_of(session, substance_id)


def _names_of(session: Session, substance_id: UUID) -> dict[str, list[str]]:
    rows = session.exec(
        select(SubstanceSynonym).where(
            SubstanceSynonym.substance_id == substance_id, col(SubstanceSynonym.withdrawn_at).is_(None)
        )
    ).all()
    names: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: row.key):
        names.setdefault(row.language or "", []).append(row.text)
    return names


def _set_names(session: Session, substance: Substance, names: Mapping[str, Sequence[str]]) -> None:
    wanted: dict[str, tuple[str, str | None]] = {}
    for language, texts in names.items():
        for text in (re.sub(r"\s+", " ", one).strip() for one in texts):
            key = fold(text)
            if key and key != fold(substance.name):
                both = key in wanted and wanted[key][1] != (language or None)
                wanted[key] = text, None if both else language or None
    known = {
        row.key: row
        for row in session.exec(select(SubstanceSynonym).where(SubstanceSynonym.substance_id == substance.id)).all()
    }
    for key, row in known.items():
        if key not in wanted:
            row.withdrawn_at = row.withdrawn_at or now()
        else:
            row.text, row.language, row.withdrawn_at = *wanted[key], None
    session.add_all(
        SubstanceSynonym(substance_id=substance.id, key=key, text=text, language=language)
        for key, (text, language) in wanted.items()
        if key not in known
    )
    session.flush()


def _keep(
    session: Session, actor: Actor, subject: LibrarySubject, subject_id: UUID,
    before: dict[str, Any], after: dict[str, Any], reason: str,
) -> None:  # fmt: skip
    if before == after:
        raise NothingChangedError
    session.add(
        LibraryChange(
            subject=subject, subject_id=subject_id, before=before, after=after, reason=reason,
            changed_by=actor.account_id,
        )
    )  # fmt: skip
    session.flush()
