"""No plate that failed carries a verified answer without a written reason, whatever the way."""

import pytest

from lab.plates.models import LaneKind
from lab.plates.schemas import LaneIn
from lab.quality.errors import QualityReasonMissingError
from lab.quality.guard import exceptions_of, failed_under
from lab.results.errors import ReasonTooLongError
from lab.results.models import Result, ResultState, Technique
from lab.results.service import amend, get_result, submit, transitions_of, verify
from tests.lab.quality.quality_bench import BLANK, EXACT, QualityBench

WHY = "Standards were forgotten; the second plate 26-7 agrees."


def verified(bench: QualityBench, result: Result, quality_reason: str = "") -> Result:
    return verify(bench.session, actor=bench.verifier, result_id=result.id, quality_reason=quality_reason)


def test_an_answer_on_a_plate_that_passed_needs_no_reason(bench: QualityBench) -> None:
    bench.declares(standards_required=True, blank_required=True)
    result = bench.answer_on((bench.standard(), EXACT), (BLANK, []))
    assert verified(bench, result).state is ResultState.VERIFIED
    assert exceptions_of(bench.session, result_id=result.id) == []


@pytest.mark.parametrize("reason", ["", "   ", "\x00"])
def test_an_answer_on_a_plate_that_failed_is_refused_without_a_reason(bench: QualityBench, reason: str) -> None:
    bench.declares(standards_required=True)
    result = bench.answer_on()
    with pytest.raises(QualityReasonMissingError):
        verified(bench, result, quality_reason=reason)
    assert get_result(bench.session, actor=bench.verifier, result_id=result.id).state is ResultState.SUBMITTED
    assert exceptions_of(bench.session, result_id=result.id) == []


def test_with_a_reason_it_is_verified_and_what_failed_is_kept(bench: QualityBench) -> None:
    criteria = bench.declares(standards_required=True, blank_required=True)
    result = verified(bench, bench.answer_on(), quality_reason=WHY)
    (kept,) = exceptions_of(bench.session, result_id=result.id)
    assert (kept.reason, kept.account_id, kept.criteria_id) == (WHY, bench.verifier.account_id, criteria.id)
    assert [one["id"] for one in kept.failures] == ["quality.standards.missing", "quality.blank.missing"]
    assert transitions_of(bench.session, result_id=result.id)[-1].reason == WHY


def test_a_reason_too_long_to_keep_is_refused(bench: QualityBench) -> None:
    bench.declares(standards_required=True)
    with pytest.raises(ReasonTooLongError):
        verified(bench, bench.answer_on(), quality_reason="x" * 501)


def test_an_answer_by_tlc_that_names_no_plate_is_no_way_round(bench: QualityBench) -> None:
    bench.declares(blank_required=True)
    sample = bench.at_laboratory()
    bench.analysis(sample, Technique.TLC, "heroin")
    with pytest.raises(QualityReasonMissingError):
        verified(bench, bench.submitted(sample))


def test_an_answer_without_tlc_is_not_asked_for_plates(bench: QualityBench) -> None:
    bench.declares(standards_required=True, blank_required=True)
    sample = bench.at_laboratory()
    bench.analysis(sample, Technique.GCMS, "heroin")
    assert verified(bench, bench.submitted(sample)).state is ResultState.VERIFIED


def test_a_good_plate_beside_a_bad_one_does_not_excuse_it(bench: QualityBench) -> None:
    bench.declares(standards_required=True)
    sample = bench.at_laboratory()
    lane = LaneIn(kind=LaneKind.SAMPLE, sample_id=sample.id)
    for laid in ([(bench.standard(), EXACT), (lane, [0.47])], [(lane, [0.47])]):
        reading = bench.reading(*laid)
        bench.analysis(sample, Technique.TLC, "heroin", reading_id=reading.id, lane_index=len(laid))
    result = bench.submitted(sample)
    assert len(failed_under(bench.session, result_id=result.id)) == 1
    with pytest.raises(QualityReasonMissingError):
        verified(bench, result)


def test_each_version_of_an_answer_is_asked_anew(bench: QualityBench) -> None:
    bench.declares(standards_required=True)
    first = verified(bench, bench.answer_on(), quality_reason=WHY)
    newer = amend(bench.session, actor=bench.chemist, result_id=first.id, reason="more to say")
    submit(bench.session, actor=bench.chemist, result_id=newer.id)
    with pytest.raises(QualityReasonMissingError):
        verified(bench, newer)


def test_criteria_declared_later_hold_for_what_is_verified_later(bench: QualityBench) -> None:
    result = bench.answer_on()
    bench.declares(standards_required=True)
    with pytest.raises(QualityReasonMissingError):
        verified(bench, result)
