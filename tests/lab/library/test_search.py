"""The distance behind the search, on words whose answer is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.library.names import fold
from lab.library.search import distance, score

WORDS = st.text(alphabet="abcd", max_size=7)


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("", "", 0),
        ("ketamine", "ketamine", 0),
        ("ketmaine", "ketamine", 1),
        ("cafeine", "caffeine", 1),
        ("mmda", "mdma", 1),
    ],
)
def test_slips_are_counted(one: str, other: str, slips: int) -> None:
    assert distance(one, other)[0] == slips


def test_a_beginning_costs_nothing() -> None:
    assert distance("ket", "ketamine") == (5, 0)


@given(WORDS, WORDS)
def test_the_distance_is_symmetric_and_zero_only_for_equals(one: str, other: str) -> None:
    assert distance(one, other)[0] == distance(other, one)[0]
    assert (distance(one, other)[0] == 0) == (one == other)
    assert distance(one, other)[1] <= distance(one, other)[0]


@given(WORDS, WORDS, st.integers(0, 4))
def test_a_limit_changes_only_what_exceeds_it(one: str, other: str, limit: int) -> None:
    whole, beginning = distance(one, other)
    limited = distance(one, other, limit=limit)
    assert limited == (whole, beginning) or (min(whole, beginning) > limit and min(limited) > limit)


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_accents_greek_letters_and_case_do_not_matter() -> None:
    assert fold("Δ9-THC · Cocaïne") == "delta9 thc cocaine"
    assert score(fold("Kétamine"), fold("KETAMINE")) == 1.0
