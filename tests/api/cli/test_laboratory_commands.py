"""Commands on a laboratory's database: accounts, the library, open data."""

import csv
import io
from pathlib import Path

import pytest

from api.app import compose
from api.cli.main import main
from api.settings import Settings
from lab.network.models import SiteType
from lab.network.sites import create_site
from lab.results.open_data import COLUMNS
from tlc_analysis.library import read_library

PASSWORD = "a password long enough"


@pytest.fixture
def laboratory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    monkeypatch.setenv("DRUGCHECK_DATA_DIR", str(tmp_path / "lab"))
    run("migrate")
    capsys.readouterr()
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return int(stopped.value.code or 0)


def test_an_account_is_opened_and_given_a_token_that_is_shown_once(
    laboratory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("user", "add", "anna@lab.example", "--role", "administrator", "--password", PASSWORD) == 0
    assert run("user", "token", "anna@lab.example") == 0
    assert "dck_" in capsys.readouterr().out
    assert run("user", "list") == 0
    assert "administrator (network)" in capsys.readouterr().out.replace("\n", " ")


def test_what_is_wrong_with_an_account_is_told_in_a_sentence(
    laboratory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("user", "add", "no address", "--password", PASSWORD) == 2
    assert run("user", "token", "nobody@lab.example") == 2
    assert run("user", "add", "bob@lab.example", "--site", "Nowhere", "--password", PASSWORD) == 2
    said = capsys.readouterr().err
    assert "This is not an e-mail address" in said
    assert "nobody@lab.example" in said
    assert "There is no site called 'Nowhere'" in said
    assert "Traceback" not in said


def test_the_library_loads_shows_its_sources_and_forgives_slips(
    laboratory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("library", "load") == 0
    capsys.readouterr()
    assert run("library", "show", "diazepan") == 0
    shown = capsys.readouterr().out
    assert "diazepam" in shown
    assert "Clarke" in shown
    assert run("library", "show", "qqxxzz") == 2


def test_what_may_identify_is_exported_as_plate_match_reads_it(
    laboratory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("library", "load")
    state = compose(Settings())
    with state.database.session() as session:
        create_site(session, name="Bench", type=SiteType.LABORATORY, area="Brussels")
    state.database.dispose()
    capsys.readouterr()
    assert run("library", "export", "--system", "TA", "--site", "Bench") == 0
    entries = read_library(capsys.readouterr().out)
    assert {entry.substance: entry.hrf for entry in entries}["diazepam"] == 75
    assert {entry.kind for entry in entries} == {"literature"}
    assert run("library", "export", "--system", "TA", "--site", "Nowhere") == 2


def test_open_data_has_its_columns_even_when_nobody_agreed_yet(
    laboratory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = laboratory / "open.csv"
    assert run("export", "--out", str(target)) == 0
    assert next(csv.reader(io.StringIO(target.read_text()))) == list(COLUMNS)
    assert run("export", "--out", str(laboratory)) == 2
