"""What a plate is found to be under what its laboratory declared."""

import pytest
from sqlmodel import select

from lab.errors import ForbiddenError
from lab.plates.models import LaneKind
from lab.plates.schemas import LaneIn
from lab.plates.service import accept_reading, correct_reading
from lab.quality.controls import chart_of, charts_at
from lab.quality.criteria import SHIPPED, CriteriaIn, criteria_at, criteria_history, declare
from lab.quality.errors import CriteriaRangeError, CriteriaSourceMissingError
from lab.quality.judging import Demand, Verdict, judge
from lab.quality.models import ControlPoint
from lab.quality.westgard import Rule
from tests.lab.plates.plate_bench import document
from tests.lab.quality.quality_bench import BLANK, EXACT, QualityBench, checks_of, verdicts_of

PASSED, WARNING, FAILED, NOT_JUDGED = Verdict.PASSED, Verdict.WARNING, Verdict.FAILED, Verdict.NOT_JUDGED
BASELINE = (46.0, 47.0, 48.0, 47.0, 46.0, 48.0)  # mean 47, standard deviation 0.894


def test_nothing_is_demanded_that_nobody_declared_and_no_publication_says(bench: QualityBench) -> None:
    assert criteria_at(bench.session, site_id=bench.laboratory.id) == SHIPPED
    judgement = bench.judged((bench.unknown(), [0.3]))
    assert judgement.failures == ()
    assert verdicts_of(judgement, Demand.STANDARDS) == [NOT_JUDGED]
    assert verdicts_of(judgement, Demand.BLANK) == [NOT_JUDGED]


def test_demanded_standards_and_blank_fail_the_plate_that_lacks_them(bench: QualityBench) -> None:
    bench.declares(standards_required=True, blank_required=True)
    bare = bench.judged((bench.unknown(), [0.3]))
    assert [message.id for message in bare.failures] == ["quality.standards.missing", "quality.blank.missing"]
    whole = bench.judged((bench.standard(), EXACT), (BLANK, []), (bench.unknown(), [0.3]))
    assert whole.failures == ()
    assert verdicts_of(whole, Demand.STANDARDS) == [PASSED]


def test_a_mixture_with_one_spot_missing_is_no_standard(bench: QualityBench) -> None:
    bench.declares(standards_required=True)
    judgement = bench.judged((bench.standard(), EXACT[:3]), (bench.unknown(), [0.3]))
    (check,) = checks_of(judgement, Demand.STANDARDS)
    assert (check.verdict, check.message.params) == (FAILED, {"used": 0, "expected": 4})


def test_lanes_that_could_not_be_joined_show_no_standard(bench: QualityBench) -> None:
    bench.declares(standards_required=True)
    picture = bench.picture(bench.plate(bench.standard(), bench.unknown()))
    reading = bench.read(picture, document([EXACT, [0.3], [0.4]]))
    assert "plate.join.lanes_differ" in [m.id for m in judge(bench.session, reading=reading).failures]


def test_a_band_in_the_blank_warns_and_fails_where_a_clean_one_is_demanded(bench: QualityBench) -> None:
    lanes = ((BLANK, [0.3]), (bench.unknown(), [0.3]))
    assert verdicts_of(bench.judged(*lanes), Demand.BLANK) == [WARNING]
    bench.declares(blank_clean=True)
    assert verdicts_of(bench.judged(*lanes), Demand.BLANK) == [FAILED]


def test_a_standard_outside_the_window_fails_as_read_not_as_corrected(bench: QualityBench) -> None:
    """Corrected by itself, a standard always lies where it should."""
    bench.declares(window_hrf=5.0)
    for name in ("atropine", "codeine", "chlorprothixene", "diazepam"):
        bench.substance(name)
    shifted = bench.judged((bench.standard(), [0.18, 0.33, 0.56, 0.82]), (bench.unknown(), [0.3]))
    assert verdicts_of(shifted, Demand.WINDOW) == [PASSED, PASSED, PASSED, FAILED]
    assert shifted.failures[0].params["substance"] == "diazepam"


def test_a_standard_that_the_library_expects_nowhere_is_not_judged(bench: QualityBench) -> None:
    bench.declares(window_hrf=5.0)
    assert verdicts_of(bench.judged((bench.standard("heroin"), [0.47])), Demand.WINDOW) == [NOT_JUDGED]
    bench.own("heroin", 60.0, corrected=False)
    assert verdicts_of(bench.judged((bench.standard("heroin"), [0.47])), Demand.WINDOW) == [FAILED]


def test_westgard_waits_for_its_baseline_then_judges(bench: QualityBench) -> None:
    bench.declares(westgard=True, baseline_runs=6)
    bench.ran("heroin", *BASELINE[:5])
    early = bench.judged((bench.standard("heroin"), [0.60]))
    assert verdicts_of(early, Demand.WESTGARD) == [NOT_JUDGED]
    bench.ran("heroin", BASELINE[5])
    for value, verdict in ((0.475, PASSED), (0.49, WARNING), (0.50, FAILED)):  # z 0.6, 2.2, 3.4
        judgement = bench.judged((bench.standard("heroin"), [value]))
        assert verdicts_of(judgement, Demand.WESTGARD) == [verdict], value


def test_two_plates_in_a_row_beyond_two_deviations_fail_the_second(bench: QualityBench) -> None:
    bench.declares(westgard=True, baseline_runs=6)
    bench.ran("heroin", *BASELINE, 49.0)
    (check,) = checks_of(bench.judged((bench.standard("heroin"), [0.49])), Demand.WESTGARD)
    assert (check.verdict, check.message.params["rules"]) == (FAILED, "1-2s, 2-2s")


