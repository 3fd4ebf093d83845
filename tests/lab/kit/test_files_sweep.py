"""Files that no row names go in two steps, and a file that a row names never goes."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from lab.kit import clock, files_sweep
from lab.kit.db import metadata
from lab.kit.files import FileMissingError, FileStore, open_files
from lab.kit.files_sweep import ASIDE, is_named, naming_columns, sweep_files
from lab.photos.service import add_photo
from tests.lab.bench import Bench

DAY = timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def files(folder: Path) -> FileStore:
    return open_files(str(folder))


def _age(folder: Path, key: str, days: int) -> None:
    then = clock.now().timestamp() - days * 86_400
    os.utime(folder / key, (then, then))


def _days_later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    present = clock.now()
    monkeypatch.setattr(files_sweep, "now", lambda: present + days * DAY)


def test_every_column_that_names_a_file_is_known() -> None:
    named = {f"{column.table.name}.{column.name}" for column in naming_columns()}
    assert {"plate_picture.file_key", "sample_photo.file_key"} <= named
    strangers = [
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name.endswith(("file", "picture_key", "photo_key"))
    ]
    assert strangers == []


def test_an_orphan_is_put_aside_and_later_deleted(
    session: Session, files: FileStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, young = files.put(b"left by a rollback"), files.put(b"being saved just now")
    _age(folder, old, 2)
    assert sweep_files(session, files) == (1, 0)
    assert files.get(old) == b"left by a rollback"  # still found, should a row turn up
    assert files.get(young) == b"being saved just now"
    _days_later(monkeypatch, ASIDE.days + 1)
    _age(folder, young, 0)
    assert sweep_files(session, files) == (1, 1)  # the young one is a day old by now
    with pytest.raises(FileMissingError):
        files.get(old)


def test_a_file_that_a_row_names_stays_however_old(session: Session, files: FileStore, folder: Path) -> None:
    bench = Bench(session)
    key = add_photo(session, files, actor=bench.worker, sample=bench.sample(), clean=b"tablet").file_key or ""
    _age(folder, key, 400)
    assert is_named(session, key)
    assert sweep_files(session, files) == (0, 0)
    assert (folder / key).exists()


def test_a_file_put_aside_while_it_was_uploaded_again_comes_back(
    session: Session, files: FileStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = files.put(b"same tablet")
    _age(folder, key, 2)
    sweep_files(session, files)  # as if between the second upload and its commit
    bench = Bench(session)
    sample = bench.sample()
    photo = add_photo(session, files, actor=bench.worker, sample=sample, clean=b"same tablet")
    (folder / key).unlink()  # the move came after the second writing
    assert files.get(photo.file_key or "") == b"same tablet"
    _days_later(monkeypatch, ASIDE.days + 1)
    assert sweep_files(session, files) == (0, 0)
    assert (folder / key).read_bytes() == b"same tablet"


def test_what_is_no_stored_file_is_left_alone(session: Session, files: FileStore, folder: Path) -> None:
    (folder / "note.txt").write_text("somebody's")
    _age(folder, "note.txt", 30)
    assert sweep_files(session, files) == (0, 0)
    assert (folder / "note.txt").exists()
