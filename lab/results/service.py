"""The life of an answer: drafted from analyses, submitted, verified by another person, reported, amended, retracted.

Each change of state goes through :func:`_move` and so through the table in ``machine.py``. The row is locked before
anything is judged, and the update names the state it starts from: of two people at once, one is told that the state has
moved on, and a replayed request finds no way that leads from where the result already is.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.kit.clock import now
from lab.kit.outbox import Topic, emit
from lab.network.access import Actor, Permission
from lab.network.models import Site
from lab.results import authorship, wording
from lab.results.analyses import analyses_of, record_analysis
from lab.results.answers import answer_of, assemble
from lab.results.confirmations import list_open as list_open_confirmations
from lab.results.confirmations import withdraw as withdraw_confirmation
from lab.results.errors import (
    ActionRefusedError,
    AnalysisNotFoundError,
    AnswerStandsError,
    FindingForeignError,
    OpenVersionError,
    OwnWorkError,
    PreliminaryNotAllowedError,
    ReasonMissingError,
    RestsOnNothingError,
    ResultNotFoundError,
)
from lab.results.machine import Guard, Step, find_step
from lab.results.models import (
    Analysis,
    Finding,
    Result,
    ResultAction,
    ResultAnalysis,
    ResultFinding,
    ResultState,
    ResultTransition,
)
from lab.samples import visibility
from lab.samples.errors import SampleNotFoundError
from lab.samples.models import Sample

__all__ = [
    "amend",
    "analyses_of",
    "answer_of",
    "current_result",
    "draft_result",
    "get_result",
    "list_open_confirmations",
    "record_analysis",
    "release_preliminary",
    "report",
    "results_of",
    "retract",
    "revise_draft",
    "send_back",
    "submit",
    "transitions_of",
    "verify",
    "withdraw_confirmation",
]

STANDING = frozenset({ResultState.VERIFIED, ResultState.REPORTED})
OPEN = frozenset({ResultState.DRAFT, ResultState.SUBMITTED})


# Reading


def get_result(session: Session, *, actor: Actor, result_id: UUID) -> Result:
    """The result with this key; raises :class:`ResultNotFoundError` also where ``actor`` may not see it."""
    result = session.get(Result, result_id)
    if result is None:
        raise ResultNotFoundError
    sample = session.get_one(Sample, result.sample_id)
    if not actor.may_at_any(Permission.RESULT_READ, visibility.sites_of(session, sample=sample)):
        raise ResultNotFoundError
    return result


def results_of(session: Session, *, sample_id: UUID) -> Sequence[Result]:
    """Every version of the answer for a sample, oldest first."""
    return session.exec(select(Result).where(Result.sample_id == sample_id).order_by(col(Result.version))).all()


def current_result(session: Session, *, sample_id: UUID) -> Result | None:
    """The version that holds now: the newest one verified or reported; None while there is none."""
    standing = select(Result).where(Result.sample_id == sample_id, col(Result.state).in_(STANDING))
    return session.exec(standing.order_by(col(Result.version).desc())).first()


def transitions_of(session: Session, *, result_id: UUID) -> Sequence[ResultTransition]:
    """What happened to a result, in order."""
    moves = select(ResultTransition).where(ResultTransition.result_id == result_id)
    return session.exec(moves.order_by(col(ResultTransition.at))).all()


# Drafting


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
    analyses = _chosen_analyses(session, sample_id=sample_id, analysis_ids=analysis_ids)
    _require_at(actor, Permission.RESULT_WRITE, {analysis.site_id for analysis in analyses})
    return _new_version(
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
    result = _locked(session, result_id)
    if result.state is not ResultState.DRAFT:
        raise ActionRefusedError(state=result.state.value, action="revise")
    _require_at(actor, Permission.RESULT_WRITE, _sites(session, result))
    analyses = _chosen_analyses(session, sample_id=result.sample_id, analysis_ids=analysis_ids)
    for link in (ResultFinding, ResultAnalysis):
        session.execute(sa.delete(link).where(col(link.result_id) == result.id))
    sample = session.get_one(Sample, result.sample_id)
    _rest_on(session, result=result, sample=sample, analyses=analyses, finding_ids=finding_ids)
    return result


def _chosen_analyses(session: Session, *, sample_id: UUID, analysis_ids: Sequence[UUID] | None) -> list[Analysis]:
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


def _new_version(
    session: Session,
    *,
    actor: Actor,
    sample: Sample,
    after: Result | None,
    analyses: Sequence[Analysis],
    finding_ids: Sequence[UUID] | None,
) -> Result:
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


# Moving


def submit(session: Session, *, actor: Actor, result_id: UUID) -> Result:
    """Put a draft before a verifier. A dangerous answer opens its call-back task from here (RESULT_SUBMITTED)."""
    result = _move(session, actor=actor, result_id=result_id, action=ResultAction.SUBMIT, submitted_at=now())
    emit(session, Topic.RESULT_SUBMITTED, result.id, version=result.version)
    return result


def send_back(session: Session, *, actor: Actor, result_id: UUID, reason: str) -> Result:
    """Give a submitted result back to its author, with a ``reason``."""
    return _move(session, actor=actor, result_id=result_id, action=ResultAction.RETURN, reason=reason)


def verify(session: Session, *, actor: Actor, result_id: UUID) -> Result:
    """Verify somebody else's result. The version it supersedes, if that still stands, becomes amended.

    Raises :class:`OwnWorkError` for whoever made a finding, ran an analysis, drafted or submitted it.
    """
    moment = now()
    result = _move(
        session, actor=actor, result_id=result_id, action=ResultAction.VERIFY,
        verified_by=actor.account_id, verified_at=moment,
    )  # fmt: skip
    emit(session, Topic.RESULT_VERIFIED, result.id, version=result.version)
    older = session.get(Result, result.supersedes_id) if result.supersedes_id else None
    if older is not None and older.state in STANDING:
        _move(session, actor=actor, result_id=older.id, action=ResultAction.SUPERSEDE)
        emit(session, Topic.RESULT_AMENDED, result.id, version=result.version)
    return result


def release_preliminary(session: Session, *, actor: Actor, result_id: UUID, texts: Mapping[str, str]) -> Result:
    """Tell a submitted answer before it is verified, labelled so, where the sample's site allows it."""
    return _move(
        session, actor=actor, result_id=result_id, action=ResultAction.RELEASE_PRELIMINARY,
        preliminary=True, texts=dict(texts),
    )  # fmt: skip


