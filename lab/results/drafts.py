"""Drafting an answer: which analyses and findings it rests on, and the conclusion that follows from them."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.network.access import Actor, Permission
from lab.results.analyses import analyses_of
from lab.results.answers import assemble
from lab.results.errors import (
    ActionRefusedError,
    AnalysisNotFoundError,
    AnswerStandsError,
    FindingForeignError,
    OpenVersionError,
    RestsOnNothingError,
)
from lab.results.machine import find_step
from lab.results.models import (
    Analysis,
    Finding,
    Result,
    ResultAction,
    ResultAnalysis,
    ResultFinding,
    ResultTransition,
)
from lab.results.queries import OPEN, STANDING, laboratories_of, locked, next_moment, require_at, results_of
from lab.samples.errors import SampleNotFoundError
from lab.samples.models import Sample


def draft_result(
    session: Session,
    *,
    actor: Actor,
    sample_id: UUID,
    analysis_ids: Sequence[UUID] | None = None,
    finding_ids: Sequence[UUID] | None = None,
) -> Result:
    """A draft from these analyses (default: all of the sample) and these of their findings (default: all).

    The conclusion is derived. A draft after a retracted answer follows it as the next version. Raises
    :class:`OpenVersionError`, :class:`AnswerStandsError` (amend it instead), :class:`RestsOnNothingError`,
    :class:`AnalysisNotFoundError`, :class:`FindingForeignError`, :class:`~lab.errors.ForbiddenError`.
    """
    sample = session.get(Sample, sample_id, with_for_update=True)
    if sample is None:
        raise SampleNotFoundError
    versions = results_of(session, sample_id=sample_id)
    if any(version.state in OPEN for version in versions):
        raise OpenVersionError
    if any(version.state in STANDING for version in versions):
        raise AnswerStandsError
    analyses = chosen_analyses(session, sample_id=sample_id, analysis_ids=analysis_ids)
    require_at(actor, Permission.RESULT_WRITE, {analysis.site_id for analysis in analyses})
    return new_version(
        session, actor=actor, sample=sample, after=versions[-1] if versions else None,
        analyses=analyses, finding_ids=finding_ids,
    )  # fmt: skip


def revise_draft(
    session: Session,
    *,
    actor: Actor,
    result_id: UUID,
    analysis_ids: Sequence[UUID] | None = None,
    finding_ids: Sequence[UUID] | None = None,
) -> Result:
    """Let a draft rest on other analyses or findings; the conclusion follows. Raises as :func:`draft_result`."""
    result = locked(session, result_id)
    if find_step(result.state, ResultAction.REVISE) is None:
        raise ActionRefusedError(state=result.state.value, action=ResultAction.REVISE.value)
    require_at(actor, Permission.RESULT_WRITE, laboratories_of(session, result))
    analyses = chosen_analyses(session, sample_id=result.sample_id, analysis_ids=analysis_ids)
    for link in (ResultFinding, ResultAnalysis):
        session.execute(sa.delete(link).where(col(link.result_id) == result.id))
    sample = session.get_one(Sample, result.sample_id)
    _rest_on(session, result=result, sample=sample, analyses=analyses, finding_ids=finding_ids)
    session.add(
        ResultTransition(
            result_id=result.id,
            action=ResultAction.REVISE,
            from_state=result.state,
            to_state=result.state,
            account_id=actor.account_id,
            at=next_moment(session, result),
        )
    )
    session.flush()
    return result


def chosen_analyses(session: Session, *, sample_id: UUID, analysis_ids: Sequence[UUID] | None) -> list[Analysis]:
    """These analyses of the sample, or all; raises :class:`AnalysisNotFoundError`, :class:`RestsOnNothingError`."""
    analyses = [view.analysis for view in analyses_of(session, sample_id=sample_id)]
    if analysis_ids is not None:
        if not set(analysis_ids) <= {analysis.id for analysis in analyses}:
            raise AnalysisNotFoundError
        analyses = [analysis for analysis in analyses if analysis.id in set(analysis_ids)]
    if not analyses:
        raise RestsOnNothingError
    return analyses


def _chosen_findings(
    session: Session, *, analyses: Sequence[Analysis], finding_ids: Sequence[UUID] | None
) -> list[Finding]:
    mine = session.exec(
        select(Finding)
        .where(col(Finding.analysis_id).in_([analysis.id for analysis in analyses]))
        .order_by(col(Finding.created_at), col(Finding.id))
    ).all()
    if finding_ids is None:
        return list(mine)
    if not set(finding_ids) <= {finding.id for finding in mine}:
        raise FindingForeignError
    return [finding for finding in mine if finding.id in set(finding_ids)]


def new_version(
    session: Session,
    *,
    actor: Actor,
    sample: Sample,
    after: Result | None,
    analyses: Sequence[Analysis],
    finding_ids: Sequence[UUID] | None,
) -> Result:
    """A draft that follows ``after`` and rests on these analyses and findings."""
    findings = _chosen_findings(session, analyses=analyses, finding_ids=finding_ids)
    answer = assemble(session, sample=sample, analyses=analyses, findings=findings)
    result = Result(
        sample_id=sample.id,
        version=1 if after is None else after.version + 1,
        supersedes_id=None if after is None else after.id,
        conclusion=answer.conclusion,
        created_by=actor.account_id,
    )
    session.add(result)
    session.flush()
    _link(session, result=result, analyses=analyses, findings=findings)
    return result


def _rest_on(
    session: Session,
    *,
    result: Result,
    sample: Sample,
    analyses: Sequence[Analysis],
    finding_ids: Sequence[UUID] | None,
) -> None:
    findings = _chosen_findings(session, analyses=analyses, finding_ids=finding_ids)
    result.conclusion = assemble(session, sample=sample, analyses=analyses, findings=findings).conclusion
    session.add(result)
    _link(session, result=result, analyses=analyses, findings=findings)


def _link(session: Session, *, result: Result, analyses: Sequence[Analysis], findings: Sequence[Finding]) -> None:
    session.add_all(ResultAnalysis(result_id=result.id, analysis_id=analysis.id) for analysis in analyses)
    session.add_all(ResultFinding(result_id=result.id, finding_id=finding.id) for finding in findings)
    session.flush()
