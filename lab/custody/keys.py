"""The deployment's signing key: made on first use in a file that its owner alone can read."""

import os
import secrets
from pathlib import Path

from lab.custody.errors import KeyFileError
from lab.kit.notes import NoteError, PublicKey, Signer

_OTHERS = 0o077


def load_or_create_signer(path: Path, *, name: str | None = None) -> Signer:
    """The key in ``path``; where there is no file yet, a new key, written with mode 0600.

    ``name`` is the log's origin, kept with the key: without spaces and plus signs, and like no other log's.
    Without one a random name is made. Raises :class:`KeyFileError` when the file is no key, cannot be made, or
    can be read by others.
    """
    try:
        return _load(path)
    except FileNotFoundError:
        pass
    try:
        signer = Signer.generate(name or f"drugcheck-custody-{secrets.token_hex(8)}")
        path.parent.mkdir(parents=True, exist_ok=True)
        _create(path, signer.text + "\n")
    except (NoteError, OSError) as error:
        raise KeyFileError(path=path.name) from error
    return _load(path)  # whoever came first: two processes that start together end up with one key


def _load(path: Path) -> Signer:
    try:
        with path.open(encoding="ascii") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & _OTHERS:
                raise KeyFileError(path=path.name)
            return Signer.parse(file.read(10_000))
    except FileNotFoundError:
        raise
    except (NoteError, UnicodeDecodeError, OSError) as error:
        raise KeyFileError(path=path.name) from error


def _create(path: Path, text: str) -> None:
    """Write the file whole or not at all, and never over another."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()


def public_key_file(signer: Signer) -> bytes:
    """What ``custody.pub`` holds: the public key as ``name+id+key`` (C2SP vkey) on one line."""
    return (signer.public_key.vkey + "\n").encode("ascii")


def read_public_key(content: bytes) -> PublicKey:
    """The key of a ``custody.pub``; raises :class:`KeyFileError`."""
    try:
        return PublicKey.parse(content.decode("ascii"))
    except (NoteError, UnicodeDecodeError) as error:
        raise KeyFileError(path="custody.pub") from error
