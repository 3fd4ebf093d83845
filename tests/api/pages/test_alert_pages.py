"""Alerts on pages: exactly what goes out, two people, the public view, and coming and going of subscribers."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from alerts.subscriptions import service as subscriptions
from alerts.subscriptions.models import EndpointState, SubscriptionEndpoint
from alerts.subscriptions.schemas import EndpointIn, SubscriptionIn
from alerts.vocabulary import Audience, ChannelKind, Tier
from alerts.warnings import drafts
from alerts.warnings.models import Alert, AlertState, AlertVersion
from api.services import token_key
from lab.kit.clock import frozen
from lab.results import service as results
from lab.results.models import Abundance, Outcome, Technique
from lab.results.schemas import AnalysisIn, FindingIn
from tests.api.pages.conftest import Client, Lab, text_of

GRADE = dict.fromkeys(("local_relevance", "likely_spread", "plausibility", "forensic_backing"), "high")


@pytest.fixture
def alert(lab: Lab) -> Alert:
    """A T2 draft, written by the machine from a verified, confirmed fentanyl in something sold as heroin."""
    heroin, fentanyl = lab.substance("heroin", "opioid"), lab.substance("fentanyl", "fentanyl")
    registered = lab.register(sold_as_substance_id=heroin.id)
    lab.bring(registered)
    actors, site = lab.network.actors, lab.network.sites["laboratory"]
    with lab.state.database.session() as session:
        results.record_analysis(
            session, actor=actors["chemist"], sample_id=registered.sample.id,
            data=AnalysisIn(
                site_id=site.id, technique=Technique.GCMS,
                method_version="GC-7", performed_on=registered.sample.collected_on, outcome=Outcome.DETECTED,
                detection_limit_note="0.1 %",
                findings=[FindingIn(substance_id=fentanyl.id, abundance=Abundance.MINOR)],
            ),
        )  # fmt: skip
        result = results.draft_result(session, actor=actors["chemist"], sample_id=registered.sample.id)
        results.submit(session, actor=actors["chemist"], result_id=result.id)
        results.verify(session, actor=actors["verifier"], result_id=result.id)
    lab.work()
    with lab.session() as session:
        return session.exec(select(Alert).where(Alert.tier == Tier.T2)).one()


def version_of(lab: Lab, alert: Alert) -> AlertVersion:
    with lab.session() as session:
        return session.exec(
            select(AlertVersion).where(AlertVersion.alert_id == alert.id).order_by(AlertVersion.number.desc())  # type: ignore[attr-defined]  # a column
        ).first()


def subscribe(lab: Lab, audience: Audience, language: str) -> None:
    with lab.state.database.session() as session:
        wish = SubscriptionIn(
            audience=audience, language=language,
            endpoints=[EndpointIn(channel=ChannelKind.EMAIL, address=f"{language}@example.org")],
        )  # fmt: skip
        made = subscriptions.subscribe(
            session, tokens=token_key(lab.state.settings), data=wish, actor=lab.network.actors["coordinator"]
        )
        for endpoint in subscriptions.endpoints_of(session, subscription_id=made.id):
            endpoint.state = EndpointState.ACTIVE
            session.add(endpoint)


def test_an_alert_is_graded_by_one_and_approved_by_another_who_sees_what_goes_out(
    client: Client, lab: Lab, alert: Alert
) -> None:
    subscribe(lab, Audience.PROFESSIONALS, "nl")
    coordinator, approver = client("coordinator"), client("approver")
    version = version_of(lab, alert)
    work, base = f"/alerts/{alert.id}/work", f"/alerts/{alert.id}/versions/{version.id}"
    assert coordinator.post(f"{base}/grade", data={"plausibility": "high"}).status_code == 422
    assert coordinator.post(f"{base}/grade", data=GRADE).status_code == 303
    page = approver.get(work)
    for language in ("fr", "nl", "en"):
        assert version.texts[language]["body"].splitlines()[0] in text_of(page)
    assert "it goes to 1 address at once" in text_of(page)
    stale = approver.post(f"{base}/approve", data={"edition": str(version.edition + 1)})
    assert stale.status_code == 422
    done = approver.post(f"{base}/approve", data={"edition": str(version.edition)})
    assert done.status_code == 303
    assert version_of(lab, alert).state is AlertState.ISSUED


def test_whoever_edits_does_not_approve_and_no_text_may_reassure(client: Client, lab: Lab, alert: Alert) -> None:
    approver, version = client("approver"), version_of(lab, alert)
    base = f"/alerts/{alert.id}/versions/{version.id}"
    words = {
        f"{language}-{part}": "\n".join(text[part]) if part == "advice" else text[part]
        for language, text in version.texts.items()
        for part in ("headline", "what", "evidence", "risk", "variation", "sms", "advice")
    } | {"edition": str(version.edition), "action": "edit"}
    refused = approver.post(f"{base}/edit", data=words | {"fr-risk": "C’est sans danger à petite dose."})
    assert refused.status_code == 422
    assert 'id="fr-risk-error"' in refused.text
    assert "sans danger à petite dose" in refused.text  # what was typed is kept
    assert approver.post(f"{base}/edit", data=words | {"en-headline": "Fentanyl in heroin, Leuven"}).status_code == 303
    assert approver.post(f"{base}/grade", data=GRADE).status_code == 303
    page = text_of(approver.get(f"/alerts/{alert.id}/work"))
    assert "Fentanyl in heroin, Leuven" in page
    assert "somebody else approves them" in page
    edition = str(version_of(lab, alert).edition)
    assert approver.post(f"{base}/approve", data={"edition": edition}).status_code == 422
    assert client("second_approver").post(f"{base}/approve", data={"edition": edition}).status_code == 303


def issued_public(client: Client, lab: Lab, alert: Alert) -> Alert:
    """A T3 of the same story, approved by two people."""
    with lab.state.database.session() as session:
        public = drafts.raise_tier(session, actor=lab.network.actors["coordinator"], alert_id=alert.id, tier=Tier.T3)
    lab.work()
    version = version_of(lab, public)
    base = f"/alerts/{public.id}/versions/{version.id}"
    client("coordinator").post(f"{base}/grade", data=GRADE)
    for name in ("approver", "second_approver"):
        client(name).post(f"{base}/approve", data={"edition": str(version.edition)})
    assert version_of(lab, public).state is AlertState.ISSUED
    return public


def test_a_public_alert_is_read_without_an_account_and_a_professional_one_is_not(
    client: Client, anonymous: TestClient, lab: Lab, alert: Alert
) -> None:
    public = issued_public(client, lab, alert)
    assert anonymous.get(f"/alerts/{alert.id}").status_code == 404
    page = anonymous.get(f"/alerts/{public.id}", params={"lang": "en"})
    text = version_of(lab, public).texts["en"]
    assert text["headline"] in text_of(page)
    assert "Take this poster down on" in text_of(page)
    assert page.text.index(text["headline"]) < page.text.index(text["evidence"]) < page.text.index(text["advice"][0])
    assert "set-cookie" not in page.headers
    assert text["headline"] in text_of(anonymous.get("/alerts", params={"lang": "en"}))
    assert "/work" not in anonymous.get("/alerts").text


def test_a_public_alert_is_in_the_feeds_and_a_professional_one_is_not(
    client: Client, anonymous: TestClient, lab: Lab, alert: Alert
) -> None:
    public = issued_public(client, lab, alert)
    atom, feed = anonymous.get("/feeds/nl/alerts.atom"), anonymous.get("/feeds/nl/alerts.json")
    headline = version_of(lab, public).texts["nl"]["headline"]
    assert [item["id"] for item in feed.json()["items"]] == [f"urn:uuid:{public.id}"]
    assert headline in atom.text
    assert atom.headers["content-type"].startswith("application/atom+xml")
    assert "max-age=60" in atom.headers["cache-control"]
    cap = anonymous.get(f"/alerts/{public.id}/cap.xml")
    assert cap.headers["content-type"].startswith("application/cap+xml")
    assert cap.text.count("<info>") == 3
    assert anonymous.get(f"/alerts/{alert.id}/cap.xml").status_code == 404


def test_a_withdrawn_alert_says_so_first_and_large(
    client: Client, anonymous: TestClient, lab: Lab, alert: Alert
) -> None:
    public = issued_public(client, lab, alert)
    begun = client("coordinator").post(f"/alerts/{public.id}/next", data={"kind": "retract", "reason": "mixed up"})
    assert begun.status_code == 303
    lab.work()
    version = version_of(lab, public)
    client("approver").post(
        f"/alerts/{public.id}/versions/{version.id}/approve", data={"edition": str(version.edition)}
    )
    page = anonymous.get(f"/alerts/{public.id}", params={"lang": "en"})
    assert 'class="banner-large"' in page.text
    assert page.text.index("banner-large") < page.text.index("<h1")


def test_an_alert_that_is_over_says_so(client: Client, anonymous: TestClient, lab: Lab, alert: Alert) -> None:
    public = issued_public(client, lab, alert)
    with frozen(version_of(lab, public).expires_at + timedelta(days=1)):
        page = anonymous.get(f"/alerts/{public.id}", params={"lang": "en"})
    assert "No longer valid since" in text_of(page)


def test_subscribing_asks_and_a_link_alone_says_nothing(anonymous: TestClient, lab: Lab) -> None:
    sent = {"address": "someone@example.org", "language": "fr", "areas": "Leuven, Bruxelles"}
    assert anonymous.post("/subscribe", data=sent).status_code == 200
    with lab.session() as session:
        (endpoint,) = session.exec(select(SubscriptionEndpoint)).all()
    tokens = token_key(lab.state.settings)
    path = f"/subscriptions/confirm/{tokens.confirm(endpoint.id)}"
    assert anonymous.get(path).status_code == 200  # as a mail program does by itself
    assert state_of(lab, endpoint) is EndpointState.UNCONFIRMED
    assert anonymous.post(path).status_code == 200
    assert state_of(lab, endpoint) is EndpointState.ACTIVE
    leave = f"/subscriptions/unsubscribe/{tokens.unsubscribe(endpoint.id)}"
    assert anonymous.get(leave).status_code == 200
    assert state_of(lab, endpoint) is EndpointState.ACTIVE
    assert anonymous.post(leave, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert state_of(lab, endpoint) is EndpointState.UNSUBSCRIBED


def state_of(lab: Lab, endpoint: SubscriptionEndpoint) -> EndpointState:
    with lab.session() as session:
        return session.get_one(SubscriptionEndpoint, endpoint.id).state


def test_an_address_that_is_none_is_told_beside_its_field(anonymous: TestClient) -> None:
    page = anonymous.post("/subscribe", data={"address": "no address", "language": "fr"})
    assert page.status_code == 422
    assert 'id="address-error"' in page.text
    assert re.search(r'name="address"[^>]*value="no address"', page.text)


def test_the_answer_to_a_subscription_is_the_same_for_a_known_address(anonymous: TestClient) -> None:
    sent = {"address": "someone@example.org", "language": "fr"}
    first, second = anonymous.post("/subscribe", data=sent), anonymous.post("/subscribe", data=sent)
    assert first.text == second.text


def test_the_approvers_first_page_shows_what_waits(client: Client, lab: Lab, alert: Alert) -> None:
    assert f"/alerts/{alert.id}/work" in client("approver").get("/").text
