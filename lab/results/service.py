"""The life of an answer: drafted from analyses, submitted, verified by another person, reported, amended, retracted.

Each change of state goes through :func:`_move` and so through the table in ``machine.py``. The row is locked before
anything is judged, and the update names the state it starts from: of two people at once, one is told that the state has
moved on, and a replayed request finds no way that leads from where the result already is.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from lab.kit.clock import now
from lab.kit.outbox import Topic, emit
from lab.network.access import Actor, Permission
from lab.network.models import Site
from lab.quality.guard import check_plates
from lab.results import authorship, wording
from lab.results.analyses import analyses_of, record_analysis
from lab.results.answers import answer_of
from lab.results.checklist import check_answers, keep_checks
from lab.results.confirmations import list_open as list_open_confirmations
from lab.results.confirmations import withdraw as withdraw_confirmation
from lab.results.drafts import chosen_analyses, draft_result, new_version, revise_draft
from lab.results.errors import (
    ActionRefusedError,
    OpenVersionError,
    OwnWorkError,
    PreliminaryNotAllowedError,
    ReasonMissingError,
    ReasonTooLongError,
    RestsOnNothingError,
)
from lab.results.machine import Guard, Step, find_step
from lab.results.models import CheckAnswer, CheckItem, Result, ResultAction, ResultTransition
from lab.results.queries import (
    OPEN,
    STANDING,
    current_result,
    get_result,
    laboratories_of,
    locked,
    next_moment,
    require_at,
    results_of,
    transitions_of,
)
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

MAX_REASON = 500


def submit(session: Session, *, actor: Actor, result_id: UUID) -> Result:
    """Put a draft before a verifier. A dangerous answer opens its call-back task from here (RESULT_SUBMITTED)."""
    result = _move(session, actor=actor, result_id=result_id, action=ResultAction.SUBMIT, submitted_at=now())
    emit(session, Topic.RESULT_SUBMITTED, result.id, version=result.version)
    return result


def send_back(session: Session, *, actor: Actor, result_id: UUID, reason: str) -> Result:
    """Give a submitted result back to its author, with a ``reason``."""
    return _move(session, actor=actor, result_id=result_id, action=ResultAction.RETURN, reason=reason)


def verify(
    session: Session,
    *,
    actor: Actor,
    result_id: UUID,
    checks: Mapping[CheckItem, CheckAnswer] | None = None,
    quality_reason: str = "",
) -> Result:
    """Verify somebody else's result. The version it supersedes, if that still stands, becomes amended.

    ``quality_reason``: why the answer stands although a plate it rests on failed the laboratory's criteria; without it
    such an answer is refused (:class:`~lab.quality.errors.QualityReasonMissingError`).
    ``checks``: the checklist as answered, kept with the version. A program may leave it out (and the result says that
    nobody answered one) unless a laboratory of the result demands it. Raises :class:`OwnWorkError` for whoever made a
    finding, ran an analysis, or drafted, revised or submitted it, and as :func:`~lab.results.checklist.check_answers`.
    """
    moment = now()
    result = _move(
        session, actor=actor, result_id=result_id, action=ResultAction.VERIFY, checks=checks,
        reason=quality_reason, verified_by=actor.account_id, verified_at=moment,
    )  # fmt: skip
    keep_checks(session, actor=actor, result=result, checks=checks)
    emit(session, Topic.RESULT_VERIFIED, result.id, version=result.version)
    older = locked(session, result.supersedes_id) if result.supersedes_id else None
    if older is not None and older.state in STANDING:
        _move(session, actor=actor, result_id=older.id, action=ResultAction.SUPERSEDE)
        emit(session, Topic.RESULT_AMENDED, result.id, version=result.version)
    return result


def release_preliminary(
    session: Session,
    *,
    actor: Actor,
    result_id: UUID,
    texts: Mapping[str, str],
    professional_texts: Mapping[str, str] | None = None,
) -> Result:
    """Tell a submitted answer before it is verified, labelled so, where the sample's site allows it.

    The words are as for :func:`report`.
    """
    return _move(
        session, actor=actor, result_id=result_id, action=ResultAction.RELEASE_PRELIMINARY,
        preliminary=True, **_words(texts, professional_texts),
    )  # fmt: skip


def report(
    session: Session,
    *,
    actor: Actor,
    result_id: UUID,
    texts: Mapping[str, str],
    professional_texts: Mapping[str, str] | None = None,
) -> Result:
    """Give a verified answer out, in its final words by language (fr, nl, en): rendered by rules, edited by a person.

    ``texts`` are for the person; ``professional_texts`` for who advises or treats, None where there are none. Raises
    :class:`~lab.results.errors.TextMissingError`, and :class:`~lab.results.errors.TextReassuresError` where a text
    calls something safe.
    """
    return _move(
        session, actor=actor, result_id=result_id, action=ResultAction.REPORT,
        reported_at=now(), preliminary=False, **_words(texts, professional_texts),
    )  # fmt: skip


def _words(texts: Mapping[str, str], professional_texts: Mapping[str, str] | None) -> dict[str, Any]:
    professional = None if professional_texts is None else dict(professional_texts)
    return {"texts": dict(texts), "professional_texts": professional}


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
    analyses = chosen_analyses(session, sample_id=result.sample_id, analysis_ids=analysis_ids)
    sample = session.get_one(Sample, result.sample_id)
    return new_version(session, actor=actor, sample=sample, after=result, analyses=analyses, finding_ids=finding_ids)


def retract(session: Session, *, actor: Actor, result_id: UUID, reason: str) -> Result:
    """Withdraw an answer that should not have been given. It stays readable, marked."""
    result = _move(session, actor=actor, result_id=result_id, action=ResultAction.RETRACT, reason=reason)
    emit(session, Topic.RESULT_RETRACTED, result.id, version=result.version)
    return result


def _move(
    session: Session,
    *,
    actor: Actor,
    result_id: UUID,
    action: ResultAction,
    reason: str | None = None,
    checks: Mapping[CheckItem, CheckAnswer] | None = None,
    **changes: Any,
) -> Result:
    session.flush()
    result = locked(session, result_id)
    step = find_step(result.state, action)
    permission = step.permission if step is not None else Permission.RESULT_READ
    if permission is not None:
        require_at(actor, permission, laboratories_of(session, result))
    if step is None:
        raise ActionRefusedError(state=result.state.value, action=action.value)
    said = (reason or "").replace("\x00", "").strip()
    _check(session, actor=actor, result=result, step=step, reason=said)
    if Guard.TEXTS in step.guards:
        wording.check_texts(changes["texts"])
        wording.check_texts(changes["professional_texts"] or changes["texts"], field="professional_texts")
    if Guard.CHECKLIST in step.guards:
        check_answers(session, result=result, checks=checks)
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
            account_id=actor.account_id, reason=said or None, at=next_moment(session, result),
        )
    )  # fmt: skip
    session.flush()
    session.refresh(result)
    return result


def _unless_own(step: Step, actor: Actor, result: Result) -> list[sa.ColumnElement[bool]]:
    if Guard.NOT_OWN_WORK not in step.guards:
        return []
    return [sa.not_(authorship.is_author(result_id=result.id, account_id=actor.account_id))]


def _check(session: Session, *, actor: Actor, result: Result, step: Step, reason: str) -> None:
    guards = step.guards
    if Guard.REASON in guards and not reason:
        raise ReasonMissingError
    if len(reason) > MAX_REASON:
        raise ReasonTooLongError(most=MAX_REASON)
    if Guard.NOT_OWN_WORK in guards and actor.account_id in authorship.authors_of(session, result=result):
        raise OwnWorkError
    if Guard.RESTS_ON_ANALYSES in guards and not laboratories_of(session, result):
        raise RestsOnNothingError
    if Guard.PLATES_PASS in guards:
        check_plates(session, actor=actor, result_id=result.id, reason=reason)
    if Guard.PRELIMINARY_ALLOWED in guards and not _may_be_preliminary(session, result):
        raise PreliminaryNotAllowedError
    if Guard.NO_OPEN_VERSION in guards and any(
        version.state in OPEN for version in results_of(session, sample_id=result.sample_id)
    ):
        raise OpenVersionError


def _may_be_preliminary(session: Session, result: Result) -> bool:
    sample = session.get_one(Sample, result.sample_id)
    return session.get_one(Site, sample.site_id).allows_preliminary and not result.preliminary
