"""Files, addressed by the SHA-256 of their content: a folder on one machine, or S3-compatible storage.

Content addressing makes a repeated upload harmless and a changed file impossible to overlook.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

import obstore
from obstore.store import LocalStore, ObjectStore, S3Store

from lab.errors import LabError

_ASIDE = "aside"
_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}")


class FileMissingError(LabError):
    """A stored file is gone, or is no longer what its key says."""

    message_id = "error.file_missing"


class FileStore(Protocol):
    """Where pictures and documents lie."""

    def put(self, content: bytes) -> str:
        """Keep ``content``; its key."""
        ...

    def get(self, key: str) -> bytes:
        """The content under ``key``; raises :class:`FileMissingError`."""
        ...

    def delete(self, key: str) -> None:
        """Remove the content under ``key``, also where it was put aside; nothing happens when there is none."""
        ...

    def older_than(self, moment: datetime) -> Iterator[str]:
        """Keys of the files last written before ``moment``; those put aside are left out."""
        ...

    def put_aside(self, key: str, *, on: date) -> None:
        """Lay the content under ``key`` where it waits for deletion since ``on``; it is still found there."""
        ...

    def aside_before(self, day: date) -> Iterator[str]:
        """Keys of the files put aside before ``day``."""
        ...

    def bring_back(self, key: str) -> None:
        """Put what was put aside back in its place."""
        ...


class ObjectFiles:
    """A :class:`FileStore` on any obstore store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        key = f"{digest[:2]}/{digest}"
        obstore.put(self._store, key, content)
        return key

    def get(self, key: str) -> bytes:
        try:
            content = bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError:
            content = self._from_aside(key)
        if hashlib.sha256(content).hexdigest() != key.rpartition("/")[2]:
            raise FileMissingError(key=key)
        return content

    def _from_aside(self, key: str) -> bytes:
        for path in self._aside(key):
            return bytes(obstore.get(self._store, path).bytes())
        raise FileMissingError(key=key)

    def delete(self, key: str) -> None:
        for path in (key, *self._aside(key)):
            try:
                obstore.delete(self._store, path)
            except FileNotFoundError:
                continue

    def older_than(self, moment: datetime) -> Iterator[str]:
        for some in obstore.list(self._store):
            for found in some:
                if _KEY.fullmatch(found["path"]) and found["last_modified"] < moment:
                    yield found["path"]

    def put_aside(self, key: str, *, on: date) -> None:
        try:
            obstore.rename(self._store, key, f"{_ASIDE}/{on.isoformat()}/{key}")
        except FileNotFoundError:
            return

    def aside_before(self, day: date) -> Iterator[str]:
        for path in self._aside():
            _, on, key = path.split("/", 2)
            if on < day.isoformat():
                yield key

    def bring_back(self, key: str) -> None:
        for path in self._aside(key):
            obstore.rename(self._store, path, key)

    def _aside(self, key: str = "") -> list[str]:
        listed = (found["path"] for some in obstore.list(self._store, prefix=_ASIDE) for found in some)
        return [path for path in listed if path.endswith(key)]


def open_files(location: str) -> FileStore:
    """The store at ``location``: a folder's path, or ``s3://bucket/prefix`` (credentials from the AWS variables)."""
    if location.startswith("s3://"):
        return ObjectFiles(S3Store.from_url(location))
    Path(location).mkdir(parents=True, exist_ok=True)
    return ObjectFiles(LocalStore(location))
