"""Libraries as people really keep them: copied lines, spellings, no spread, series that disagree."""

import pytest

from tlc_analysis.combine import MOST_SPOTS, SampleSpot, SystemRun, combine
from tlc_analysis.library import Kind, LibraryEntry
from tlc_analysis.match import MeasuredSpot, SpotMatch, match_spots
from tlc_analysis.prediction import SpreadSettings, predict


def _entry(
    name: str, hrf: float, sd_hrf: float | None = 2.0, n: int | None = 5, kind: Kind = "own", system: str = "A"
) -> LibraryEntry:
    return LibraryEntry(substance=name, system=system, hrf=hrf, sd_hrf=sd_hrf, n=n, kind=kind)


def _match(library: list[LibraryEntry], rf: float, rf_u: float | None = 0.004) -> SpotMatch:
    return match_spots([MeasuredSpot(lane=1, rf=rf, rf_u=rf_u)], library, system="A")[0]


def _scale(*library: LibraryEntry) -> float:
    return float(predict(library, system="A", settings=SpreadSettings()).scale[0])


def test_a_line_copied_twice_counts_once() -> None:
    assert _scale(_entry("a", 50), _entry("a", 50)) == _scale(_entry("a", 50))


def test_spellings_that_differ_by_case_are_one_substance() -> None:
    names = [c.substance for c in _match([_entry("MDMA", 50), _entry("mdma", 51), _entry("Ket", 20)], 0.5).candidates]
    assert sorted(names) == ["Ket", "MDMA"]


def test_a_spread_of_zero_over_one_plate_says_nothing() -> None:
    assert _scale(_entry("a", 50, 0.0, 1)) == _scale(_entry("a", 50, None, 1))


def test_series_far_apart_leave_the_next_plate_uncertain() -> None:
    assert _scale(_entry("a", 20, 1.0, 10), _entry("a", 60, 1.0, 10)) > 15
    assert _scale(_entry("a", 40, 1.0, 10), _entry("a", 40.5, 1.0, 10)) < 2


def test_a_reading_that_says_nothing_leaves_the_prior() -> None:
    assert _match([_entry("a", 50), _entry("b", 20)], 0.5, rf_u=5.0).not_in_library == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("rf", [1.3, -0.3])
def test_a_reading_off_the_plate_is_no_substance(rf: float) -> None:
    result = _match([_entry("a", 50, 60.0, 3), _entry("b", 95)], rf)
    assert result.not_in_library > 0.95


def test_twenty_spots_are_combined_and_one_more_is_refused_in_a_sentence() -> None:
    library = [_entry(f"s{i}", 5 + 9 * i, system=system) for i in range(10) for system in ("A", "B")]
    half = MOST_SPOTS // 2
    runs = [
        SystemRun(system=system, spots=tuple(SampleSpot(rf=(5 + 9 * i) / 100, rf_u=0.004) for i in range(half)))
        for system in ("A", "B")
    ]
    result = combine(runs, library)
    assert len(result.spots) == MOST_SPOTS
    assert all(spot.candidates[0].substance == f"s{i % half}" for i, spot in enumerate(result.spots))
