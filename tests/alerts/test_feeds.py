"""Feeds: what holds now, to whom it is open, in the reader's language."""

import json
from datetime import datetime

import pytest
from lxml import etree

from alerts.feeds import ATOM, JSON_FEED, FeedItem, atom_feed, feed_items, json_feed
from alerts.vocabulary import Audience, Tier
from alerts.warnings import approval, drafts
from alerts.warnings.models import AlertVersion, VersionKind
from lab.kit.clock import frozen
from tests.alerts.house import House

NS = {"a": ATOM}
URL = "https://lab.test.example/alerts.atom?lang=nl"


def issued(house: House) -> AlertVersion:
    house.verified_found("isotonitazene")
    return house.issue(house.draft(Tier.T2))


def items(house: House, audience: Audience = Audience.NETWORK, language: str = "nl") -> list[FeedItem]:
    return feed_items(house.session, audience=audience, language=language, services=house.services)


def atom(house: House) -> etree._Element:
    return etree.fromstring(atom_feed(items(house), language="nl", feed_url=URL, services=house.services))


def text(element: etree._Element, path: str) -> str:
    found = element.find(path, NS)
    assert found is not None
    return found.text or ""


@pytest.mark.parametrize(
    ("audience", "count"), [(Audience.NETWORK, 1), (Audience.PROFESSIONALS, 1), (Audience.PUBLIC, 0)]
)
def test_an_audience_reads_what_it_may_have(house: House, audience: Audience, count: int) -> None:
    issued(house)
    assert len(items(house, audience)) == count


def test_an_atom_feed_has_what_rfc_4287_requires(house: House) -> None:
    version = issued(house)
    feed = atom(house)
    assert feed.tag == f"{{{ATOM}}}feed"
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "nl"
    for path in ("a:id", "a:title", "a:updated", "a:author/a:name", "a:entry/a:title", "a:entry/a:content"):
        assert text(feed, path)
    assert text(feed, "a:entry/a:id") == f"urn:uuid:{version.alert_id}"
    assert datetime.fromisoformat(text(feed, "a:entry/a:updated")).tzinfo is not None
    assert {link.get("rel") for link in feed.iterfind("a:link", NS)} == {"self"}


def test_an_empty_feed_is_a_feed(house: House) -> None:
    feed = atom(house)
    assert text(feed, "a:updated")
    assert feed.find("a:entry", NS) is None


def test_a_withdrawal_takes_the_place_of_its_alert_under_the_same_id(house: House) -> None:
    first = issued(house)
    cancel = drafts.start_version(
        house.session, actor=house.coordinator, alert_id=first.alert_id, kind=VersionKind.CANCEL, reason="over"
    )
    house.render()
    approval.approve(house.session, actor=house.approver, version_id=cancel.id, edition=cancel.edition)
    (item,) = items(house)
    assert item.version.id == cancel.id
    assert item.published == first.issued_at
    assert "INGETROKKEN" in item.text.subject


def test_what_has_expired_is_gone(house: House) -> None:
    version = issued(house)
    with frozen(version.expires_at):
        assert items(house) == []


def test_a_json_feed_has_what_its_version_1_1_requires(house: House) -> None:
    issued(house)
    feed = json_feed(items(house), language="nl", feed_url=URL, services=house.services)
    assert json.loads(json.dumps(feed)) == feed
    assert (feed["version"], feed["language"]) == (JSON_FEED, "nl")
    (item,) = feed["items"]
    assert {"id", "url", "title", "content_text", "date_published"} <= set(item)
    assert item["_drugcheck"]["status"] == "Actual"


def test_no_feed_holds_a_sample_code_or_a_site(house: House) -> None:
    sample, _ = house.verified_found("isotonitazene")
    house.issue(house.draft(Tier.T2))
    document = atom_feed(items(house), language="nl", feed_url=URL, services=house.services).decode()
    assert sample.code not in document
    assert house.north.name not in document
    assert str(sample.id) not in document
