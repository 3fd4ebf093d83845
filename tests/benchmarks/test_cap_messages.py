"""The public messages of wmo-im/capvalidator (its folder tests/data), judged by schema and by prose.

Runs when ``DRUGCHECK_CAP_MESSAGES`` names that folder; its files are not part of this repository. By schema each must
come out as ``capvalidator`` says. It does not judge the prose, so what the prose holds against them was read from the
messages: those of two services write UTC as ``+00:00``, which CAP 1.2 (3.2 and 3.3.2) says MUST be ``-00:00``. What is
wrong with a signature is no matter of either, and the business of ``capvalidator`` itself.
"""

import os
from pathlib import Path

import pytest
from lxml import etree

from alerts.cap_reading import CapReadError, parse_cap, write_cap
from alerts.cap_rules import check_cap
from tests.alerts.test_cap import schema

FOLDER = os.environ.get("DRUGCHECK_CAP_MESSAGES")
FILES = sorted(Path(FOLDER).rglob("*.xml")) if FOLDER else []
pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.skipif(not FOLDER, reason="set DRUGCHECK_CAP_MESSAGES to the folder of the messages"),
]


PLUS_ZERO = frozenset({"effective", "onset", "expires"})
PROSE = {"bf": PLUS_ZERO, "tg": PLUS_ZERO, "sc": frozenset[str]()}
"""The elements that break a prose rule, by the service that wrote the message."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_public_message_is_classified_rightly(path: Path) -> None:
    document = path.read_bytes()
    assert schema().validate(etree.fromstring(document)) is (path.name != "invalid_schema.xml")
    broken = {problem.rule for problem in check_cap(document, house=False)}
    is_no_alert = path.name == "invalid_schema.xml" and path.parent.name == "sc"  # a schema document in its place
    assert broken == ({"alert"} if is_no_alert else PROSE[path.parent.name])


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_public_message_survives_a_round_trip(path: Path) -> None:
    try:
        first = parse_cap(path.read_bytes())
    except CapReadError:
        assert path.name == "invalid_schema.xml"
        return
    written = write_cap(first)
    assert parse_cap(written) == first
    assert schema().validate(etree.fromstring(written)) is (path.name != "invalid_schema.xml")


def test_all_eighteen_are_there() -> None:
    assert len(FILES) == 18
