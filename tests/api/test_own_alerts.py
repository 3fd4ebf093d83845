"""Whoever made an alert approves it by no route: by page, JSON, replay, or several at once, on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import Session

from alerts.vocabulary import Tier
from alerts.warnings import drafts, editing
from alerts.warnings.models import AlertState, AlertVersion
from alerts.warnings.schemas import TextParts
from alerts.warnings.store import latest_version
from api.services import alert_services
from api.state import AppState
from lab.results.models import Technique
from tests.alerts.house import GRADE, House
from tests.api.conftest import Client
from tests.network import Network


def draft(session: Session, state: AppState, network: Network) -> tuple[House, AlertVersion]:
    """A T2 that rests on TLC alone, with its machine's words."""
    house = House(session, alert_services(state.settings), network)
    house.verified_found("isotonitazene", techniques=[Technique.TLC])
    alert = drafts.raise_tier(
        session, actor=house.coordinator, alert_id=house.alerts()[Tier.T1].id, tier=Tier.T2
    )  # fmt: skip
    house.render()
    return house, latest_version(session, alert_id=alert.id)


def written_by_the_approver(house: House, version: AlertVersion) -> None:
    """The approver writes the text, and somebody else the override: the text stays the approver's."""
    words = editing.parts_of(version, "fr")
    assert isinstance(words, TextParts)
    editing.edit(
        house.session, actor=house.approver, services=house.services, version_id=version.id, edition=version.edition,
        parts={"fr": words.model_copy(update={"headline": "Nitazène à Louvain"})},
    )  # fmt: skip
    editing.override(house.session, actor=house.coordinator, version_id=version.id, reason="two deaths tonight")


def overridden_by_the_approver(house: House, version: AlertVersion) -> None:
    editing.override(house.session, actor=house.approver, version_id=version.id, reason="two deaths tonight")


@pytest.mark.parametrize("made", [written_by_the_approver, overridden_by_the_approver])
def test_an_author_approves_by_no_route(client: Client, state: AppState, network: Network, made: object) -> None:
    with state.database.session() as session:
        house, version = draft(session, state, network)
        made(house, version)  # type: ignore[operator]  # one of the two above
        editing.grade(session, actor=house.coordinator, version_id=version.id, judgement=GRADE)
        alert_id, version_id, edition = version.alert_id, version.id, version.edition
    author = client("approver")
    page, route = f"/alerts/{alert_id}/versions/{version_id}/approve", f"/api/v1/alerts/{alert_id}/approve"

    def tries(_: int) -> list[int]:
        return [
            author.post(page, data={"edition": str(edition)}, follow_redirects=False).status_code,
            author.post(route, json={"edition": edition}).status_code,
        ]

    with ThreadPoolExecutor(3) as several:
        answers = [status for one in several.map(tries, range(3)) for status in one]  # each sent three times, at once
    assert set(answers) <= {403, 409, 422}
    assert newest(state, alert_id) is AlertState.GRADED
    other = client("second_approver")
    with ThreadPoolExecutor(3) as several:
        sent = list(several.map(lambda _: other.post(route, json={"edition": edition}).status_code, range(3)))
    assert sorted(sent) == [200, 409, 409]
    assert newest(state, alert_id) is AlertState.ISSUED


def newest(state: AppState, alert_id: object) -> AlertState:
    with Session(state.database.engine) as session:
        return latest_version(session, alert_id=alert_id).state  # type: ignore[arg-type]  # the alert's key
