"""The library learns from standards on accepted readings, each migration once."""

import pytest
from sqlmodel import col, select

from lab.errors import ForbiddenError
from lab.kit.ids import new_id
from lab.library.models import RetentionValue, ValueKind
from lab.network.access import Actor
from lab.network.models import Role
from lab.plates.errors import ReadingNotFoundError, ReadingSupersededError, ReadingWaitingError
from lab.plates.models import Reading
from lab.plates.service import accept_reading, correct_reading
from tests.lab.plates.plate_bench import PlateBench, document

EXACT = [0.18, 0.33, 0.56, 0.75]


def runs(bench: PlateBench) -> list[RetentionValue]:
    """The own runs that speak."""
    statement = select(RetentionValue).where(
        RetentionValue.kind == ValueKind.OWN, col(RetentionValue.withdrawn_at).is_(None)
    )
    return sorted(bench.session.exec(statement).all(), key=lambda run: run.value_hrf)


def values(bench: PlateBench) -> list[float]:
    return [round(run.value_hrf, 6) for run in runs(bench)]


def accept(bench: PlateBench, reading: Reading) -> None:
    accept_reading(bench.session, actor=bench.chemist, reading_id=reading.id)


def test_a_standard_on_an_accepted_reading_becomes_an_own_run_once(bench: PlateBench) -> None:
    reading = bench.reading((bench.standard("heroin"), [0.47]), (bench.unknown(), [0.3]))
    assert runs(bench) == []
    accept(bench, reading)
    accept(bench, reading)
    (run,) = runs(bench)
    assert (run.value_hrf, run.reading_u_hrf) == (pytest.approx(47.0), pytest.approx(0.5))
    assert (run.corrected, run.site_id, run.layer) == (False, bench.laboratory.id, bench.system.layer)
    assert (run.substance_id, run.recorded_by) == (bench.substance("heroin").id, bench.chemist.account_id)


def test_on_a_corrected_plate_the_run_is_hrfc_and_its_correction_standards_teach_nothing(bench: PlateBench) -> None:
    low = [0.9 * rf for rf in EXACT]
    accept(bench, bench.reading((bench.standard(), low), (bench.standard("heroin"), [0.9 * 0.47])))
    (run,) = runs(bench)
    assert run.corrected
    assert run.value_hrf == pytest.approx(47.0)
    # Corrected by codeine, codeine lies on its reference value whatever happened: that is no measurement.
    accept(bench, bench.reading((bench.standard("codeine"), [0.25]), (bench.standard("cocaine"), [0.6])))
    assert {run.substance_id for run in runs(bench)} == {bench.substance("heroin").id, bench.substance("cocaine").id}


def test_a_standard_whose_spot_is_unclear_or_without_rf_teaches_nothing(bench: PlateBench) -> None:
    accept(bench, bench.reading((bench.standard("heroin"), [0.4, 0.6]), (bench.standard("cocaine"), [])))
    accept(bench, bench.reading((bench.standard("heroin"), [0.4]), rf_u=None))
    assert runs(bench) == []


def test_a_corrected_reading_that_is_accepted_replaces_the_runs_of_the_one_before(bench: PlateBench) -> None:
    picture = bench.picture(bench.plate(bench.standard("heroin")))
    first = bench.read(picture, document([[0.47]]))
    accept(bench, first)
    correct_reading(bench.session, actor=bench.chemist, reading_id=first.id, hints={"plates": []})
    accept(bench, bench.read(picture, document([[0.49]])))
    assert values(bench) == [49.0]
    everything = bench.session.exec(select(RetentionValue).where(RetentionValue.kind == ValueKind.OWN)).all()
    assert sorted(run.withdrawn_at is not None for run in everything) == [False, True]


def test_one_migration_is_one_measurement_however_often_it_is_photographed(bench: PlateBench) -> None:
    plate = bench.plate(bench.standard("heroin"))
    uv254, uv366 = bench.picture(plate), bench.picture(plate)
    first, second = bench.read(uv254, document([[0.47]])), bench.read(uv366, document([[0.48]]))
    accept(bench, first)
    accept(bench, second)
    assert values(bench) == [47.0]


def test_only_the_reading_that_stands_is_accepted(bench: PlateBench) -> None:
    picture = bench.picture(bench.plate(bench.standard("heroin")))
    first = bench.read(picture, document([[0.47]]))
    correct_reading(bench.session, actor=bench.chemist, reading_id=first.id, hints={"plates": []})
    with pytest.raises(ReadingWaitingError):
        accept(bench, first)
    bench.read(picture, document([[0.48]]))
    with pytest.raises(ReadingSupersededError):
        accept(bench, first)
    assert runs(bench) == []


def test_only_those_who_work_on_the_plate_accept(bench: PlateBench) -> None:
    reading = bench.reading((bench.standard("heroin"), [0.47]))
    with pytest.raises(ReadingNotFoundError):
        accept_reading(bench.session, actor=bench.worker, reading_id=reading.id)
    stranger = Actor(new_id(), frozenset({(bench.south.id, Role.CHEMIST)}))
    with pytest.raises((ReadingNotFoundError, ForbiddenError)):
        accept_reading(bench.session, actor=stranger, reading_id=reading.id)
    assert runs(bench) == []
