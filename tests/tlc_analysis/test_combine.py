"""Several systems and colours together: per sample, with mixtures whose spots nobody has sorted."""

import numpy as np
import pytest

from tlc_analysis.colour_evidence import ColourEntry, ColourSettings, log_colour_ratio
from tlc_analysis.combine import MOST_SPOTS, SampleMatch, SampleSpot, SystemRun, combine
from tlc_analysis.errors import MatchError
from tlc_analysis.library import LibraryEntry
from tlc_analysis.match import MeasuredSpot, match_spots

PURPLE, ORANGE = (40.0, 30.0, -30.0), (65.0, 30.0, 55.0)


def own(substance: str, system: str, hrf: float) -> LibraryEntry:
    return LibraryEntry(substance=substance, system=system, hrf=hrf, sd_hrf=1.5, n=8, kind="own")


# In A the first two run together; in B the first and the third do.
LIBRARY = [
    own("x", "A", 50), own("y", "A", 50.5), own("z", "A", 20),
    own("x", "B", 30), own("y", "B", 60), own("z", "B", 30.5),
]  # fmt: skip


def run(system: str, *hrfs: float, **colours: tuple[float, float, float]) -> SystemRun:
    return SystemRun(system=system, spots=tuple(SampleSpot(rf=h / 100, rf_u=0.003, colours=colours) for h in hrfs))


def holds(result: SampleMatch, substance: str) -> float:
    return next(c.probability for c in result.substances if c.substance == substance)


def test_one_system_without_colours_is_match() -> None:
    together = combine([run("A", 49, 22)], LIBRARY)
    apart = match_spots([MeasuredSpot(lane=1, rf=h / 100, rf_u=0.003) for h in (49, 22)], LIBRARY, system="A")
    for one, other in zip(together.spots, apart, strict=True):
        assert one.not_in_library == pytest.approx(other.not_in_library)
        assert [c.probability for c in one.candidates] == pytest.approx([c.probability for c in other.candidates])


def test_a_second_system_tells_apart_what_one_cannot() -> None:
    one, two = combine([run("A", 50)], LIBRARY), combine([run("A", 50), run("B", 30)], LIBRARY)
    assert holds(one, "x") < 0.6
    assert holds(two, "x") > 0.9
    assert holds(two, "y") < 0.05


def test_a_mixture_is_sorted_into_its_substances() -> None:
    mixture = combine([run("A", 50, 20), run("B", 60, 30.5)], LIBRARY)
    assert holds(mixture, "y") > 0.9
    assert holds(mixture, "z") > 0.9
    assert holds(mixture, "x") < 0.1


def test_the_order_of_systems_and_spots_does_not_matter() -> None:
    one = combine([run("A", 50, 20), run("B", 60, 30)], LIBRARY)
    other = combine([run("B", 30, 60), run("A", 20, 50)], LIBRARY)
    for substance in "xyz":
        assert holds(one, substance) == pytest.approx(holds(other, substance))


def test_a_substance_hidden_in_one_system_stays_possible() -> None:
    assert holds(combine([run("A", 20), run("B")], LIBRARY), "z") > 0.5


def test_a_spot_that_nothing_explains_is_an_unknown_beside_the_known() -> None:
    result = combine([run("A", 50, 85), run("B", 30, 85)], LIBRARY)
    assert holds(result, "x") > 0.8
    assert result.unknown > 0.9


def test_colour_tells_apart_what_runs_together() -> None:
    colours = [
        ColourEntry(substance="x", reagent="marquis", colour_lab=PURPLE, sd_lab=4, n=4),
        ColourEntry(substance="y", reagent="marquis", colour_lab=ORANGE, sd_lab=4, n=4),
    ]
    seen = combine([run("A", 50, marquis=(42.0, 27.0, -33.0))], LIBRARY, colours=colours)
    assert holds(seen, "x") > 0.95
    elsewhere = combine([run("A", 50, froehde=(42.0, 27.0, -33.0))], LIBRARY, colours=colours)
    assert holds(elsewhere, "x") == pytest.approx(holds(combine([run("A", 50)], LIBRARY), "x"))


