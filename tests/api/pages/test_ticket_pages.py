"""Tickets, labels, telling and ratings on pages: what a worker presses, what a person reads, in three languages."""

import re
from datetime import timedelta

import cv2
import numpy as np
import pytest
import zxingcpp
from httpx2 import Response
from sqlmodel import select

from lab.kit.clock import now, today
from lab.kit.promises import promise_in
from lab.labels.models import LabelBatch, PrintedLabel
from lab.ratings.models import Rating
from lab.results import service as results
from lab.results.models import Conclusion, Outcome, Result, ResultState, Technique
from lab.results.schemas import AnalysisIn, FindingIn
from lab.samples.schemas import Registered
from lab.samples.tickets import sample_behind
from lab.telling.models import AnswerTold
from templates.i18n import LANGUAGES
from tests.api.pages.conftest import Client, Lab, text_of

TEXTS = dict.fromkeys(LANGUAGES, "MDMA.\nTLC.")


@pytest.fixture
def answered(lab: Lab) -> Registered:
    """A sample whose answer, MDMA by infrared, was given out."""
    substance = lab.substance("MDMA", "empathogen")
    registered = lab.register(sold_as_substance_id=substance.id)
    lab.bring(registered)
    with lab.state.database.session() as session:
        analysis = AnalysisIn(
            site_id=lab.network.sites["laboratory"].id, technique=Technique.FTIR, method_version="1",
            performed_on=today(), outcome=Outcome.DETECTED, detection_limit_note="5 %",
            findings=[FindingIn(substance_id=substance.id)],
        )  # fmt: skip
        chemist, verifier = lab.network.actors["chemist"], lab.network.actors["verifier"]
        results.record_analysis(session, actor=chemist, sample_id=registered.sample.id, data=analysis)
        result = results.draft_result(session, actor=chemist, sample_id=registered.sample.id)
        results.submit(session, actor=chemist, result_id=result.id)
        results.verify(session, actor=verifier, result_id=result.id)
        results.report(session, actor=chemist, result_id=result.id, texts=TEXTS)
    return registered


def newest(lab: Lab) -> Result:
    with lab.session() as session:
        return session.exec(select(Result)).one()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_about_a_ticket_calls_anything_safe(
    client: Client, lab: Lab, answered: Registered, language: str
) -> None:
    code, speaking = answered.sample.code, {"lang": language}
    worker, coordinator = client("worker"), client("coordinator")
    pages = [
        worker.post("/lookup", params=speaking, data={"ticket": answered.ticket}),
        worker.post("/lookup", params=speaking, data={"ticket": lab.register().ticket}),
        worker.get("/lookup", params=speaking), worker.get(f"/samples/{code}", params=speaking),
        worker.get("/labels", params=speaking), coordinator.get("/ratings", params=speaking),
    ]  # fmt: skip
    for page in pages:
        assert page.status_code == 200
        assert f'lang="{language}"' in page.text
        assert promise_in(text_of(page)) is None
        assert "answer-green" not in page.text


def test_an_answer_comes_with_its_limits_with_advice_and_where_that_is_from(
    client: Client, answered: Registered
) -> None:
    for page in (
        client("worker").post("/lookup?lang=en", data={"ticket": answered.ticket}),
        client("worker").get(f"/samples/{answered.sample.code}?lang=en"),
    ):
        text = text_of(page)
        assert "Wait at least two hours" in text
        assert "Lives Lived Well" in text
        assert "Nov" in text
        assert 'rel="noreferrer noopener"' in page.text


def test_an_open_page_hears_of_a_change_and_of_nothing_else(client: Client, answered: Registered) -> None:
    worker, code = client("worker"), answered.sample.code
    seen = re.search(r'data-answer="[^"]*" data-seen="(\w+)"', worker.get(f"/samples/{code}").text)
    assert seen
    assert worker.get(f"/samples/{code}/answer", params={"seen": seen[1]}).status_code == 204
    fresh = worker.get(f"/samples/{code}/answer", params={"seen": "before"})
    assert 'id="sample-answer"' in fresh.text
    assert "<html" not in fresh.text
    assert client("south_worker").get(f"/samples/{code}/answer").status_code == 404


def test_told_here_and_not_reached_are_kept_with_who_and_when(client: Client, lab: Lab, answered: Registered) -> None:
    worker, path = client("worker"), f"/samples/{answered.sample.code}"
    sent = {"result": str(newest(lab).id), "outcome": "not_reached"}
    assert worker.post(f"{path}/told", data=sent).status_code == 303
    assert worker.post(f"{path}/told", data=sent | {"outcome": "told_here"}).status_code == 303
    page = text_of(worker.get(path))
    assert "Told, here" in page
    assert "2 attempts" in page
    for hostile in ({"result": "x"}, {"outcome": "told_mum"}, {}):
        assert worker.post(f"{path}/told", data=hostile and sent | hostile).status_code == 422
    with lab.session() as session:
        assert len(session.exec(select(AnswerTold)).all()) == 2


def test_a_withdrawn_answer_is_marked_and_the_site_is_told(client: Client, lab: Lab, answered: Registered) -> None:
    verifier = lab.network.actors["verifier"]
    with lab.state.database.session() as session:
        results.retract(session, actor=verifier, result_id=newest(lab).id, reason="wrong lane")
    lab.work()
    assert "The answer given out was withdrawn" in text_of(client("worker").get("/"))
    assert "Do not tell it" in text_of(client("worker").get(f"/samples/{answered.sample.code}"))
    public = client("worker").post("/lookup?lang=en", data={"ticket": answered.ticket})
    assert "does not hold" in text_of(public)
    assert "<s>MDMA.</s>" in public.text
    assert "Wait at least two hours" not in text_of(public)


