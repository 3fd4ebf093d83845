"""Signing in: server-side sessions for browsers, bearer tokens for programs. Only hashes are kept."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.kit.clock import now
from lab.network import passwords
from lab.network.accounts import find_account
from lab.network.errors import SignInFailedError
from lab.network.models import Account, ApiToken, LoginSession

TOKEN_PREFIX = "dck_"  # noqa: S105 -- a prefix that secret scanners can look for, not a secret


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()  # 256 random bits need no slow hash


def authenticate(session: Session, *, email: str, password: str) -> Account:
    """The account that these credentials open; raises :class:`SignInFailedError`, as slow for an unknown e-mail."""
    account = find_account(session, email=email)
    stored = account.password_hash if account is not None and account.active else None
    if not passwords.verify_password(password, stored) or account is None:
        raise SignInFailedError
    if stored is not None and passwords.needs_rehash(stored):
        account.password_hash = passwords.hash_password(password)
        session.add(account)
    return account


def open_session(session: Session, *, account_id: UUID, lifetime: timedelta) -> str:
    """A new browser session; the token for its cookie. Sessions that have ended are swept on the way."""
    session.execute(sa.delete(LoginSession).where(col(LoginSession.expires_at) < now()))
    token = secrets.token_urlsafe(32)
    session.add(LoginSession(token_hash=_digest(token), account_id=account_id, expires_at=now() + lifetime))
    session.flush()
    return token


def close_session(session: Session, *, token: str) -> None:
    """End a browser session; nothing happens when there is none."""
    row = session.get(LoginSession, _digest(token))
    if row is not None:
        session.delete(row)
        session.flush()


def issue_token(session: Session, *, account_id: UUID, label: str, lifetime: timedelta) -> str:
    """A new bearer token; shown once, since only its hash is kept."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session.add(ApiToken(token_hash=_digest(token), account_id=account_id, label=label, expires_at=now() + lifetime))
    session.flush()
    return token


def account_of_session(session: Session, *, token: str) -> Account | None:
    """The active account of a browser session that has not ended."""
    row = session.get(LoginSession, _digest(token))
    if row is None or row.expires_at <= now():
        return None
    return _active(session, row.account_id)


def account_of_token(session: Session, *, token: str) -> Account | None:
    """The active account of a bearer token that is neither expired nor revoked."""
    row = session.exec(select(ApiToken).where(ApiToken.token_hash == _digest(token))).first()
    if row is None or row.revoked_at is not None or row.expires_at <= now():
        return None
    return _active(session, row.account_id)


def _active(session: Session, account_id: UUID) -> Account | None:
    account = session.get(Account, account_id)
    return account if account is not None and account.active else None
