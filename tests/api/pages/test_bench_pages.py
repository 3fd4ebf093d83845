"""The bench's pages: worklist and terms, other techniques from a file, candidates of a sample, old plates again."""

import io

import pytest
from sqlmodel import select

from lab.bench.models import LaboratoryTerms
from lab.kit.clock import today
from lab.results.imports import OPTIONAL, REQUIRED
from lab.results.models import Analysis, ConfirmationRequest
from lab.samples.codes import format_code
from lab.samples.schemas import Registered
from tests.api.pages.conftest import Client, Lab, fields_of, text_of


@pytest.fixture
def sample(lab: Lab) -> Registered:
    """A sample sold as ketamine that lies at the laboratory after a serious adverse event."""
    ketamine = lab.substance("ketamine", "dissociative")
    registered = lab.register(sold_as_substance_id=ketamine.id, form="powder", adverse_event="serious")
    lab.bring(registered)
    return registered


def csv_of(*lines: dict[str, str]) -> bytes:
    columns = (*REQUIRED, *OPTIONAL)
    rows = [",".join(columns), *(",".join(line.get(name, "") for name in columns) for line in lines)]
    return "\n".join(rows).encode()


def gcms(code: str, **cells: str) -> dict[str, str]:
    return {
        "sample_code": format_code(code), "technique": "gcms", "performed_on": today().isoformat(),
        "method_version": "GC 3", "outcome": "none_of_interest", "detection_limit_note": "0.1 %",
    } | cells  # fmt: skip


def test_the_worklist_puts_what_is_urgent_first_and_calls_late_only_what_was_declared(
    client: Client, lab: Lab, sample: Registered
) -> None:
    lab.bring(lab.register(form="tablet"))
    verifier = client("verifier")
    before = text_of(verifier.get("/bench"))
    assert before.index("Urgent 1") < before.index(format_code(sample.sample.code)) < before.index("To analyse 2")
    assert "nothing is called overdue" in before
    wrong = verifier.post("/bench/terms", data={"turnaround_days": "0", "urgent_hours": "2.5"})
    assert wrong.status_code == 422
    assert fields_of(wrong, "turnaround_days") == ["0"]
    assert verifier.post("/bench/terms", data={"turnaround_days": "5"}).status_code == 303
    assert client("chemist").post("/bench/terms", data={"turnaround_days": "9"}).status_code == 403
    with lab.session() as session:
        assert session.exec(select(LaboratoryTerms.turnaround_days)).one() == 5
    assert "nothing is called overdue" not in text_of(verifier.get("/bench"))
    assert client("worker").get("/bench").status_code == 403


def test_a_file_is_looked_at_before_anything_is_written(client: Client, lab: Lab, sample: Registered) -> None:
    chemist = client("chemist")
    content = csv_of(gcms(sample.sample.code), gcms(sample.sample.code, technique="crystal ball"))
    page = chemist.post("/imports", files={"file": ("gc.csv", io.BytesIO(content), "text/csv")})
    assert page.status_code == 200
    assert "nothing is written yet" in text_of(page)
    assert "Refused lines 1" in text_of(page)
    assert "crystal ball" in text_of(page)
    with lab.session() as session:
        assert session.exec(select(Analysis)).all() == []
    (carried,) = fields_of(page, "content")
    for expected in (1, 0):  # sent twice it is taken once
        done = chemist.post("/imports/confirm", data={"content": carried})
        assert done.status_code == 200
        assert f"{expected} analys" in text_of(done)
    with lab.session() as session:
        assert len(session.exec(select(Analysis)).all()) == 1


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a,b\n1,2\n", b"x" * 1_000_001])
def test_a_file_that_cannot_be_read_is_told_beside_the_field(client: Client, lab: Lab, content: bytes) -> None:
    page = client("chemist").post("/imports", files={"file": ("x.csv", io.BytesIO(content), "text/csv")})
    assert page.status_code == 422
    assert 'id="file-error"' in page.text


def test_another_technique_is_asked_for_once_with_a_reason_and_a_day(
    client: Client, lab: Lab, sample: Registered
) -> None:
    chemist, path = client("chemist"), f"/samples/{sample.sample.code}"
    assert "Nothing of the library is compatible" in text_of(chemist.get(f"{path}/interpretation"))
    past = chemist.post(f"{path}/confirmations", data={"reason": "tlc_unidentified", "due_on": "2020-01-01"})
    assert past.status_code == 422
    assert 'id="due_on-error"' in past.text
    asked = {"reason": "tlc_unidentified", "due_on": today().isoformat()}
    assert chemist.post(f"{path}/confirmations", data={**asked, "reason": "curiosity"}).status_code == 422
    assert chemist.post(f"{path}/confirmations", data=asked).status_code == 303
    assert chemist.post(f"{path}/confirmations", data=asked).status_code == 422
    with lab.session() as session:
        assert session.exec(select(ConfirmationRequest)).one().due_on == today()
    assert format_code(sample.sample.code) in text_of(chemist.get("/bench")).partition("To confirm 1")[2]
