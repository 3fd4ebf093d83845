"""A fact and what follows from it."""

from uuid import UUID

import sqlalchemy as sa
from obstore.store import MemoryStore
from sqlmodel import Session, select

from lab.kit.db import Database
from lab.kit.files import ObjectFiles
from lab.kit.ids import new_id
from lab.kit.jobs import dead_jobs
from lab.kit.outbox import Handlers, OutboxEntry, Topic, consumer, emit
from lab.kit.tasks import Context, Task
from lab.kit.worker import Worker
from lab.network.models import Site, SiteType


def work(database: Database, handlers: Handlers) -> None:
    Worker(Context(database, ObjectFiles(MemoryStore())), consumer(handlers)).run_until_idle()


def emitted(database: Database, **payload: str) -> UUID:
    with database.session() as session:
        return emit(session, Topic.RESULT_VERIFIED, new_id(), **payload).id


def entry(database: Database, entry_id: UUID) -> OutboxEntry:
    with database.reading() as session:
        return session.exec(select(OutboxEntry).where(OutboxEntry.id == entry_id)).one()


def note_site(session: Session, fact: OutboxEntry) -> None:
    session.add(Site(name=str(fact.payload["name"]), type=SiteType.FIXED, area="Gent"))


def sites(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.exec(select(Site.name)).all())


def test_every_handler_of_a_topic_acts_on_the_fact_once(database: Database) -> None:
    seen: list[str] = []
    handlers: Handlers = {
        Topic.RESULT_VERIFIED: [note_site, lambda _session, fact: seen.append(str(fact.payload["name"]))],
        Topic.RESULT_RETRACTED: [lambda _session, _fact: seen.append("wrong topic")],
    }
    entry_id = emitted(database, name="A")
    work(database, handlers)
    work(database, handlers)
    assert seen == ["A"]
    assert sites(database) == ["A"]
    assert entry(database, entry_id).consumed_at is not None


def test_a_fact_that_nobody_waits_for_is_consumed(database: Database) -> None:
    entry_id = emitted(database)
    work(database, {})
    assert entry(database, entry_id).consumed_at is not None


def test_what_a_handler_wrote_is_undone_when_a_later_one_fails(database: Database) -> None:
    def refuse(_session: Session, _fact: OutboxEntry) -> None:
        raise OSError

    entry_id = emitted(database, name="A")
    work(database, {Topic.RESULT_VERIFIED: [note_site, refuse]})
    assert sites(database) == []
    assert entry(database, entry_id).consumed_at is None


def sweep(database: Database) -> None:
    task = consumer({})[1]
    assert isinstance(task, Task)
    assert task.every_s is not None
    assert task.every_s <= 30.0
    task.run(Context(database, ObjectFiles(MemoryStore())), "")


def test_the_sweep_queues_a_fact_whose_job_vanished(database: Database) -> None:
    entry_id = emitted(database, name="A")
    with database.session() as session:
        session.execute(sa.delete(sa.table("job" if database.is_sqlite else "procrastinate_jobs")))
    work(database, {Topic.RESULT_VERIFIED: [note_site]})
    assert sites(database) == []
    sweep(database)
    work(database, {Topic.RESULT_VERIFIED: [note_site]})
    assert sites(database) == ["A"]
    assert entry(database, entry_id).consumed_at is not None


def test_the_sweep_leaves_dead_facts_to_a_person(database: Database) -> None:
    entry_id = emitted(database)

    def refuse(_context: Context, _key: str) -> None:
        raise OSError

    dying = Task(consumer({})[0].name, refuse, max_attempts=1)
    Worker(Context(database, ObjectFiles(MemoryStore())), [dying]).run_until_idle()
    sweep(database)
    with database.reading() as session:
        assert [job.key for job in dead_jobs(session)] == [str(entry_id)]
    work(database, {})
    assert entry(database, entry_id).consumed_at is None
