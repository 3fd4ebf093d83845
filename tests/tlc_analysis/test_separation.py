"""What a second system promises, compared with closed forms and with plates drawn at random."""

import numpy as np
import pytest
from scipy import stats

from tlc_analysis.library import LibraryEntry
from tlc_analysis.prediction import SpreadSettings, predict
from tlc_analysis.separation import SeparationSettings, best_systems

U_HRF = 0.5


def own(substance: str, system: str, hrf: float, *, sd_hrf: float = 2.0, n: int = 40) -> LibraryEntry:
    return LibraryEntry(substance=substance, system=system, hrf=hrf, sd_hrf=sd_hrf, n=n, kind="own")


def library(**systems: dict[str, float]) -> dict[str, list[LibraryEntry]]:
    return {code: [own(name, code, hrf) for name, hrf in values.items()] for code, values in systems.items()}


SETTINGS = SeparationSettings(u_hrf=U_HRF)


def test_two_candidates_are_named_as_often_as_the_overlap_of_their_distributions_says() -> None:
    entries = library(TB={"a": 40.0, "b": 46.0})
    prediction = predict(entries["TB"], system="TB", settings=SpreadSettings())
    variance = float(prediction.scale[0]) ** 2 + U_HRF**2
    dof = float(prediction.dof[0]) * (variance / float(prediction.scale[0]) ** 2) ** 2
    truth = stats.t.cdf(3.0 / np.sqrt(variance), dof)  # equal spreads: the border lies halfway

    [found] = best_systems([("a", "b")], entries, settings=SETTINGS)

    assert found.probability == pytest.approx(truth, abs=2e-3)
    assert found.at_best_guess == 0.5


def test_five_candidates_are_named_as_often_as_on_plates_drawn_at_random() -> None:
    entries = library(TB={"a": 10.0, "b": 14.0, "c": 30.0, "d": 33.0, "e": 80.0})
    prediction = predict(entries["TB"], system="TB", settings=SpreadSettings())
    generator = np.random.default_rng(7)
    truth = generator.integers(0, 5, 40_000)
    variance = prediction.scale**2 + U_HRF**2
    dof = prediction.dof * (variance / prediction.scale**2) ** 2
    drawn = prediction.location[truth] + np.sqrt(variance[truth]) * generator.standard_t(dof[truth])
    likelihood = stats.t.pdf((drawn[:, None] - prediction.location) / np.sqrt(variance), dof) / np.sqrt(variance)
    named = float(np.mean(likelihood.argmax(axis=1) == truth))

    [found] = best_systems([tuple("abcde")], entries, settings=SETTINGS)

    assert found.probability == pytest.approx(named, abs=0.01)


def test_the_system_that_spreads_them_widest_comes_first() -> None:
    entries = library(TB={"a": 40.0, "b": 41.0}, TC={"a": 20.0, "b": 70.0}, TL={"a": 50.0, "b": 55.0})
    found = best_systems([("a", "b")], entries, settings=SETTINGS)
    assert [one.system for one in found] == ["TC", "TL", "TB"]
    assert (found[0].apart, found[0].pairs) == (1, 1)
    assert found[2].apart == 0


def test_a_system_without_values_for_two_of_them_promises_nothing() -> None:
    entries = library(TB={"a": 10.0}, TC={"x": 10.0, "y": 90.0})
    assert best_systems([("a", "b")], entries, settings=SETTINGS) == ()


def test_a_candidate_without_a_value_counts_as_anywhere_and_is_named() -> None:
    whole = library(TB={"a": 10.0, "b": 50.0, "c": 90.0})
    without = library(TB={"a": 10.0, "b": 50.0})
    [full] = best_systems([("a", "b", "c")], whole, settings=SETTINGS)
    [partial] = best_systems([("a", "b", "c")], without, settings=SETTINGS)
    assert partial.unlisted == ("c",)
    assert partial.probability < full.probability
    assert partial.apart == 1


def test_wide_spreads_promise_less_than_narrow_ones() -> None:
    narrow = {"TB": [own("a", "TB", 40.0, sd_hrf=1.0), own("b", "TB", 46.0, sd_hrf=1.0)]}
    wide = {"TB": [own("a", "TB", 40.0, sd_hrf=6.0), own("b", "TB", 46.0, sd_hrf=6.0)]}
    sharp, blurred = (best_systems([("a", "b")], one, settings=SETTINGS)[0].probability for one in (narrow, wide))
    assert sharp > blurred + 0.1


def test_a_spot_with_one_candidate_asks_for_no_second_system() -> None:
    assert best_systems([("a",), ("b", "b")], library(TB={"a": 10.0, "b": 90.0}), settings=SETTINGS) == ()


def test_candidates_at_the_end_of_the_plate_are_not_told_apart_beyond_it() -> None:
    """What would run past the front is read at the front."""
    [found] = best_systems([("a", "b")], library(TB={"a": 100.0, "b": 100.0}), settings=SETTINGS)
    assert found.probability == pytest.approx(0.5, abs=1e-6)
