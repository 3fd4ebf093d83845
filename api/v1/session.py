"""Signing in and out as JSON. Programs use bearer tokens from ``drugcheck user token`` instead."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, Field

from api.auth.identity import cookie_name
from api.deps import IdentityDep, SessionDep, SettingsDep
from api.routing import SIGNED_IN, GuardedRouter, public
from api.settings import Settings
from lab.network import accounts, signin
from lab.network.access import Actor, Permission
from lab.network.models import Account, Role

router = GuardedRouter(tags=["session"])

SIGN_IN_LIMIT = "10/minute"


class Credentials(BaseModel):
    """E-mail and password."""

    email: Annotated[str, Field(max_length=254)]
    password: Annotated[str, Field(max_length=200)]


class Grant(BaseModel):
    """A role at a site; without a site, in the whole network."""

    role: Role
    site_id: UUID | None


class SessionOut(BaseModel):
    """The account signed in, and what it may do somewhere."""

    account_id: UUID
    display_name: str
    language: str
    roles: list[Grant]
    permissions: list[Permission]


def _out(account: Account, actor: Actor) -> SessionOut:
    return SessionOut(
        account_id=account.id,
        display_name=account.display_name,
        language=account.language,
        roles=[Grant(role=role, site_id=site_id) for site_id, role in sorted(actor.grants, key=str)],
        permissions=[permission for permission in Permission if actor.may(permission)],
    )


def set_session_cookie(response: Response, token: str, settings: Settings) -> None:
    """Give the browser its session: readable by no script, sent to no other site, gone with the session."""
    response.set_cookie(
        cookie_name(https=settings.https),
        token,
        max_age=int(settings.session_lifetime.total_seconds()),
        httponly=True,
        secure=settings.https,
        samesite="lax",
    )


@router.post("/session", access=public("this is how one signs in", limit=SIGN_IN_LIMIT))
def sign_in(credentials: Credentials, response: Response, session: SessionDep, settings: SettingsDep) -> SessionOut:
    """Sign in; the answer sets the session cookie."""
    account = signin.authenticate(session, email=credentials.email, password=credentials.password)
    token = signin.open_session(session, account_id=account.id, lifetime=settings.session_lifetime)
    set_session_cookie(response, token, settings)
    return _out(account, accounts.actor_of(session, account_id=account.id))


@router.get("/session", access=SIGNED_IN)
def who_am_i(identity: IdentityDep) -> SessionOut:
    """The account behind this request."""
    return _out(identity.account, identity.actor)


@router.delete("/session", access=SIGNED_IN, status_code=204)
def sign_out(request: Request, response: Response, session: SessionDep, settings: SettingsDep) -> None:
    """End the browser session."""
    name = cookie_name(https=settings.https)
    if token := request.cookies.get(name):
        signin.close_session(session, token=token)
    response.delete_cookie(name, secure=settings.https, httponly=True, samesite="lax")
