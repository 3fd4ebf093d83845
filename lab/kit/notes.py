"""Signed notes with Ed25519 (C2SP signed-note): a text, a blank line, and a signature line for each key.

Keys are written as that specification does: ``name+id+key`` for whoever checks (a "vkey"), and, as its reference
implementation does, ``PRIVATE+KEY+name+id+key`` for whoever signs.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"  # signature type of the specification
PRIVATE_PREFIX = "PRIVATE+KEY+"
# The last letters of base64 whose bits beyond the last byte are zero, by the number of equals signs behind them.
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_WHOLE = {1: frozenset(_ALPHABET[::4]), 2: frozenset(_ALPHABET[::16])}
_NAME = re.compile(r"[^\s+\x00-\x20\x7f]+")
_SIGNATURE_LINE = re.compile(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


class NoteError(ValueError):
    """A note, a key or a signature that cannot be taken. The text is for programmers."""


def encode(content: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(content).decode("ascii")


def decode(text: str) -> bytes:
    """Standard base64 in its one canonical spelling: padding complete, unused bits zero."""
    try:
        content = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError(str(error)) from error
    if text[-1:] == "=" and text.rstrip("=")[-1] not in _WHOLE[len(text) - len(text.rstrip("="))]:
        message = "base64 with unused bits set"
        raise NoteError(message)
    return content


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        message = f"{name!r} cannot name a key: no spaces, no plus sign, not empty"
        raise NoteError(message)
    return name


def _split_key(text: str) -> tuple[str, str, bytes]:
    """Name, id in hexadecimal and 32 key bytes of ``name+id+base64(0x01 || key)``."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        message = "not a key of the form name+id+key"
        raise NoteError(message)
    content = decode(parts[2])
    if content[:1] != ED25519 or len(content) != 33:
        message = "not an Ed25519 key"
        raise NoteError(message)
    return _check_name(parts[0]), parts[1], content[1:]


@dataclass(frozen=True)
class PublicKey:
    """A named Ed25519 key that checks signatures."""

    name: str
    public: bytes  # 32 bytes

    @classmethod
    def parse(cls, vkey: str) -> "PublicKey":
        """From ``name+id+key``; raises :class:`NoteError`."""
        name, key_id, public = _split_key(vkey)
        key = cls(name, public)
        if key.id.hex() != key_id:
            message = "the key's id does not fit its name and key"
            raise NoteError(message)
        return key

    @property
    def id(self) -> bytes:
        """The four bytes that stand before a signature of this key."""
        return _key_id(self.name, self.public)

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encode(ED25519 + self.public)}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the 32 key bytes in hexadecimal, in groups of four for reading aloud."""
        digest = hashlib.sha256(self.public).hexdigest()
        return " ".join(digest[start : start + 4] for start in range(0, 64, 4))

    def verifies(self, signature: bytes, text: str) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Signer:
    """A named Ed25519 key that signs. ``seed`` is the secret and shows in no representation."""

    name: str
    seed: bytes = field(repr=False)  # 32 bytes

    @classmethod
    def generate(cls, name: str) -> "Signer":
        return cls(_check_name(name), Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> "Signer":
        """From ``PRIVATE+KEY+name+id+key``; raises :class:`NoteError`."""
        text = text.strip()
        if not text.startswith(PRIVATE_PREFIX):
            message = "not a signing key"
            raise NoteError(message)
        name, key_id, seed = _split_key(text.removeprefix(PRIVATE_PREFIX))
        signer = cls(name, seed)
        if signer.public_key.id.hex() != key_id:
            message = "the key's id does not fit its name and key"
            raise NoteError(message)
        return signer

    @property
    def public_key(self) -> PublicKey:
        return PublicKey(self.name, self._key.public_key().public_bytes_raw())

    @property
    def text(self) -> str:
        """The secret as kept in a file."""
        return f"{PRIVATE_PREFIX}{self.name}+{self.public_key.id.hex()}+{encode(ED25519 + self.seed)}"

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def sign(self, text: str) -> str:
        """``text`` as a signed note."""
        if not text.endswith("\n") or any(ord(letter) < 0x20 and letter != "\n" for letter in text):
            message = "a note ends with a line break and has no other control characters"
            raise NoteError(message)
        signature = self._key.sign(text.encode())
        return f"{text}\n\u2014 {self.name} {encode(self.public_key.id + signature)}\n"


@dataclass(frozen=True)
class Signature:
    """One signature line."""

    name: str
    key_id: bytes
    signature: bytes


def split(note: str) -> tuple[str, tuple[Signature, ...]]:
    """Text and signature lines of a note; raises :class:`NoteError`. Nothing is verified yet."""
    text, separator, lines = note.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        message = "not a signed note"
        raise NoteError(message)
    signatures = []
    for line in lines[:-1].split("\n"):
        found = _SIGNATURE_LINE.fullmatch(line)
        if not found:
            message = "not a signature line"
            raise NoteError(message)
        content = decode(found[2])
        signatures.append(Signature(found[1], content[:4], content[4:]))
    return text + "\n", tuple(signatures)


def signed_by(note: str, key: PublicKey) -> str | None:
    """The text of ``note`` when ``key`` signed it, else None. Lines of other keys are passed over."""
    text, signatures = split(note)
    for line in signatures:
        if line.name == key.name and line.key_id == key.id and key.verifies(line.signature, text):
            return text
    return None
