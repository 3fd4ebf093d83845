"""Importing other techniques: what can be taken is, each refused line says why, nothing is taken twice."""

import pytest
from sqlmodel import Session, select

from lab.errors import ForbiddenError
from lab.kit.clock import today
from lab.kit.outbox import OutboxEntry, Topic
from lab.results import imports
from lab.results.analyses import analyses_of
from lab.results.errors import ImportColumnsError, ImportCsvError, ImportEncodingError, ImportTooLargeError
from lab.results.models import Abundance, Analysis, FindingRole, Outcome, Technique
from lab.samples.codes import format_code, with_check
from lab.samples.models import Sample
from tests.lab.bench import Bench

HEADER = (*imports.REQUIRED, *imports.OPTIONAL)


def line(sample: Sample | str, **cells: str) -> str:
    """A line of GC-MS that found nothing, but for ``cells``."""
    given = {
        "sample_code": sample if isinstance(sample, str) else format_code(sample.code),
        "technique": "gcms",
        "performed_on": today().isoformat(),
        "method_version": "GC 3",
        "outcome": "detected" if cells.get("substance") or cells.get("substance_class") else "none_of_interest",
        "detection_limit_note": "0.1 % of the product",
    } | cells
    return ",".join(given.get(name, "") for name in HEADER)


def file(*lines: str) -> bytes:
    return "\n".join([",".join(HEADER), *lines]).encode()


def preview(session: Session, bench: Bench, content: bytes) -> imports.ImportReport:
    return imports.preview(session, actor=bench.chemist, site_id=bench.laboratory.id, content=content)


def take(session: Session, bench: Bench, content: bytes) -> imports.ImportReport:
    return imports.import_analyses(session, actor=bench.chemist, site_id=bench.laboratory.id, content=content)


@pytest.fixture
def sample(bench: Bench) -> Sample:
    bench.substance("ketamine")
    return bench.at_laboratory("MDMA")


def test_lines_of_one_analysis_become_one_analysis(session: Session, bench: Bench, sample: Sample) -> None:
    content = file(
        line(sample, substance="MDMA", abundance="major", amount="82.5", amount_unit="mg/unit", amount_u="3"),
        line(sample, substance="Ketamine", abundance="trace", note="late peak"),
    )
    seen = preview(session, bench, content)
    assert ([one.lines for one in seen.readable], seen.refused, seen.imported) == ([(2, 3)], (), ())
    assert session.exec(select(Analysis)).all() == []
    done = take(session, bench, content)
    (view,) = analyses_of(session, sample_id=sample.id)
    assert done.imported == (view.analysis.id,)
    assert (view.analysis.technique, view.analysis.outcome) == (Technique.GCMS, Outcome.DETECTED)
    assert [(f.role, f.abundance, f.amount, f.amount_u) for f in view.findings] == [
        (FindingRole.ACTIVE_EXPECTED, Abundance.MAJOR, 82.5, 3.0),
        (FindingRole.ACTIVE_UNEXPECTED, Abundance.TRACE, None, None),
    ]
    emitted = session.exec(select(OutboxEntry).where(OutboxEntry.topic == Topic.ANALYSIS_IMPORTED)).all()
    assert [entry.subject_id for entry in emitted] == [view.analysis.id]


def test_semicolons_come_with_a_decimal_comma(session: Session, bench: Bench, sample: Sample) -> None:
    text = file(line(sample, substance="MDMA", amount="8#5", amount_unit="mg/g")).decode()
    content = "\ufeff" + text.replace(",", ";").replace("#", ",").replace("\n", "\r\n")
    (one,) = preview(session, bench, content.encode()).readable
    assert one.data.findings[0].amount == 8.5


