"""How often what TLC said was later confirmed or contradicted by a technique that tells structures apart.

Only what was sent on is counted, and what is sent on is not drawn by lot: the share is of answers that were checked,
not of all. A technique that tells structures apart is one of SWGDRUG's category A (``lab.results.techniques``).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from uuid import UUID

from sqlmodel import Session, col, select

from lab.library.models import Substance, TlcSystem
from lab.network.access import Actor, Permission
from lab.plates.models import Plate, PlatePicture, Reading
from lab.results.models import Analysis, Finding, Outcome, Technique
from lab.results.techniques import FACTS, Category

Z_95 = 1.959964


class Fate(StrEnum):
    """What became of one thing that TLC said, or did not say."""

    CONFIRMED = "confirmed"  # named by TLC, and found
    CONTRADICTED = "contradicted"  # named by TLC, and not found
    MISSED = "missed"  # found, and neither named nor left open by TLC
    RESOLVED = "resolved"  # left open by TLC, and found
    UNCHECKED = "unchecked"  # named by TLC; nobody looked again


@dataclass(frozen=True, kw_only=True)
class Share:
    """A proportion with its 95 % interval (Wilson, J. Am. Stat. Assoc. 1927, 22, 209)."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        """part / whole; of nothing, nothing."""
        return self.part / self.whole if self.whole else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """From no to all when nothing was counted."""
        n = self.whole
        if n == 0:
            return 0.0, 1.0
        p, z2 = self.value, Z_95**2
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = Z_95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, kw_only=True)
class AgreementRow:
    """One system and one class of substances; ``system`` is None for answers that name no plate."""

    system: str | None
    substance_class: str
    counts: dict[Fate, int]

    @property
    def confirmed(self) -> Share:
        """Of what TLC named and somebody looked at again."""
        good, bad = self.counts[Fate.CONFIRMED], self.counts[Fate.CONTRADICTED]
        return Share(part=good, whole=good + bad)


@dataclass(frozen=True, kw_only=True)
class _Said:
    """An analysis with the substances it named."""

    analysis: Analysis
    found: frozenset[UUID]
    left_open: bool


def agreement(session: Session, *, actor: Actor) -> tuple[AgreementRow, ...]:
    """Every system and class of the laboratories where ``actor`` works, by name."""
    said = _said(session, actor)
    classes = dict(session.exec(select(Substance.id, Substance.substance_class)).all())
    systems = _systems(session, [one.analysis.reading_id for one in said if one.analysis.reading_id])
    counted: Counter[tuple[str | None, str, Fate]] = Counter()
    seen: set[tuple[UUID, str | None, UUID, Fate]] = set()
    for sample_id in dict.fromkeys(one.analysis.sample_id for one in said):
        mine = [one for one in said if one.analysis.sample_id == sample_id]
        for tlc in (one for one in mine if one.analysis.technique is Technique.TLC):
            system = systems.get(tlc.analysis.reading_id) if tlc.analysis.reading_id else None
            for substance_id, fate in _fates(tlc, [one for one in mine if _answers(one, tlc)]):
                key = (sample_id, system, substance_id, fate)
                if key not in seen:  # one sample run twice in a system is one answer
                    seen.add(key)
                    counted[system, classes[substance_id], fate] += 1
    return _rows(counted)


def _said(session: Session, actor: Actor) -> list[_Said]:
    statement = select(Analysis).where(col(Analysis.outcome) != Outcome.NOT_TESTED)
    sites = actor.sites(Permission.PLATE_WORK)
    if sites is not None:  # what another laboratory confirmed counts for the one whose plate it was
        own = select(Analysis.sample_id).where(col(Analysis.site_id).in_(sites), Analysis.technique == Technique.TLC)
        statement = statement.where(col(Analysis.sample_id).in_(own))
    analyses = session.exec(statement.order_by(col(Analysis.created_at), col(Analysis.id))).all()
    if sites is not None:
        analyses = [one for one in analyses if one.technique is not Technique.TLC or one.site_id in sites]
    named: dict[UUID, set[UUID | None]] = {one.id: set() for one in analyses}
    for analysis_id, substance_id, group in session.exec(
        select(Finding.analysis_id, Finding.substance_id, Finding.substance_class)
    ).all():
        if analysis_id in named and not (substance_id is None and group):
            named[analysis_id].add(substance_id)
    return [
        _Said(
            analysis=one,
            found=frozenset(key for key in named[one.id] if key is not None),
            left_open=None in named[one.id] or one.outcome is Outcome.UNABLE_TO_IDENTIFY,
        )
        for one in analyses
    ]


def _answers(one: _Said, tlc: _Said) -> bool:
    """Whether ``one`` looked again, later, with a technique that tells structures apart, and came to something."""
    later = (one.analysis.created_at, one.analysis.id) > (tlc.analysis.created_at, tlc.analysis.id)
    told = one.analysis.outcome in {Outcome.DETECTED, Outcome.NONE_OF_INTEREST}
    return later and told and Category.A in FACTS[one.analysis.technique].categories


def _fates(tlc: _Said, answers: Sequence[_Said]) -> Iterable[tuple[UUID, Fate]]:
    if not answers:
        yield from ((substance_id, Fate.UNCHECKED) for substance_id in tlc.found)
        return
    found = frozenset().union(*(one.found for one in answers))
    for substance_id in tlc.found | found:
        if substance_id in tlc.found:
            yield substance_id, Fate.CONFIRMED if substance_id in found else Fate.CONTRADICTED
        else:
            yield substance_id, Fate.RESOLVED if tlc.left_open else Fate.MISSED


def _systems(session: Session, reading_ids: Sequence[UUID]) -> dict[UUID, str]:
    statement = (
        select(Reading.id, TlcSystem.code)
        .join(PlatePicture, col(PlatePicture.id) == col(Reading.picture_id))
        .join(Plate, col(Plate.id) == col(PlatePicture.plate_id))
        .join(TlcSystem, col(TlcSystem.id) == col(Plate.system_id))
        .where(col(Reading.id).in_(reading_ids))
    )
    return dict(session.exec(statement).all())


def _rows(counted: Counter[tuple[str | None, str, Fate]]) -> tuple[AgreementRow, ...]:
    keys = sorted({(system, group) for system, group, _ in counted}, key=lambda key: (key[0] or "~", key[1]))
    return tuple(
        AgreementRow(system=system, substance_class=group, counts={fate: counted[system, group, fate] for fate in Fate})
        for system, group in keys
    )
