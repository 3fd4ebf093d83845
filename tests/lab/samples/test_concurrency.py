"""A device that sends twice, two devices with one label: one sample each time, on either database."""

from collections.abc import Callable
from threading import Barrier, Thread

from sqlmodel import Session, select

from lab.custody.models import Item
from lab.errors import LabError
from lab.kit.db import Database
from lab.samples.codes import with_check
from lab.samples.models import Sample
from lab.samples.schemas import SampleIn
from lab.samples.service import register
from tests.lab.bench import Bench


def at_once(database: Database, bench: Bench, *sent: SampleIn) -> list[str]:
    """Register all at the same moment: the sample's code, or the class of what refused it."""
    barrier, outcomes = Barrier(len(sent)), [""] * len(sent)

    def run(place: int, data: SampleIn) -> None:
        barrier.wait()
        try:
            with database.session() as session:
                outcomes[place] = register(session, actor=bench.worker, data=data).sample.code
        except LabError as error:
            outcomes[place] = type(error).__name__

    threads = [Thread(target=run, args=item) for item in enumerate(sent)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def count(database: Database, what: Callable[[Session], int]) -> int:
    with database.reading() as session:
        return what(session)


def test_one_registration_sent_twice_at_once_is_one_sample(database: Database) -> None:
    with database.session() as session:
        bench = Bench(session)
    data = bench.registration()
    first, second, third = at_once(database, bench, data, data, data)
    assert first == second == third
    assert count(database, lambda session: len(session.exec(select(Sample)).all())) == 1
    assert count(database, lambda session: len(session.exec(select(Item)).all())) == 1


def test_one_label_on_two_samples_at_once_is_refused_for_one(database: Database) -> None:
    with database.session() as session:
        bench = Bench(session)
    label = with_check("ABCDEFGH")
    sent = [bench.registration(code=label) for _ in range(2)]
    assert sorted(at_once(database, bench, *sent)) == [label, "CodeTakenError"]
