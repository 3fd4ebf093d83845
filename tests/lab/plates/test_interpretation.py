"""What a reading may say of a sample, and what it must not."""

import pytest

from lab.kit.ids import new_id
from lab.library.models import ValueConfidence, ValueKind
from lab.network.access import Actor
from lab.network.models import Role
from lab.plates.errors import ReadingNotFoundError
from lab.plates.interpretation import Interpretation, SpotReading, interpret
from lab.plates.models import LaneKind, Reading
from lab.plates.schemas import LaneIn
from tests.lab.plates.plate_bench import PlateBench, document

BLANK = LaneIn(kind=LaneKind.BLANK)
EXACT = [0.18, 0.33, 0.56, 0.75]  # the mixture at its reference values
# A plate that runs a tenth low: the mixture at 0.9 times the reference values of TA.
LOW = [0.162, 0.297, 0.504, 0.675]


def read(bench: PlateBench, reading: Reading, *watch_list: str, actor: Actor | None = None) -> Interpretation:
    return interpret(bench.session, actor=actor or bench.chemist, reading_id=reading.id, watch_list=watch_list)


def only_spot(found: Interpretation, lane: int = 1) -> SpotReading:
    (spot,) = found.lanes[lane - 1].spots
    return spot


def names(spot: SpotReading) -> list[str]:
    return [candidate.substance for candidate in spot.compatible]


def test_standards_on_the_plate_turn_hrf_into_hrfc(bench: PlateBench) -> None:
    # Between codeine and chlorprothixene: 33 + (56 - 33) / (50.4 - 29.7) x (40.05 - 29.7) = 44.5, by hand.
    reading = bench.reading((bench.standard(), LOW), (bench.unknown(), [0.4005]))
    found = read(bench, reading)
    assert (found.corrected, found.standards_used, found.standards_expected) == (True, 4, 4)
    spot = only_spot(found, 2)
    assert spot.hrf == pytest.approx(40.05)
    assert spot.hrfc == pytest.approx(44.5)
    assert not spot.beyond_standards
    assert spot.u_hrfc is not None
    assert spot.u_hrf is not None
    assert 0.8 * spot.u_hrf < spot.u_hrfc < 2.5 * spot.u_hrf


def test_beyond_the_last_standard_is_said(bench: PlateBench) -> None:
    found = read(bench, bench.reading((bench.standard(), LOW), (bench.unknown(), [0.85])))
    assert only_spot(found, 2).beyond_standards


def test_standards_on_lanes_of_their_own_correct_too_and_repeats_are_averaged(bench: PlateBench) -> None:
    lanes = [(bench.standard("codeine"), [0.28]), (bench.standard("codeine"), [0.314]), (bench.unknown(), [0.297])]
    found = read(bench, bench.reading(*lanes))
    assert (found.standards_used, found.standards_expected) == (1, 4)
    assert only_spot(found, 3).hrfc == pytest.approx(33.0)


def test_a_standard_with_an_impurity_is_its_dominant_spot_and_an_unclear_one_is_left_out(bench: PlateBench) -> None:
    clear = bench.reading((bench.standard("codeine"), [(0.3, 9.0), (0.6, 1.0)]), (bench.unknown(), [0.3]))
    assert only_spot(read(bench, clear), 2).hrfc == pytest.approx(33.0)
    unclear = bench.reading((bench.standard("codeine"), [(0.3, 2.0), (0.6, 1.0)]), (bench.unknown(), [0.3]))
    found = read(bench, unclear)
    assert not found.corrected
    assert found.problems[0].id == "plate.correction.standard_unclear"


@pytest.mark.parametrize(
    ("bands", "problem"),
    [
        (LOW[:3], "plate.correction.mixture_incomplete"),
        ([], "plate.correction.mixture_incomplete"),
        ([0.162, 0.297, 0.299, 0.675], "plate.correction.out_of_order"),
    ],
)
def test_standards_that_cannot_carry_a_correction_leave_the_plate_uncorrected(
    bench: PlateBench, bands: list[float], problem: str
) -> None:
    found = read(bench, bench.reading((bench.standard(), bands), (bench.unknown(), [0.4])))
    assert not found.corrected
    assert problem in [message.id for message in found.problems]
    assert only_spot(found, 2).hrfc is None
    assert only_spot(found, 2).hrf == pytest.approx(40.0)


