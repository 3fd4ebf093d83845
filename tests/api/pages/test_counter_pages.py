"""The counter's pages: photographs, look-alikes, tests on the spot, what was not stated."""

import csv
import io

from PIL import Image
from sqlmodel import select

from lab.photos.models import SamplePhoto
from lab.results.models import Result, ResultState
from lab.samples.models import Sample
from tests.api.pages.conftest import Client, Lab, text_of


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (160, 120), (60, 90, 200)).save(out, "JPEG")
    return out.getvalue()


def _form(**more: str) -> dict[str, str]:
    return {
        "client_id": "0b0f0c52-98a4-4be5-9d6d-7b1f3c2f4b11",
        "sold_as_raw": "blue ones",
        "consent_analyse": "yes",
    } | more


def test_a_photograph_comes_with_the_registration_and_sent_twice_is_kept_once(client: Client, lab: Lab) -> None:
    worker = client("worker")
    for _ in range(2):
        answer = worker.post("/samples/new", data=_form(), files={"picture": ("a.jpg", _picture(), "image/jpeg")})
        assert answer.status_code == 200, text_of(answer)
    with lab.session() as session:
        (photo,) = session.exec(select(SamplePhoto)).all()
        sample = session.get_one(Sample, photo.sample_id)
    path = f"/samples/{sample.code}/photos/{photo.id}.jpg"
    shown = worker.get(path)
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["cache-control"] == "no-store"
    assert path in worker.get(f"/samples/{sample.code}").text
    assert client("south_worker").get(path).status_code == 404
    assert worker.post(f"/samples/{sample.code}/photos/{photo.id}/erase").status_code == 303
    assert worker.get(path).status_code == 404


def test_a_broken_photograph_is_said_beside_its_field_and_nothing_is_half_written(client: Client, lab: Lab) -> None:
    answer = client("worker").post(
        "/samples/new", data=_form(), files={"picture": ("a.jpg", b"no picture", "image/jpeg")}
    )
    assert answer.status_code == 422
    assert 'id="picture-error"' in answer.text
    assert 'value="blue ones"' in answer.text
    with lab.session() as session:
        assert session.exec(select(Sample)).all() == []


def test_why_it_is_tested_may_be_left_open_and_is_counted(client: Client, lab: Lab) -> None:
    assert client("worker").post("/samples/new", data=_form(colours="blue", colour_2="white")).status_code == 200
    with lab.session() as session:
        sample = session.exec(select(Sample)).one()
    assert (sample.reason.value, sample.reason_stated, sample.colours) == ("routine", False, ["blue", "white"])
    table = client("coordinator").get("/counts/not-stated.csv")
    rows = {row["question"]: row for row in csv.DictReader(io.StringIO(table.text))}
    assert (rows["reason"]["asked"], rows["reason"]["not_stated"], rows["reason"]["share"]) == ("1", "1", "1.0000")
    assert rows["colours"]["not_stated"] == "0"
    assert "North field" in text_of(client("coordinator").get("/counts/not-stated?first=x&last=9999-99-99"))
    assert client("worker").get("/counts/not-stated").status_code == 403


def test_the_text_that_is_agreed_to_is_read_without_an_account(client: Client) -> None:
    for language, title in (
        ("fr", "Ce que vous acceptez"),
        ("nl", "Waarmee u akkoord gaat"),
        ("en", "What you agree to"),
    ):
        page = client("worker").get("/consent", headers={"Accept-Language": language, "Authorization": ""})
        assert title in text_of(page)


def test_marks_in_the_middle_of_being_typed_are_no_error(client: Client) -> None:
    query = "form=tablet&tablet_logo=Panda&tablet_length_mm=1e&colours=blue"
    answer = client("worker").get(f"/samples/look-alikes?{query}")
    assert answer.status_code == 200
    assert 'id="look-alikes"' in answer.text


def test_a_strip_at_the_counter_calls_back_and_a_worker_may_not_answer_from_it(client: Client, lab: Lab) -> None:
    registered = lab.register(sold_as_substance_id=lab.substance("heroin", "opioid").id)
    lab.substance("fentanyl", "fentanyl")
    path = f"/samples/{registered.sample.code}"
    missing = client("worker").post(f"{path}/onsite/strip", data={"lines": "control_only", "name": "Acme"})
    assert missing.status_code == 422
    assert 'value="Acme"' in missing.text
    done = client("worker").post(f"{path}/onsite/strip", data={"strip_id": "btnx-fentanyl", "lines": "control_only"})
    assert done.headers["location"] == f"{path}?done=analysis_recorded"
    lab.work()
    assert "CALL BACK NOW" in text_of(client("worker").get("/"))
    assert client("worker").post(f"{path}/preliminary").status_code == 403
    assert client("coordinator").get(f"{path}/onsite").status_code == 200
    with lab.session() as session:
        assert session.exec(select(Result).where(Result.state == ResultState.SUBMITTED)).all() == []
