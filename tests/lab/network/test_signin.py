"""Accounts sign in, and only while they may."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from lab.kit.clock import frozen, now
from lab.network import accounts, signin
from lab.network.errors import EmailInvalidError, EmailTakenError, PasswordTooShortError, SignInFailedError
from lab.network.models import Account

PASSWORD = "a long enough password"


@pytest.fixture
def account(session: Session) -> Account:
    return accounts.create_account(session, email=" Worker@Demo.example ", display_name="W", password=PASSWORD)


def test_the_right_password_signs_in_whatever_the_case_of_the_address(session: Session, account: Account) -> None:
    assert signin.authenticate(session, email="WORKER@demo.example", password=PASSWORD).id == account.id


@pytest.mark.parametrize(("email", "password"), [("worker@demo.example", "wrong"), ("nobody@demo.example", PASSWORD)])
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    session: Session, account: Account, email: str, password: str
) -> None:
    with pytest.raises(SignInFailedError):
        signin.authenticate(session, email=email, password=password)


def test_a_session_opens_the_account_until_it_ends(session: Session, account: Account) -> None:
    token = signin.open_session(session, account_id=account.id, lifetime=timedelta(hours=1))
    assert signin.account_of_session(session, token=token) == account
    with frozen(now() + timedelta(hours=2)):
        assert signin.account_of_session(session, token=token) is None
    signin.close_session(session, token=token)
    assert signin.account_of_session(session, token=token) is None


def test_a_new_password_ends_every_session_and_token(session: Session, account: Account) -> None:
    cookie = signin.open_session(session, account_id=account.id, lifetime=timedelta(hours=1))
    token = signin.issue_token(session, account_id=account.id, label="sync", lifetime=timedelta(days=1))
    assert signin.account_of_token(session, token=token) == account
    accounts.set_password(session, account=account, password="another long password")
    assert signin.account_of_session(session, token=cookie) is None
    assert signin.account_of_token(session, token=token) is None


def test_a_closed_account_cannot_sign_in(session: Session, account: Account) -> None:
    accounts.close_account(session, account=account)
    with pytest.raises(SignInFailedError):
        signin.authenticate(session, email=account.email, password=PASSWORD)


@pytest.mark.parametrize("email", ["", "no-at", "a@", "@b", "a b@c.example", "a@b@c"])
def test_what_is_not_an_address_is_refused(session: Session, email: str) -> None:
    with pytest.raises(EmailInvalidError):
        accounts.create_account(session, email=email, display_name="x")


def test_an_address_opens_one_account_only(session: Session, account: Account) -> None:
    with pytest.raises(EmailTakenError):
        accounts.create_account(session, email=account.email.upper(), display_name="x")


def test_a_short_password_is_refused(session: Session) -> None:
    with pytest.raises(PasswordTooShortError):
        accounts.create_account(session, email="x@demo.example", display_name="x", password="short")
