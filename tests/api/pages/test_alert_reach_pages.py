"""Pages around an alert's words: who reads it and by which road, a photograph on it, its papers, who is told."""

# ruff: noqa: F811 -- a fixture that comes from beside is the argument of a test
import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from pydantic import SecretStr
from sqlmodel import select

from alerts.deliveries.models import Delivery, Purpose
from alerts.subscriptions.models import EndpointState, Subscription, SubscriptionEndpoint
from alerts.unread.models import UnreadStep
from alerts.vocabulary import Audience, ChannelKind
from alerts.warnings.models import Alert, AlertBasis, AlertVersion
from api.app import create_app
from api.services import token_key
from lab.photos import service as photos
from lab.photos.models import SamplePhoto
from lab.samples.models import Sample
from tests.alerts.channels.test_push import Browser, unpadded_text
from tests.api.pages.conftest import Client, Lab, text_of
from tests.api.pages.pictures import jpeg
from tests.api.pages.test_alert_pages import GRADE, alert, subscribe, version_of  # noqa: F401 -- a fixture


def photographed(lab: Lab, alert: Alert, *, keep: bool = True, publish: bool = True) -> SamplePhoto:
    """A photograph of the alert's sample, with what the person agreed to."""
    with lab.state.database.session() as session:
        basis = session.exec(select(AlertBasis).where(AlertBasis.alert_id == alert.id)).one()
        sample = session.get_one(Sample, basis.sample_id)
        sample.consent_keep_photo, sample.consent_open_data = keep, publish
        session.add(sample)
        return photos.add_photo(
            session, lab.state.files, actor=lab.network.actors["worker"], sample=sample, clean=jpeg()
        )  # fmt: skip


def issue(client: Client, lab: Lab, alert: Alert) -> AlertVersion:
    base = f"/alerts/{alert.id}/versions/{version_of(lab, alert).id}"
    client("coordinator").post(f"{base}/grade", data=GRADE)
    client("approver").post(f"{base}/approve", data={"edition": str(version_of(lab, alert).edition)})
    return version_of(lab, alert)


def sent_link(lab: Lab) -> str:
    """The address that went out with the only alert that was sent."""
    with lab.session() as session:
        row = session.exec(select(Delivery).where(Delivery.purpose == Purpose.ALERT)).one()
    return f"/alerts/read/{token_key(lab.state.settings).acknowledge(row.id)}"


def test_a_professional_reads_the_alert_behind_its_link_and_says_so(
    client: Client, anonymous: TestClient, lab: Lab, alert: Alert
) -> None:
    subscribe(lab, Audience.PROFESSIONALS, "nl")
    version = issue(client, lab, alert)
    link = sent_link(lab)
    page = anonymous.get(link, params={"lang": "nl"})
    assert version.texts["nl"]["headline"] in text_of(page)
    assert "set-cookie" not in page.headers
    work = f"/alerts/{alert.id}/work"
    assert "0 of 1 have acknowledged" in text_of(client("coordinator").get(work))
    assert "nl@example.org" in text_of(client("coordinator").get(work))
    assert "nl@example.org" not in text_of(client("worker").get(work))
    assert anonymous.post(link).status_code == 200
    assert "1 of 1 have acknowledged" in text_of(client("coordinator").get(work))
    for paper in ("poster.pdf", "sheet.pdf"):
        assert anonymous.get(f"{link}/{paper}", params={"lang": "nl"}).content.startswith(b"%PDF")
    left = re.search(r'action="(/subscriptions/unsubscribe/[^"?]+)', page.text)
    assert left
    assert anonymous.get(left[1]).status_code == 200
    with lab.session() as session:
        assert session.exec(select(SubscriptionEndpoint)).one().state is EndpointState.ACTIVE  # a GET never does
    assert anonymous.post(left[1]).status_code == 200
    with lab.session() as session:
        assert session.exec(select(SubscriptionEndpoint)).one().state is EndpointState.UNSUBSCRIBED


def test_a_made_up_link_opens_no_alert(anonymous: TestClient) -> None:
    for end in ("", "/photo.jpg", "/poster.pdf", "/sheet.pdf"):
        assert anonymous.get(f"/alerts/read/nonsense{end}").status_code == 404


def test_a_photograph_is_cropped_shown_with_its_caveat_and_needs_a_second_person(
    client: Client, anonymous: TestClient, lab: Lab, alert: Alert
) -> None:
    public = issued_public_with_photo(client, lab, alert)
    page = anonymous.get(f"/alerts/{public.id}", params={"lang": "en"})
    assert "may look different" in text_of(page)
    found = re.search(r'src="(/alerts/[^"]+photo\.jpg[^"]*)"', page.text)
    assert found
    answer = anonymous.get(found[1])
    assert answer.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(answer.content)) as shown:
        assert shown.size == (400, 400)
        red, _, blue = shown.convert("RGB").getpixel((200, 200))  # type: ignore[misc]  # an RGB pixel is a triple
        assert red > 200 > blue
        assert "comment" not in shown.info
    with_photo = anonymous.get(f"/alerts/{public.id}/poster.pdf", params={"lang": "fr"})
    assert with_photo.content.startswith(b"%PDF")


