"""A CAP message survives being read and written, and what is none is refused."""

import pytest
from lxml import etree

from alerts.cap_reading import CapReadError, parse_cap, write_cap
from alerts.cap_rules import check_cap
from alerts.vocabulary import Tier
from tests.alerts.house import House
from tests.alerts.test_cap import MESSAGE, message_of, schema


def test_our_own_message_is_the_same_after_a_round_trip(sqlite_house: House) -> None:
    house = sqlite_house
    house.verified_found("isotonitazene")
    first = parse_cap(message_of(house, house.issue(house.draft(Tier.T2))))
    written = write_cap(first)
    assert parse_cap(written) == first
    assert [info.get("language") for info in first.all("info")] == ["fr", "nl", "en"]
    schema().assertValid(etree.fromstring(written))
    assert check_cap(written) == []


@pytest.mark.parametrize("text", ["a < b & c", "trouvé : « héroïne »", "quotes \"'", "line\nline"])
def test_a_text_comes_back_as_it_was(text: str) -> None:
    node = parse_cap(MESSAGE.replace("Leuven", text.replace("&", "&amp;").replace("<", "&lt;")).encode())
    again = parse_cap(write_cap(node))
    assert again == node
    (info,) = again.all("info")
    assert next(info.all("area")).get("areaDesc") == text


@pytest.mark.parametrize(
    "document",
    [
        b"", b"\xff\xfe", b"<alert/>", MESSAGE.encode()[:-8], b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.1"/>',
        f'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">{"<info>" * 9}{"</info>" * 9}</alert>'.encode(),
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(document: bytes) -> None:
    with pytest.raises(CapReadError):
        parse_cap(document)
