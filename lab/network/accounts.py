"""Accounts: opening one, its password and its roles."""

from uuid import UUID

from sqlmodel import Session, select

from lab.network import passwords
from lab.network.access import Actor
from lab.network.errors import AccountNotFoundError, EmailInvalidError, EmailTakenError, PasswordTooShortError
from lab.network.models import Account, ApiToken, LoginSession, Role, RoleGrant


def _email(text: str) -> str:
    local, at, domain = text.strip().lower().partition("@")
    if not (local and at and domain) or any(character.isspace() for character in text.strip()) or "@" in domain:
        raise EmailInvalidError
    return f"{local}@{domain}"


def create_account(
    session: Session, *, email: str, display_name: str, password: str | None = None, language: str = "fr"
) -> Account:
    """Open an account. Raises :class:`EmailInvalidError`, :class:`EmailTakenError`, :class:`PasswordTooShortError`."""
    address = _email(email)
    if find_account(session, email=address) is not None:
        raise EmailTakenError
    account = Account(email=address, display_name=display_name.strip() or address, language=language)
    session.add(account)
    session.flush()
    if password is not None:
        set_password(session, account=account, password=password)
    return account


def find_account(session: Session, *, email: str) -> Account | None:
    """The account with this e-mail address."""
    return session.exec(select(Account).where(Account.email == email.strip().lower())).first()


def get_account(session: Session, *, email: str) -> Account:
    """The account with this e-mail address; raises :class:`AccountNotFoundError`."""
    account = find_account(session, email=email)
    if account is None:
        raise AccountNotFoundError(email=email)
    return account


def set_password(session: Session, *, account: Account, password: str) -> None:
    """Set a new password; every session and token of the account ends."""
    if len(password) < passwords.MIN_LENGTH:
        raise PasswordTooShortError(least=passwords.MIN_LENGTH)
    account.password_hash = passwords.hash_password(password)
    session.add(account)
    _end_sign_ins(session, account_id=account.id)


def close_account(session: Session, *, account: Account) -> None:
    """Close an account for good; what it did stays attributed to its opaque id."""
    account.active = False
    account.password_hash = None
    session.add(account)
    _end_sign_ins(session, account_id=account.id)


def _end_sign_ins(session: Session, *, account_id: UUID) -> None:
    for kind in (LoginSession, ApiToken):
        for row in session.exec(select(kind).where(kind.account_id == account_id)):
            session.delete(row)
    session.flush()


def grant_role(session: Session, *, account_id: UUID, role: Role, site_id: UUID | None = None) -> None:
    """Give an account a role at a site, or in the whole network. Giving it again changes nothing."""
    known = select(RoleGrant).where(
        RoleGrant.account_id == account_id, RoleGrant.role == role, RoleGrant.site_id == site_id
    )
    if session.exec(known).first() is None:
        session.add(RoleGrant(account_id=account_id, role=role, site_id=site_id))
        session.flush()


def actor_of(session: Session, *, account_id: UUID) -> Actor:
    """The account as it acts now, with its roles."""
    grants = session.exec(select(RoleGrant).where(RoleGrant.account_id == account_id))
    return Actor(account_id, frozenset((grant.site_id, grant.role) for grant in grants))
