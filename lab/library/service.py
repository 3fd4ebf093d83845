"""The library at work: finding substances, what may speak in a system, and a laboratory's own standards."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from lab.kit.clock import now
from lab.library.errors import (
    OwnRunNotFoundError,
    ReadingUncertaintyError,
    RetentionRangeError,
    SubstanceAmbiguousError,
    SubstanceNotFoundError,
    SystemNotFoundError,
)
from lab.library.learning import entries_of, may_speak
from lab.library.loading import LoadReport, load_reference
from lab.library.models import (
    ReagentColour,
    RetentionValue,
    Substance,
    SubstanceSynonym,
    TlcSystem,
    ValueKind,
)
from lab.library.names import fold, squeeze
from lab.library.search import Hit, search_substances
from lab.network.access import Actor, Permission
from tlc_analysis.library import LibraryEntry
from tlc_analysis.prediction import SpreadSettings

__all__ = [
    "Hit",
    "LoadReport",
    "Reported",
    "colours_of",
    "find_substance",
    "get_system",
    "list_systems",
    "load_reference",
    "match_library",
    "record_own_standard",
    "reported_elsewhere",
    "search_substances",
    "spread_settings",
    "values_of",
    "withdraw_own_standard",
]


def find_substance(session: Session, *, name: str) -> Substance:
    """The substance of exactly this name or synonym (spelling habits aside).

    Raises :class:`SubstanceNotFoundError`, and :class:`SubstanceAmbiguousError` for a synonym of several.
    """
    wanted = squeeze(fold(name))
    for substance_id, own_name in session.exec(select(Substance.id, Substance.name)).all():
        if squeeze(fold(own_name)) == wanted:
            return session.get_one(Substance, substance_id)
    synonyms = session.exec(
        select(SubstanceSynonym.substance_id, SubstanceSynonym.key).where(col(SubstanceSynonym.withdrawn_at).is_(None))
    ).all()
    ids = {substance_id for substance_id, key in synonyms if squeeze(key) == wanted}
    if not ids:
        raise SubstanceNotFoundError(name=name)
    found = session.exec(select(Substance).where(col(Substance.id).in_(ids)).order_by(Substance.name)).all()
    if len(found) > 1:
        raise SubstanceAmbiguousError(name=name, substances=", ".join(substance.name for substance in found))
    return found[0]


def get_system(session: Session, *, code: str) -> TlcSystem:
    """The chromatographic system of this code; raises :class:`SystemNotFoundError`."""
    system = session.exec(select(TlcSystem).where(TlcSystem.code == code)).one_or_none()
    if system is None:
        raise SystemNotFoundError(code=code)
    return system


def list_systems(session: Session) -> Sequence[TlcSystem]:
    """Every system, by code."""
    return session.exec(select(TlcSystem).order_by(TlcSystem.code)).all()


def _system(session: Session, system_id: UUID) -> TlcSystem:
    system = session.get(TlcSystem, system_id)
    if system is None:
        raise SystemNotFoundError
    return system


def match_library(
    session: Session, *, system_id: UUID, site_id: UUID, layer: str | None = None, corrected: bool = True
) -> tuple[LibraryEntry, ...]:
    """What may enter a likelihood for a plate of this system at this laboratory (DESIGN.md, Match).

    The laboratory's own standards on that ``layer`` (default: the system's), and, on a ``corrected`` plate, literature
    values that were read directly and are corrected themselves. Own runs on corrected and on uncorrected plates are
    different measurements: only those of the plate's own kind speak. Raises :class:`SystemNotFoundError`.
    """
    system = _system(session, system_id)
    statement = (
        select(RetentionValue, Substance.name)
        .join(Substance, col(Substance.id) == col(RetentionValue.substance_id))
        .where(RetentionValue.system_id == system_id, col(RetentionValue.withdrawn_at).is_(None))
        .order_by(Substance.name, col(RetentionValue.recorded_at))
    )
    rows = [
        (value, name)
        for value, name in session.exec(statement).all()
        if may_speak(value, site_id=site_id, layer=layer or system.layer, corrected=corrected)
    ]
    return entries_of(rows, system=system.code)


def spread_settings(session: Session, *, system_id: UUID) -> SpreadSettings:
    """The spread that this system's literature values are given, for ``tlc_analysis.match``."""
    system = _system(session, system_id)
    return SpreadSettings(laboratory_sd_hrf={system.code: system.literature_spread_hrf})


