"""``drugcheck labels``: sheets from the command line, kept like those of the page."""

from pathlib import Path

import pytest
from sqlmodel import select

from api.cli.main import main
from lab.kit.db import Database
from lab.labels.models import LabelBatch
from tests.network import make_network

ACCOUNT = "worker@test.example"


@pytest.fixture
def database(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("DRUGCHECK_DATABASE_URL", sqlite_url)
    database = Database(sqlite_url)
    with database.session() as session:
        make_network(session)
    return database


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["labels", *arguments])
    return int(stopped.value.code or 0)


def test_sheets_are_written_and_kept(database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "labels.pdf"
    assert run("print", ACCOUNT, "--out", str(target), "--format", "L7163", "--site", "North field", "--tickets") == 0
    assert target.read_bytes().startswith(b"%PDF-")
    assert "Wrote 7 labels" in capsys.readouterr().out
    with database.session() as session:
        (batch,) = session.exec(select(LabelBatch)).all()
    assert (batch.with_tickets, batch.size) == (True, 7)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("print", "nobody@test.example", "--site", "North field"), "nobody@test.example"),
        (("print", ACCOUNT, "--site", "Nowhere"), "North field"),
        (("print", ACCOUNT), "may not"),
        (("print", ACCOUNT, "--site", "North field", "--format", "L0"), "L7160"),
        (("print", ACCOUNT, "--site", "North field", "--language", "de"), "fr, nl or en"),
    ],
)
def test_what_cannot_be_printed_is_said_in_a_sentence(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    assert run(*arguments, "--out", str(tmp_path / "x.pdf")) == 2
    assert told in capsys.readouterr().err
    with database.session() as session:
        assert session.exec(select(LabelBatch)).all() == []


def test_formats_are_listed_with_their_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("formats") == 0
    assert "L7651" in capsys.readouterr().out
