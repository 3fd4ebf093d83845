"""The network's own history as the rules would have seen it: every answer that stands, read in a few statements."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from alerts.evaluations.models import Stage
from alerts.facts import Facts, FoundFact, SubstanceFact
from alerts.gathering import STANDING, as_found, together
from lab.kit.clock import today
from lab.library.models import Substance
from lab.network.access import Actor, Permission
from lab.results.models import Analysis, Finding, Outcome, Result, ResultAnalysis, ResultFinding, Technique
from lab.samples.models import Sample

DEFAULT_DAYS = 365
MOST_DAYS = 3660


def own_history(session: Session, *, actor: Actor, days: int = DEFAULT_DAYS) -> list[Facts]:
    """One :class:`Facts` for each verified or reported answer to a sample of the last ``days``, by its code.

    Each is as it would be at verification; what the network knew before is added by the replay.
    """
    actor.require(Permission.ALERT_READ)
    first = today() - timedelta(days=days)
    rows = _answers(session, first)
    found, outcomes = _found(session, first), _outcomes(session, first)
    return [_facts(row, found[row.id], outcomes[row.id]) for row in rows]


def _standing(first: date) -> tuple[sa.ColumnElement[bool], ...]:
    return (col(Result.state).in_(STANDING), col(Sample.collected_on) >= first)


def _answers(session: Session, first: date) -> list[Any]:
    query = (
        sa.select(
            col(Result.id), col(Result.conclusion), col(Sample.code), col(Sample.collected_on), col(Sample.area),
            col(Sample.form), col(Sample.tablet_mass_mg), col(Sample.adverse_event), col(Substance.name),
            col(Substance.substance_class),
        )
        .join(Sample, col(Sample.id) == col(Result.sample_id))
        .outerjoin(Substance, col(Substance.id) == col(Sample.sold_as_substance_id))
        .where(*_standing(first))
        .order_by(col(Sample.collected_on), col(Result.verified_at))
    )  # fmt: skip
    return list(session.execute(query))


def _found(session: Session, first: date) -> dict[UUID, list[FoundFact]]:
    query = (
        sa.select(col(ResultFinding.result_id), Finding, Substance, col(Analysis.technique))
        .join(Finding, col(Finding.id) == col(ResultFinding.finding_id))
        .join(Analysis, col(Analysis.id) == col(Finding.analysis_id))
        .join(Result, col(Result.id) == col(ResultFinding.result_id))
        .join(Sample, col(Sample.id) == col(Result.sample_id))
        .outerjoin(Substance, col(Substance.id) == col(Finding.substance_id))
        .where(*_standing(first))
        .order_by(col(Substance.name), col(Finding.created_at), col(Finding.id))
    )
    found: dict[UUID, list[FoundFact]] = defaultdict(list)
    for result_id, finding, substance, technique in session.execute(query):
        fact = as_found(finding, substance, technique)
        if fact is not None:
            found[result_id].append(fact)
    return found


def _outcomes(session: Session, first: date) -> dict[UUID, set[tuple[Technique, Outcome]]]:
    query = (
        sa.select(col(ResultAnalysis.result_id), col(Analysis.technique), col(Analysis.outcome))
        .join(Analysis, col(Analysis.id) == col(ResultAnalysis.analysis_id))
        .join(Result, col(Result.id) == col(ResultAnalysis.result_id))
        .join(Sample, col(Sample.id) == col(Result.sample_id))
        .where(*_standing(first))
    )
    outcomes: dict[UUID, set[tuple[Technique, Outcome]]] = defaultdict(set)
    for result_id, technique, outcome in session.execute(query):
        outcomes[result_id].add((technique, outcome))
    return outcomes


def _facts(row: Any, found: list[FoundFact], outcomes: set[tuple[Technique, Outcome]]) -> Facts:
    return Facts(
        sample=row.code,
        stage=Stage.VERIFIED,
        observed_on=row.collected_on,
        area=row.area,
        sold_as=SubstanceFact(row.name, row.substance_class) if row.name else None,
        form=row.form,
        tablet_mass_mg=row.tablet_mass_mg,
        adverse_event=row.adverse_event,
        conclusion=row.conclusion,
        found=tuple(together(found)),
        outcomes=frozenset(outcomes),
    )
