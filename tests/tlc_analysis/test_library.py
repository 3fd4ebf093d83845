"""A library file is read as it stands, or refused with the line that is wrong."""

import pytest

from tlc_analysis.errors import LibraryFormatError
from tlc_analysis.library import LibraryEntry, read_library

HEAD = "substance,system,hrf,sd_hrf,n,kind\n"


def test_entries_are_read_in_order() -> None:
    entries = read_library(HEAD + "cocaine,TA,65,1.5,6,own\n\ncaffeine,TA,52.5,,,literature\n")
    assert entries == (
        LibraryEntry(substance="cocaine", system="TA", hrf=65, sd_hrf=1.5, n=6, kind="own"),
        LibraryEntry(substance="caffeine", system="TA", hrf=52.5, sd_hrf=None, n=None, kind="literature"),
    )


def test_a_spreadsheets_export_is_read_with_semicolons_bom_and_decimal_commas() -> None:
    (entry,) = read_library("\ufeffSubstance;System;hRf;sd_hrf;n;kind;note\r\ncocaïne;TA;65,5;1,5;6;Own;x\r\n")
    assert (entry.substance, entry.hrf, entry.sd_hrf, entry.kind) == ("cocaïne", 65.5, 1.5, "own")


def test_a_literature_value_may_say_that_its_number_of_plates_is_not_known() -> None:
    empty, zero = read_library(HEAD + "a,TA,65,2,,literature\nb,TA,65,2,0,literature\n")
    assert (empty.n, zero.n) == (None, None)


def test_a_quoted_name_may_hold_a_comma() -> None:
    (entry,) = read_library(HEAD + '"2,5-dimethoxy-4-bromophenethylamine",TA,40,2,3,own\n')
    assert entry.substance == "2,5-dimethoxy-4-bromophenethylamine"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("substance,system,hrf\ncocaine,TA,65\n", "line 1: no column sd_hrf, n, kind"),
        (HEAD + "cocaine,TA,65,1,3,own\ncocaine,TA,abc,1,3,own\n", "line 3: hrf is “abc”"),
        (HEAD + "cocaine,TA,nan,1,3,own\n", "line 2: hrf is “nan”"),
        (HEAD + "cocaine,TA,101,1,3,own\n", "line 2: hrf is 101"),
        (HEAD + "cocaine,TA,65,-1,3,own\n", "line 2: sd_hrf is -1"),
        (HEAD + "cocaine,TA,65,1e300,3,own\n", "line 2: sd_hrf is 1e"),
        (HEAD + "cocaine,TA,65,1,5,3,own\n", "line 2: more cells than columns. Decimals take a point"),
        (HEAD.strip() + ",hrf\ncocaine,TA,65,1,3,own,66\n", "line 1: more than one column hrf"),
        (HEAD + "cocaine,TA,65,1,0,own\n", "line 2: n is “0”"),
        (HEAD + "cocaine,TA,65,1,2.5,own\n", "line 2: n is “2.5”"),
        (HEAD + "cocaine,TA,65,1,3,rumour\n", "line 2: kind is “rumour”"),
        (HEAD + ",TA,65,1,3,own\n", "line 2: substance is empty"),
        (HEAD + 'cocaine,TA,65,1,3,own\n"caffeine,TA,5,1,3,own\n', "line 3"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, says: str) -> None:
    with pytest.raises(LibraryFormatError, match=says):
        read_library(text)
