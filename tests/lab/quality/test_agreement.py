"""What became of TLC's answers, counted by hand."""

from typing import Any

import pytest

from lab.network.access import Actor
from lab.network.models import Role
from lab.plates.models import LaneKind
from lab.plates.schemas import LaneIn
from lab.quality.agreement import AgreementRow, Share, agreement
from lab.results.models import Outcome, Technique
from lab.results.schemas import FindingIn
from tests.lab.quality.quality_bench import QualityBench


def counts(row: AgreementRow) -> dict[str, int]:
    return {fate.value: count for fate, count in row.counts.items() if count}


def run(bench: QualityBench, tlc: list[str], then: list[str] | None, **values: Any) -> None:
    """A plate that named ``tlc``; later a GC-MS that found ``then``, if there was one."""
    sample = bench.at_laboratory()
    reading = bench.reading((LaneIn(kind=LaneKind.SAMPLE, sample_id=sample.id), [0.3]))
    bench.analysis(sample, Technique.TLC, *tlc, reading_id=reading.id, lane_index=1, **values)
    if then is not None:
        bench.analysis(sample, Technique.GCMS, *then)


def test_each_answer_meets_its_fate_by_system_and_class(bench: QualityBench) -> None:
    bench.substance("heroin", "opioid")
    run(bench, ["heroin"], ["heroin"])
    run(bench, ["heroin"], ["cocaine"])  # heroin contradicted, cocaine missed
    run(bench, ["heroin", "cocaine"], ["heroin", "cocaine"])
    run(bench, ["heroin"], None)
    run(bench, [], ["heroin"])  # nothing of interest, said TLC
    unknown = {"outcome": Outcome.UNABLE_TO_IDENTIFY, "findings": [FindingIn()]}
    run(bench, [], ["heroin"], **unknown)
    opioid, stimulant = agreement(bench.session, actor=bench.chemist)
    assert (opioid.system, opioid.substance_class) == ("TA", "opioid")
    assert counts(opioid) == {"confirmed": 2, "contradicted": 1, "missed": 1, "resolved": 1, "unchecked": 1}
    assert counts(stimulant) == {"confirmed": 1, "missed": 1}
    assert (opioid.confirmed.part, opioid.confirmed.whole) == (2, 3)


def test_what_was_done_before_the_plate_or_with_a_strip_checks_nothing(bench: QualityBench) -> None:
    sample = bench.at_laboratory()
    bench.analysis(sample, Technique.GCMS, "heroin")
    bench.analysis(sample, Technique.TLC, "heroin")
    bench.analysis(sample, Technique.STRIP, "heroin")
    (row,) = agreement(bench.session, actor=bench.chemist)
    assert (row.system, counts(row)) == (None, {"unchecked": 1})


def test_one_sample_run_twice_in_a_system_is_one_answer(bench: QualityBench) -> None:
    sample = bench.at_laboratory()
    for _ in range(2):
        reading = bench.reading((LaneIn(kind=LaneKind.SAMPLE, sample_id=sample.id), [0.3]))
        bench.analysis(sample, Technique.TLC, "heroin", reading_id=reading.id, lane_index=1)
    bench.analysis(sample, Technique.GCMS, "heroin")
    (row,) = agreement(bench.session, actor=bench.chemist)
    assert counts(row) == {"confirmed": 1}


def test_other_laboratories_answers_are_theirs(bench: QualityBench) -> None:
    run(bench, ["heroin"], ["heroin"])
    elsewhere = Actor(account_id=bench.chemist.account_id, grants=frozenset({(bench.north.id, Role.CHEMIST)}))
    assert agreement(bench.session, actor=elsewhere) == ()


def test_the_interval_is_that_of_wilson() -> None:
    """81 of 263: Newcombe, Stat. Med. 1998, 17, 857, table I: 0.2553 to 0.3662."""
    low, high = Share(part=81, whole=263).interval
    assert low == pytest.approx(0.2553, abs=1e-4)
    assert high == pytest.approx(0.3662, abs=1e-4)
    assert Share(part=0, whole=0).interval == (0.0, 1.0)
