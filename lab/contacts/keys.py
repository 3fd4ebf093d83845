"""The keys of contacts: files outside the database and its backups. A contact whose key is gone is gone.

    <folder>/2026-11-21/day.key          the key of the day
    <folder>/2026-11-21/<contact>.key    the contact's own secret

What seals a contact is derived from both (HKDF-SHA256), so destroying either is enough. The contact's own secret lets
one be erased at once while others of its day are still needed; the day's key is destroyed with the last of them, and
takes with it whatever a disk may have kept of the single files. Overwriting a file does not reach copies that a
solid-state disk or a file system with snapshots keeps; ``docs/decisions/0021`` says what to do about that.
"""

import os
import secrets
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lab.contacts.errors import ContactErasedError
from lab.kit import secret_file
from lab.kit.clock import today

DAY_KEY = "day.key"
_KEY_BYTES, _NONCE_BYTES = 32, 12
_PADDED = 256  # longer than any address that is taken (254, RFC 5321): the length of a ciphertext tells nothing
_CONTEXT = b"drugcheck-contact/1"


class ContactKeys:
    """The folder of keys. Several machines share it as they share the database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def seal(self, contact_id: UUID, day: date, text: str) -> bytes:
        """Make the contact's secret and seal ``text`` under it and the key of ``day``.

        The contact's file comes first: while it is there nobody destroys the day's key.
        """
        path = self._path(contact_id, day)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = secret_file.load_or_create(path, _new_secret)
        of_day = secret_file.load_or_create(path.with_name(DAY_KEY), _new_secret)
        nonce = os.urandom(_NONCE_BYTES)
        padded = text.encode().ljust(_PADDED, b"\0")
        return nonce + AESGCM(_derive(own, of_day, contact_id)).encrypt(nonce, padded, contact_id.bytes)

    def open(self, contact_id: UUID, day: date, sealed: bytes) -> str:
        """What :meth:`seal` was given; raises :class:`ContactErasedError` when a key is gone or unfit."""
        path = self._path(contact_id, day)
        try:
            key = _derive(secret_file.read(path), secret_file.read(path.with_name(DAY_KEY)), contact_id)
            padded = AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], contact_id.bytes)
        except (FileNotFoundError, InvalidTag, ValueError, secret_file.SecretFileOpenError) as error:
            raise ContactErasedError from error
        return padded.rstrip(b"\0").decode()

    def has(self, contact_id: UUID, day: date) -> bool:
        """Whether both keys are here."""
        path = self._path(contact_id, day)
        return path.exists() and path.with_name(DAY_KEY).exists()

    def destroy(self, contact_id: UUID, day: date) -> None:
        """Overwrite and remove the contact's secret, and the day's key with the last of a day that is over."""
        path = self._path(contact_id, day)
        _shred(path)
        self.close_day(path.parent)

    def close_day(self, folder: Path) -> bool:
        """Destroy the key of a day without contacts. Today's and yesterday's stay: they may be about to be used."""
        try:
            day = date.fromisoformat(folder.name)
        except ValueError:
            return False
        if day >= today() - timedelta(days=1) or any(_contacts_in(folder)):
            return False
        _shred(folder / DAY_KEY)
        try:
            folder.rmdir()
        except OSError:  # gone already, or something of the operator's lies in it
            return False
        return True

    def days(self) -> list[Path]:
        """The folders of days, the oldest first."""
        return sorted(path for path in self.folder.glob("????-??-??") if path.is_dir())

    def known(self) -> Iterator[tuple[date, UUID, float]]:
        """Every contact that has a secret here, and when the secret was written (seconds since 1970)."""
        for folder in self.days():
            for path in _contacts_in(folder):
                try:
                    yield date.fromisoformat(folder.name), UUID(path.stem), path.stat().st_mtime
                except (ValueError, FileNotFoundError):
                    continue

    def _path(self, contact_id: UUID, day: date) -> Path:
        return self.folder / day.isoformat() / f"{contact_id}.key"


def _contacts_in(folder: Path) -> Iterator[Path]:
    return (path for path in folder.glob("*.key") if path.name != DAY_KEY)


def _new_secret() -> str:
    return secrets.token_hex(_KEY_BYTES)


def _derive(own: str, of_day: str, contact_id: UUID) -> bytes:
    derivation = HKDF(hashes.SHA256(), _KEY_BYTES, salt=bytes.fromhex(own), info=_CONTEXT + contact_id.bytes)
    return derivation.derive(bytes.fromhex(of_day))


def _shred(path: Path) -> None:
    """Overwrite with random bytes, make sure they are on the disk, then remove. A missing file is as good."""
    try:
        with path.open("r+b") as file:
            size = os.fstat(file.fileno()).st_size
            file.write(secrets.token_bytes(size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
