"""The people of the network and their roles, as coordinators and administrators keep them.

Nobody gives more than they hold: a coordinator gives roles whose every permission they have themselves, at sites where
they have it, and touches no account that holds more. An administrator gives every role. The last administrator stays.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.errors import ForbiddenError
from lab.kit.clock import now
from lab.network import accounts
from lab.network.access import GRANTS, Actor, Permission
from lab.network.errors import (
    AccountClosedError,
    AccountUnknownError,
    InvitationInvalidError,
    LastAdministratorError,
    OwnAccountError,
    SiteNotFoundError,
)
from lab.network.models import Account, AccountInvitation, Role, RoleGrant, Site

INVITATION_LIFETIME = timedelta(hours=72)


@dataclass(frozen=True)
class Person:
    """An account with its roles."""

    account: Account
    grants: Sequence[RoleGrant]
    invited: bool  # has no password yet
    manageable: bool


def may_give(actor: Actor, *, role: Role, site_id: UUID | None) -> bool:
    """Whether ``actor`` may give or take ``role`` at ``site_id`` (None: in the whole network)."""
    if actor.may(Permission.NETWORK_MANAGE):
        return True
    if not actor.may(Permission.NETWORK_COORDINATE):
        return False
    needed = GRANTS[role] | {Permission.NETWORK_COORDINATE}
    if site_id is None:
        return all(actor.sites(permission) is None for permission in needed)
    return all(actor.may(permission, site_id) for permission in needed)


def _grants(session: Session, account_id: UUID) -> Sequence[RoleGrant]:
    return session.exec(select(RoleGrant).where(RoleGrant.account_id == account_id)).all()


def _may_manage(actor: Actor, grants: Sequence[RoleGrant]) -> bool:
    return all(may_give(actor, role=grant.role, site_id=grant.site_id) for grant in grants)


def list_people(session: Session, *, actor: Actor) -> Sequence[Person]:
    """The people ``actor`` looks after: everybody for whoever coordinates the network, else those of their sites."""
    actor.require(Permission.NETWORK_COORDINATE)
    allowed = actor.sites(Permission.NETWORK_COORDINATE)
    held: dict[UUID, list[RoleGrant]] = {}
    for grant in session.exec(select(RoleGrant)):
        held.setdefault(grant.account_id, []).append(grant)
    people = []
    for account in session.exec(select(Account).order_by(col(Account.active).desc(), Account.display_name)):
        grants = held.get(account.id, [])
        if allowed is None or any(grant.site_id in allowed for grant in grants):
            people.append(
                Person(account, grants, account.active and account.password_hash is None, _may_manage(actor, grants))
            )
    return people


def visible_account(session: Session, *, actor: Actor, account_id: UUID) -> Person:
    """One of the people ``actor`` looks after; raises :class:`AccountUnknownError`."""
    actor.require(Permission.NETWORK_COORDINATE)
    account = session.get(Account, account_id)
    grants = _grants(session, account_id)
    allowed = actor.sites(Permission.NETWORK_COORDINATE)
    if account is None or not (allowed is None or any(grant.site_id in allowed for grant in grants)):
        raise AccountUnknownError
    return Person(account, grants, account.active and account.password_hash is None, _may_manage(actor, grants))


def _managed(session: Session, actor: Actor, account_id: UUID) -> Person:
    person = visible_account(session, actor=actor, account_id=account_id)
    if not person.manageable:
        raise ForbiddenError(permission=Permission.NETWORK_MANAGE.value)
    return person


def invite(
    session: Session, *, actor: Actor, email: str, display_name: str, language: str, role: Role, site_id: UUID | None
) -> tuple[Account, str]:
    """Open an account with one role and no password; the token of the link by which the person chooses one."""
    _require_site(session, site_id)
    if not may_give(actor, role=role, site_id=site_id):
        raise ForbiddenError(permission=Permission.NETWORK_MANAGE.value)
    account = accounts.create_account(session, email=email, display_name=display_name, language=language)
    accounts.grant_role(session, account_id=account.id, role=role, site_id=site_id)
    return account, _issue(session, actor, account.id)


def reset_link(session: Session, *, actor: Actor, account_id: UUID) -> str:
    """A new link to choose a password; earlier links end, and so do the account's sign-ins once it is used."""
    person = _managed(session, actor, account_id)
    if not person.account.active:
        raise AccountClosedError
    return _issue(session, actor, account_id)


