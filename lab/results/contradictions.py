"""Where techniques do not agree, said as it is: which saw what, which could have seen it and did not.

Silence contradicts only where the technique could have seen the substance: a targeted test speaks for its own group
alone, and what acts in traces escapes what sees no traces (``techniques.py``). A trace contradicts no technique that
sees none. Nothing is decided here: a person reads it before verifying.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session, col, select

from lab.library.models import Substance
from lab.results.models import Abundance, Analysis, Outcome, Technique
from lab.results.schemas import AnalysisView
from lab.results.techniques import FACTS, can_rule_out

_TOLD = frozenset({Outcome.DETECTED, Outcome.NONE_OF_INTEREST})


class ContradictionKind(StrEnum):
    """How two analyses disagree."""

    NOT_SEEN = "not_seen"  # one technique found it, the other could have seen it and did not
    GROUP_NOT_SEEN = "group_not_seen"  # a targeted test of that very group was negative, or alone positive
    REPEAT_DIFFERS = "repeat_differs"  # the same technique, run twice, did not find the same


@dataclass(frozen=True)
class Contradiction:
    """``substance`` (or a group of them) was found by ``found_by`` and not by ``silent``."""

    kind: ContradictionKind
    substance: str
    found_by: UUID
    found_technique: Technique
    silent: UUID
    silent_technique: Technique


@dataclass(frozen=True)
class _Claim:
    analysis: Analysis
    name: str
    group: str
    substance_id: UUID | None
    abundance: Abundance


def contradictions_of(session: Session, *, analyses: Sequence[AnalysisView]) -> tuple[Contradiction, ...]:
    """Every pair of analyses of one sample that disagree, in the order in which they were recorded."""
    names = _substances(session, analyses)
    claims = [claim for view in analyses for claim in _claims(view, names)]
    told = [view for view in analyses if view.analysis.outcome in _TOLD]
    found = [
        Contradiction(kind, claim.name, claim.analysis.id, claim.analysis.technique, other.analysis.id,
                      other.analysis.technique)
        for claim in claims
        for other in told
        if (kind := _against(claim, other, claims)) is not None
    ]  # fmt: skip
    return tuple(dict.fromkeys(found))


def _substances(session: Session, analyses: Iterable[AnalysisView]) -> dict[UUID, Substance]:
    ids = {finding.substance_id for view in analyses for finding in view.findings if finding.substance_id}
    return {row.id: row for row in session.exec(select(Substance).where(col(Substance.id).in_(ids))).all()}


def _claims(view: AnalysisView, names: dict[UUID, Substance]) -> list[_Claim]:
    return [
        _Claim(
            view.analysis,
            names[finding.substance_id].name if finding.substance_id else finding.substance_class or "",
            names[finding.substance_id].substance_class if finding.substance_id else finding.substance_class or "",
            finding.substance_id,
            finding.abundance,
        )
        for finding in view.findings
        if finding.substance_id or finding.substance_class
    ]


def _against(claim: _Claim, other: AnalysisView, claims: Sequence[_Claim]) -> ContradictionKind | None:
    """How ``other`` contradicts ``claim``; None where it agrees, or could not have said."""
    mine, theirs = claim.analysis, other.analysis
    if mine.id == theirs.id or _same_lane(mine, theirs) or _agrees(claim, theirs, claims):
        return None
    if FACTS[theirs.technique].targeted:
        return _targeted(claim, other)
    if mine.technique is theirs.technique:
        return ContradictionKind.REPEAT_DIFFERS
    if claim.abundance is Abundance.TRACE and not FACTS[theirs.technique].sees_traces:
        return None
    return ContradictionKind.NOT_SEEN if can_rule_out(theirs.technique, claim.group) else None


def _same_lane(mine: Analysis, theirs: Analysis) -> bool:
    """Whether both were taken from one lane of one reading, band by band: that is one run, not two."""
    return mine.reading_id is not None and (mine.reading_id, mine.lane_index) == (theirs.reading_id, theirs.lane_index)


def _agrees(claim: _Claim, theirs: Analysis, claims: Sequence[_Claim]) -> bool:
    """Whether ``theirs`` found the same substance, or that group of it."""
    return any(
        one.analysis.id == theirs.id
        and (
            (claim.substance_id is not None and one.substance_id == claim.substance_id)
            or (one.group == claim.group and None in {one.substance_id, claim.substance_id})
        )
        for one in claims
    )


def _targeted(claim: _Claim, other: AnalysisView) -> ContradictionKind | None:
    """A strip or colour test speaks against a claim only of the group that it says it looks for."""
    target = str(other.analysis.data.get("target_class") or "")
    negative = other.analysis.outcome is Outcome.NONE_OF_INTEREST
    return ContradictionKind.GROUP_NOT_SEEN if negative and target and target == claim.group else None