def test_every_refused_line_says_why_and_the_rest_is_taken(session: Session, bench: Bench, sample: Sample) -> None:
    good, elsewhere = bench.at_laboratory("MDMA"), bench.sample("MDMA")
    code = format_code(sample.code)
    wrong = ("0" if code[0] != "0" else "1") + code[1:]
    content = file(
        line(wrong, method_version="a"),  # 2: a typo
        line(with_check("ZZZZZZZZ"), method_version="b"),  # 3: nobody has it
        line(elsewhere, method_version="c"),  # 4: not at this laboratory
        line(sample, technique="crystal ball", method_version="d"),  # 5
        line(sample, performed_on="yesterday", method_version="e"),  # 6
        line(sample, substance="unobtainium", method_version="f"),  # 7
        line(sample, substance="MDMA", amount="lots", method_version="g"),  # 8
        line(sample, detection_limit_note="", method_version="h"),  # 9
        line(sample, technique="strip", substance="MDMA", amount="5", amount_unit="%", method_version="i"),  # 10
        line(sample, substance="MDMA", method_version="j"),  # 11: good, but its analysis is refused at 12
        line(sample, substance="MDMA", role="hero", method_version="j"),  # 12
        line(good, substance="MDMA"),  # 13
    )
    done = take(session, bench, content)
    assert [(one.line, one.message.id) for one in done.refused] == [
        (2, "error.code.typo"),
        (3, "error.sample.not_found"),
        (4, "error.sample.not_found"),
        (5, "error.import.value"),
        (6, "error.import.value"),
        (7, "error.library.substance_not_found"),
        (8, "error.import.value"),
        (9, "error.analysis.detection_limit_missing"),
        (10, "error.finding.amount_not_measured"),
        (11, "error.import.group"),
        (12, "error.import.value"),
    ]
    assert [one.lines for one in done.readable] == [(13,)]
    assert len(session.exec(select(Analysis)).all()) == 1


def test_the_same_lines_are_taken_once(session: Session, bench: Bench, sample: Sample) -> None:
    content = file(line(sample, substance="MDMA"))
    take(session, bench, content)
    again = take(session, bench, content)
    assert [one.message.id for one in again.refused] == ["error.import.already"]
    assert again.imported == ()
    assert len(analyses_of(session, sample_id=sample.id)) == 1


def test_groups_and_unknowns_can_be_imported(session: Session, bench: Bench, sample: Sample) -> None:
    bench.substance("fentanyl", "fentanyl")
    take(session, bench, file(
        line(sample, technique="strip", substance_class="fentanyl"),
        line(sample, technique="ftir", substance="unknown", outcome="unable_to_identify"),
    ))  # fmt: skip
    strip, ftir = analyses_of(session, sample_id=sample.id)
    assert strip.findings[0].substance_class == "fentanyl"
    assert ftir.findings[0].role is FindingRole.UNKNOWN


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"sample_code,technique\n1,2\n", ImportColumnsError),
        (b"", ImportColumnsError),
        ("sample_code;détail\n".encode("latin-1"), ImportEncodingError),
        (file('"K7QM'), ImportCsvError),
        (b"x" * (imports.MAX_BYTES + 1), ImportTooLargeError),
        (file(*[line("A")] * (imports.MAX_LINES + 1)), ImportTooLargeError),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(
    session: Session, bench: Bench, content: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        preview(session, bench, content)


def test_only_the_bench_imports(session: Session, bench: Bench) -> None:
    with pytest.raises(ForbiddenError):
        imports.preview(session, actor=bench.worker, site_id=bench.laboratory.id, content=file())


def test_a_silent_strip_says_which_group_it_looks_for(session: Session, bench: Bench, sample: Sample) -> None:
    bench.substance("fentanyl", "fentanyl")
    content = file(
        line(sample, technique="strip", target_class="fentanyl"),
        line(sample, technique="strip", target_class="no such group"),
        line(sample, target_class="fentanyl", method_version="looks for everything"),
    )
    report = take(session, bench, content)
    (view,) = analyses_of(session, sample_id=sample.id)
    assert view.analysis.data == {"target_class": "fentanyl"}
    assert [(one.line, one.message.id) for one in report.refused] == [
        (3, "error.finding.group_unknown"),
        (4, "error.analysis.target_not_asked"),
    ]


def test_a_file_taken_before_a_column_came_is_still_known(session: Session, bench: Bench, sample: Sample) -> None:
    header = [name for name in HEADER if name != "target_class"]
    cells = dict(zip(HEADER, line(sample).split(","), strict=True))
    short = "\n".join([",".join(header), ",".join(cells[name] for name in header)]).encode()
    take(session, bench, short)
    again = take(session, bench, file(line(sample)))
    assert [one.message.id for one in again.refused] == ["error.import.already"]
