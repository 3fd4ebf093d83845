"""How an entry moves from literature to the laboratory's own runs."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from lab.kit.clock import frozen
from lab.library.learning import Estimate, history
from lab.library.service import find_substance, get_system, record_own_standard
from tests.lab.bench import Bench

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def learn(session: Session, bench: Bench, name: str, values: list[float]) -> tuple[Estimate, ...]:
    """The history of ``name`` in TA after one run of its standard on each of several days."""
    substance, system = find_substance(session, name=name), get_system(session, code="TA")
    for day, value in enumerate(values):
        with frozen(START + timedelta(days=day)):
            record_own_standard(
                session, actor=bench.chemist, site_id=bench.laboratory.id, substance_id=substance.id,
                system_id=system.id, value_hrf=value, corrected=True,
            )  # fmt: skip
    return history(session, substance_id=substance.id, system_id=system.id, site_id=bench.laboratory.id)


def test_literature_alone_is_where_it_was_printed_with_the_declared_spread(session: Session, library: Bench) -> None:
    (printed,) = learn(session, library, "codeine", [])
    assert (printed.at, printed.own_runs, printed.mean_hrf) == (None, 0, 33.0)
    assert printed.spread_hrf > get_system(session, code="TA").literature_spread_hrf


def test_own_runs_draw_the_mean_to_themselves_and_narrow_the_spread(session: Session, library: Bench) -> None:
    steps = learn(session, library, "codeine", [38.0, 38.5, 37.5, 38.0, 38.2, 37.8])
    means = [step.mean_hrf for step in steps]
    assert means[0] == 33.0
    assert 33.0 < means[1] < 38.0
    assert means[-1] == pytest.approx(38.0, abs=0.3)
    assert steps[-1].spread_hrf < steps[1].spread_hrf < steps[0].spread_hrf
    assert [step.own_runs for step in steps] == [0, 1, 2, 3, 4, 5, 6]


def test_the_weight_of_one_run_is_that_of_its_precision(session: Session, library: Bench) -> None:
    _, first = learn(session, library, "codeine", [38.0])
    # One own run: variance of plates, taken from the declared 2 hRf; literature: the same plus the 4 hRf between
    # laboratories. Weights 1/4 and 1/(4 + 16), so the mean is 33 + 5 * (1/4) / (1/4 + 1/20).
    assert first.mean_hrf == pytest.approx(33 + 5 * (1 / 4) / (1 / 4 + 1 / 20), abs=0.1)


def test_a_substance_without_literature_begins_with_its_first_run(session: Session, library: Bench) -> None:
    steps = learn(session, library, "MDMA", [32.0, 34.0])
    assert [(step.own_runs, step.mean_hrf) for step in steps] == [(1, 32.0), (2, 33.0)]


def test_nothing_known_is_no_estimate(session: Session, library: Bench) -> None:
    assert learn(session, library, "ketamine", []) == ()
