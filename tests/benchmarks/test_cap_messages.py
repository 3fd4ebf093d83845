"""The public messages of wmo-im/capvalidator (its folder tests/data), judged by schema and by prose.

Runs when ``DRUGCHECK_CAP_MESSAGES`` names that folder; its files are not part of this repository. What is wrong with
a signature is no matter of schema or prose: such messages are right here, and their signatures are the business of
``capvalidator`` itself.
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


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_public_message_is_classified_rightly(path: Path) -> None:
    document = path.read_bytes()
    by_schema = schema().validate(etree.fromstring(document))
    grave = [problem for problem in check_cap(document, house=False) if not problem.harmless]
    assert (by_schema and not grave) is (path.name != "invalid_schema.xml"), grave


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
