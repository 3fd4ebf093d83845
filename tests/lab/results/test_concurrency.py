"""Two people at the same time: at most one verification, never an author's, on either database."""

from collections.abc import Callable
from threading import Barrier, Thread
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from lab.errors import LabError
from lab.kit.db import Database
from lab.kit.ids import new_id
from lab.kit.outbox import OutboxEntry, Topic
from lab.network.access import Actor
from lab.network.models import Role
from lab.results import service
from lab.results.models import Analysis, Finding, Result, ResultState, Technique
from lab.results.schemas import AnalysisIn
from tests.lab.bench import Bench

ROUNDS = 5


def prepare(database: Database) -> tuple[Bench, UUID]:
    """A submitted result by the chemist, committed."""
    with database.session() as session:
        bench = Bench(session)
        sample = bench.at_laboratory("MDMA")
        bench.analysis(sample, Technique.TLC, "MDMA")
        return bench, bench.submitted(sample).id


def at_once(database: Database, *actions: Callable[[Session], object]) -> list[str]:
    """Run each action in a session of its own, all started together: "done", or the class of what refused it."""
    barrier, outcomes = Barrier(len(actions)), [""] * len(actions)

    def run(place: int, action: Callable[[Session], object]) -> None:
        barrier.wait()
        try:
            with database.session() as session:
                action(session)
            outcomes[place] = "done"
        except LabError as error:
            outcomes[place] = type(error).__name__

    threads = [Thread(target=run, args=item) for item in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def verified_as(actor: Actor, result_id: UUID) -> Callable[[Session], object]:
    return lambda session: service.verify(session, actor=actor, result_id=result_id)


def reopen(database: Database, bench: Bench, result_id: UUID) -> UUID:
    """Retract what was verified and submit the next version, for another round."""
    with database.session() as session:
        done = service.retract(session, actor=bench.verifier, result_id=result_id, reason="next round")
        draft = service.draft_result(session, actor=bench.chemist, sample_id=done.sample_id)
        return service.submit(session, actor=bench.chemist, result_id=draft.id).id


def test_of_two_verifications_at_once_one_passes(database: Database) -> None:
    bench, result_id = prepare(database)
    for _ in range(ROUNDS):
        once = verified_as(bench.verifier, result_id)
        assert sorted(at_once(database, once, once, once)) == ["ActionRefusedError", "ActionRefusedError", "done"]
        with database.reading() as session:
            entries = select(sa.func.count()).where(
                OutboxEntry.topic == Topic.RESULT_VERIFIED, OutboxEntry.subject_id == result_id
            )
            assert session.exec(entries).one() == 1
        result_id = reopen(database, bench, result_id)


def test_an_author_never_verifies_whoever_else_is_at_it(database: Database) -> None:
    bench, result_id = prepare(database)
    author = Actor(bench.chemist.account_id, frozenset({(None, Role.VERIFIER), (None, Role.CHEMIST)}))
    for _ in range(ROUNDS):
        outcomes = at_once(
            database,
            verified_as(author, result_id),
            verified_as(bench.verifier, result_id),
            verified_as(author, result_id),
        )
        assert outcomes[1] == "done"
        assert {outcomes[0], outcomes[2]} <= {"OwnWorkError", "ActionRefusedError"}
        with database.reading() as session:
            assert session.get_one(Result, result_id).verified_by == bench.verifier.account_id
        result_id = reopen(database, bench, result_id)


def test_verifying_and_sending_back_at_once_do_one_of_the_two(database: Database) -> None:
    bench, result_id = prepare(database)
    outcomes = at_once(
        database,
        verified_as(bench.verifier, result_id),
        lambda session: service.send_back(session, actor=bench.verifier, result_id=result_id, reason="no"),
    )
    assert sorted(outcomes) == ["ActionRefusedError", "done"]
    with database.reading() as session:
        state = session.get_one(Result, result_id).state
    assert state is (ResultState.VERIFIED if outcomes[0] == "done" else ResultState.DRAFT)


def test_two_amendments_at_once_open_one_version(database: Database) -> None:
    bench, result_id = prepare(database)
    with database.session() as session:
        service.verify(session, actor=bench.verifier, result_id=result_id)

    def amended(session: Session) -> object:
        return service.amend(session, actor=bench.chemist, result_id=result_id, reason="more")

    assert sorted(at_once(database, amended, amended)) == ["OpenVersionError", "done"]


def test_an_amendment_is_verified_even_while_the_older_answer_is_retracted(database: Database) -> None:
    bench, result_id = prepare(database)
    with database.session() as session:
        service.verify(session, actor=bench.verifier, result_id=result_id)
        newer = service.amend(session, actor=bench.chemist, result_id=result_id, reason="more")
        service.submit(session, actor=bench.chemist, result_id=newer.id)
    verified, retracted = at_once(
        database,
        verified_as(bench.verifier, newer.id),
        lambda session: service.retract(session, actor=bench.verifier, result_id=result_id, reason="mix-up"),
    )
    assert verified == "done"
    with database.reading() as session:
        older = session.get_one(Result, result_id).state
    assert older is (ResultState.RETRACTED if retracted == "done" else ResultState.AMENDED)


def test_two_drafts_at_once_are_one(database: Database) -> None:
    with database.session() as session:
        bench = Bench(session)
        sample = bench.at_laboratory("MDMA")
        bench.analysis(sample, Technique.TLC, "MDMA")

    def draft(session: Session) -> object:
        return service.draft_result(session, actor=bench.chemist, sample_id=sample.id)

    assert sorted(at_once(database, draft, draft)) == ["OpenVersionError", "done"]


def test_the_database_itself_refuses_a_verifier_who_drafted(database: Database) -> None:
    _, result_id = prepare(database)
    own = sa.update(Result).where(col(Result.id) == result_id).values(verified_by=Result.created_by)
    with pytest.raises(IntegrityError), database.session() as session:
        session.connection().execute(own)


def test_one_analysis_sent_by_two_requests_at_once_is_kept_once(database: Database) -> None:
    """As after a lost answer, when the first request is still under way."""
    with database.session() as session:
        bench = Bench(session)
        sample = bench.at_laboratory("MDMA")
        sent = [bench.analysis_in(Technique.GCMS, "MDMA", client_id=new_id()) for _ in range(ROUNDS)]
    for data in sent:

        def once(session: Session, data: AnalysisIn = data) -> object:
            return service.record_analysis(session, actor=bench.chemist, sample_id=sample.id, data=data)

        assert at_once(database, once, once, once) == ["done"] * 3
    with database.reading() as session:
        kept = session.exec(select(Analysis).where(Analysis.sample_id == sample.id)).all()
        assert {one.client_id for one in kept} == {data.client_id for data in sent}
        assert len(kept) == len(session.exec(select(Finding)).all()) == ROUNDS
