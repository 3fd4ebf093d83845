"""From a fact of the laboratory to what it must raise. ``api`` gives :data:`HANDLERS` to the outbox's consumer.

Each handler may run again for the same fact: it finds what it did before and adds nothing. T0 never waits: it opens
from a mere submission or import, marked "not verified". Everything else starts from a verified result.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlmodel import Session, select

from alerts.episodes.service import join_episode
from alerts.evaluations import service as evaluations
from alerts.evaluations.models import Stage
from alerts.facts import Facts
from alerts.gathering import STANDING, facts_of_analysis, facts_of_result, facts_of_sample
from alerts.rules.active import active_rules
from alerts.rules.evaluation import Firing, evaluate
from alerts.tasks.calling import call_back, tell_open_tasks, tell_those_called_back
from alerts.vocabulary import Tier
from alerts.warnings.doubts import doubt_result
from alerts.warnings.drafts import draft_or_join
from lab.errors import NotFoundError
from lab.kit.clock import today
from lab.kit.messages import Message
from lab.kit.outbox import Handler, OutboxEntry, Topic
from lab.results.models import Analysis, ConfirmationRequest, Outcome, Result, ResultAnalysis
from lab.samples.models import Reason, Sample

logger = logging.getLogger("drugcheck.alerts")


def on_adverse_event(session: Session, entry: OutboxEntry) -> None:
    """A serious adverse event was registered."""
    facts = facts_of_sample(session, sample_id=entry.subject_id)
    _look(session, facts, subject_id=entry.subject_id, sample_id=entry.subject_id)


def on_analysis_imported(session: Session, entry: OutboxEntry) -> None:
    """Another laboratory's or instrument's answer came in; no result rests on it yet."""
    analysis = session.get(Analysis, entry.subject_id)
    if analysis is None:
        raise NotFoundError
    facts = facts_of_analysis(session, analysis_id=analysis.id)
    _look(session, facts, subject_id=analysis.id, sample_id=analysis.sample_id)


def on_result_submitted(session: Session, entry: OutboxEntry) -> None:
    """A chemist has concluded; nobody has verified it."""
    look_at_result(session, result_id=entry.subject_id, stage=Stage.SUBMITTED)


def on_result_verified(session: Session, entry: OutboxEntry) -> None:
    """A second person stands behind the result."""
    look_at_result(session, result_id=entry.subject_id, stage=Stage.VERIFIED)


def on_result_amended(session: Session, entry: OutboxEntry) -> None:
    """A newer version stands in place of an older: first what the newer raises, then what rests on the older."""
    newer = _result(session, entry.subject_id)
    if newer.state in STANDING:
        look_at_result(session, result_id=newer.id, stage=Stage.VERIFIED)
    if newer.supersedes_id is not None:
        _withdraw(session, _result(session, newer.supersedes_id), stage=Stage.AMENDED)


def on_result_retracted(session: Session, entry: OutboxEntry) -> None:
    """A result does not stand any more."""
    _withdraw(session, _result(session, entry.subject_id), stage=Stage.RETRACTED)


HANDLERS: Mapping[Topic, Sequence[Handler]] = {
    Topic.ADVERSE_EVENT: (on_adverse_event,),
    Topic.ANALYSIS_IMPORTED: (on_analysis_imported,),
    Topic.RESULT_SUBMITTED: (on_result_submitted,),
    Topic.RESULT_VERIFIED: (on_result_verified,),
    Topic.RESULT_AMENDED: (on_result_amended,),
    Topic.RESULT_RETRACTED: (on_result_retracted,),
}


def look_at_result(session: Session, *, result_id: UUID, stage: Stage, found_by_sweep: bool = False) -> list[Firing]:
    """Run the rules over a version of a result, at ``stage``, and do what they ask for."""
    result = _result(session, result_id)
    if stage in {Stage.AMENDED, Stage.RETRACTED}:
        _withdraw(session, result, stage=stage, found_by_sweep=found_by_sweep)
        return []
    facts = facts_of_result(session, result=result, stage=stage)
    firings = _look(session, facts, subject_id=result.id, sample_id=result.sample_id, found_by_sweep=found_by_sweep)
    if any(firing.tier is None for firing in firings):
        _request_confirmation(session, result)
    if stage is Stage.VERIFIED:
        _tell_verified(session, result, firings)
        _warn(session, result, facts, firings)
    return firings


def close_gaps(session: Session, *, grace: timedelta = evaluations.GRACE) -> list[evaluations.Gap]:
    """Report every version of a result that no trigger brought here, and look at it now."""
    missed = evaluations.gaps(session, grace=grace)
    for gap in missed:
        logger.error("result %s had no evaluation at stage %s; looking at it now", gap.result_id, gap.stage.value)
        look_at_result(session, result_id=gap.result_id, stage=gap.stage, found_by_sweep=True)
    return missed


def _result(session: Session, result_id: UUID) -> Result:
    result = session.get(Result, result_id)
    if result is None:
        raise NotFoundError
    return result


def _look(
    session: Session, facts: Facts, *, subject_id: UUID, sample_id: UUID, found_by_sweep: bool = False
) -> list[Firing]:
    """Evaluate, remember, and open what T0 asks for."""
    rules = active_rules(session)
    firings = evaluate(facts, rules)
    evaluations.record(
        session, subject_id=subject_id, stage=facts.stage, rules_version=rules.version, firings=firings,
        found_by_sweep=found_by_sweep,
    )  # fmt: skip
    sample = session.get_one(Sample, sample_id)
    for firing in firings:
        if firing.tier is Tier.T0:
            call_back(session, sample=sample, firing=firing, stage=facts.stage, subject_id=subject_id)
    return firings


def _tell_verified(session: Session, result: Result, firings: Sequence[Firing]) -> None:
    """Open tasks whose cause the verified result does not show any more say so."""
    shown = {firing.rule_id for firing in firings if firing.tier is Tier.T0}
    tell_open_tasks(
        session, sample_id=result.sample_id, but=shown, message=Message("task.fact.verified_without"),
        source_key=f"verified:{result.id}",
    )  # fmt: skip


def _warn(session: Session, result: Result, facts: Facts, firings: Sequence[Firing]) -> None:
    """Join the episode, and draft or join its alert of each tier that fired."""
    rules = active_rules(session)
    warnings = [firing for firing in firings if firing.tier not in {None, Tier.T0}]
    if not warnings:
        return
    episode = join_episode(
        session, facts=facts, result_id=result.id, sample_id=result.sample_id, quiet=rules.settings.episode_quiet
    )
    for firing in warnings:
        if firing.tier is not None:
            draft_or_join(
                session, tier=firing.tier, episode=episode, rule=rules.rule(firing.rule_id), firing=firing,
                facts=facts, result=result,
            )  # fmt: skip


def _withdraw(session: Session, result: Result, *, stage: Stage, found_by_sweep: bool = False) -> None:
    """This version of the answer does not stand any more: everybody who acts on it is told."""
    evaluations.record(
        session, subject_id=result.id, stage=stage, rules_version=active_rules(session).version, firings=(),
        found_by_sweep=found_by_sweep,
    )  # fmt: skip
    key = f"{stage.value}:{result.id}"
    tell_open_tasks(session, sample_id=result.sample_id, message=Message(f"task.fact.{stage.value}"), source_key=key)
    tell_those_called_back(session, sample=session.get_one(Sample, result.sample_id), stage=stage, source_key=key)
    doubt_result(session, result_id=result.id)


def _request_confirmation(session: Session, result: Result) -> None:
    """One request per sample is enough, and one that a person withdrew stays withdrawn.

    "Not identified by CCM" is an official reason to send a sample on [OFDT SINTES].
    """
    known = session.exec(select(ConfirmationRequest).where(ConfirmationRequest.sample_id == result.sample_id)).first()
    if known is not None:
        return
    unsure = session.exec(
        select(Analysis)
        .join(ResultAnalysis)
        .where(ResultAnalysis.result_id == result.id, Analysis.outcome == Outcome.UNABLE_TO_IDENTIFY)
    ).first()
    session.add(
        ConfirmationRequest(
            sample_id=result.sample_id,
            analysis_id=unsure.id if unsure else None,
            reason=Reason.TLC_UNIDENTIFIED,
            due_on=today() + active_rules(session).settings.confirmation_due,
            opened_by=result.created_by,
        )
    )
    session.flush()
