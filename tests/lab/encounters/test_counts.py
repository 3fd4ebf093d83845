"""Counts: right where they are shown, and hidden where they, or what they leave, would point at somebody."""

import random
from datetime import date
from itertools import product

import pytest
from sqlmodel import Session

from lab.encounters import counts, service
from lab.encounters.counts import Period, Tally
from lab.encounters.errors import PeriodInvalidError
from lab.encounters.schemas import EncounterIn
from lab.encounters.suppression import LEAST, hidden_cells
from lab.errors import ForbiddenError
from tests.network import Network, make_network


@pytest.fixture
def network(session: Session) -> Network:
    return make_network(session)


def talks(session: Session, network: Network, many: int, *, who: str = "worker", site: str = "north",
          on: date = date(2026, 11, 1), **answers: object) -> None:  # fmt: skip
    for _ in range(many):
        data = {
            "site_id": network.sites[site].id,
            "met_on": on,
            "answers": {f"core.{k}": v for k, v in answers.items()},
        }
        service.record(session, actor=network.actors[who], data=EncounterIn.model_validate(data))


def tally(session: Session, network: Network, name: str, *, period: str = "2026-Q4", site: str | None = None) -> Tally:
    found = counts.tallies(
        session, actor=network.actors["coordinator"], period=Period.parse(period),
        site_id=network.sites[site].id if site else None,
    )  # fmt: skip
    return next(one for one in found if one.name == name)


def test_not_stated_is_counted_apart_from_no(session: Session, network: Network) -> None:
    talks(session, network, 6, first_time="yes")
    talks(session, network, 7, first_time="no")
    talks(session, network, 8)
    found = tally(session, network, "core.first_time")
    assert found.columns == [("yes", 6), ("no", 7), ("not_stated", 8)]
    assert found.total == 21


def test_a_small_cell_is_hidden_with_another_one(session: Session, network: Network) -> None:
    talks(session, network, 20, first_time="yes")
    talks(session, network, 3, first_time="no")
    talks(session, network, 9)
    found = tally(session, network, "core.first_time")
    assert found.columns == [("yes", 20), ("no", None), ("not_stated", None)]
    assert found.total == 32


def test_a_site_is_not_the_difference_of_the_others(session: Session, network: Network) -> None:
    talks(session, network, 3, first_time="yes")
    talks(session, network, 30, first_time="no")
    talks(session, network, 12, who="south_worker", site="south", first_time="yes")
    talks(session, network, 11, who="south_worker", site="south", first_time="no")
    here = dict(tally(session, network, "core.first_time", site="north").columns)
    there = dict(tally(session, network, "core.first_time", site="south").columns)
    whole = dict(tally(session, network, "core.first_time").columns)
    assert here["yes"] is None
    assert whole["yes"] == 15
    assert there["yes"] is None  # 15 - 12 would be the 3


def test_a_year_does_not_give_away_its_one_small_quarter(session: Session, network: Network) -> None:
    talks(session, network, 30, first_time="yes", on=date(2026, 2, 1))
    talks(session, network, 2, first_time="yes", on=date(2026, 5, 1))
    found = dict(tally(session, network, "core.first_time", period="2026", site="north").columns)
    assert found["yes"] is None


def test_a_choice_of_several_is_hidden_when_nearly_everybody_made_it(session: Session, network: Network) -> None:
    talks(session, network, 10, advice=["dose"])
    talks(session, network, 2, advice=["mixing"])
    found = dict(tally(session, network, "core.advice").columns)
    assert found["dose"] is None
    assert found["mixing"] is None
    assert found["naloxone"] == 0


def test_no_hidden_cell_can_be_worked_out_from_its_line() -> None:
    chance = random.Random(11)  # noqa: S311 -- tables to try, no secret
    for _ in range(200):
        rows, columns = chance.randint(2, 5), chance.randint(2, 5)
        table = [[chance.choice((0, 1, 3, 5, 8, 40)) for _ in range(columns)] for _ in range(rows)]
        hidden = hidden_cells(table)
        for row, column in product(range(rows), range(columns)):
            assert hidden[row][column] or not 0 < table[row][column] < LEAST
        lines = [*hidden, *zip(*hidden, strict=True)]
        assert all(sum(line) != 1 for line in lines), (table, hidden)


@pytest.mark.parametrize("text", ["", "2026-Q5", "2026-11", "1999", "2026-Q4; drop"])
def test_a_span_of_ones_own_choosing_is_refused(text: str) -> None:
    with pytest.raises(PeriodInvalidError):
        Period.parse(text)


def test_a_worker_sees_no_counts(session: Session, network: Network) -> None:
    with pytest.raises(ForbiddenError):
        counts.tallies(session, actor=network.actors["worker"], period=Period(2026, 4))