def issued_public_with_photo(client: Client, lab: Lab, alert: Alert) -> Alert:
    """A T3 of the same story, with the left half of a photograph on it."""
    coordinator = client("coordinator")
    coordinator.post(f"/alerts/{alert.id}/raise", data={"tier": "T3"})
    lab.work()
    with lab.session() as session:
        public = session.exec(select(Alert).where(Alert.tier == "T3")).one()
    photo, version = photographed(lab, public), version_of(lab, public)
    base = f"/alerts/{public.id}/versions/{version.id}"
    assert coordinator.get(f"/alerts/{public.id}/photos/{photo.id}.jpg").status_code == 200
    wish = {"photo": str(photo.id), "right": "50", "edition": str(version.edition)}
    assert coordinator.post(f"{base}/photo", data=wish | {"right": "99"}).status_code == 422
    assert coordinator.post(f"{base}/photo", data=wish | {"right": "half"}).status_code == 422
    assert coordinator.post(f"{base}/photo", data=wish).status_code == 303
    assert coordinator.post(f"{base}/photo", data=wish).status_code == 422  # an older edition
    assert version_of(lab, public).author_id == lab.network.accounts["coordinator"].id
    coordinator.post(f"{base}/grade", data=GRADE)
    for name in ("approver", "second_approver"):
        client(name).post(f"{base}/approve", data={"edition": str(version_of(lab, public).edition)})
    assert version_of(lab, public).state == "issued"
    return public


@pytest.mark.parametrize("how", ["erased", "taken back"])
def test_when_the_photographs_time_is_over_the_alert_stands_without_it(
    client: Client, anonymous: TestClient, lab: Lab, alert: Alert, how: str
) -> None:
    public = issued_public_with_photo(client, lab, alert)
    with lab.state.database.session() as session:
        whole = session.exec(select(SamplePhoto).where(SamplePhoto.cropped_from.is_(None))).one()  # type: ignore[union-attr]  # a column
        part = session.exec(select(SamplePhoto).where(SamplePhoto.cropped_from == whole.id)).one()
        sample, key = session.get_one(Sample, whole.sample_id), part.file_key or ""
        if how == "erased":
            actor = lab.network.actors["worker"]
            photos.erase_photo(session, lab.state.files, actor=actor, sample=sample, photo_id=whole.id)
        else:
            sample.consent_open_data = False
            session.add(sample)
    page = anonymous.get(f"/alerts/{public.id}")
    assert page.status_code == 200
    assert "photo.jpg" not in page.text
    assert anonymous.get(f"/alerts/{public.id}/photo.jpg").status_code == 404
    assert anonymous.get(f"/alerts/{public.id}/poster.pdf").content.startswith(b"%PDF")
    if how == "erased":
        with pytest.raises(Exception, match="file"):
            lab.state.files.get(key)


@pytest.mark.parametrize("agreed", [{"keep": False}, {"publish": False}])
def test_only_what_may_be_kept_and_published_can_be_chosen(
    client: Client, lab: Lab, alert: Alert, agreed: dict[str, bool]
) -> None:
    photo, version = photographed(lab, alert, **agreed), version_of(lab, alert)
    coordinator, base = client("coordinator"), f"/alerts/{alert.id}/versions/{version.id}"
    assert str(photo.id) not in coordinator.get(f"{base}/photo").text
    assert coordinator.get(f"/alerts/{alert.id}/photos/{photo.id}.jpg").status_code == 422
    wish = {"photo": str(photo.id), "edition": str(version.edition)}
    assert coordinator.post(f"{base}/photo", data=wish).status_code == 422


def test_the_page_says_how_many_text_messages_a_line_makes(client: Client, lab: Lab, alert: Alert) -> None:
    page = text_of(client("coordinator").get(f"/alerts/{alert.id}/work"))
    assert "The line alone: 1 message" in page
    assert "GSM alphabet" in page
    assert "With its link: 1 message, " in page
    assert f"{lab.state.settings.base_url}/alerts/read/xxx" in page


