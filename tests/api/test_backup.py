"""A backup brings a laboratory back as it was, or says that it cannot."""

import tarfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from api.app import compose
from api.backup import (
    BackupUnreadableError,
    DataFolderInUseError,
    KeysInFilesError,
    NotEmbeddedError,
    restore_backup,
    write_backup,
)
from api.migrations import upgrade
from api.settings import Settings
from lab.network import accounts, signin
from lab.network.models import Account, LoginSession, Site, SiteType


@pytest.fixture
def laboratory(tmp_path: Path) -> Settings:
    settings = Settings(data_dir=tmp_path / "lab")
    state = compose(settings)
    upgrade(state.database.engine)
    with state.database.session() as session:
        session.add(Site(name="North field", type=SiteType.FESTIVAL, area="Leuven"))
    state.files.put(b"a plate")
    settings.effective_signing_key.write_bytes(b"secret")
    state.database.dispose()
    return settings


def test_what_was_there_is_there_again(laboratory: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar.gz"
    assert write_backup(laboratory, archive).files == 1
    elsewhere = Settings(data_dir=tmp_path / "elsewhere")
    restore_backup(elsewhere, archive)
    state = compose(elsewhere)
    with state.database.reading() as session:
        assert [site.name for site in session.exec(select(Site))] == ["North field"]
    assert [path.read_bytes() for path in (elsewhere.data_dir / "files").rglob("*") if path.is_file()] == [b"a plate"]
    state.database.dispose()


def test_the_signing_key_is_not_in_it(laboratory: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar.gz"
    write_backup(laboratory, archive)
    with tarfile.open(archive) as opened:
        assert not any("key" in name for name in opened.getnames())


def test_a_laboratory_is_never_overwritten(laboratory: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar.gz"
    write_backup(laboratory, archive)
    with pytest.raises(DataFolderInUseError):
        restore_backup(laboratory, archive)


@pytest.mark.parametrize("damage", ["cut", "flipped", "text", "missing"])
def test_a_damaged_archive_is_refused_and_leaves_nothing(laboratory: Settings, tmp_path: Path, damage: str) -> None:
    archive = tmp_path / "backup.tar.gz"
    write_backup(laboratory, archive)
    content = bytearray(archive.read_bytes())
    if damage == "cut":
        archive.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        content[len(content) // 2] ^= 1
        archive.write_bytes(content)
    elif damage == "text":
        archive.write_text("not a backup")
    else:
        archive.unlink()
    elsewhere = Settings(data_dir=tmp_path / "elsewhere")
    with pytest.raises(BackupUnreadableError):
        restore_backup(elsewhere, archive)
    assert not (elsewhere.data_dir / "lab.sqlite").exists()


def test_a_network_is_told_to_use_its_database_own_tools(tmp_path: Path) -> None:
    with pytest.raises(NotEmbeddedError):
        write_backup(Settings(database_url="postgresql://host/lab"), tmp_path / "x")


@pytest.mark.parametrize("manifest", ["[]", "null", '{"schema": "drugcheck-backup/1", "sha256": ["lab.sqlite"]}'])
def test_a_manifest_of_another_shape_is_refused(tmp_path: Path, manifest: str) -> None:
    archive = tmp_path / "backup.tar.gz"
    (tmp_path / "manifest.json").write_text(manifest)
    (tmp_path / "lab.sqlite").write_bytes(b"no database")
    with tarfile.open(archive, "w:gz") as file:
        for name in ("manifest.json", "lab.sqlite"):
            file.add(tmp_path / name, arcname=name)
    with pytest.raises(BackupUnreadableError):
        restore_backup(Settings(data_dir=tmp_path / "elsewhere"), archive)
    assert not (tmp_path / "elsewhere").exists()


def test_ways_in_are_not_in_it(laboratory: Settings, tmp_path: Path) -> None:
    """Whoever finds a backup, or restores one, lets nobody in by it: people sign in anew."""
    state = compose(laboratory)
    with state.database.session() as session:
        account = accounts.create_account(session, email="a@test.example", display_name="A", language="en")
        signin.open_session(session, account_id=account.id, lifetime=timedelta(hours=1))
    state.database.dispose()
    write_backup(laboratory, tmp_path / "backup.tar.gz")
    elsewhere = Settings(data_dir=tmp_path / "elsewhere")
    restore_backup(elsewhere, tmp_path / "backup.tar.gz")
    restored = compose(elsewhere)
    with restored.database.reading() as session:
        assert [one.email for one in session.exec(select(Account))] == ["a@test.example"]
        assert session.exec(select(LoginSession)).all() == []
    restored.database.dispose()


def test_keys_of_contacts_among_the_files_are_refused(laboratory: Settings, tmp_path: Path) -> None:
    inside = laboratory.model_copy(update={"contact_keys": Path(laboratory.effective_files) / "keys"})
    with pytest.raises(KeysInFilesError):
        write_backup(inside, tmp_path / "backup.tar.gz")
