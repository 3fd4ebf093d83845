"""Criteria, charts and the gate before verification, as people and programs meet them."""

from uuid import UUID

import pytest
from sqlmodel import select

from lab.plates.models import Plate
from lab.quality.guard import exceptions_of
from lab.results.models import CheckItem
from tests.api.pages.conftest import Client, Lab
from tests.lab.plates.plate_bench import STANDARDS
from tests.lab.quality.quality_bench import QualityBench

EMPTY = {"westgard": "yes", "baseline_runs": "5"}


@pytest.fixture
def answer(lab: Lab) -> tuple[str, str]:
    """(result, plate): a submitted answer on a plate that has neither standard nor blank."""
    with lab.state.database.session() as session:
        bench = QualityBench(session, lab.state.files, lab.network)
        for name in STANDARDS:
            bench.substance(name)
        result = bench.answer_on((bench.standard("cocaine"), [0.5]))
        return str(result.id), str(session.exec(select(Plate.id)).one())


def ticked() -> dict[str, str]:
    return {f"check-{item.value}": "yes" for item in CheckItem}


def test_a_verifier_declares_criteria_and_the_page_says_which_hold(client: Client) -> None:
    page = client("verifier")
    refused = page.post("/quality/criteria", data=EMPTY | {"blank_required": "yes"})
    assert refused.status_code == 422
    assert "Say where these figures come from" in refused.text
    assert 'name="blank_required" value="yes" checked' in refused.text  # nothing typed is lost
    page.post("/quality/criteria", data=EMPTY | {"blank_required": "yes", "source": "our validation of 2026"})
    shown = page.get("/quality").text
    assert "our validation of 2026" in shown
    assert "Version 1" in shown


@pytest.mark.parametrize(("field", "value"), [("window_hrf", "far"), ("baseline_runs", "3"), ("window_hrf", "1e9")])
def test_figures_that_cannot_be_are_refused_beside_their_field(client: Client, field: str, value: str) -> None:
    refused = client("verifier").post("/quality/criteria", data=EMPTY | {"source": "x", field: value})
    assert refused.status_code == 422
    assert f'id="{field}-error"' in refused.text


def test_a_chemist_reads_the_criteria_and_cannot_declare_them(client: Client) -> None:
    page = client("chemist")
    assert "/quality/criteria" not in page.get("/quality").text
    assert page.post("/quality/criteria", data=EMPTY | {"source": "mine"}).status_code == 403


def test_page_and_json_refuse_a_failed_plate_without_a_reason_and_take_it_with_one(
    client: Client, answer: tuple[str, str], lab: Lab
) -> None:
    result_id, plate_id = answer
    verifier = client("verifier")
    client("verifier").post("/quality/criteria", data=EMPTY | {"blank_required": "yes", "source": "ours"})

    shown = client("verifier").get(f"/results/{result_id}").text
    assert "No blank was read on this plate." in shown
    assert 'name="quality_reason"' in shown
    [judged] = client("chemist").get(f"/api/v1/plates/{plate_id}/quality").json()
    assert (judged["failed"], judged["criteria"]) == (True, 1)

    refused = verifier.post(f"/api/v1/results/{result_id}/verify", json={})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:drugcheck:error.quality.reason_missing")
    again = client("verifier").post(f"/results/{result_id}/verify", data=ticked() | {"quality_reason": " "})
    assert again.status_code == 422
    assert 'id="quality_reason-error"' in again.text

    done = verifier.post(f"/api/v1/results/{result_id}/verify", json={"quality_reason": "The blank ran on 26-7."})
    assert done.json()["state"] == "verified", done.text
    with lab.state.database.session() as session:
        (kept,) = exceptions_of(session, result_id=UUID(result_id))
        assert kept.reason == "The blank ran on 26-7."
    assert "The blank ran on 26-7." in client("verifier").get(f"/results/{result_id}").text


def test_a_chart_and_the_agreement_are_drawn_with_their_tables(client: Client, lab: Lab) -> None:
    with lab.state.database.session() as session:
        bench = QualityBench(session, lab.state.files, lab.network)
        bench.declares(westgard=True, baseline_runs=6)
        bench.ran("heroin", 46, 47, 48, 47, 46, 48, 47, 52)
        sample = bench.at_laboratory()
        bench.answer_on(sample=sample)
        path = f"/quality/charts/{bench.system.id}/{bench.substance('heroin').id}"
    page = client("chemist")
    chart = page.get(path).text
    assert chart.count('class="dot broken"') == 1
    assert chart.count('<th scope="row"><a class="code tap"') == 8
    assert "1-3s" in chart
    assert "heroin" in page.get("/quality").text
    assert "Not looked at again" in page.get("/quality/agreement").text
    assert page.get("/quality/agreement.csv").text.splitlines()[1].startswith("TA,stimulant,0,0,0,0,1")


def test_a_chart_of_nothing_is_not_found(client: Client) -> None:
    missing = "00000000-0000-4000-8000-000000000000"
    assert client("chemist").get(f"/quality/charts/{missing}/{missing}").status_code == 404
