"""Files, addressed by the SHA-256 of their content: a folder on one machine, or S3-compatible storage.

Content addressing makes a repeated upload harmless and a changed file impossible to overlook.
"""

import hashlib
from pathlib import Path
from typing import Protocol

import obstore
from obstore.store import LocalStore, ObjectStore, S3Store

from lab.errors import LabError


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
        """Remove the content under ``key``; nothing happens when there is none."""
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
        except FileNotFoundError as error:
            raise FileMissingError(key=key) from error
        if hashlib.sha256(content).hexdigest() != key.rpartition("/")[2]:
            raise FileMissingError(key=key)
        return content

    def delete(self, key: str) -> None:
        try:
            obstore.delete(self._store, key)
        except FileNotFoundError:
            return


def open_files(location: str) -> FileStore:
    """The store at ``location``: a folder's path, or ``s3://bucket/prefix`` (credentials from the AWS variables)."""
    if location.startswith("s3://"):
        return ObjectFiles(S3Store.from_url(location))
    Path(location).mkdir(parents=True, exist_ok=True)
    return ObjectFiles(LocalStore(location))
