"""Whoever had a hand in an answer never verifies it: by page, JSON, replay, or several at once, on both databases."""

from concurrent.futures import ThreadPoolExecutor

from api.state import AppState
from lab.results import service
from lab.results.models import CheckItem, ResultState, Technique
from tests.api.conftest import Client
from tests.lab.bench import Bench
from tests.network import Network

TICKED = {f"check-{item}": "yes" for item in CheckItem}
CHECKS = {"checks": dict.fromkeys(CheckItem, "yes")}


def test_an_author_verifies_by_no_route(client: Client, state: AppState, network: Network) -> None:
    with state.database.session() as session:
        bench = Bench(session, network)
        sample = bench.at_laboratory("MDMA")
        bench.analysis(sample, Technique.GCMS, "MDMA", actor=bench.verifier)
        draft = service.draft_result(session, actor=bench.chemist, sample_id=sample.id)
        result = service.submit(session, actor=bench.chemist, result_id=draft.id)
    author = client("verifier")
    page, route = f"/results/{result.id}/verify", f"/api/v1/results/{result.id}/verify"

    def tries(_: int) -> list[int]:
        return [
            author.post(page, data=TICKED, follow_redirects=False).status_code,
            author.post(route).status_code,
            author.post(route, json=CHECKS).status_code,
        ]

    with ThreadPoolExecutor(3) as several:
        answers = [status for one in several.map(tries, range(3)) for status in one]  # each sent three times, at once
    assert set(answers) <= {403, 409, 422}
    assert author.get(f"/api/v1/results/{result.id}").json()["state"] == ResultState.SUBMITTED
