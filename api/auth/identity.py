"""Who is calling: a browser by its session cookie, a program by its bearer token."""

from dataclasses import dataclass

from fastapi import Request
from sqlmodel import Session

from api.auth.errors import TokenInvalidError
from api.state import state_of
from lab.network import accounts, signin
from lab.network.access import Actor
from lab.network.models import Account


@dataclass(frozen=True)
class Identity:
    """The account behind a request and what it may do."""

    account: Account
    actor: Actor


def cookie_name(*, https: bool) -> str:
    """``__Host-`` ties the cookie to this host and to HTTPS; plain HTTP on a laptop cannot have it."""
    return "__Host-drugcheck" if https else "drugcheck"


def bearer_token(request: Request) -> str | None:
    """The token of an ``Authorization: Bearer`` header."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _account(request: Request, session: Session) -> Account | None:
    token = bearer_token(request)
    if token is not None:
        account = signin.account_of_token(session, token=token)
        if account is None:
            raise TokenInvalidError
        return account
    cookie = request.cookies.get(cookie_name(https=state_of(request).settings.https))
    return signin.account_of_session(session, token=cookie) if cookie else None


def identify(request: Request) -> Identity | None:
    """The caller, looked up once a request; None for nobody. Raises :class:`TokenInvalidError`."""
    if not hasattr(request.state, "identity"):
        with state_of(request).database.reading() as session:
            account = _account(request, session)
            request.state.identity = (
                None if account is None else Identity(account, accounts.actor_of(session, account_id=account.id))
            )
    identity: Identity | None = request.state.identity
    return identity
