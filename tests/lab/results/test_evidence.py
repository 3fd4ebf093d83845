"""The evidence level follows the SWGDRUG categories, and nothing but techniques moves it."""

from itertools import combinations

import pytest

from lab.results.evidence import ORDER, categories_of, evidence_of
from lab.results.models import Abundance, Evidence, Technique
from lab.results.techniques import FACTS, Category

T, E = Technique, Evidence


def level(*techniques: Technique, abundance: Abundance = Abundance.MAJOR) -> Evidence:
    return evidence_of([(technique, abundance) for technique in techniques])


def test_every_technique_has_its_facts() -> None:
    assert set(FACTS) == set(Technique)
    of = {category: {t for t in T if category in FACTS[t].categories} for category in Category}
    assert of[Category.A] == {T.FTIR, T.RAMAN, T.GCMS, T.LCMS, T.DARTMS, T.NMR}
    assert of[Category.B] == {T.TLC, T.HPLC, T.GCMS, T.LCMS}
    assert of[Category.C] == {T.REAGENT, T.STRIP}


@pytest.mark.parametrize(
    ("techniques", "expected"),
    [
        ((T.TLC,), E.PRESUMPTIVE),
        ((T.TLC, T.TLC), E.PRESUMPTIVE),
        ((T.REAGENT, T.STRIP), E.PRESUMPTIVE),
        ((T.TLC, T.STRIP), E.INDICATIVE),
        ((T.TLC, T.HPLC), E.INDICATIVE),
        ((T.TLC, T.HPLC, T.REAGENT, T.STRIP), E.INDICATIVE),
        ((T.FTIR,), E.INDICATIVE),
        ((T.DARTMS,), E.INDICATIVE),
        ((T.FTIR, T.STRIP), E.CONFIRMED),
        ((T.GCMS,), E.CONFIRMED),
        ((T.LCMS,), E.CONFIRMED),
        ((T.NMR, T.TLC), E.CONFIRMED),
    ],
)
def test_levels(techniques: tuple[Technique, ...], expected: Evidence) -> None:
    assert level(*techniques) is expected


def test_a_minor_component_in_the_spectrum_of_a_mixture_is_no_structure_read() -> None:
    assert categories_of(T.FTIR, Abundance.MINOR) == (Category.C,)
    assert level(T.FTIR, abundance=Abundance.TRACE) is E.PRESUMPTIVE
    assert level(T.FTIR, T.REAGENT, abundance=Abundance.MINOR) is E.PRESUMPTIVE
    assert level(T.GCMS, abundance=Abundance.TRACE) is E.CONFIRMED


def test_another_technique_never_lowers_the_level() -> None:
    for size in (1, 2, 3):
        for techniques in combinations(T, size):
            for more in T:
                assert ORDER.index(level(*techniques, more)) >= ORDER.index(level(*techniques))


def test_without_category_a_nothing_is_confirmed() -> None:
    weak = [t for t in T if Category.A not in FACTS[t].categories]
    assert level(*weak) is E.INDICATIVE


def test_no_technique_no_evidence() -> None:
    with pytest.raises(ValueError, match="at least one"):
        evidence_of([])