def test_a_coordinator_opens_shows_and_ends_subscriptions_for_others(client: Client, lab: Lab) -> None:
    coordinator = client("coordinator")
    lab.substance("ketamine")
    wish = {"label": "Emergency, north", "audience": "professionals", "channel": "email", "language": "fr",
            "address": "ward@example.org", "tiers": ["T2"], "areas": ["Leuven"], "other_areas": "Gent",
            "substances": "Ketamine", "timezone": "Europe/Brussels"}  # fmt: skip
    refused = coordinator.post("/alerts/subscribers", data=wish | {"substances": "ketamien"})
    assert refused.status_code == 422
    assert 'value="ward@example.org"' in refused.text
    assert coordinator.post("/alerts/subscribers", data=wish).status_code == 303
    with lab.session() as session:
        kept = session.exec(select(Subscription)).one()
    assert (kept.label, kept.tiers, kept.areas, kept.substances) == (
        "Emergency, north", ["T2"], ["Leuven", "Gent"], ["ketamine"],
    )  # fmt: skip
    assert "Emergency, north" in text_of(coordinator.get("/alerts/subscribers"))
    assert client("worker").get("/alerts/subscribers").status_code == 403
    assert coordinator.post(f"/alerts/subscribers/{kept.id}/end").status_code == 303
    assert "ward@example.org" not in coordinator.get("/alerts/subscribers").text


def test_only_rooms_of_the_operator_can_be_chosen(client: Client, lab: Lab) -> None:
    rooms = {"Night shift": SecretStr("json://user:hunter2@chat.example")}
    settings = lab.state.settings.model_copy(update={"chat_rooms": rooms})
    with TestClient(create_app(state=replace(lab.state, settings=settings)), follow_redirects=False) as other:
        other.headers.update(client("coordinator").headers)
        other.cookies.update(client("coordinator").cookies)
        page = other.get("/alerts/subscribers")
        assert "Night shift" in page.text
        assert "hunter2" not in page.text
        wish = {"audience": "network", "channel": "chat", "language": "en", "room": "Night shift"}
        assert other.post("/alerts/subscribers", data=wish | {"room": "json://evil.example"}).status_code == 422
        assert other.post("/alerts/subscribers", data=wish).status_code == 303


def test_anybody_may_subscribe_by_browser_and_leave_things_out(anonymous: TestClient, lab: Lab) -> None:
    browser = Browser()
    lab.substance("MDMA")
    wish = {"channel": "push", "endpoint": "https://push.example/1", "p256dh": unpadded_text(browser.point),
            "auth": unpadded_text(browser.auth), "language": "nl", "areas": "Leuven", "substances": "MDMA",
            "quiet_from": "22:00", "quiet_until": "07:00", "timezone": "Europe/Brussels"}  # fmt: skip
    assert anonymous.post("/subscribe", data=wish).status_code == 200
    with lab.session() as session:
        endpoint = session.exec(select(SubscriptionEndpoint)).one()
        kept = session.get_one(Subscription, endpoint.subscription_id)
    assert (endpoint.channel, endpoint.state) == (ChannelKind.PUSH, EndpointState.UNCONFIRMED)
    assert (kept.audience, kept.areas, kept.substances) == (Audience.PUBLIC, ["Leuven"], ["MDMA"])
    for wrong in (
        {"auth": "x"},
        {"quiet_until": ""},
        {"substances": "nothing"},
        {"audience": "network", "tiers": "T1"},
    ):
        assert anonymous.post("/subscribe", data=wish | wrong).status_code == 422, wrong


def test_a_network_declares_who_hears_of_an_unread_alert(client: Client, lab: Lab) -> None:
    coordinator = client("coordinator")
    assert "has declared nothing" in text_of(coordinator.get("/alerts/unread"))
    steps = {"tier_1": "T2", "whom_1": "role:coordinator", "after_1": "45", "tier_2": "T3", "whom_2": "", "after_2": ""}
    assert coordinator.post("/alerts/unread", data=steps | {"after_1": "soon"}).status_code == 422
    assert coordinator.post("/alerts/unread", data=steps).status_code == 303
    with lab.session() as session:
        step = session.exec(select(UnreadStep)).one()
    assert (step.tier, step.after_min, step.role) == ("T2", 45, "coordinator")
    assert 'value="45"' in coordinator.get("/alerts/unread").text
    assert client("worker").get("/alerts/unread").status_code == 403
    assert coordinator.post("/alerts/unread", data={}).status_code == 303
    with lab.session() as session:
        assert session.exec(select(UnreadStep)).all() == []


def test_the_list_of_alerts_leads_to_what_was_given_up(client: Client, lab: Lab) -> None:
    with lab.state.database.session() as session:
        row = Delivery(purpose=Purpose.CALLBACK, channel=ChannelKind.EMAIL, state="dead",
                       ended_at=datetime(2026, 7, 4, tzinfo=UTC))  # fmt: skip
        session.add(row)
    page = client("coordinator").get("/alerts")
    assert 'href="/deliveries"' in page.text
    assert "given up (1)" in text_of(page)
    assert "/deliveries" not in client("worker").get("/alerts").text
