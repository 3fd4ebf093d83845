"""Stored files come back as they went in, or not at all."""

from pathlib import Path

import pytest

from lab.kit.files import FileMissingError, open_files


def test_content_comes_back_under_its_key_and_the_same_content_has_one_key(tmp_path: Path) -> None:
    files = open_files(str(tmp_path / "files"))
    key = files.put(b"plate")
    assert files.get(key) == b"plate"
    assert files.put(b"plate") == key


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    files = open_files(str(tmp_path))
    key = files.put(b"plate")
    (tmp_path / key).write_bytes(b"other")
    with pytest.raises(FileMissingError):
        files.get(key)


def test_a_deleted_file_is_missing_and_deleting_twice_is_harmless(tmp_path: Path) -> None:
    files = open_files(str(tmp_path))
    key = files.put(b"plate")
    files.delete(key)
    files.delete(key)
    with pytest.raises(FileMissingError):
        files.get(key)