def report(session: Session, *, actor: Actor, result_id: UUID, texts: Mapping[str, str]) -> Result:
    """Give a verified answer out, in its final words by language (fr, nl, en): rendered by rules, edited by a person.

    Raises :class:`~lab.results.errors.TextMissingError`, and :class:`~lab.results.errors.TextReassuresError` where a
    text calls something safe.
    """
    return _move(
        session, actor=actor, result_id=result_id, action=ResultAction.REPORT,
        texts=dict(texts), reported_at=now(), preliminary=False,
    )  # fmt: skip


def amend(
    session: Session,
    *,
    actor: Actor,
    result_id: UUID,
    reason: str,
    analysis_ids: Sequence[UUID] | None = None,
    finding_ids: Sequence[UUID] | None = None,
) -> Result:
    """Open the next version as a draft; the older one stands, readable, until the newer one is verified.

    By default the draft rests on everything the sample has by now. Raises as :func:`draft_result` does, and
    :class:`ReasonMissingError`, :class:`ActionRefusedError`.
    """
    result = _move(session, actor=actor, result_id=result_id, action=ResultAction.AMEND, reason=reason)
    analyses = _chosen_analyses(session, sample_id=result.sample_id, analysis_ids=analysis_ids)
    sample = session.get_one(Sample, result.sample_id)
    return _new_version(session, actor=actor, sample=sample, after=result, analyses=analyses, finding_ids=finding_ids)


def retract(session: Session, *, actor: Actor, result_id: UUID, reason: str) -> Result:
    """Withdraw an answer that should not have been given. It stays readable, marked."""
    result = _move(session, actor=actor, result_id=result_id, action=ResultAction.RETRACT, reason=reason)
    emit(session, Topic.RESULT_RETRACTED, result.id, version=result.version)
    return result