def test_a_plate_without_standards_is_uncorrected_and_that_is_no_problem(bench: PlateBench) -> None:
    bench.own("heroin", 40.0, corrected=False)
    found = read(bench, bench.reading((bench.unknown(), [0.4])))
    assert (found.corrected, found.problems) == (False, ())
    assert names(only_spot(found)) == ["heroin"]


def test_lanes_are_joined_only_when_layout_and_reading_agree_on_their_number(bench: PlateBench) -> None:
    picture = bench.picture(bench.plate(bench.unknown(), bench.unknown()))
    found = read(bench, bench.read(picture, document([[0.3], [0.4], [0.5]])))
    assert found.problems[0].id == "plate.join.lanes_differ"
    assert found.problems[0].params == {"laid_out": 2, "read": 3}
    assert [lane.spots for lane in found.lanes] == [(), ()]


@pytest.mark.parametrize(("plates", "problem"), [(0, "plate.join.no_plate"), (2, "plate.join.several_plates")])
def test_a_picture_of_none_or_several_plates_is_not_guessed_at(bench: PlateBench, plates: int, problem: str) -> None:
    picture = bench.picture(bench.plate(bench.unknown()))
    found = read(bench, bench.read(picture, document([[0.3]], plates=plates)))
    assert found.problems[0].id == problem
    assert found.lanes[0].spots == ()


def test_a_sample_finds_its_lanes(bench: PlateBench) -> None:
    lane = bench.unknown()
    found = read(bench, bench.reading((lane, [0.3]), (bench.unknown(), [0.5]), (lane, [0.3, 0.6])))
    assert lane.sample_id is not None
    assert [(lane.index, len(lane.spots)) for lane in found.of_sample(lane.sample_id)] == [(1, 1), (3, 2)]
    assert [spot.letter for spot in found.lanes[2].spots] == ["a", "b"]


def test_everything_within_reach_is_compatible_and_said_not_to_be_told_apart(bench: PlateBench) -> None:
    for name, hrf in (("heroin", 47.0), ("cocaine", 65.0), ("acetylcodeine", 46.0)):
        bench.own(name, hrf)
    found = read(
        bench, bench.reading((bench.standard(), [s / 100 for s in (18, 33, 56, 75)]), (bench.unknown(), [0.465]))
    )
    spot = only_spot(found, 2)
    assert sorted(names(spot)) == ["acetylcodeine", "heroin"]
    assert not spot.told_apart
    assert all(candidate.own and candidate.spread_hrf > 1.0 for candidate in spot.compatible)


def test_far_from_everything_the_spot_may_be_unlisted_and_nothing_is_named(bench: PlateBench) -> None:
    bench.own("heroin", 10.0, corrected=False)
    spot = only_spot(read(bench, bench.reading((bench.unknown(), [0.9]))))
    assert spot.compatible == ()
    assert spot.perhaps_unlisted
    assert spot.told_apart


def test_what_may_not_speak_is_shown_and_names_nothing(bench: PlateBench) -> None:
    bench.literature("heroin", 41.0, kind=ValueKind.HRF, corrected=False)
    bench.literature("cocaine", 39.5, confidence=ValueConfidence.SECOND_HAND)
    bench.literature("ketamine", 38.0, confidence=ValueConfidence.OCR_DOUBTFUL)
    bench.literature("caffeine", 80.0, kind=ValueKind.HRF, corrected=False)
    found = read(bench, bench.reading((bench.unknown(), [0.4])))
    spot = only_spot(found)
    assert spot.compatible == ()
    assert [row.substance for row in spot.elsewhere] == ["cocaine", "heroin", "ketamine"]
    assert found.problems[0].id == "plate.match.library_silent"
    assert spot.perhaps_unlisted