@dataclass(frozen=True)
class Reported:
    """A value reported elsewhere: shown beside an interpretation, never part of it."""

    substance: str
    value: RetentionValue


def reported_elsewhere(
    session: Session,
    *,
    system_id: UUID,
    substance_id: UUID | None = None,
    near_hrf: float | None = None,
    within_hrf: float = 5.0,
) -> list[Reported]:
    """Printed values of this system that may not speak, nearest to ``near_hrf`` first when it is given."""
    statement = (
        select(RetentionValue, Substance.name)
        .join(Substance, col(Substance.id) == col(RetentionValue.substance_id))
        .where(
            RetentionValue.system_id == system_id,
            col(RetentionValue.kind) != ValueKind.OWN,
            col(RetentionValue.withdrawn_at).is_(None),
        )
        .order_by(Substance.name, col(RetentionValue.value_hrf))
    )
    if substance_id is not None:
        statement = statement.where(RetentionValue.substance_id == substance_id)
    silent = [
        Reported(name, value)
        for value, name in session.exec(statement).all()
        if not may_speak(value, site_id=None, layer=value.layer, corrected=True)
    ]
    if near_hrf is None:
        return silent
    near = [row for row in silent if abs(row.value.value_hrf - near_hrf) <= within_hrf]
    return sorted(near, key=lambda row: abs(row.value.value_hrf - near_hrf))


def values_of(session: Session, *, substance_id: UUID) -> Sequence[RetentionValue]:
    """Every retention value of a substance, printed and own, in every system."""
    return session.exec(select(RetentionValue).where(RetentionValue.substance_id == substance_id)).all()


def colours_of(session: Session, *, substance_id: UUID) -> Sequence[ReagentColour]:
    """The printed colour reactions of a substance, by reagent."""
    statement = select(ReagentColour).where(
        ReagentColour.substance_id == substance_id, col(ReagentColour.withdrawn_at).is_(None)
    )
    return session.exec(statement.order_by(ReagentColour.reagent, ReagentColour.source)).all()


def record_own_standard(
    session: Session,
    *,
    actor: Actor,
    site_id: UUID,
    substance_id: UUID,
    system_id: UUID,
    value_hrf: float,
    corrected: bool,
    reading_u_hrf: float | None = None,
    layer: str | None = None,
    plate_id: UUID | None = None,
    note: str = "",
) -> RetentionValue:
    """Add a run of the laboratory's own standard: from here on it speaks in that system, on that layer, at that site.

    ``value_hrf`` is hRfc when ``corrected``. Raises :class:`~lab.errors.ForbiddenError`, :class:`SystemNotFoundError`,
    :class:`SubstanceNotFoundError`, :class:`RetentionRangeError`, :class:`ReadingUncertaintyError`.
    """
    actor.require(Permission.LIBRARY_EDIT, site_id)
    system = _system(session, system_id)
    if session.get(Substance, substance_id) is None:
        raise SubstanceNotFoundError
    if not 0 <= value_hrf <= 100:
        raise RetentionRangeError
    if reading_u_hrf is not None and not (math.isfinite(reading_u_hrf) and reading_u_hrf >= 0):
        raise ReadingUncertaintyError
    run = RetentionValue(
        substance_id=substance_id,
        system_id=system_id,
        kind=ValueKind.OWN,
        value_hrf=value_hrf,
        corrected=corrected,
        layer=layer or system.layer,
        mobile_phase=system.mobile_phase,
        source="own standard",
        source_url="",
        as_read="",
        note=note,
        site_id=site_id,
        plate_id=plate_id,
        reading_u_hrf=reading_u_hrf,
        recorded_by=actor.account_id,
    )
    session.add(run)
    session.flush()
    return run


def withdraw_own_standard(session: Session, *, actor: Actor, value_id: UUID) -> RetentionValue:
    """Let an own run speak no more (a mix-up, a bad plate). It stays readable. Raises :class:`OwnRunNotFoundError`."""
    run = session.get(RetentionValue, value_id)
    if run is None or run.kind is not ValueKind.OWN or run.withdrawn_at is not None:
        raise OwnRunNotFoundError
    actor.require(Permission.LIBRARY_EDIT, run.site_id)
    run.withdrawn_at = now()
    session.add(run)
    session.flush()
    return run
