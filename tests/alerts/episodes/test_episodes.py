"""One story is one episode, until it has been quiet for a fortnight."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from sqlmodel import Session, select

from alerts.episodes.models import Episode
from alerts.episodes.service import close_quiet, is_quiet, results_of, signature
from alerts.evaluations.models import Stage
from alerts.facts import Facts, FoundFact, SubstanceFact
from alerts.services import AlertServices
from alerts.triggers import look_at_result
from alerts.vocabulary import Tier
from alerts.warnings.models import Alert
from lab.kit.clock import frozen, now
from lab.kit.db import Database
from lab.results.models import Evidence, FindingRole, Technique
from tests.alerts.house import House

FORTNIGHT = timedelta(days=14)


def facts(sold_as: str | None, *found: tuple[str, FindingRole]) -> Facts:
    return Facts(
        sample="s", stage=Stage.VERIFIED, observed_on=date(2026, 7, 4),
        sold_as=SubstanceFact(sold_as, "") if sold_as else None,
        found=tuple(
            FoundFact(SubstanceFact(name, ""), role, Evidence.CONFIRMED, Technique.GCMS) for name, role in found
        ),
    )  # fmt: skip


ACTIVE, INERT = FindingRole.ACTIVE_UNEXPECTED, FindingRole.CUT_INERT


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (facts("MDMA", ("b", ACTIVE), ("a", ACTIVE)), True),  # the order tells nothing
        (facts("MDMA", ("a", ACTIVE), ("b", ACTIVE), ("mannitol", INERT)), True),  # nor does what it is cut with
        (facts("MDMA", ("a", ACTIVE)), False),
        (facts("speed", ("a", ACTIVE), ("b", ACTIVE)), False),
        (facts(None, ("a", ACTIVE), ("b", ACTIVE)), False),
    ],
)
def test_what_it_was_sold_as_and_the_actives_make_the_story(other: Facts, same: bool) -> None:
    mine = facts("MDMA", ("a", ACTIVE), ("b", ACTIVE))
    assert (signature(mine) == signature(other)) is same


def test_a_fortnight_is_fourteen_full_days() -> None:
    assert not is_quiet(now(), at=now() + FORTNIGHT - timedelta(seconds=1), quiet=FORTNIGHT)
    assert is_quiet(now() - FORTNIGHT, at=now(), quiet=FORTNIGHT)


def episodes(house: House) -> list[Episode]:
    return list(house.session.exec(select(Episode)))


def test_a_story_that_goes_on_within_a_fortnight_stays_one(house: House) -> None:
    start = now()
    for days in (0, 10, 20):
        with frozen(start + timedelta(days=days)):
            house.verified_found("isotonitazene")
    (episode,) = episodes(house)
    assert len(results_of(house.session, episode_id=episode.id)) == 3


def test_a_story_that_comes_back_after_a_fortnight_is_a_new_one_with_new_alerts(house: House) -> None:
    start = now()
    for days in (0, 14):
        with frozen(start + timedelta(days=days)):
            house.verified_found("isotonitazene")
    assert len(episodes(house)) == 2
    t1 = [alert for alert in house.session.exec(select(Alert)) if alert.tier is Tier.T1]
    assert len(t1) == 2


def test_the_clock_closes_what_is_quiet(house: House) -> None:
    house.verified_found("isotonitazene")
    assert close_quiet(house.session, quiet=FORTNIGHT) == 0
    with frozen(now() + FORTNIGHT):
        assert close_quiet(house.session, quiet=FORTNIGHT) == 1


def test_two_results_at_once_make_one_episode_and_one_alert(database: Database, services: AlertServices) -> None:
    with database.session() as session:
        house = House(session, services)
        ids = []
        for _ in range(3):
            _, result = house.submit_found("isotonitazene")
            house.verify(result)
            ids.append(result.id)
    together, failures = Barrier(3), []

    def look(number: int) -> None:
        together.wait()
        try:
            with database.session() as session:
                look_at_result(session, result_id=ids[number], stage=Stage.VERIFIED)
        except Exception as error:
            failures.append(error)

    threads = [Thread(target=look, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Session(database.engine) as session:
        assert len(session.exec(select(Episode)).all()) == 1
        assert sorted(alert.tier for alert in session.exec(select(Alert))) == [Tier.T1, Tier.T2]
