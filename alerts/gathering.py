"""Takes the facts for the rules out of the database: from a sample, an analysis, or a version of a result."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from alerts.evaluations.models import Stage
from alerts.facts import ACTIVE_ROLES, Facts, FoundFact, History, SubstanceFact
from lab.errors import NotFoundError
from lab.kit.clock import now
from lab.library.models import Substance
from lab.results.evidence import evidence_of
from lab.results.models import (
    Abundance,
    Analysis,
    Conclusion,
    Finding,
    FindingRole,
    Outcome,
    Result,
    ResultAnalysis,
    ResultFinding,
    ResultState,
    Technique,
)
from lab.samples.models import Sample

STANDING = (ResultState.VERIFIED, ResultState.REPORTED)
"""States of a result that the network may rely on."""

HISTORY_DAYS = 60


def facts_of_sample(session: Session, *, sample_id: UUID) -> Facts:
    """What is known at registration."""
    return _facts(session, _get_sample(session, sample_id), stage=Stage.REGISTERED)


def facts_of_analysis(session: Session, *, analysis_id: UUID) -> Facts:
    """What one imported analysis says, before any result rests on it."""
    analysis = session.get(Analysis, analysis_id)
    if analysis is None:
        raise NotFoundError
    found = _findings(session, sa.select(col(Finding.id)).where(col(Finding.analysis_id) == analysis_id))
    return _facts(
        session, _get_sample(session, analysis.sample_id), stage=Stage.IMPORTED, found=found,
        outcomes=[(analysis.technique, analysis.outcome)],
    )  # fmt: skip


def facts_of_result(session: Session, *, result: Result, stage: Stage) -> Facts:
    """What a version of the answer says; at ``VERIFIED`` with what the network knew before."""
    linked = sa.select(col(ResultFinding.finding_id)).where(col(ResultFinding.result_id) == result.id)
    techniques = sa.select(col(Analysis.technique), col(Analysis.outcome)).join(
        ResultAnalysis, col(ResultAnalysis.analysis_id) == col(Analysis.id)
    )
    rows = session.execute(techniques.where(col(ResultAnalysis.result_id) == result.id)).all()
    sample = _get_sample(session, result.sample_id)
    found = _findings(session, linked)
    history = _history(session, sample=sample, found=found) if stage is Stage.VERIFIED else History()
    return _facts(
        session, sample, stage=stage, found=found, conclusion=result.conclusion,
        outcomes=[(technique, outcome) for technique, outcome in rows], history=history,
    )  # fmt: skip


def _get_sample(session: Session, sample_id: UUID) -> Sample:
    sample = session.get(Sample, sample_id)
    if sample is None:
        raise NotFoundError
    return sample


def _facts(
    session: Session,
    sample: Sample,
    *,
    stage: Stage,
    found: tuple[FoundFact, ...] = (),
    conclusion: Conclusion | None = None,
    outcomes: Iterable[tuple[Technique, Outcome]] = (),
    history: History | None = None,
) -> Facts:
    sold_as = session.get(Substance, sample.sold_as_substance_id) if sample.sold_as_substance_id else None
    return Facts(
        sample=str(sample.id),
        stage=stage,
        observed_on=sample.collected_on,
        area=sample.area,
        sold_as=SubstanceFact(sold_as.name, sold_as.substance_class) if sold_as else None,
        form=sample.form,
        tablet_mass_mg=sample.tablet_mass_mg,
        adverse_event=sample.adverse_event,
        conclusion=conclusion,
        found=found,
        outcomes=frozenset(outcomes),
        history=history or History(),
    )


def _findings(session: Session, finding_ids: sa.Select[UUID]) -> tuple[FoundFact, ...]:
    """The findings that name a substance or a class, in a stable order; a mere unknown tells the rules nothing."""
    rows = session.execute(
        sa.select(Finding, Substance, col(Analysis.technique))
        .outerjoin(Substance, col(Substance.id) == col(Finding.substance_id))
        .join(Analysis, col(Analysis.id) == col(Finding.analysis_id))
        .where(col(Finding.id).in_(finding_ids))
        .order_by(col(Substance.name), col(Finding.created_at), col(Finding.id))
    ).all()
    found = [as_found(finding, substance, technique) for finding, substance, technique in rows]
    return tuple(together([item for item in found if item is not None]))


def as_found(finding: Finding, substance: Substance | None, technique: Technique) -> FoundFact | None:
    """A finding as the rules see it; None for a mere unknown."""
    if substance is not None:
        fact = SubstanceFact(substance.name, substance.substance_class)
    elif finding.substance_class:
        fact = SubstanceFact.group(finding.substance_class)
    else:
        return None
    return FoundFact(
        substance=fact,
        role=finding.role,
        evidence=finding.evidence,
        technique=technique,
        abundance=finding.abundance,
        amount=finding.amount,
        amount_unit=finding.amount_unit,
        amount_basis=finding.amount_basis,
    )


def together(found: list[FoundFact]) -> list[FoundFact]:
    """Each finding with the evidence that all techniques carry together for its substance."""
    seen: dict[SubstanceFact, list[tuple[Technique, Abundance]]] = defaultdict(list)
    for item in found:
        seen[item.substance].append((item.technique, item.abundance))
    return [replace(item, evidence=evidence_of(seen[item.substance])) for item in found]


def _history(session: Session, *, sample: Sample, found: tuple[FoundFact, ...]) -> History:
    others = (col(Result.state).in_(STANDING), col(Result.sample_id) != sample.id)
    names = {item.substance.name for item in found}
    known = session.scalars(
        sa.select(col(Substance.name))
        .join(Finding, col(Finding.substance_id) == col(Substance.id))
        .join(ResultFinding, col(ResultFinding.finding_id) == col(Finding.id))
        .join(Result, col(Result.id) == col(ResultFinding.result_id))
        .where(col(Substance.name).in_(names), *others)
        .distinct()
    )
    count = session.scalar(sa.select(sa.func.count()).select_from(Result).where(*others))
    return History(frozenset(known), count or 0, _alike(session, sample=sample, found=found))


def _alike(session: Session, *, sample: Sample, found: tuple[FoundFact, ...]) -> tuple[int, ...]:
    """For each verified result of another sample, sold as the same and with the same actives: its age in days."""
    mine = frozenset(item.substance.name for item in found if item.role in ACTIVE_ROLES)
    rows = session.execute(
        sa.select(
            col(Result.id), col(Result.verified_at), col(Substance.name), col(Finding.substance_class),
            col(Finding.role),
        )
        .join(Sample, col(Sample.id) == col(Result.sample_id))
        .join(ResultFinding, col(ResultFinding.result_id) == col(Result.id))
        .join(Finding, col(Finding.id) == col(ResultFinding.finding_id))
        .outerjoin(Substance, col(Substance.id) == col(Finding.substance_id))
        .where(
            col(Result.state).in_(STANDING),
            col(Result.sample_id) != sample.id,
            col(Result.verified_at) >= now() - timedelta(days=HISTORY_DAYS),
            col(Sample.sold_as_substance_id).is_not_distinct_from(sample.sold_as_substance_id),
        )
    ).all()  # fmt: skip
    ages: dict[UUID, int] = {}
    actives: dict[UUID, set[str]] = defaultdict(set)
    for result_id, verified_at, name, substance_class, role in rows:
        ages[result_id] = max((now() - verified_at).days, 0) if verified_at else 0
        if FindingRole(role) in ACTIVE_ROLES and (name or substance_class):
            actives[result_id].add(name or SubstanceFact.group(substance_class).name)
    return tuple(sorted(age for result_id, age in ages.items() if actives[result_id] == mine))
