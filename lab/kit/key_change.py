"""Changing the key that signs a log: a note signed by the new key and, where it can still sign, by the old one.

The note says where in the log the old key stops: the number of entries and the root hash. What the old key signs for
more entries than that is not the log's. Whoever knows only the old key can go from it to the new one; whoever knows
the new one needs nothing else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lab.kit.checkpoint import Checkpoint
from lab.kit.notes import NoteError, PublicKey, Signer, signed_by, split

_TITLE = "key change"
_MOMENT = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class ChangeReason(StrEnum):
    """Why a key is taken out of use."""

    PLANNED = "planned"
    COMPROMISED = "compromised"  # the old key may be in other hands: its endorsement proves nothing
    LOST = "lost"  # the old key cannot sign any more


@dataclass(frozen=True)
class KeyChange:
    """The log ``origin`` was signed by ``old`` up to ``size`` entries with ``root``, and by ``new`` from there."""

    origin: str
    old: PublicKey
    new: PublicKey
    size: int
    root: bytes
    reason: ChangeReason
    at: str  # UTC, whole seconds
    endorsed: bool = False  # whether the old key signed too; known after parsing

    @property
    def text(self) -> str:
        checkpoint = Checkpoint(self.origin, self.size, self.root).text
        return f"{checkpoint}{_TITLE}\n{self.old.vkey}\n{self.new.vkey}\n{self.reason} {self.at}\n"

    def sign(self, *, new: Signer, old: Signer | None) -> str:
        """The note, signed by ``new`` and, if it is at hand, by ``old``."""
        note = new.sign(self.text)
        return note if old is None else note + old.sign(self.text).rpartition("\n\n")[2]

    @classmethod
    def parse(cls, note: str) -> "KeyChange":
        """From a note; raises :class:`NoteError` unless the new key signed it and nobody else but the old one."""
        text, signatures = split(note)
        lines = text.split("\n")
        if len(lines) != 8 or lines[-1] or lines[3] != _TITLE:  # seven lines, the last one ended
            message = "not a change of key"
            raise NoteError(message)
        checkpoint = Checkpoint.parse("\n".join(lines[:3]) + "\n")
        old, new = PublicKey.parse(lines[4]), PublicKey.parse(lines[5])
        reason, _, at = lines[6].partition(" ")
        endorsed = signed_by(note, old) is not None
        if signed_by(note, new) is None or len(signatures) != 1 + endorsed or old == new:
            message = "the new key did not sign, or somebody else did"
            raise NoteError(message)
        if not checkpoint.origin == old.name == new.name or not _MOMENT.fullmatch(at):
            message = "the keys are not of this log, or the moment is none"
            raise NoteError(message)
        try:
            why = ChangeReason(reason)
        except ValueError as error:
            raise NoteError(str(error)) from error
        return cls(checkpoint.origin, old, new, checkpoint.size, checkpoint.root, why, at, endorsed)


def path(changes: Sequence[KeyChange], *, known: PublicKey, signer: PublicKey) -> list[KeyChange] | None:
    """The changes that lead from the key that somebody knows to the one that signed; None when none do.

    Each step must be endorsed by the key before it, and by one that was not taken out of use for being in other hands.
    """
    taken: list[KeyChange] = []
    for change in changes:
        if known == signer:
            break
        if change.old == known and change.endorsed and change.reason is ChangeReason.PLANNED:
            taken.append(change)
            known = change.new
    return taken if known == signer else None
