"""Secrets in files: made on first use, whole or not at all, readable by their owner alone."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

OTHERS = 0o077


class SecretFileOpenError(Exception):
    """Others than its owner may read the file."""


def load_or_create(path: Path, make: Callable[[], str]) -> str:
    """The secret in ``path``; where there is none yet, what ``make`` gives, written with mode 0600.

    Of two processes that start together one writes, and both read that. Raises :class:`SecretFileOpenError`.
    """
    try:
        return read(path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        create(path, make())
    return read(path)


def read(path: Path) -> str:
    """The secret in ``path``, at most 10,000 characters; raises FileNotFoundError, :class:`SecretFileOpenError`."""
    with path.open(encoding="ascii") as file:
        if os.name == "posix" and os.fstat(file.fileno()).st_mode & OTHERS:
            raise SecretFileOpenError(path.name)
        return file.read(10_000)


def create(path: Path, text: str) -> None:
    """Write ``path`` whole or not at all, and never over another file: then the other one stays."""
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
