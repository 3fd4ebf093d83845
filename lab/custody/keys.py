"""The deployment's signing key: made on first use in a file that its owner alone can read."""

import secrets
from pathlib import Path

from lab.custody.errors import KeyFileError
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
