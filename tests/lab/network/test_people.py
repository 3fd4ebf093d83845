"""People and roles: nobody gives more than they hold, and the last administrator stays."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from lab.errors import ForbiddenError
from lab.kit.clock import frozen, now
from lab.network import accounts, people, signin
from lab.network.errors import (
    AccountUnknownError,
    InvitationInvalidError,
    LastAdministratorError,
    OwnAccountError,
    PasswordTooShortError,
)
from lab.network.models import Role, RoleGrant
from tests.network import Network, make_network

PASSWORD = "a long sentence to remember"


@pytest.fixture
def network(session: Session) -> Network:
    network = make_network(session)
    for name in ("admin", "coordinator"):  # have chosen a password; the hash is slow and not the matter here
        network.accounts[name].password_hash = "chosen"
        session.add(network.accounts[name])
    session.flush()
    return network


def grant(session: Session, network: Network, name: str) -> RoleGrant:
    return session.exec(select(RoleGrant).where(RoleGrant.account_id == network.accounts[name].id)).one()


def test_a_link_opens_an_account_once(session: Session, network: Network) -> None:
    account, token = people.invite(
        session, actor=network.actors["coordinator"], email="new@test.example", display_name="New", language="nl",
        role=Role.WORKER, site_id=network.sites["north"].id,
    )  # fmt: skip
    with pytest.raises(PasswordTooShortError):
        people.accept(session, token=token, password="short")
    people.accept(session, token=token, password=PASSWORD)
    assert signin.authenticate(session, email="new@test.example", password=PASSWORD).id == account.id
    with pytest.raises(InvitationInvalidError):
        people.accept(session, token=token, password=PASSWORD)


def test_a_link_ends_by_time_and_by_a_newer_one(session: Session, network: Network) -> None:
    admin, worker = network.actors["admin"], network.accounts["worker"]
    first = people.reset_link(session, actor=admin, account_id=worker.id)
    second = people.reset_link(session, actor=admin, account_id=worker.id)
    with pytest.raises(InvitationInvalidError):
        people.invited_account(session, token=first)
    assert people.invited_account(session, token=second).id == worker.id
    with frozen(now() + people.INVITATION_LIFETIME + timedelta(seconds=1)), pytest.raises(InvitationInvalidError):
        people.invited_account(session, token=second)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.ALERT_APPROVER, Role.CHEMIST, Role.VERIFIER])
def test_a_coordinator_gives_no_role_that_holds_more(session: Session, network: Network, role: Role) -> None:
    for account in ("worker", "coordinator"):
        with pytest.raises(ForbiddenError):
            people.give_role(
                session, actor=network.actors["coordinator"], account_id=network.accounts[account].id, role=role,
                site_id=network.sites["laboratory"].id,
            )  # fmt: skip


def test_a_coordinator_takes_over_no_account_that_holds_more(session: Session, network: Network) -> None:
    coordinator = network.actors["coordinator"]
    for name in ("admin", "verifier", "approver"):
        with pytest.raises(ForbiddenError):
            people.reset_link(session, actor=coordinator, account_id=network.accounts[name].id)
        with pytest.raises(ForbiddenError):
            people.deactivate(session, actor=coordinator, account_id=network.accounts[name].id)
    assert people.reset_link(session, actor=coordinator, account_id=network.accounts["worker"].id)


def test_a_coordinator_of_one_site_sees_and_gives_there_alone(session: Session, network: Network) -> None:
    north, south = network.sites["north"].id, network.sites["south"].id
    local = accounts.create_account(session, email="local@test.example", display_name="Local")
    accounts.grant_role(session, account_id=local.id, role=Role.COORDINATOR, site_id=north)
    actor = accounts.actor_of(session, account_id=local.id)
    assert {one.account.display_name for one in people.list_people(session, actor=actor)} == {"Local", "Worker"}
    with pytest.raises(AccountUnknownError):
        people.give_role(
            session, actor=actor, account_id=network.accounts["south_worker"].id, role=Role.WORKER, site_id=south
        )
    for place in (south, None):
        with pytest.raises(ForbiddenError):
            people.give_role(
                session, actor=actor, account_id=network.accounts["worker"].id, role=Role.WORKER, site_id=place
            )


def test_the_last_administrator_stays(session: Session, network: Network) -> None:
    admin = network.actors["admin"]
    with pytest.raises(LastAdministratorError):
        people.take_role(session, actor=admin, grant_id=grant(session, network, "admin").id)
    invited, _ = people.invite(
        session, actor=admin, email="second@test.example", display_name="Second", language="fr",
        role=Role.ADMINISTRATOR, site_id=None,
    )  # fmt: skip
    with pytest.raises(LastAdministratorError):  # the second cannot sign in yet
        people.take_role(session, actor=admin, grant_id=grant(session, network, "admin").id)
    invited.password_hash = "chosen"
    session.add(invited)
    people.take_role(session, actor=admin, grant_id=grant(session, network, "admin").id)
    second = accounts.actor_of(session, account_id=invited.id)
    with pytest.raises(OwnAccountError):
        people.deactivate(session, actor=second, account_id=invited.id)


def test_a_closed_account_is_signed_out_and_its_links_end(session: Session, network: Network) -> None:
    admin, worker = network.actors["admin"], network.accounts["worker"]
    link = people.reset_link(session, actor=admin, account_id=worker.id)
    people.deactivate(session, actor=admin, account_id=worker.id)
    assert signin.account_of_token(session, token=network.tokens["worker"]) is None
    with pytest.raises(InvitationInvalidError):
        people.invited_account(session, token=link)


@pytest.mark.parametrize("who", ["worker", "courier", "chemist", "approver", "auditor"])
def test_others_look_after_nobody(session: Session, network: Network, who: str) -> None:
    with pytest.raises(ForbiddenError):
        people.list_people(session, actor=network.actors[who])
