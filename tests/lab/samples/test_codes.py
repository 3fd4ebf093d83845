"""Sample codes: random, forgiving, and sure to notice a slip."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.samples.codes import (
    ALPHABET,
    check_character,
    format_code,
    new_code,
    parse_code,
    random_body,
    with_check,
)
from lab.samples.errors import CodeCharacterError, CodeLengthError, CodeTypoError

BODIES = st.text(alphabet=ALPHABET, min_size=8, max_size=8)


def test_the_check_character_is_the_one_worked_out_by_hand() -> None:
    # x = 2 and x^2 = 4 stand for the weights of the last two places: 1 * 4 + 1 * 2 = 6.
    assert check_character("00000011") == "6"
    assert check_character("00000000") == "0"
    # 16 * x = 32, and x^5 = x^2 + 1 makes that 5.
    assert check_character("0000000G") == "5"


@given(BODIES, st.integers(0, 8), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(body: str, place: int, other: str) -> None:
    code = with_check(body)
    wrong = code[:place] + other + code[place + 1 :]
    if wrong == code:
        assert parse_code(wrong) == code
    else:
        with pytest.raises(CodeTypoError):
            parse_code(wrong)


@given(BODIES, st.integers(0, 8), st.integers(0, 8))
def test_two_characters_changing_places_are_always_noticed(body: str, one: int, other: int) -> None:
    letters = list(with_check(body))
    letters[one], letters[other] = letters[other], letters[one]
    swapped = "".join(letters)
    if swapped == with_check(body):
        assert parse_code(swapped) == swapped
    else:
        with pytest.raises(CodeTypoError):
            parse_code(swapped)


@given(BODIES)
def test_a_code_is_read_back_however_it_is_written(body: str) -> None:
    code = with_check(body)
    sloppy = code.replace("0", random.Random(0).choice("oO")).replace("1", "l").lower()  # noqa: S311 -- no secret
    for written in (format_code(code), f" {sloppy[:4]} - {sloppy[4:]} ", code.replace("1", "I").lower()):
        assert parse_code(written) == code


def test_codes_are_shown_in_groups_of_four() -> None:
    assert format_code("K7QM2F4DR") == "K7QM-2F4D-R"


def test_a_letter_outside_the_alphabet_is_told_from_a_typo() -> None:
    with pytest.raises(CodeCharacterError):
        parse_code("K7QMU2F4D")
    with pytest.raises(CodeLengthError):
        parse_code("K7QM")


def test_a_new_code_is_not_one_that_is_taken() -> None:
    offered: list[str] = []

    def is_taken(code: str) -> bool:
        offered.append(code)
        return len(offered) < 3

    assert new_code(is_taken) == offered[2]
    assert len({*offered}) == 3


def test_bodies_use_the_whole_alphabet() -> None:
    assert set(random_body(4000)) == set(ALPHABET)
