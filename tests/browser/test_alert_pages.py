"""The pages of alerts in a real browser, with one issued and sent: French on a phone, and on a desk."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlmodel import Session, select

from alerts.deliveries.models import Delivery, Purpose
from alerts.episodes.models import Episode
from alerts.subscriptions import service as subscriptions
from alerts.subscriptions.models import SubscriptionEndpoint
from alerts.subscriptions.schemas import EndpointIn, SubscriptionIn
from alerts.vocabulary import Audience, ChannelKind, Tier
from alerts.warnings import approval, editing
from alerts.warnings.models import Alert, AlertBasis, AlertState
from alerts.warnings.pictures import set_photo
from alerts.warnings.store import latest_version
from api.services import token_key
from lab.photos import service as photos
from lab.photos.crop import Margins, crop
from lab.samples.models import Sample
from tests.alerts.channels.test_push import Browser
from tests.alerts.house import GRADE
from tests.api.pages.pictures import jpeg
from tests.browser.conftest import Served, Visit

pytestmark = pytest.mark.browser
SERIOUS = {"serious", "critical"}
PAGES: tuple[tuple[str | None, str], ...] = (
    (None, "/subscribe"), (None, "public"), (None, "sent"), (None, "manage"), (None, "/alerts"),
    ("coordinator", "/alerts"), ("coordinator", "work"), ("coordinator", "photo"),
    ("coordinator", "/alerts/subscribers"),
    ("coordinator", "/alerts/unread"), ("coordinator", "/deliveries"), ("coordinator", "/alerts/episodes"),
    ("coordinator", "episode"), ("coordinator", "/alerts/rules"), ("coordinator", "/alerts/signals"),
    ("coordinator", "/alerts/replay"),
)  # fmt: skip


@pytest.fixture(scope="module")
def paths(served: Served) -> dict[str, str]:
    """The addresses of an issued public alert with a photograph, as a ward received it, and of a draft."""
    lab, actors = served.lab, served.lab.network.actors
    tokens = token_key(lab.state.settings)
    with lab.state.database.session() as session:
        data = SubscriptionIn(
            audience=Audience.PROFESSIONALS, language="fr", label="Urgences, hôpital du Nord",
            endpoints=[EndpointIn(channel=ChannelKind.EMAIL, address="urgences@hopital-du-nord.example")],
        )  # fmt: skip
        made = subscriptions.subscribe(session, tokens=tokens, data=data, actor=actors["coordinator"])
        (endpoint,) = subscriptions.endpoints_of(session, subscription_id=made.id)
        subscriptions.confirm(session, token=tokens.confirm(endpoint.id))
        alert = session.exec(select(Alert).where(Alert.tier == Tier.T3)).one()
        _issue(session, served, alert)
    with lab.session() as session:
        row = session.exec(select(Delivery).where(Delivery.purpose == Purpose.ALERT)).one()
        draft = session.exec(select(Alert).where(Alert.tier == Tier.T2)).one()
        version = latest_version(session, alert_id=draft.id)
        episode = session.exec(select(Episode)).first()
    assert episode
    return {
        "public": f"/alerts/{alert.id}", "sent": f"/alerts/read/{tokens.acknowledge(row.id)}",
        "work": f"/alerts/{alert.id}/work", "photo": f"/alerts/{draft.id}/versions/{version.id}/photo",
        "episode": f"/alerts/episodes/{episode.id}", "manage": f"/subscriptions/manage/{tokens.manage(made.id)}",
    }  # fmt: skip


def _issue(session: Session, served: Served, alert: Alert) -> None:
    lab, actors = served.lab, served.lab.network.actors
    version = latest_version(session, alert_id=alert.id)
    assert version.state is AlertState.DRAFT
    basis = session.exec(select(AlertBasis).where(AlertBasis.alert_id == alert.id)).one()
    sample = session.get_one(Sample, basis.sample_id)
    sample.consent_keep_photo = sample.consent_open_data = True
    session.add(sample)
    photo = photos.add_photo(session, lab.state.files, actor=actors["worker"], sample=sample, clean=jpeg())
    set_photo(
        session, lab.state.files, actor=actors["coordinator"], version_id=version.id, edition=version.edition,
        photo_id=photo.id, part=crop(jpeg(), Margins(right=30)),
    )  # fmt: skip
    editing.grade(session, actor=actors["coordinator"], version_id=version.id, judgement=GRADE)
    for name in ("approver", "second_approver"):
        approval.approve(session, actor=actors[name], version_id=version.id, edition=version.edition)


@pytest.mark.parametrize("width", [390, 1280])
def test_no_alert_page_scrolls_sideways_or_shuts_anybody_out(
    visit: Visit, served: Served, paths: dict[str, str], width: int
) -> None:
    wide, shut = {}, {}
    for who in dict.fromkeys(who for who, _ in PAGES):
        page = visit("/lookup", who=who, width=width, language="fr")
        for name in (name for one, name in PAGES if one == who):
            answer = page.goto(served.url + paths.get(name, name) + ("" if who else "?lang=fr"))
            assert answer
            assert answer.status == 200, name
            if (found := page.evaluate("document.documentElement.scrollWidth")) > width:
                wide[name] = found
            violations = Axe().run(page).response["violations"]
            serious = [(one["id"], one["nodes"][0]["html"][:120]) for one in violations if one["impact"] in SERIOUS]
            if serious:
                shut[name] = serious
    assert (wide, shut) == ({}, {})


def test_without_a_script_nobody_is_offered_what_needs_one(visit: Visit, paths: dict[str, str]) -> None:
    page = visit("/subscribe", scripts=False)
    assert page.get_by_label("E-mail").is_visible()
    assert not page.locator("#push-offer").is_visible()
    page.goto(page.url.replace("/subscribe", paths["sent"]))
    page.get_by_role("button", name="I have read it").click()
    assert page.get_by_role("status").is_visible()


def test_a_link_for_the_public_needs_no_account(visit: Visit, paths: dict[str, str]) -> None:
    page = visit(paths["public"])
    assert page.locator("img.alert-photo").evaluate("one => one.naturalWidth") == 560
    assert page.context.cookies() == [one for one in page.context.cookies() if one["name"] in {"language", "theme"}]


BROWSERS_PUSH = """
  const keys = {p256dh: POINT, auth: new Uint8Array(16).buffer};
  const subscription = {endpoint: "https://push.example/1", getKey: (name) => keys[name]};
  const pushManager = {getSubscription: async () => null, subscribe: async () => subscription};
  Object.defineProperty(navigator.serviceWorker, "register", {value: async () => ({pushManager})});
  Object.defineProperty(navigator.serviceWorker, "ready", {value: Promise.resolve()});
  Notification.requestPermission = async () => "granted";
"""


def test_a_browser_subscribes_itself_where_its_push_service_answers(visit: Visit, served: Served) -> None:
    """The push service is the browser maker's, so what it answers is put in place here; the rest is Chromium's own."""
    point = list(Browser().point)
    page = visit("/lookup")
    page.add_init_script(BROWSERS_PUSH.replace("POINT", f"new Uint8Array({point}).buffer"))
    page.goto(f"{served.url}/subscribe")
    page.get_by_role("button", name="Show them on this device instead").click()
    page.get_by_role("heading", name="Look at the notice").wait_for()
    with served.lab.session() as session:
        kept = session.exec(
            select(SubscriptionEndpoint).where(SubscriptionEndpoint.channel == ChannelKind.PUSH)
        ).one()  # fmt: skip
    assert kept.secret == bytes(point) + bytes(16)
