"""A secret is made once, and kept to its owner."""

from pathlib import Path

import pytest

from lab.kit.secret_file import SecretFileOpenError, create, load_or_create


def test_a_secret_is_made_once_and_read_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "token.key"
    assert load_or_create(path, lambda: "first") == "first"
    assert load_or_create(path, lambda: "second") == "first"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "token.key"
    load_or_create(path, lambda: "secret")
    path.chmod(0o644)
    with pytest.raises(SecretFileOpenError):
        load_or_create(path, lambda: "secret")


def test_a_later_writer_does_not_replace_the_first(tmp_path: Path) -> None:
    path = tmp_path / "token.key"
    create(path, "first")
    create(path, "second")
    assert path.read_text() == "first"
    assert [found.name for found in tmp_path.iterdir()] == ["token.key"]
