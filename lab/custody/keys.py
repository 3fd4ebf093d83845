"""The deployment's signing key: made on first use in a file that its owner alone can read."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from lab.custody.errors import KeyFileError, NotTheLogsKeyError
from lab.kit import ledger
from lab.kit.notes import NoteError, PublicKey, Signer
from lab.kit.secret_file import SecretFileOpenError, load_or_create


def load_or_create_signer(path: Path, *, name: str | None = None) -> Signer:
    """The key in ``path``; where there is no file yet, a new key, written with mode 0600.

    ``name`` is the log's origin, kept with the key: without spaces and plus signs, and like no other log's.
    Without one a random name is made. Raises :class:`KeyFileError` when the file is no key, cannot be made, or
    can be read by others.
    """
    try:
        text = load_or_create(path, lambda: _generated(name))
        return Signer.parse(text)
    except (NoteError, UnicodeDecodeError, SecretFileOpenError, OSError) as error:
        raise KeyFileError(path=path.name) from error


@dataclass(frozen=True)
class LogKey:
    """Where the deployment's signing key lies. Read anew each time: it may have been changed meanwhile."""

    path: Path

    def signer(self, session: Session) -> Signer:
        """The key that signs this log; made on first use, when nothing is signed yet.

        Raises :class:`KeyFileError`, and :class:`NotTheLogsKeyError` when the log was signed by another key: a key that
        is missing after a restoration must not silently become a new one.
        """
        last = ledger.latest_checkpoint(session)
        if last is not None and not self.path.exists():
            raise NotTheLogsKeyError(path=self.path.name)
        signer = load_or_create_signer(self.path)
        if last is not None and last.key_id != signer.public_key.vkey:
            raise NotTheLogsKeyError(path=self.path.name)
        return signer


def _generated(name: str | None) -> str:
    return Signer.generate(name or f"drugcheck-custody-{secrets.token_hex(8)}").text + "\n"


def public_key_file(signer: Signer) -> bytes:
    """What ``custody.pub`` holds: the public key as ``name+id+key`` (C2SP vkey) on one line."""
    return (signer.public_key.vkey + "\n").encode("ascii")


def read_public_key(content: bytes) -> PublicKey:
    """The key of a ``custody.pub``; raises :class:`KeyFileError`."""
    try:
        return PublicKey.parse(content.decode("ascii"))
    except (NoteError, UnicodeDecodeError) as error:
        raise KeyFileError(path="custody.pub") from error
