"""Commands on a laboratory's database: accounts, the library, open data."""

import csv
import io
import json
from pathlib import Path

import pytest

from api.app import compose
from api.cli.main import main
from api.settings import Settings
from lab.library.service import find_substance, get_system, record_own_standard
from lab.network.models import SiteType
from lab.network.sites import create_site
from lab.results.open_data import COLUMNS
from tests.network import make_network
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


def test_a_library_file_goes_from_one_laboratory_to_another(
    laboratory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("library", "load")
    state = compose(Settings())
    with state.database.session() as session:
        network = make_network(session)
        caffeine, system = find_substance(session, name="caffeine"), get_system(session, code="TA")
        record_own_standard(
            session, actor=network.actors["chemist"], substance_id=caffeine.id, system_id=system.id,
            site_id=network.sites["laboratory"].id, value_hrf=52.0, corrected=True,
        )  # fmt: skip
        create_site(session, name="Far bench", type=SiteType.LABORATORY, area="Ghent")
    state.database.dispose()
    chemist, verifier = (network.accounts[name].email for name in ("chemist", "verifier"))
    capsys.readouterr()
    assert run("library", "export", "--site", "Laboratory", "--by", verifier) == 0
    written = json.loads(capsys.readouterr().out)
    assert [(one["substance"], one["mean_hrf"]) for one in written["entries"]] == [("caffeine", 52.0)]
    assert run("library", "export", "--site", "Laboratory") == 2
    assert run("library", "export", "--site", "Laboratory", "--by", "nobody@lab.example") == 2
    path = laboratory / "file.json"
    path.write_text(json.dumps(written))
    taking = ("library", "import", str(path), "--site", "Laboratory", "--by", verifier)
    assert run(*taking) == 2  # its own
    other = written | {"laboratory": "Elsewhere", "entries": [*written["entries"], {"substance": "caffeine"}]}
    path.write_text(json.dumps(other))
    capsys.readouterr()
    assert run(*taking, "--look") == 0
    assert run(*taking) == 0
    said = capsys.readouterr()
    assert "1 would be taken, 1 refused" in said.out
    assert "Elsewhere" in said.out
    assert "entry 2: " in said.err
    assert run(*taking) == 2  # the same file a second time
    assert run("library", "import", str(laboratory / "none.json"), "--site", "Laboratory", "--by", verifier) == 2
    assert chemist != verifier


def test_open_data_has_its_columns_even_when_nobody_agreed_yet(
    laboratory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = laboratory / "open.csv"
    assert run("export", "--out", str(target)) == 0
    assert next(csv.reader(io.StringIO(target.read_text()))) == list(COLUMNS)
    assert run("export", "--out", str(laboratory)) == 2
