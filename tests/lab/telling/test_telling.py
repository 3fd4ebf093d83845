"""That an answer was told is kept, and a site hears of every answer given out there that does not stand any more."""

import pytest
from sqlmodel import Session

from lab.errors import ForbiddenError
from lab.kit.clock import now
from lab.kit.outbox import OutboxEntry, Topic
from lab.results.lookup import answer_behind, gate
from lab.results.models import Conclusion, Result, ResultState
from lab.samples import tickets
from lab.samples.errors import TicketNotAskedForError
from lab.samples.models import Sample, TicketSource
from lab.telling import service
from lab.telling.errors import AnswerNotOutError, NoticeNotFoundError
from lab.telling.models import NoticeCause, ToldOutcome
from tests.lab.bench import TEXTS, Bench


def version(session: Session, bench: Bench, sample: Sample, number: int, state: ResultState, **more: object) -> Result:
    values = {"texts": TEXTS, "reported_at": now(), "verified_at": now()} | more
    result = Result(
        sample_id=sample.id, version=number, state=state, conclusion=Conclusion.AS_EXPECTED,
        created_by=bench.chemist.account_id, **values,
    )  # fmt: skip
    session.add(result)
    session.flush()
    return result


def fact(session: Session, topic: Topic, result: Result) -> None:
    for handle in service.HANDLERS[topic]:
        handle(session, OutboxEntry(topic=topic, subject_id=result.id))


def test_the_newest_version_given_out_is_told_and_who_and_when_is_kept(session: Session, bench: Bench) -> None:
    sample = bench.sample()
    result = version(session, bench, sample, 1, ResultState.REPORTED)
    for outcome in (ToldOutcome.NOT_REACHED, ToldOutcome.TOLD_HERE):
        service.record(session, actor=bench.worker, sample=sample, result_id=result.id, outcome=outcome)
    newest, first = service.told_of(session, sample_id=sample.id)
    assert (newest.outcome, first.outcome) == (ToldOutcome.TOLD_HERE, ToldOutcome.NOT_REACHED)
    assert newest.account_id == bench.worker.account_id


def test_a_version_that_is_not_out_or_not_the_newest_cannot_be_told(session: Session, bench: Bench) -> None:
    sample = bench.sample()
    older = version(session, bench, sample, 1, ResultState.AMENDED)
    version(session, bench, sample, 2, ResultState.REPORTED, supersedes_id=older.id)
    draft = version(session, bench, bench.sample(), 1, ResultState.DRAFT, texts={}, reported_at=None)
    for result in (older, draft):
        with pytest.raises(AnswerNotOutError):
            service.record(
                session, actor=bench.worker, sample=session.get_one(Sample, result.sample_id), result_id=result.id,
                outcome=ToldOutcome.TOLD_HERE,
            )  # fmt: skip
    south = bench.network.actors["south_worker"]
    with pytest.raises(ForbiddenError):
        service.record(session, actor=south, sample=sample, result_id=older.id, outcome=ToldOutcome.TOLD_HERE)


def test_a_site_hears_once_of_an_answer_that_was_amended_until_the_new_one_is_told(
    session: Session, bench: Bench
) -> None:
    sample = bench.sample()
    older = version(session, bench, sample, 1, ResultState.AMENDED)
    newer = version(session, bench, sample, 2, ResultState.VERIFIED, supersedes_id=older.id, texts={}, reported_at=None)
    for _ in range(2):
        fact(session, Topic.RESULT_AMENDED, newer)
    (notice,) = service.list_notices(session, actor=bench.worker)
    assert (notice.cause, notice.site_id, notice.result_id) == (NoticeCause.AMENDED, bench.north.id, older.id)
    assert service.list_notices(session, actor=bench.network.actors["south_worker"]) == []
    newer.texts, newer.reported_at, newer.state = TEXTS, now(), ResultState.REPORTED
    session.add(newer)
    session.flush()
    service.record(session, actor=bench.worker, sample=sample, result_id=newer.id, outcome=ToldOutcome.TOLD_HERE)
    assert service.list_notices(session, actor=bench.worker) == []


def test_a_withdrawn_answer_is_told_to_the_site_only_if_it_was_out(session: Session, bench: Bench) -> None:
    out = version(session, bench, bench.sample(), 1, ResultState.RETRACTED)
    never = version(session, bench, bench.sample(), 1, ResultState.RETRACTED, texts={}, reported_at=None)
    for result in (out, never):
        fact(session, Topic.RESULT_RETRACTED, result)
    (notice,) = service.list_notices(session, actor=bench.worker)
    assert (notice.cause, notice.result_id) == (NoticeCause.RETRACTED, out.id)
    with pytest.raises(NoticeNotFoundError):
        service.close_notice(session, actor=bench.network.actors["south_worker"], notice_id=notice.id)
    assert service.close_notice(session, actor=bench.worker, notice_id=notice.id).closed_by == bench.worker.account_id


def test_the_person_reads_the_newest_answer_and_that_it_replaces_or_is_withdrawn(
    session: Session, bench: Bench
) -> None:
    sample = bench.sample()
    ticket = tickets.issue_ticket(session, sample_id=sample.id)
    assert not gate(session, token=ticket).has_answer
    older = version(session, bench, sample, 1, ResultState.REPORTED)
    first = answer_behind(session, token=ticket, language="nl")
    assert first is not None
    assert (first.superseded, first.retracted, first.replaces) == (False, False, None)
    older.state = ResultState.AMENDED
    between = answer_behind(session, token=ticket, language="nl")
    assert between is not None
    assert between.superseded
    newer = version(session, bench, sample, 2, ResultState.REPORTED, supersedes_id=older.id)
    after = answer_behind(session, token=ticket, language="nl")
    assert after is not None
    assert (after.result, after.replaces) == (newer, older.reported_at)
    newer.state = ResultState.RETRACTED
    withdrawn = answer_behind(session, token=ticket, language="nl")
    assert withdrawn is not None
    assert withdrawn.retracted


def test_a_lost_ticket_is_replaced_when_the_person_asks_and_the_old_one_closes(session: Session, bench: Bench) -> None:
    sample = bench.sample()
    old = tickets.issue_ticket(session, sample_id=sample.id)
    with pytest.raises(TicketNotAskedForError):
        tickets.reissue(session, actor=bench.worker, sample=sample, asked=False)
    with pytest.raises(ForbiddenError):
        tickets.reissue(session, actor=bench.network.actors["south_worker"], sample=sample, asked=True)
    new = tickets.reissue(session, actor=bench.worker, sample=sample, asked=True)
    assert tickets.sample_behind(session, token=old) is None
    assert tickets.sample_behind(session, token=new) == sample
    newest, *older = tickets.tickets_of(session, sample_id=sample.id)
    assert newest.source is TicketSource.REISSUED
    assert {one.revoked_by for one in older} == {bench.worker.account_id}
    assert tickets.close(session, actor=bench.worker, sample=sample, asked=True) == 1
    assert tickets.sample_behind(session, token=new) is None
