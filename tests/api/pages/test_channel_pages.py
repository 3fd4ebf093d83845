"""Pages behind mailed links, what was given up, and the poster."""

from fastapi.testclient import TestClient
from sqlmodel import select

from alerts.deliveries.models import Delivery, DeliveryState, Purpose
from alerts.subscriptions.models import EndpointState, Subscription, SubscriptionEndpoint
from alerts.vocabulary import ChannelKind
from alerts.warnings.models import Alert
from api.services import token_key
from tests.api.pages.conftest import Client, Lab, text_of
from tests.api.pages.test_alert_pages import alert, issued_public, state_of  # noqa: F401 -- alert is a fixture


def subscribed(lab: Lab, anonymous: TestClient) -> tuple[SubscriptionEndpoint, str]:
    anonymous.post("/subscribe", data={"address": "someone@example.org", "language": "fr"})
    with lab.session() as session:
        endpoint = session.exec(select(SubscriptionEndpoint)).one()
    return endpoint, f"/subscriptions/manage/{token_key(lab.state.settings).manage(endpoint.subscription_id)}"


def test_the_mailed_page_shows_and_changes_what_is_received(anonymous: TestClient, lab: Lab) -> None:
    endpoint, path = subscribed(lab, anonymous)
    assert "someone@example.org" in anonymous.get(path).text
    lab.substance("ketamine")
    lab.substance("MDMA")
    wish = {"language": "nl", "substances": "ketamine, MDMA", "quiet_from": "22:00", "quiet_until": "07:00",
            "timezone": "Europe/Brussels"}  # fmt: skip
    assert anonymous.post(path, data=wish).status_code == 200
    with lab.session() as session:
        kept = session.get_one(Subscription, endpoint.subscription_id)
    assert (kept.language, kept.substances) == ("nl", ["ketamine", "MDMA"])
    assert 'value="22:00"' in anonymous.get(path).text


def test_half_of_the_quiet_hours_is_told_beside_the_field_and_nothing_is_lost(anonymous: TestClient, lab: Lab) -> None:
    _, path = subscribed(lab, anonymous)
    page = anonymous.post(path, data={"language": "fr", "other_areas": "Liège", "quiet_from": "22:00"})
    assert page.status_code == 422
    assert 'id="quiet_until-error"' in page.text
    assert 'value="Liège"' in page.text
    odd = anonymous.post(path, data={"language": "fr", "timezone": "Mars/Olympus"})
    assert (odd.status_code, 'id="timezone-error"' in odd.text) == (422, True)


def test_stopping_everything_forgets_the_address(anonymous: TestClient, lab: Lab) -> None:
    endpoint, path = subscribed(lab, anonymous)
    assert anonymous.post(f"{path}/leave").status_code == 200
    assert state_of(lab, endpoint) is EndpointState.UNSUBSCRIBED
    assert anonymous.get(path).status_code == 404


def test_a_made_up_link_finds_nothing(anonymous: TestClient) -> None:
    assert anonymous.get("/subscriptions/manage/nonsense").status_code == 404
    assert anonymous.post("/alerts/read/nonsense").status_code == 404


def test_what_was_given_up_is_listed_without_its_address_and_tried_again(
    client: Client, anonymous: TestClient, lab: Lab
) -> None:
    endpoint, _ = subscribed(lab, anonymous)
    with lab.state.database.session() as session:
        row = Delivery(purpose=Purpose.CONFIRMATION, channel=ChannelKind.EMAIL, endpoint_id=endpoint.id, attempts=10,
                       state=DeliveryState.DEAD, ended_at=endpoint.created_at)  # fmt: skip
        session.add(row)
    page = client("coordinator").get("/deliveries")
    assert page.status_code == 200
    assert "someone@example.org" not in page.text
    assert client("coordinator").post(f"/deliveries/{row.id}/again").status_code == 303
    with lab.session() as session:
        assert session.get_one(Delivery, row.id).state is DeliveryState.WAITING
    assert client("worker").get("/deliveries").status_code == 403


def test_the_poster_is_public_where_the_alert_is_and_says_until_when(
    client: Client,
    anonymous: TestClient,
    lab: Lab,
    alert: Alert,  # noqa: F811 -- the fixture
) -> None:
    public = issued_public(client, lab, alert)
    for language in ("fr", "nl", "en"):
        sheet = anonymous.get(f"/alerts/{public.id}/poster.pdf", params={"lang": language})
        assert sheet.status_code == 200
        assert sheet.content.startswith(b"%PDF")
    assert anonymous.get(f"/alerts/{alert.id}/poster.pdf").status_code == 404
    assert (
        "poster.pdf" in text_of(anonymous.get(f"/alerts/{public.id}"))
        or "poster.pdf" in anonymous.get(f"/alerts/{public.id}").text
    )