def _issue(session: Session, actor: Actor, account_id: UUID) -> str:
    session.execute(sa.delete(AccountInvitation).where(col(AccountInvitation.account_id) == account_id))
    token = secrets.token_urlsafe(32)
    session.add(
        AccountInvitation(
            token_hash=_digest(token), account_id=account_id, created_by=actor.account_id,
            expires_at=now() + INVITATION_LIFETIME,
        )
    )  # fmt: skip
    session.flush()
    return token


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()  # 256 random bits need no slow hash


def invited_account(session: Session, *, token: str) -> Account:
    """Whose link this is; raises :class:`InvitationInvalidError` when it is unknown, used, expired or withdrawn."""
    row = session.get(AccountInvitation, _digest(token))
    account = session.get(Account, row.account_id) if row is not None else None
    if row is None or account is None or not account.active or row.used_at is not None or row.expires_at <= now():
        raise InvitationInvalidError
    return account


def accept(session: Session, *, token: str, password: str) -> Account:
    """Choose a password by a link, which is then used up."""
    account = invited_account(session, token=token)
    accounts.set_password(session, account=account, password=password)
    row = session.get_one(AccountInvitation, _digest(token))
    row.used_at = now()
    session.add(row)
    session.flush()
    return account


def give_role(session: Session, *, actor: Actor, account_id: UUID, role: Role, site_id: UUID | None) -> None:
    """Give a role; raises :class:`~lab.errors.ForbiddenError` where it is more than ``actor`` holds."""
    person = visible_account(session, actor=actor, account_id=account_id)
    _require_site(session, site_id)
    if not person.account.active:
        raise AccountClosedError
    if not may_give(actor, role=role, site_id=site_id):
        raise ForbiddenError(permission=Permission.NETWORK_MANAGE.value)
    accounts.grant_role(session, account_id=account_id, role=role, site_id=site_id)


def take_role(session: Session, *, actor: Actor, grant_id: UUID) -> UUID:
    """Take a role away; whose it was. Raises :class:`LastAdministratorError` for the last one of the network."""
    grant = session.get(RoleGrant, grant_id)
    if grant is None:
        raise AccountUnknownError
    visible_account(session, actor=actor, account_id=grant.account_id)
    if not may_give(actor, role=grant.role, site_id=grant.site_id):
        raise ForbiddenError(permission=Permission.NETWORK_MANAGE.value)
    if grant.role is Role.ADMINISTRATOR and grant.site_id is None:
        _another_administrator(session, but=grant.account_id)
    session.delete(grant)
    session.flush()
    return grant.account_id


def deactivate(session: Session, *, actor: Actor, account_id: UUID) -> Account:
    """Close an account: signed out everywhere, no way in; what it did stays attributed to its opaque id."""
    person = _managed(session, actor, account_id)
    if account_id == actor.account_id:
        raise OwnAccountError
    if any(grant.role is Role.ADMINISTRATOR and grant.site_id is None for grant in person.grants):
        _another_administrator(session, but=account_id)
    session.execute(sa.delete(AccountInvitation).where(col(AccountInvitation.account_id) == account_id))
    accounts.close_account(session, account=person.account)
    return person.account


def _another_administrator(session: Session, *, but: UUID) -> None:
    """Raise unless somebody else of the network can still sign in and administer it.

    The rows are locked, so that two administrators who remove each other at the same moment do not both succeed.
    """
    others = session.exec(
        select(Account)
        .join(RoleGrant, col(RoleGrant.account_id) == col(Account.id))
        .where(
            RoleGrant.role == Role.ADMINISTRATOR, col(RoleGrant.site_id).is_(None), col(Account.active),
            col(Account.password_hash).is_not(None),
        )
        .order_by(col(Account.id))
        .with_for_update()
    ).all()  # fmt: skip
    if not any(account.id != but for account in others):
        raise LastAdministratorError


def _require_site(session: Session, site_id: UUID | None) -> None:
    if site_id is not None and session.get(Site, site_id) is None:
        raise SiteNotFoundError
