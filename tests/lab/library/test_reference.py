"""The shipped data hold together, row by row, and every row says where it comes from."""

from collections import Counter

import pytest

from lab.library.models import ValueConfidence, ValueKind
from lab.library.reference import UNCLASSIFIED, Reference, is_cas, is_inchikey, read_reference


@pytest.fixture(scope="module")
def reference() -> Reference:
    return read_reference()


def test_a_cas_number_is_known_by_its_check_digit() -> None:
    assert is_cas("58-08-2")  # caffeine: 8*1 + 0*2 + 8*3 + 5*4 = 52
    assert not is_cas("58-08-3")
    assert not is_cas("85-08-2")
    assert not is_cas("58-8-2")


def test_an_inchikey_is_known_by_its_form() -> None:
    assert is_inchikey("RYYVLZVUVIJVGH-UHFFFAOYSA-N")
    assert not is_inchikey("RYYVLZVUVIJVGH-UHFFFAOYSA")
    assert not is_inchikey("58-08-2")


def test_all_rows_of_the_files_are_read(reference: Reference) -> None:
    assert len(reference.systems) == 71
    assert len(reference.values) == 200
    assert len(reference.colours) == 319
    classes = Counter(row.substance_class for row in reference.substances)
    assert sum(classes.values()) - classes[UNCLASSIFIED] == 286


def test_every_row_has_its_source(reference: Reference) -> None:
    rows = (*reference.substances, *reference.systems, *reference.values, *reference.colours)
    assert all(row.source.strip() for row in rows)
    assert all(row.as_read.strip() for row in reference.values)
    assert all(row.inchikey_source for row in reference.substances if row.inchikey)
    assert all(row.cas_source for row in reference.substances if row.cas)


def test_printed_names_lead_to_the_vocabulary(reference: Reference) -> None:
    by_subject = {row.subject: row.substance for row in reference.colours}
    assert by_subject["PMMA"] == "para-methoxymethamphetamine (PMMA)"
    assert by_subject["Heroin"] == "heroin"
    assert by_subject["cocaine hydrochloride"] == "cocaine"
    assert by_subject["barbiturates (class)"] is None
    names = Counter(row.name for row in reference.substances)
    assert max(names.values()) == 1


def test_only_sound_corrected_values_could_speak(reference: Reference) -> None:
    sound = [
        row
        for row in reference.values
        if row.kind is ValueKind.HRFC and row.confidence is ValueConfidence.READ_DIRECTLY
    ]
    assert len(sound) == 24
    assert {row.system for row in sound} == {"TA", "TB", "TC", "TL", "TAE", "TAF"}


def test_correction_standards_agree_with_the_values(reference: Reference) -> None:
    values = {
        (row.system, row.substance): row.value_hrf
        for row in reference.values
        if row.kind is ValueKind.HRFC and row.confidence is ValueConfidence.READ_DIRECTLY
    }
    for system in reference.systems:
        for substance, hrfc in system.correction_standards:
            assert values[system.code, substance] == hrfc