def test_own_runs_of_another_laboratory_do_not_speak(bench: PlateBench) -> None:
    bench.own("heroin", 40.0, corrected=False, site_id=bench.south.id)
    assert only_spot(read(bench, bench.reading((bench.unknown(), [0.4])))).compatible == ()


def test_probabilities_are_shown_only_where_own_standards_cover_the_watch_list(bench: PlateBench) -> None:
    bench.own("heroin", 40.0, corrected=False)
    bench.own("cocaine", 70.0, corrected=False)
    reading = bench.reading((bench.unknown(), [0.4]))
    assert not read(bench, reading).probabilities_shown  # nobody has drawn a list up
    missing = read(bench, reading, "heroin", "fentanyl")
    assert not missing.probabilities_shown
    assert only_spot(missing).compatible[0].probability is None
    assert only_spot(missing).not_in_library is None
    covered = read(bench, reading, "Heroin", "cocaine")
    assert covered.probabilities_shown
    spot = only_spot(covered)
    assert spot.compatible[0].probability is not None
    assert spot.not_in_library is not None
    assert 0.5 < spot.compatible[0].probability < 1.0 - spot.not_in_library + 1e-9


def test_literature_does_not_cover_the_watch_list(bench: PlateBench) -> None:
    bench.literature("heroin", 46.0)
    reading = bench.reading((bench.standard(), EXACT), (bench.unknown(), [0.46]))
    found = read(bench, reading, "heroin")
    assert names(only_spot(found, 2)) == ["heroin"]
    assert not found.probabilities_shown


def test_without_an_rf_nothing_is_named(bench: PlateBench) -> None:
    bench.own("heroin", 40.0, corrected=False)
    found = read(bench, bench.reading((bench.unknown(), [0.4, 0.2]), rf_u=None))
    for spot in found.lanes[0].spots:
        assert (spot.hrf, spot.hrfc, spot.compatible, spot.elsewhere) == (None, None, (), ())
        assert spot.perhaps_unlisted
    assert [spot.centre_px[1] for spot in found.lanes[0].spots] == [740.0, 580.0]


def test_standards_and_blanks_are_measured_and_not_identified(bench: PlateBench) -> None:
    bench.own("heroin", 40.0, corrected=False)
    found = read(bench, bench.reading((bench.standard("heroin"), [0.4]), (BLANK, [0.4])))
    assert [only_spot(found, lane).compatible for lane in (1, 2)] == [(), ()]
    assert [found.lanes[0].substance, found.lanes[1].substance] == ["heroin", None]


def test_a_band_of_the_blank_is_pointed_out_on_the_samples(bench: PlateBench) -> None:
    found = read(bench, bench.reading((bench.unknown(), [0.4, 0.7]), (BLANK, [0.402])))
    assert found.blank_clean is False
    assert [spot.in_blank for spot in found.lanes[0].spots] == [True, False]
    assert read(bench, bench.reading((bench.unknown(), [0.4]), (BLANK, []))).blank_clean is True
    assert read(bench, bench.reading((bench.unknown(), [0.4]))).blank_clean is None


def test_an_internal_standard_gives_relative_values(bench: PlateBench) -> None:
    internal = LaneIn(kind=LaneKind.INTERNAL_STANDARD, substance_id=bench.substance("codeine").id)
    found = read(bench, bench.reading((internal, [0.5]), (bench.unknown(), [0.25])))
    assert only_spot(found, 2).rrf == pytest.approx(0.5)
    assert not found.corrected


def test_a_reading_is_interpreted_only_for_those_who_work_on_the_plate(bench: PlateBench) -> None:
    reading = bench.reading((bench.unknown(), [0.4]))
    elsewhere = Actor(new_id(), frozenset({(bench.south.id, Role.CHEMIST)}))
    for actor in (bench.worker, elsewhere):
        with pytest.raises(ReadingNotFoundError):
            read(bench, reading, actor=actor)
