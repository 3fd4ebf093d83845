"""Opens signed checkpoints: which key signed, whether that one may, and what the reader holds against it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from lab.custody.completeness import Problems
from lab.kit import merkle
from lab.kit.checkpoint import Checkpoint
from lab.kit.key_change import KeyChange, path
from lab.kit.notes import NoteError, PublicKey, signed_by, split

KEY_CHANGES = "key_changes"  # only in files of a log whose key was changed


@dataclass
class Signed:
    """The signed parts of a document, as far as they were opened."""

    problems: Problems
    given: PublicKey | None
    key: PublicKey | None = None  # the one that the document was checked under
    checkpoint: Checkpoint | None = None
    changes: Sequence[KeyChange] = ()  # every change of key that the document tells of
    crossed: Sequence[KeyChange] = field(default=())  # those between the key given and the one that signed

    def open(self, document: Mapping[str, Any]) -> Checkpoint:
        """The document's checkpoint, once an accepted key has been seen to have signed it."""
        named = self._key_named(document)
        self.key = self.given or named
        self.changes = self._changes(document)
        self._check_key(named)
        checkpoint = self._open_note(document["checkpoint"], named)
        if not document["origin"] == checkpoint.origin == named.name:
            raise self.problems.stop("origin")
        for change in self.changes:
            self._check_place(checkpoint, change, named)
        self.checkpoint = checkpoint
        return checkpoint

    def open_earlier(self, note: Any) -> Checkpoint:
        """The earlier checkpoint of a pair: of the same log, by its key or one that was its key then."""
        checkpoint = self.known_note(note)
        if checkpoint is None:
            raise self.problems.stop("earlier")
        return checkpoint

    def known_note(self, note: Any) -> Checkpoint | None:
        """A checkpoint of this log that its key signed, or an old key while it was in use; else None."""
        try:
            text = plain_text(note)
            checkpoint = Checkpoint.parse(split(text)[0])
            if self.key is not None and signed_by(text, self.key) is not None:
                return checkpoint
            for change in self.changes:
                old = checkpoint.size <= change.size and signed_by(text, change.old) is not None
                if old or signed_by(text, change.new) is not None:
                    return checkpoint
        except NoteError:
            pass
        return None

    def _key_named(self, document: Mapping[str, Any]) -> PublicKey:
        try:
            key = PublicKey.parse(plain_text(document["key_id"]))
        except NoteError as error:
            raise self.problems.stop("key_id") from error
        if key.vkey != document["key_id"]:
            raise self.problems.stop("key_id")
        return key

    def _changes(self, document: Mapping[str, Any]) -> list[KeyChange]:
        notes = document.get(KEY_CHANGES, [])
        if type(notes) is not list or (KEY_CHANGES in document and not notes):
            raise self.problems.stop("key_changes")
        try:
            changes = [KeyChange.parse(plain_text(note)) for note in notes]
        except NoteError as error:
            raise self.problems.stop("key_changes") from error
        if any(one.new != two.old or one.size > two.size for one, two in pairwise(changes)):
            raise self.problems.stop("key_changes")
        return changes

    def _check_key(self, named: PublicKey) -> None:
        if self.changes and named != self.changes[-1].new:
            raise self.problems.stop("key_retired")
        if self.given is None or self.given == named:
            return
        crossed = path(self.changes, known=self.given, signer=named)
        if crossed is None:
            unendorsed = any(change.old == self.given for change in self.changes)
            name = "key_not_endorsed" if unendorsed else "other_key"
            self.problems.add(name, named=named.fingerprint, given=self.given.fingerprint)
        self.crossed = crossed or ()

    def _open_note(self, note: Any, named: PublicKey) -> Checkpoint:
        try:
            text, signatures = split(plain_text(note))
            signed = signed_by(note, named) is not None and len(signatures) == 1
            checkpoint = Checkpoint.parse(text)
        except NoteError as error:
            raise self.problems.stop("checkpoint") from error
        if not signed:
            raise self.problems.stop("signature")
        return checkpoint

    def _check_place(self, checkpoint: Checkpoint, change: KeyChange, named: PublicKey) -> None:
        """The change belongs to this log, and the log has not lost what the old key had signed."""
        contradicts = checkpoint.size == change.size and checkpoint.root != change.root
        if change.origin != named.name or checkpoint.size < change.size or contradicts:
            raise self.problems.stop("key_changes")


def check_held(
    problems: Problems,
    held: Checkpoint,
    *,
    checkpoint: Checkpoint,
    earlier: Checkpoint | None,
    leaves: Sequence[bytes] | None,
) -> None:
    """Hold what a document shows against a checkpoint that the reader kept.

    ``leaves``: of the whole log, which can be held against any checkpoint. Everything else shows the roots of its own
    checkpoints alone.
    """
    for shown in (checkpoint, earlier):
        if shown is not None and shown.size == held.size:
            if shown.root != held.root:
                problems.add("held_contradicts", size=held.size)
            return
    if held.size > checkpoint.size:
        problems.add("held_newer", held=held.size, size=checkpoint.size)
    elif leaves is None:
        problems.add("held_cannot_tell", held=held.size, size=checkpoint.size)
    elif merkle.root_of(leaves[: held.size]) != held.root:
        problems.add("held_contradicts", size=held.size)


def plain_text(value: Any) -> str:
    """``value`` when it is a text without control characters; raises :class:`NoteError`."""
    if type(value) is not str or not value.replace("\n", "").isprintable():
        message = "not a text"
        raise NoteError(message)
    return value
