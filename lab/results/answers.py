"""Puts an answer together from the analyses and findings it rests on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from lab.library.models import Substance
from lab.results.conclusion import colour_of, conclude
from lab.results.evidence import Observation, evidence_of
from lab.results.models import Abundance, Analysis, Finding, FindingRole, Result, ResultAnalysis, ResultFinding
from lab.results.schemas import Amount, Answer, Expected, Found, Run
from lab.results.techniques import FACTS
from lab.samples.models import Sample

_MOST_FIRST = tuple(Abundance)
_ROLES_FIRST = tuple(FindingRole)
Key = tuple[UUID | None, str | None]


@dataclass(frozen=True)
class _Seen:
    """A finding with the analysis that made it and the substance's name and class."""

    finding: Finding
    analysis: Analysis
    substance: str | None
    substance_class: str | None

    @property
    def observation(self) -> Observation:
        return self.analysis.technique, self.finding.abundance


def expected_of(session: Session, *, sample: Sample) -> Expected:
    """What the product was sold as."""
    if sample.sold_as_substance_id is None:
        return Expected(stated=bool(sample.sold_as_raw))
    substance = session.get(Substance, sample.sold_as_substance_id)
    if substance is None:
        return Expected(stated=True)
    return Expected(True, substance.id, substance.name, substance.substance_class)


def answer_of(session: Session, *, result: Result) -> Answer:
    """All that a version says. Evidence is that of all its analyses together."""
    analyses = session.exec(
        select(Analysis)
        .join(ResultAnalysis, col(ResultAnalysis.analysis_id) == col(Analysis.id))
        .where(ResultAnalysis.result_id == result.id)
        .order_by(col(Analysis.created_at), col(Analysis.id))
    ).all()
    findings = session.exec(
        select(Finding)
        .join(ResultFinding, col(ResultFinding.finding_id) == col(Finding.id))
        .where(ResultFinding.result_id == result.id)
        .order_by(col(Finding.created_at), col(Finding.id))
    ).all()
    sample = session.get_one(Sample, result.sample_id)
    answer = assemble(session, sample=sample, analyses=analyses, findings=findings)
    return Answer(
        conclusion=result.conclusion,
        colour=colour_of(conclusion=result.conclusion, found=answer.found),
        expected=answer.expected,
        found=answer.found,
        runs=answer.runs,
        preliminary=result.preliminary and result.verified_at is None,
    )


def assemble(session: Session, *, sample: Sample, analyses: Sequence[Analysis], findings: Sequence[Finding]) -> Answer:
    """The answer that these analyses and findings give for ``sample``."""
    expected = expected_of(session, sample=sample)
    found = _found(_seen(session, analyses, findings))
    runs = tuple(Run(one.technique, one.outcome, one.detection_limit_note) for one in analyses)
    conclusion = conclude(expected=expected, found=found, runs=runs)
    return Answer(conclusion, colour_of(conclusion=conclusion, found=found), expected, found, runs)


def _seen(session: Session, analyses: Sequence[Analysis], findings: Sequence[Finding]) -> list[_Seen]:
    ids = {finding.substance_id for finding in findings if finding.substance_id}
    substances = {row.id: row for row in session.exec(select(Substance).where(col(Substance.id).in_(ids))).all()}
    by_id = {analysis.id: analysis for analysis in analyses}
    seen = []
    for finding in findings:
        substance = substances[finding.substance_id] if finding.substance_id else None
        name, group = (substance.name, substance.substance_class) if substance else (None, finding.substance_class)
        seen.append(_Seen(finding, by_id[finding.analysis_id], name, group))
    return seen


def _found(seen: Sequence[_Seen]) -> tuple[Found, ...]:
    keys = dict.fromkeys((one.finding.substance_id, one.substance_class) for one in seen)
    found = [_merge(key, seen) for key in keys if not _is_explained(key, seen)]
    return tuple(sorted(found, key=lambda one: (_ROLES_FIRST.index(one.role), _MOST_FIRST.index(one.abundance))))


def _is_explained(key: Key, seen: Iterable[_Seen]) -> bool:
    """Whether a group found is spoken for by a substance of that group, found too."""
    substance_id, group = key
    return (
        substance_id is None
        and group is not None
        and any(one.finding.substance_id is not None and one.substance_class == group for one in seen)
    )


def _merge(key: Key, seen: Sequence[_Seen]) -> Found:
    """One substance over all its findings. A technique that saw its group supports it as well."""
    substance_id, group = key
    own = [one for one in seen if (one.finding.substance_id, one.substance_class) == key]
    support = [one for one in seen if group is not None and one.finding.substance_id is None]
    support = [one for one in support if one.substance_class == group and one not in own]
    findings = [one.finding for one in own]
    return Found(
        role=min((finding.role for finding in findings), key=_ROLES_FIRST.index),
        abundance=min((finding.abundance for finding in findings), key=_MOST_FIRST.index),
        evidence=evidence_of([one.observation for one in (*own, *support)]),
        techniques=tuple(dict.fromkeys(one.analysis.technique for one in (*own, *support))),
        substance_id=substance_id,
        substance=own[0].substance,
        substance_class=group,
        amounts=tuple(_amount(one.finding) for one in own if _has_amount(one)),
    )


def _has_amount(seen: _Seen) -> bool:
    return seen.finding.amount is not None and FACTS[seen.analysis.technique].measures_amounts


def _amount(finding: Finding) -> Amount:
    return Amount(finding.amount or 0.0, finding.amount_unit or "", finding.amount_basis, finding.amount_u)
