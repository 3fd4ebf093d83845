"""A small version of the benchmark for every run: flat scans are read, blank ones stay empty."""

from tests.tlc_analysis.drawn_plates import drawn_plates
from tlc_analysis.analyse import analyse
from tlc_analysis.benchmark import measure, row


def test_twelve_scans_are_read_as_well_as_a_first_version_must() -> None:
    result = row("scan", measure(drawn_plates("scan", range(300, 304)), analyse))
    assert result.pictures == 12
    assert (result.recall or 0) >= 0.95
    assert (result.precision or 0) >= 0.95
    assert (result.rf_mae or 1) <= 0.01
    assert (result.with_rf or 0) >= 0.98
    assert (result.coverage or 0) >= 0.90


def test_blank_plates_have_no_spot() -> None:
    scores = measure(drawn_plates("scan", [310, 311], blank=True), analyse)
    assert [score.false for score in scores] == [0] * 6