def test_standards_of_one_plate_that_run_apart_fail_it(bench: QualityBench) -> None:
    bench.declares(westgard=True, baseline_runs=6)
    for value in BASELINE:
        bench.accepted((bench.standard("heroin"), [value / 100]), (bench.standard("cocaine"), [value / 100 + 0.1]))
    judgement = bench.judged((bench.standard("heroin"), [0.49]), (bench.standard("cocaine"), [0.55]))
    assert [message.id for message in judgement.failures] == ["quality.westgard.range"]


def test_accepting_a_plate_does_not_change_what_it_was_judged_to_be(bench: QualityBench) -> None:
    bench.declares(westgard=True, baseline_runs=6)
    bench.ran("heroin", *BASELINE)
    reading = bench.reading((bench.standard("heroin"), [0.49]))
    before = judge(bench.session, reading=reading).checks
    accept_reading(bench.session, actor=bench.chemist, reading_id=reading.id)
    assert judge(bench.session, reading=reading).checks == before


def test_a_chart_has_every_run_in_order_and_the_rules_each_broke(bench: QualityBench) -> None:
    bench.ran("heroin", *BASELINE, 47.5, 50.0)
    chart = chart_of(
        bench.session, site_id=bench.laboratory.id, system=bench.system, substance=bench.substance("heroin"),
        layer=bench.system.layer, baseline_runs=6,
    )  # fmt: skip
    assert chart.baseline is not None
    assert chart.baseline.mean == pytest.approx(47.0)
    assert chart.baseline.sd == pytest.approx(0.8944, abs=1e-4)
    assert [round(one.point.hrf, 3) for one in chart.points] == [*BASELINE, 47.5, 50.0]
    assert [one.z for one in chart.points[:6]] == [None] * 6
    assert chart.points[7].rules == {Rule.ONE_2S, Rule.ONE_3S}
    (key,) = charts_at(bench.session, site_ids=[bench.laboratory.id])
    assert (key.substance.name, key.runs) == ("heroin", 8)


def test_a_corrected_reading_replaces_its_points_and_a_second_picture_adds_none(bench: QualityBench) -> None:
    plate = bench.plate(bench.standard("heroin"))
    uv254, uv366 = bench.picture(plate), bench.picture(plate)
    first, other = bench.read(uv254, document([[0.47]])), bench.read(uv366, document([[0.48]]))
    for reading in (first, other):
        accept_reading(bench.session, actor=bench.chemist, reading_id=reading.id)
    correct_reading(bench.session, actor=bench.chemist, reading_id=first.id, hints={"plates": []})
    later = bench.read(uv254, document([[0.49]]))
    accept_reading(bench.session, actor=bench.chemist, reading_id=later.id)
    points = bench.session.exec(select(ControlPoint).where(ControlPoint.plate_id == plate.id)).all()
    assert sorted((round(one.hrf, 6), one.replaced_at is None) for one in points) == [(47.0, False), (49.0, True)]


def test_correction_standards_have_charts_of_what_was_read(bench: QualityBench) -> None:
    for name in ("atropine", "codeine", "chlorprothixene", "diazepam"):
        bench.substance(name)
    bench.accepted((bench.standard(), [0.9 * rf for rf in EXACT]))
    points = bench.session.exec(select(ControlPoint)).all()
    assert sorted(round(one.hrf, 3) for one in points) == [pytest.approx(90 * rf) for rf in EXACT]


def test_one_sample_on_two_lanes_is_compared_band_for_band(bench: QualityBench) -> None:
    bench.declares(duplicate_limit=3.0)
    sample = bench.at_laboratory()
    lane = LaneIn(kind=LaneKind.SAMPLE, sample_id=sample.id)
    judgement = bench.judged((lane, [0.30, 0.60]), (lane, [0.31, 0.64, 0.90]), (bench.unknown(), [0.5]))
    by_hand = [(1, "a", 1.0), (1, "b", 4.0), (2, "c", None)]
    assert [
        (pair.lane, pair.letter, None if pair.difference_hrf is None else pytest.approx(pair.difference_hrf))
        for pair in judgement.duplicates
    ] == by_hand
    assert judgement.duplicates[0].apart == pytest.approx(1.0 / 0.5**0.5)  # 0.5 hRf each: 0.707 of the difference
    assert verdicts_of(judgement, Demand.DUPLICATES) == [PASSED, FAILED, FAILED]


def test_criteria_are_versions_with_a_source(bench: QualityBench) -> None:
    first, second = bench.declares(blank_required=True), bench.declares(blank_required=False)
    assert (first.number, second.number) == (1, 2)
    assert not criteria_at(bench.session, site_id=bench.laboratory.id).blank_required
    assert [one.number for one in criteria_history(bench.session, site_id=bench.laboratory.id)] == [2, 1]
    with pytest.raises(CriteriaSourceMissingError):
        bench.declares(source="  ")


@pytest.mark.parametrize(
    ("field", "value"),
    [("window_hrf", 0.0), ("window_hrf", float("nan")), ("duplicate_limit", 1e9), ("baseline_runs", 2)],
)
def test_figures_that_mean_nothing_are_refused(bench: QualityBench, field: str, value: float) -> None:
    with pytest.raises(CriteriaRangeError) as refusal:
        bench.declares(**{field: value})
    assert refusal.value.field == field


def test_a_chemist_does_not_declare_what_the_plates_are_judged_by(bench: QualityBench) -> None:
    data = CriteriaIn(source="mine")
    with pytest.raises(ForbiddenError):
        declare(bench.session, actor=bench.chemist, site_id=bench.laboratory.id, data=data)
