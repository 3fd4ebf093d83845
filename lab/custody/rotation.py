"""Changing the key that signs the log, so that a crash at any moment leaves one key that signs.

The new key is written beside the old one first; then the database learns of the change; then the files change places.
Whoever runs it again after a crash finishes what was begun.
"""

from pathlib import Path

from sqlmodel import Session, select

from lab.custody.body import moment
from lab.custody.errors import KeyChangedAlreadyError, KeyFileError
from lab.custody.keys import load_or_create_signer
from lab.kit import ledger
from lab.kit.clock import now
from lab.kit.key_change import ChangeReason, KeyChange
from lab.kit.notes import PublicKey, Signer


def next_path(path: Path) -> Path:
    """Where the new key waits until the database knows of it."""
    return path.with_name(path.name + ".next")


def prepare(path: Path, *, origin: str) -> Signer:
    """The new key, of the log ``origin``; the one that an interrupted change had made already."""
    new = load_or_create_signer(next_path(path), name=origin)
    if new.name != origin:
        raise KeyFileError(path=next_path(path).name)
    return new


def record_change(session: Session, *, new: Signer, old: Signer | None, reason: ChangeReason) -> KeyChange:
    """Write into the log's metadata that ``new`` signs from here, endorsed by ``old``; None: that one is lost.

    ``old`` signs a last checkpoint, ``new`` a first one of the same size. Raises :class:`KeyChangedAlreadyError` when
    the log was signed by another key meanwhile.
    """
    ledger.lock(session)
    if old is not None:
        known = _known(session, old.public_key.vkey)
        if known is not None:  # an interrupted change
            if known.new_key != new.public_key.vkey:
                raise KeyChangedAlreadyError
            return KeyChange.parse(known.note)
        ledger.checkpoint(session, signer=old)
    last = ledger.latest_checkpoint(session)
    if last is None or (old is not None and last.key_id != old.public_key.vkey):
        raise KeyChangedAlreadyError
    gone = PublicKey.parse(last.key_id)
    change = KeyChange(gone.name, gone, new.public_key, last.size, last.root, reason, moment(now()))
    note = change.sign(new=new, old=old)
    session.add(ledger.LedgerKeyChange(size=last.size, old_key=gone.vkey, new_key=new.public_key.vkey, note=note))
    session.flush()
    ledger.checkpoint(session, signer=new)
    return KeyChange.parse(note)


def _known(session: Session, old_key: str) -> ledger.LedgerKeyChange | None:
    return session.exec(select(ledger.LedgerKeyChange).where(ledger.LedgerKeyChange.old_key == old_key)).first()


def exchange_files(path: Path, *, old: PublicKey) -> Path:
    """Put the new key in the place of the old one; where the old one lies now, if it was there."""
    kept = path.with_name(f"{path.name}.retired-{old.id.hex()}")
    try:
        if path.exists() and not kept.exists():
            kept.touch(mode=0o600)  # a copy, so that there is never a moment without a key in its place
            kept.write_bytes(path.read_bytes())
        next_path(path).replace(path)
    except OSError as error:
        raise KeyFileError(path=path.name) from error
    return kept
