"""Argon2id passwords, with the library's defaults (RFC 9106, low-memory profile)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 12  # NIST SP 800-63B asks for 8 at least and no composition rules; these accounts open health data

_hasher = PasswordHasher()
# Verified against when there is no such account, so that the answer takes as long as for one that exists.
_DECOY = _hasher.hash("no account has this password")


def hash_password(password: str) -> str:
    """The Argon2id hash to store."""
    return _hasher.hash(password)


def verify_password(password: str, stored: str | None) -> bool:
    """Whether ``password`` fits ``stored``; as slow when there is nothing stored."""
    try:
        _hasher.verify(stored or _DECOY, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether the library's defaults have grown stronger since ``stored`` was made."""
    return _hasher.check_needs_rehash(stored)
