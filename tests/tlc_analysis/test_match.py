"""Matching: probabilities that add up, mean what they say, and admit what is not in the library."""

import numpy as np
import pytest
from scipy import stats

from tests.tlc_analysis.match_world import Tally
from tlc_analysis.errors import ReadingFormatError, UnknownSystemError
from tlc_analysis.library import LibraryEntry
from tlc_analysis.match import (
    MatchSettings,
    MeasuredSpot,
    SpotMatch,
    credible_set,
    match_spots,
    posterior_of,
    spots_from_json,
    to_json,
)
from tlc_analysis.prediction import SpreadSettings, pool_spread, predict


def entry(substance: str, hrf: float, *, sd: float | None = 1.5, n: int | None = 8, kind: str = "own") -> LibraryEntry:
    return LibraryEntry(substance=substance, system="A", hrf=hrf, sd_hrf=sd, n=n, kind=kind)  # type: ignore[arg-type]  # tests name the kind


def match_one(hrf: float, *library: LibraryEntry, u_hrf: float | None = 0.3) -> SpotMatch:
    spot = MeasuredSpot(lane=1, rf=hrf / 100, rf_u=None if u_hrf is None else u_hrf / 100)
    return match_spots([spot], library, system="A")[0]


def probability(match: SpotMatch, substance: str) -> float:
    return next(c.probability for c in match.candidates if c.substance == substance)


def test_posterior_by_hand() -> None:
    # Two substances, densities 0.2 and 0.05, unknown 0.01 with prior 0.2: weights 0.08, 0.02, 0.002.
    posterior, unknown = posterior_of(np.array([0.2, 0.05]), 0.01, 0.2)
    np.testing.assert_allclose(posterior, [0.08 / 0.102, 0.02 / 0.102])
    assert unknown == pytest.approx(0.002 / 0.102)


def test_the_smallest_set_holds_its_level() -> None:
    assert credible_set(np.array([0.05, 0.80, 0.12]), 0.03, 0.95).tolist() == [True, True, True]
    assert credible_set(np.array([0.02, 0.80, 0.15]), 0.03, 0.95).tolist() == [False, True, True]
    assert credible_set(np.array([0.02, 0.01, 0.01]), 0.96, 0.95).tolist() == [False, False, False]


def test_probabilities_and_not_in_library_add_to_one() -> None:
    match = match_one(48, entry("a", 50), entry("b", 47), entry("c", 90))
    assert sum(c.probability for c in match.candidates) + (match.not_in_library or 0) == pytest.approx(1)


def test_the_nearest_substance_is_most_probable_and_stands_first() -> None:
    match = match_one(50, entry("far", 70), entry("near", 51), entry("next", 54))
    assert [c.substance for c in match.candidates] == ["near", "next", "far"]
    assert match.candidates[0].in_set
    assert not match.candidates[-1].in_set


def test_two_substances_at_one_place_cannot_be_told_apart() -> None:
    match = match_one(50, entry("a", 50), entry("b", 50))
    assert probability(match, "a") == probability(match, "b")
    assert all(c.in_set for c in match.candidates)


def test_a_spot_where_nothing_runs_is_not_in_the_library() -> None:
    match = match_one(75, entry("a", 50), entry("b", 30))
    assert (match.not_in_library or 0) > 0.95
    assert not any(c.in_set for c in match.candidates)


def test_few_plates_say_less_than_many() -> None:
    few, many = match_one(54, entry("a", 50, n=2)), match_one(54, entry("a", 50, n=40))
    assert probability(few, "a") > probability(many, "a")


def test_a_literature_value_says_less_than_own_runs() -> None:
    own, literature = match_one(50, entry("a", 50)), match_one(50, entry("a", 50, kind="literature"))
    assert probability(literature, "a") < probability(own, "a")
    assert probability(match_one(56, entry("a", 50, kind="literature")), "a") > probability(
        match_one(56, entry("a", 50)), "a"
    )


def test_own_runs_outweigh_the_literature_of_the_same_substance() -> None:
    library = [entry("a", 50, kind="literature"), entry("a", 58, n=10)]
    prediction = predict(library, system="A", settings=SpreadSettings())
    assert prediction.substances == ("a",)
    assert 57 < prediction.location[0] < 58


def test_the_declared_laboratory_spread_is_by_system() -> None:
    entries = [entry("a", 50, sd=None, n=None, kind="literature")]
    wide = predict(entries, system="A", settings=SpreadSettings(laboratory_sd_hrf={"A": 8.0}))
    narrow = predict(entries, system="A", settings=SpreadSettings(laboratory_sd_hrf={"B": 8.0}))
    # One run elsewhere and one here, 2 hRf each, and the laboratories' shift.
    assert wide.scale[0] == pytest.approx(np.sqrt(2 * 2.0**2 + 8**2))
    assert narrow.scale[0] == pytest.approx(np.sqrt(2 * 2.0**2 + 4**2))