def _locked(session: Session, result_id: UUID) -> Result:
    """The result as it is now, held against everybody else until this transaction ends."""
    statement = select(Result).where(Result.id == result_id).with_for_update()
    result = session.exec(statement, execution_options={"populate_existing": True}).one_or_none()
    if result is None:
        raise ResultNotFoundError
    return result


def _move(
    session: Session,
    *,
    actor: Actor,
    result_id: UUID,
    action: ResultAction,
    reason: str | None = None,
    **changes: Any,
) -> Result:
    session.flush()
    result = _locked(session, result_id)
    step = find_step(result.state, action)
    permission = step.permission if step is not None else Permission.RESULT_READ
    if permission is not None:
        _require_at(actor, permission, _sites(session, result))
    if step is None:
        raise ActionRefusedError(state=result.state.value, action=action.value)
    said = (reason or "").strip()
    _check(session, actor=actor, result=result, step=step, reason=said, texts=changes.get("texts"))
    moved = session.connection().execute(
        sa.update(Result)
        .where(col(Result.id) == result.id, col(Result.state) == step.state, *_unless_own(step, actor, result))
        .values(state=step.next, **changes)
    )
    if moved.rowcount != 1:  # the lock makes this impossible; a database that does not lock is still refused
        raise ActionRefusedError(state=result.state.value, action=action.value)
    session.add(
        ResultTransition(
            result_id=result.id, action=action, from_state=step.state, to_state=step.next,
            account_id=actor.account_id, reason=said or None, at=_after_last(session, result),
        )
    )  # fmt: skip
    session.flush()
    session.refresh(result)
    return result


def _after_last(session: Session, result: Result) -> datetime:
    """Now, and never before the last move, so that the order of moves is the order of their times."""
    last = session.exec(select(sa.func.max(ResultTransition.at)).where(ResultTransition.result_id == result.id)).one()
    return max(now(), last) if last is not None else now()


def _unless_own(step: Step, actor: Actor, result: Result) -> list[sa.ColumnElement[bool]]:
    if Guard.NOT_OWN_WORK not in step.guards:
        return []
    return [sa.not_(authorship.is_author(result_id=result.id, account_id=actor.account_id))]


def _check(
    session: Session, *, actor: Actor, result: Result, step: Step, reason: str, texts: Mapping[str, str] | None
) -> None:
    guards = step.guards
    if Guard.REASON in guards and not reason:
        raise ReasonMissingError
    if Guard.TEXTS in guards:
        wording.check_texts(texts or {})
    if Guard.NOT_OWN_WORK in guards and actor.account_id in authorship.authors_of(session, result=result):
        raise OwnWorkError
    if Guard.RESTS_ON_ANALYSES in guards and not _sites(session, result):
        raise RestsOnNothingError
    if Guard.PRELIMINARY_ALLOWED in guards and not _may_be_preliminary(session, result):
        raise PreliminaryNotAllowedError
    if Guard.NO_OPEN_VERSION in guards and any(
        version.state in OPEN for version in results_of(session, sample_id=result.sample_id)
    ):
        raise OpenVersionError


def _may_be_preliminary(session: Session, result: Result) -> bool:
    sample = session.get_one(Sample, result.sample_id)
    return session.get_one(Site, sample.site_id).allows_preliminary and not result.preliminary


def _sites(session: Session, result: Result) -> set[UUID]:
    """Where the analyses were made that a result rests on: whoever acts on it acts for one of these laboratories."""
    statement = (
        select(Analysis.site_id)
        .join(ResultAnalysis, col(ResultAnalysis.analysis_id) == col(Analysis.id))
        .where(ResultAnalysis.result_id == result.id)
    )
    return set(session.exec(statement).all())


def _require_at(actor: Actor, permission: Permission, site_ids: set[UUID]) -> None:
    if not actor.may_at_any(permission, site_ids):
        actor.require(permission, next(iter(site_ids), None))
        raise ResultNotFoundError
