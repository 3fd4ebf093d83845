"""``drugcheck alerts dead|retry``: what never got through is seen, without an address, and tried again."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import Session
from typer.testing import CliRunner

from alerts.deliveries.fanout import DISPATCH
from alerts.deliveries.models import Delivery, DeliveryAttempt, DeliveryState, Lane, Purpose
from alerts.vocabulary import ChannelKind
from api.app import compose
from api.cli.alerts import app
from api.migrations import upgrade
from api.settings import Settings
from lab.kit.clock import now
from lab.kit.db import Database
from lab.kit.jobs import without_job


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("DRUGCHECK_DATA_DIR", str(tmp_path))
    database = compose(Settings()).database
    upgrade(database.engine)
    yield database
    database.dispose()


def dead(session: Session, channel: ChannelKind, fault: str, lane: Lane = Lane.ORDINARY) -> UUID:
    row = Delivery(
        purpose=Purpose.CONFIRMATION, channel=channel, state=DeliveryState.DEAD, attempts=10, ended_at=now(), lane=lane
    )
    session.add(row)
    session.flush()
    session.add(DeliveryAttempt(delivery_id=row.id, number=10, ok=False, error=fault, ended_at=now()))
    return row.id


@pytest.fixture
def letters(database: Database) -> dict[str, UUID]:
    with database.session() as session:
        return {
            "busy": dead(session, ChannelKind.WEBHOOK, "http_503"),
            "refused": dead(session, ChannelKind.WEBHOOK, "http_404"),
            "mail": dead(session, ChannelKind.EMAIL, "refused", Lane.PERSON),
        }


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def states(database: Database, letters: dict[str, UUID]) -> set[str]:
    """Those that are dead still."""
    with database.reading() as session:
        return {name for name, key in letters.items() if session.get_one(Delivery, key).state is DeliveryState.DEAD}


def test_what_was_given_up_is_listed_with_its_last_fault(letters: dict[str, UUID]) -> None:
    code, output = run("dead")
    assert code == 0
    assert all(str(key) in output for key in letters.values())
    assert "3 given up" in output
    assert "1 by email (refused)" in output
    assert str(letters["refused"]) not in run("dead", "--fault", "http_503")[1]


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ((), set()),
        (("--channel", "webhook"), {"mail"}),
        (("--fault", "http_503"), {"refused", "mail"}),
    ],
)
def test_what_is_chosen_is_tried_again(
    database: Database, letters: dict[str, UUID], arguments: tuple[str, ...], left: set[str]
) -> None:
    assert run("retry", *arguments)[0] == 0
    assert states(database, letters) == left
    with database.reading() as session:
        assert without_job(session, DISPATCH, ["retry"]) == []


def test_one_is_tried_again_as_if_for_the_first_time(database: Database, letters: dict[str, UUID]) -> None:
    assert run("retry", "--id", str(letters["mail"]))[0] == 0
    assert states(database, letters) == {"busy", "refused"}
    with database.reading() as session:
        row = session.get_one(Delivery, letters["mail"])
    assert (row.attempts, row.uncounted, row.lane, row.ended_at) == (10, 10, Lane.PERSON, None)


def test_retrying_nothing_is_said_in_a_sentence(database: Database, letters: dict[str, UUID]) -> None:
    assert run("retry", "--channel", "sms")[0] == 2
    code, output = run("retry", "--id", "nonsense")
    assert (code, "is not the id" in output) == (2, True)
    assert states(database, letters) == set(letters)
    assert "No message was given up" in run("dead", "--channel", "sms")[1]
