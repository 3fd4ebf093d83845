"""Commands that work on a laboratory say in a sentence why they cannot, and make nothing that was not there."""

from pathlib import Path

import pytest

from api.cli.main import main
from lab.kit.db import Database

COMMANDS = (
    ("user", "list"), ("user", "token", "anna@network.example"), ("export",), ("library", "systems"),
    ("library", "load"), ("library", "show", "mdma"), ("library", "export", "--system", "TA", "--site", "Laboratory"),
    ("jobs", "dead"), ("jobs", "revive"), ("worker",),
    ("custody", "export", "--sample", "6BP8-DAFK-0", "--out", "bundle.json"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRUGCHECK_DATA_DIR", str(tmp_path / "lab"))
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str]:
    """Exit code and standard error; a traceback would come out as the exception that it is."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_a_laboratory_a_command_says_so_and_makes_none(
    elsewhere: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    code, said = run(capsys, *command)
    assert code == 2
    assert "There is no laboratory in" in said
    assert list(elsewhere.iterdir()) == []


def test_an_empty_database_is_told_from_none(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (elsewhere / "lab").mkdir()
    (elsewhere / "lab" / "lab.sqlite").touch()
    code, said = run(capsys, "user", "list")
    assert (code, "drugcheck migrate" in said) == (2, True)


def test_a_file_that_is_no_database_is_told(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (elsewhere / "lab").mkdir()
    (elsewhere / "lab" / "lab.sqlite").write_bytes(b"no database " * 1000)
    code, said = run(capsys, "migrate")
    assert (code, "not a database" in said) == (2, True)


@pytest.mark.parametrize("url", ["nonsense", "mongodb://x/y", "postgresql+psycopg://nobody@127.0.0.1:1/none"])
def test_a_database_that_cannot_be_reached_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DRUGCHECK_DATABASE_URL", url)
    assert run(capsys, "user", "list")[0] == 2


def test_a_setting_that_cannot_be_used_is_named_and_its_value_is_not_repeated(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRUGCHECK_SMTP_PORT", "secret-by-mistake")
    code, said = run(capsys, "migrate")
    assert (code, "DRUGCHECK_SMTP_PORT" in said, "secret-by-mistake" in said) == (2, True, False)


def test_a_laboratory_is_made_by_migrating(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["migrate"])
    assert ended.value.code == 0
    assert (elsewhere / "lab" / "lab.sqlite").exists()
    Database(f"sqlite:///{elsewhere / 'lab' / 'lab.sqlite'}").dispose()
    assert "up to date" in capsys.readouterr().out