def test_a_colour_that_fits_nothing_speaks_for_the_unknown() -> None:
    colours = [ColourEntry(substance=s, reagent="r", colour_lab=PURPLE, sd_lab=3, n=6) for s in "xyz"]
    without = combine([run("A", 50)], LIBRARY, colours=colours)
    against = combine([run("A", 50, r=(90.0, -40.0, 60.0))], LIBRARY, colours=colours)
    assert against.unknown > without.unknown + 0.5


def test_a_substance_without_a_recorded_colour_is_neither_helped_nor_hurt() -> None:
    entries = [ColourEntry(substance="x", reagent="r", colour_lab=PURPLE)]
    ratio = log_colour_ratio(("x", "y"), {"r": PURPLE}, entries, ColourSettings())
    assert ratio[0] > 2
    assert ratio[1] == 0


@pytest.mark.parametrize("amount", [0.5, 1.0, 2.0])
def test_more_or_less_of_a_substance_has_its_colour_still(amount: float) -> None:
    colours = [
        ColourEntry(substance="x", reagent="marquis", colour_lab=(70.0, 15.0, -15.0), sd_lab=4, n=4),
        ColourEntry(substance="y", reagent="marquis", colour_lab=(80.0, 15.0, 27.0), sd_lab=4, n=4),
    ]
    thinner = (100.0 - 30.0 * amount, 15.0 * amount, -15.0 * amount)
    assert holds(combine([run("A", 50, marquis=thinner)], LIBRARY, colours=colours), "x") > 0.9


def test_a_colour_that_everything_has_says_nothing() -> None:
    dark = (45.0, 2.0, 3.0)
    names = [f"s{i}" for i in range(30)]
    entries = [ColourEntry(substance=name, reagent="uv254", colour_lab=dark, sd_lab=4, n=4) for name in names]
    ratio = log_colour_ratio((*names, "no colour recorded"), {"uv254": dark}, entries, ColourSettings())
    assert ratio[-1] == 0
    assert np.exp(ratio[:-1]) == pytest.approx(1.0, abs=0.4)  # 40 substances' worth of colours, 30 of them this one


def test_a_colour_recorded_in_one_system_does_not_speak_in_another() -> None:
    entry = ColourEntry(substance="x", reagent="r", colour_lab=PURPLE, system="A")
    there, elsewhere = (
        log_colour_ratio(("x",), {"r": PURPLE}, [entry], ColourSettings(), system=system)[0] for system in ("A", "B")
    )
    assert there > 2
    assert elsewhere == 0


def test_light_on_a_dark_layer_grows_from_black() -> None:
    entry = ColourEntry(substance="x", reagent="uv366", colour_lab=(40.0, 10.0, -30.0), sd_lab=4, n=4)
    half, none = ((20.0, 5.0, -15.0), (100.0, 0.0, 0.0))
    alike, unlike = (log_colour_ratio(("x",), {"uv366": c}, [entry], ColourSettings())[0] for c in (half, none))
    assert alike > 1
    assert unlike < -2


def test_probabilities_of_each_spot_add_to_one() -> None:
    result = combine([run("A", 50, 20, 70), run("B", 60, 30)], LIBRARY)
    for spot in result.spots:
        assert sum(c.probability for c in spot.candidates) + spot.not_in_library == pytest.approx(1)
    assert [spot.system for spot in result.spots] == ["A", "A", "A", "B", "B"]


def test_nothing_and_too_much_are_refused() -> None:
    with pytest.raises(MatchError, match="no spot"):
        combine([run("A")], LIBRARY)
    with pytest.raises(MatchError, match="no entry"):
        combine([run("C", 50)], LIBRARY)
    with pytest.raises(MatchError, match="too many"):
        combine([run("A", *np.linspace(5, 95, MOST_SPOTS + 1))], LIBRARY)
