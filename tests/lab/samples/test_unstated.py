"""What was not stated is counted per site and question."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from lab.errors import ForbiddenError
from lab.kit.clock import today
from lab.samples.unstated import QUESTIONS, unstated_shares
from tests.lab.bench import Bench


def _shares(bench: Bench, **more: object) -> dict[tuple[str, str], tuple[int, int]]:
    actor = bench.network.actors["coordinator"]
    given = {"first": today() - timedelta(days=7), "last": today()} | more
    return {
        (row.site, row.question): (row.unstated, row.asked)
        for row in unstated_shares(bench.session, actor=actor, **given)
    }


def test_each_question_is_counted_against_those_it_was_asked_of(session: Session, bench: Bench) -> None:
    bench.sample(
        "ketamine", form="tablet", colours=["blue"], tablet_logo="Panda", reason="routine", adverse_event="none"
    )
    bench.sample(form="powder", mass_mg=None, sold_as_raw="speed")
    bench.sample(mass_mg=None, collected_on=today() - timedelta(days=30))  # before the weeks that are asked for
    shares = _shares(bench)
    north = bench.north.name
    expected = {
        "sold_as": (0, 2), "form": (0, 2), "colours": (1, 2), "texture": (2, 2), "mass_mg": (1, 2),
        "adverse_event": (1, 2), "effects": (2, 2), "route": (2, 2), "reason": (1, 2),
        "tablet_shape": (1, 1), "tablet_logo": (0, 1), "tablet_length_mm": (1, 1),
    }  # fmt: skip
    assert {question: shares[north, question] for question in expected} == expected
    assert set(expected) == {question.name for question in QUESTIONS}
    assert {site for site, _ in shares} == {north}
    assert _shares(bench, first=today() - timedelta(days=40))[north, "mass_mg"] == (2, 3)


def test_a_worker_does_not_count_the_network(session: Session, bench: Bench) -> None:
    with pytest.raises(ForbiddenError):
        unstated_shares(session, actor=bench.worker, first=today(), last=today())