def test_a_lost_ticket_is_replaced_on_the_page(client: Client, lab: Lab) -> None:
    old = lab.register()
    worker, path = client("worker"), f"/samples/{old.sample.code}/ticket"
    refused = worker.post(path)
    assert refused.status_code == 422
    assert 'id="asked-error"' in refused.text
    page = worker.post(path, data={"asked": "yes"})
    new = re.search(r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{3}", text_of(page))
    assert new
    with lab.session() as session:
        assert sample_behind(session, token=new[0]) is not None
        assert sample_behind(session, token=old.ticket or "") is None
    paper = worker.post("/tickets/paper", data={"ticket": new[0]})
    assert paper.content.startswith(b"%PDF-")
    assert worker.post("/tickets/paper", data={"ticket": old.ticket}).status_code == 404
    assert client("south_worker").post("/tickets/paper", data={"ticket": new[0]}).status_code == 404
    assert worker.post(f"{path}/close", data={"asked": "yes"}).status_code == 303


def printing(client: Client, **more: str) -> Response:
    return client("worker").post("/labels", data={"format": "L7163", "sheets": "1", **more})


def test_labels_are_printed_kept_and_printed_again(client: Client, lab: Lab) -> None:
    made = printing(client)
    assert made.content.startswith(b"%PDF-")
    with lab.session() as session:
        (batch,) = session.exec(select(LabelBatch)).all()
        code = session.exec(select(PrintedLabel.code)).first()
    assert client("worker").get(f"/labels/{batch.id}.pdf").content == made.content
    assert "Printed for this site" in text_of(client("worker").get("/labels", params={"code": code}))
    assert client("worker").post(f"/labels/{batch.id}/lost").status_code == 303
    assert "declared lost" in text_of(client("worker").get("/labels"))
    used = client("worker").post("/samples/new", data={"consent_analyse": "yes", "code": code or ""})
    assert used.status_code == 422


@pytest.mark.parametrize("sheets", ["", "0", "-1", "1e9", "inf", "nan", "²", "999", "2,5", "x"])
def test_a_number_of_sheets_that_cannot_be_is_said_beside_its_field(client: Client, lab: Lab, sheets: str) -> None:
    page = printing(client, sheets=sheets)
    assert page.status_code == 422
    assert 'id="sheets-error"' in page.text


def test_the_label_of_a_sample_reads_back(client: Client, lab: Lab) -> None:
    import typst  # noqa: PLC0415 -- to draw what the page answers as PDF

    code = lab.register().sample.code
    assert client("worker").get(f"/samples/{code}/label.pdf").content.startswith(b"%PDF-")
    assert client("worker").get(f"/samples/{code}/label.pdf", params={"format": "none"}).status_code == 422
    page = client("worker").post("/samples/new", data={"consent_analyse": "yes"})
    svg = re.search(r'<div class="qr">(<svg.*?</svg>)', page.text, re.DOTALL)
    assert svg
    paper = '#set page(width: 60mm, height: 60mm, margin: 0mm)\n#image(bytes(sys.inputs.svg), format: "svg")'
    drawn = typst.compile(paper.encode(), sys_inputs={"svg": svg[1]}, format="png", ppi=200.0)
    picture = cv2.imdecode(np.frombuffer(drawn, np.uint8), cv2.IMREAD_GRAYSCALE)
    (read,) = zxingcpp.read_barcodes(picture)
    assert re.fullmatch(r"http://testserver/lookup#(?:[0-9A-Z]{4}-){6}[0-9A-Z]{3}", read.text)


def test_a_rating_is_kept_and_counted_apart(client: Client, lab: Lab, answered: Registered) -> None:
    said = {"ticket": answered.ticket, "answer": "4", "contact": "5", "needs": ["talk", "naloxone"], "remark": ""}
    page = client("worker").post("/lookup/rating?lang=en", data=said)
    assert "Thank you" in text_of(page)
    assert "set-cookie" not in page.headers
    for hostile in ({"answer": "6"}, {"needs": "x"}, {"remark": "x" * 501}, {"sample": "y"}):
        assert client("worker").post("/lookup/rating", data=said | hostile).status_code == 422
    with lab.session() as session:
        (rating,) = session.exec(select(Rating)).all()
        assert (rating.answer, rating.contact, rating.needs) == (4, 5, ["talk", "naloxone"])
    counted = text_of(client("coordinator").get("/ratings"))
    assert "North field" in counted
    assert answered.sample.code not in counted
    assert client("worker").get("/ratings").status_code == 403


def test_the_page_says_when_to_come_back_once_enough_was_measured(client: Client, lab: Lab) -> None:
    with lab.state.database.session() as session:
        for _ in range(10):
            sample = lab.register().sample
            session.add(
                Result(
                    sample_id=sample.id, version=1, state=ResultState.REPORTED, conclusion=Conclusion.NONE,
                    texts=TEXTS, created_by=lab.network.accounts["chemist"].id, verified_at=now(),
                    reported_at=sample.registered_at + timedelta(hours=30),
                )
            )  # fmt: skip
            session.commit()
    page = client("worker").post("/lookup?lang=en", data={"ticket": lab.register().ticket})
    assert "within 2 days (10 answers of the last 90 days)" in text_of(page)
