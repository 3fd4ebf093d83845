"""The verifier's checklist: what was looked at before a second name stood behind an answer, kept with the version.

A line is answered yes, or does not apply where nothing is there to look at. There is no "no" to store: whoever sees
something wrong sends the answer back, with a reason.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from lab.bench.terms import terms_of
from lab.network.access import Actor
from lab.results.errors import ChecklistMissingError, CheckNotApplicableError
from lab.results.models import Analysis, CheckAnswer, CheckItem, Result, ResultAnalysis, ResultCheck, Technique
from lab.results.queries import laboratories_of

ALWAYS = (CheckItem.SAMPLE, CheckItem.FINDINGS, CheckItem.CONTRADICTIONS, CheckItem.LIMITS)
OF_PLATES = (CheckItem.READINGS, CheckItem.CONTROLS)


def checklist_of(session: Session, *, result: Result) -> tuple[CheckItem, ...]:
    """The lines that must be answered yes for this version: those of plates only where it rests on one."""
    plates = session.exec(
        select(Analysis.id)
        .join(ResultAnalysis, col(ResultAnalysis.analysis_id) == col(Analysis.id))
        .where(ResultAnalysis.result_id == result.id, Analysis.technique == Technique.TLC)
    ).first()
    wanted = {*ALWAYS, *(OF_PLATES if plates is not None else ())}
    return tuple(item for item in CheckItem if item in wanted)


def check_answers(session: Session, *, result: Result, checks: Mapping[CheckItem, CheckAnswer] | None) -> None:
    """Raise unless every line that applies is answered yes. Without ``checks``: only where a laboratory demands them.

    Raises :class:`ChecklistMissingError` with the first line that is not answered, and
    :class:`CheckNotApplicableError` where a line that applies is passed over.
    """
    wanted = checklist_of(session, result=result)
    if checks is None:
        if not _demanded(session, result):
            return
        checks = {}
    for item in wanted:
        if item not in checks:
            raise ChecklistMissingError(field=f"check-{item.value}", item=item.value)
        if checks[item] is not CheckAnswer.YES:
            raise CheckNotApplicableError(field=f"check-{item.value}", item=item.value)


def _demanded(session: Session, result: Result) -> bool:
    terms = (terms_of(session, site_id=site_id) for site_id in laboratories_of(session, result))
    return any(one is not None and one.checklist_required for one in terms)


def keep_checks(
    session: Session, *, actor: Actor, result: Result, checks: Mapping[CheckItem, CheckAnswer] | None
) -> None:
    """Keep the answers of whoever verifies ``result`` now; nothing is kept where nothing was asked."""
    if checks is None:
        return
    wanted = checklist_of(session, result=result)
    session.add_all(
        ResultCheck(
            result_id=result.id, item=item, account_id=actor.account_id,
            answer=CheckAnswer.YES if item in wanted else CheckAnswer.NOT_APPLICABLE,
        )
        for item in CheckItem
    )  # fmt: skip
    session.flush()


def checks_of(session: Session, *, result_id: UUID) -> Sequence[ResultCheck]:
    """The checklist as it was answered, in its own order; empty for what was verified without one."""
    rows = session.exec(select(ResultCheck).where(ResultCheck.result_id == result_id)).all()
    order = list(CheckItem)
    return sorted(rows, key=lambda row: order.index(row.item))
