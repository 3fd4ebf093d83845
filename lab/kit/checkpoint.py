"""Checkpoints of a log (C2SP tlog-checkpoint): origin, number of entries and root hash, as a signed note."""

import re
from dataclasses import dataclass

from lab.kit.merkle import HASH_SIZE
from lab.kit.notes import NoteError, Signer, decode, encode

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Checkpoint:
    """What the keeper of the log signs: this many entries, and this hash over all of them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{encode(self.root)}\n"

    def sign(self, signer: Signer) -> str:
        """The checkpoint as a note signed by ``signer``, whose name is the origin."""
        if signer.name != self.origin:
            message = f"the key of {signer.name} cannot sign for {self.origin}"
            raise NoteError(message)
        return signer.sign(self.text)

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """From a note's text. Extension lines are refused: this log writes none, so nothing can hide in them."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0] or not _SIZE.fullmatch(lines[1]):
            message = "not a checkpoint of three lines"
            raise NoteError(message)
        root = decode(lines[2])
        if len(root) != HASH_SIZE:
            message = "the root hash is not 32 bytes long"
            raise NoteError(message)
        return cls(lines[0], int(lines[1]), root)
