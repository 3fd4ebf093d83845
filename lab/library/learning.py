"""How the library learns: literature and own runs of one substance in one system at one laboratory.

The estimate is the plate reader's own (``tlc_analysis.prediction``): own and literature values weighted by their
precision, the spread between plates shrunk towards the system's common one (moderated variance: Smyth, Stat. Appl.
Genet. Mol. Biol. 2004, 3, article 3). So what a page shows of an entry is what matching uses, at every moment of
its history.
"""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from lab.library.errors import SubstanceNotFoundError, SystemNotFoundError
from lab.library.models import RetentionValue, Substance, TlcSystem, ValueConfidence, ValueKind
from lab.library.names import fold
from tlc_analysis.library import LibraryEntry
from tlc_analysis.prediction import SpreadSettings, predict

Named = tuple[RetentionValue, str]


def same_layer(one: str, other: str) -> bool:
    """Whether two descriptions of a layer say the same (case, spaces and punctuation aside)."""
    return fold(one) == fold(other)


def may_speak(value: RetentionValue, *, site_id: UUID | None, layer: str, corrected: bool) -> bool:
    """Whether a value may enter a likelihood (DESIGN.md, Match): own runs of that place, or sound literature.

    What came in another laboratory's file never does: its plates are not these plates.
    """
    if value.withdrawn_at is not None or value.import_id is not None or value.corrected is not corrected:
        return False
    if value.kind is ValueKind.OWN:
        return value.site_id == site_id and same_layer(value.layer, layer)
    return value.kind is ValueKind.HRFC and value.confidence is ValueConfidence.READ_DIRECTLY


def entries_of(rows: Iterable[Named], *, system: str) -> tuple[LibraryEntry, ...]:
    """Values as the plate reader wants them: own runs of a substance together, each literature value by itself."""
    entries: list[LibraryEntry] = []
    own: dict[str, list[float]] = {}
    for value, name in rows:
        if value.kind is ValueKind.OWN:
            own.setdefault(name, []).append(value.value_hrf)
        else:
            entries.append(
                LibraryEntry(
                    substance=name, system=system, hrf=value.value_hrf, sd_hrf=value.sd_hrf, n=None, kind="literature"
                )
            )
    entries += [_own_entry(name, runs, system) for name, runs in own.items()]
    return tuple(sorted(entries, key=lambda entry: (entry.substance, entry.kind, entry.hrf)))


def _own_entry(name: str, runs: Sequence[float], system: str) -> LibraryEntry:
    spread = statistics.stdev(runs) if len(runs) > 1 else None
    return LibraryEntry(
        substance=name, system=system, hrf=statistics.fmean(runs), sd_hrf=spread, n=len(runs), kind="own"
    )


@dataclass(frozen=True)
class Estimate:
    """Where the next plate is expected: mean and spread in hRf, from how many own runs, as of when.

    ``spread_hrf`` is the scale of the predictive t distribution with ``dof`` degrees of freedom. ``at`` is None
    before the first own run: literature alone.
    """

    at: datetime | None
    own_runs: int
    mean_hrf: float
    spread_hrf: float
    dof: float


def history(
    session: Session,
    *,
    substance_id: UUID,
    system_id: UUID,
    site_id: UUID,
    layer: str | None = None,
    corrected: bool = True,
) -> tuple[Estimate, ...]:
    """The entry after each own run, literature alone first when there is any; the last one is today's.

    Empty when nothing may speak. Raises :class:`SubstanceNotFoundError`, :class:`SystemNotFoundError`.
    """
    system, substance = session.get(TlcSystem, system_id), session.get(Substance, substance_id)
    if system is None:
        raise SystemNotFoundError
    if substance is None:
        raise SubstanceNotFoundError
    statement = select(RetentionValue, Substance.name).join(
        Substance, col(Substance.id) == col(RetentionValue.substance_id)
    )
    speaking = [
        (value, name)
        for value, name in session.exec(statement.where(RetentionValue.system_id == system_id)).all()
        if may_speak(value, site_id=site_id, layer=layer or system.layer, corrected=corrected)
    ]
    return estimates(speaking, substance=substance.name, system=system)


def estimates(speaking: Sequence[Named], *, substance: str, system: TlcSystem) -> tuple[Estimate, ...]:
    """As :func:`history`, from the values that may speak in ``system``."""
    runs = sorted(
        (value for value, name in speaking if name == substance and value.kind is ValueKind.OWN),
        key=lambda value: value.recorded_at,
    )
    moments: list[datetime | None] = [None, *(run.recorded_at for run in runs)]
    steps = (_estimate(speaking, substance, system, moment, count) for count, moment in enumerate(moments))
    return tuple(step for step in steps if step is not None)


def _estimate(
    speaking: Sequence[Named], substance: str, system: TlcSystem, moment: datetime | None, own_runs: int
) -> Estimate | None:
    known = [
        (value, name)
        for value, name in speaking
        if value.kind is not ValueKind.OWN or (moment is not None and value.recorded_at <= moment)
    ]
    spread = SpreadSettings(laboratory_sd_hrf={system.code: system.literature_spread_hrf})
    prediction = predict(entries_of(known, system=system.code), system=system.code, settings=spread)
    if substance not in prediction.substances:
        return None
    place = prediction.substances.index(substance)
    return Estimate(
        at=moment,
        own_runs=own_runs,
        mean_hrf=float(prediction.location[place]),
        spread_hrf=float(prediction.scale[place]),
        dof=float(prediction.dof[place]),
    )
