"""Backup and restore of an embedded laboratory: one file, checked when it is read back.

The archive holds the database (a consistent copy made while work goes on), the files, and a manifest with the
SHA-256 of each. Left out on purpose: every key (a backup that leaks must not be able to sign custody, nor to open a
person's contact), and what lets somebody in (sessions of browsers, tokens of programs). What was erased since a backup
was made stays erased when it is read back: contacts whose keys are gone are dropped then.
"""

import hashlib
import json
import sqlite3
import tarfile
import tempfile
import zlib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from api.settings import Settings
from lab.contacts.keys import ContactKeys
from lab.contacts.service import erase_unreadable
from lab.errors import ConflictError, InvalidError
from lab.kit.clock import now
from lab.kit.db import Database

SCHEMA = "drugcheck-backup/1"
_WAYS_IN = ("login_session", "api_token", "account_invitation")
MANIFEST, DATABASE = "manifest.json", "lab.sqlite"


class NotEmbeddedError(InvalidError):
    """The laboratory runs on PostgreSQL or S3, which have their own ways to be backed up."""

    message_id = "error.backup.not_embedded"


class KeysInFilesError(InvalidError):
    """The keys of contacts or person codes lie among the files that a backup takes: it would undo every erasure."""

    message_id = "error.backup.keys_in_files"


class BackupUnreadableError(InvalidError):
    """Not a backup, or one that was cut or changed."""

    message_id = "error.backup.unreadable"


class DataFolderInUseError(ConflictError):
    """There is a laboratory in the folder already; restoring would overwrite it."""

    message_id = "error.backup.folder_in_use"


@dataclass(frozen=True)
class BackupReport:
    """What went into an archive or came out of it."""

    path: Path
    files: int
    size_bytes: int
    contacts_dropped: int = 0  # read back, but their keys are gone: erased since, or kept elsewhere


def _require_embedded(settings: Settings) -> None:
    if settings.database_url is not None or settings.files is not None:
        raise NotEmbeddedError


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_backup(settings: Settings, target: Path) -> BackupReport:
    """Write everything but keys and ways in to ``target``; work may go on meanwhile.

    Raises :class:`NotEmbeddedError`, :class:`KeysInFilesError`, and OSError when ``target`` cannot be written.
    """
    _require_embedded(settings)
    taken = Path(settings.effective_files).resolve()
    keys = (settings.effective_contact_keys, settings.effective_person_code_keys)
    if any(folder.resolve().is_relative_to(taken) for folder in keys):
        raise KeysInFilesError
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / DATABASE
        with (
            closing(sqlite3.connect(settings.data_dir / DATABASE)) as source,
            closing(sqlite3.connect(copy)) as destination,
        ):
            source.backup(destination)
            _leave_out(destination)
        members = {DATABASE: copy}
        root = Path(settings.effective_files)
        for path in sorted(root.rglob("*")):
            if path.is_file():
                members[f"files/{path.relative_to(root).as_posix()}"] = path
        _write_archive(target, members, Path(scratch))
    return BackupReport(target, len(members) - 1, target.stat().st_size)


def _leave_out(copy: sqlite3.Connection) -> None:
    """Delete ways in, and write the file anew: a deleted row leaves nothing in a page that is free."""
    known = _tables(copy)
    for table in _WAYS_IN:
        if table in known:
            copy.execute(f"DELETE FROM {table}")  # noqa: S608 -- names of ours
    copy.commit()
    copy.execute("VACUUM")
    copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _write_archive(target: Path, members: dict[str, Path], scratch: Path) -> None:
    manifest = {
        "schema": SCHEMA,
        "created_at": now().isoformat(),
        "sha256": {name: _digest(path) for name, path in members.items()},
    }
    listing = scratch / MANIFEST
    listing.write_text(json.dumps(manifest, indent=1))
    partial = target.with_name(target.name + ".partial")
    try:
        with tarfile.open(partial, "w:gz") as archive:
            for name, path in {MANIFEST: listing, **members}.items():
                archive.add(path, arcname=name, recursive=False)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def restore_backup(settings: Settings, source: Path) -> BackupReport:
    """Rebuild a laboratory from ``source`` in an empty data folder; nothing is kept when anything does not fit.

    Raises :class:`NotEmbeddedError`, :class:`DataFolderInUseError` and :class:`BackupUnreadableError`.
    """
    _require_embedded(settings)
    folder = settings.data_dir
    if (folder / DATABASE).exists():
        raise DataFolderInUseError(folder=str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        staged = Path(scratch) / "lab"
        count = _extract_checked(source, staged)
        folder.mkdir(exist_ok=True)
        for path in staged.iterdir():
            if path.name != MANIFEST:
                path.rename(folder / path.name)
    return BackupReport(folder, count, source.stat().st_size, _drop_erased_contacts(settings))


def _drop_erased_contacts(settings: Settings) -> int:
    """Drop contacts that cannot be read here; how many. An older backup may not know the table yet."""
    with closing(sqlite3.connect(settings.data_dir / DATABASE)) as connection:
        if "contact" not in _tables(connection):
            return 0
    database = Database(settings.effective_database_url)
    try:
        with database.session() as session:
            return erase_unreadable(session, keys=ContactKeys(settings.effective_contact_keys))
    finally:
        database.dispose()


def _extract_checked(source: Path, staged: Path) -> int:
    try:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(staged, filter="data")
        manifest = json.loads((staged / MANIFEST).read_text())
        digests: dict[str, str] = manifest["sha256"]
        fits = manifest["schema"] == SCHEMA and isinstance(digests, dict) and DATABASE in digests
    except (OSError, EOFError, tarfile.TarError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise BackupUnreadableError(path=str(source)) from error
    found = {
        path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file() and path.name != MANIFEST
    }
    if not fits or found != set(digests):
        raise BackupUnreadableError(path=str(source))
    for name, digest in digests.items():
        if _digest(staged / PurePosixPath(name)) != digest:
            raise BackupUnreadableError(path=str(source))
    return len(digests) - 1