def test_without_any_spread_the_declared_one_serves() -> None:
    pool = pool_spread([], SpreadSettings())
    assert pool.variance == pytest.approx(4.0, rel=1e-3)
    assert pool.dof == pytest.approx(4.0, rel=1e-3)


def test_the_common_spread_is_learned_from_the_entries() -> None:
    rng = np.random.default_rng(1)
    entries = [entry(str(i), 50, sd=float(np.sqrt(stats.chi2.rvs(5, random_state=rng) / 5)), n=6) for i in range(200)]
    assert pool_spread(entries, SpreadSettings()).variance == pytest.approx(1.0, rel=0.1)


def test_a_reading_that_is_uncertain_spreads_the_probabilities() -> None:
    library = (entry("a", 50), entry("b", 56))
    assert probability(match_one(50, *library, u_hrf=0.1), "a") > probability(match_one(50, *library, u_hrf=5), "a")


def test_a_spot_without_rf_has_no_candidates_and_keeps_its_place() -> None:
    spots = [MeasuredSpot(lane=2, rf=None), MeasuredSpot(lane=1, rf=0.5)]
    document = to_json(match_spots(spots, [entry("a", 50)], system="A"))
    assert document["schema"] == "plate-match/1"
    assert document["spots"][0] == {"lane": 2, "rf": None, "candidates": [], "not_in_library": None}
    assert document["spots"][1]["lane"] == 1
    assert set(document["spots"][1]["candidates"][0]) == {"substance", "probability", "in_set"}


def test_an_unknown_system_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(UnknownSystemError, match=r"“B”.*: A"):
        match_spots([], [entry("a", 50)], system="B")


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"schema": "something/1"},
        {"schema": "plate-reading/1"},
        {"schema": "plate-reading/1", "plates": [{"lanes": [{"index": 1, "spots": [{"rf": "0.5"}]}]}]},
        {"schema": "plate-reading/1", "plates": [{"lanes": [{"index": 1, "spots": [{"rf": float("nan")}]}]}]},
        {"schema": "plate-reading/1", "plates": [{"lanes": [{"index": 1, "spots": [{"rf": 0.5, "rf_u": -1}]}]}]},
        {"schema": "plate-reading/1", "plates": [{"lanes": [{"index": "one", "spots": [{"rf": 0.5}]}]}]},
        {"schema": "plate-reading/1", "plates": [{"lanes": [{"index": 1.5, "spots": [{"rf": 0.5}]}]}]},
        {"schema": "plate-reading/1", "plates": [{"lanes": [{"index": 1, "spots": [{"rf": 10**400}]}]}]},
    ],
)
def test_what_is_no_reading_is_refused(data: object) -> None:
    with pytest.raises(ReadingFormatError):
        spots_from_json(data)


def test_spots_come_in_the_readings_order() -> None:
    lanes = [{"index": 1, "spots": [{"rf": 0.7}, {"rf": 0.2, "rf_u": 0.01}]}, {"index": 2, "spots": [{"rf": None}]}]
    spots = spots_from_json({"schema": "plate-reading/1", "plates": [{"lanes": lanes}]})
    assert [(s.lane, s.rf, s.rf_u) for s in spots] == [(1, 0.7, None), (1, 0.2, 0.01), (2, None, None)]


@pytest.mark.parametrize("literature", [0.0, 0.5, 1.0])
def test_said_probabilities_are_right_that_often_when_plates_and_laboratories_drift(literature: float) -> None:
    tally = Tally(11, 100, literature=literature)
    for low, high in ((0.2, 0.4), (0.4, 0.6), (0.6, 0.85)):
        said, right = tally.right(low, high)
        assert right == pytest.approx(said, abs=0.06)
    assert tally.coverage >= 0.95


def test_of_candidates_said_to_have_eighty_per_cent_four_in_five_are_right() -> None:
    said, right = Tally(12, 150, substances=8).right(0.75, 0.85)
    assert said == pytest.approx(0.80, abs=0.01)
    assert right == pytest.approx(0.80, abs=0.05)


def test_not_in_the_library_is_right_as_often_as_it_says() -> None:
    tally = Tally(13, 100)
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.9, 1.01)):
        said, right = tally.right(low, high, unknown=True)
        assert right == pytest.approx(said, abs=0.06)


def test_sets_hold_the_truth_when_a_library_rests_on_two_or_three_plates() -> None:
    assert Tally(14, 60, n_range=(2, 3)).coverage >= 0.95


def test_the_declared_prior_of_the_unknown_can_be_changed() -> None:
    tally = Tally(15, 60, MatchSettings(unknown_prior=0.5), unknown=0.5)
    said, right = tally.right(0.4, 0.7, unknown=True)
    assert right == pytest.approx(said, abs=0.08)
