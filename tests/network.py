"""A small network for tests: two testing points, a laboratory, and an account for each role."""

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from lab.network import accounts, signin, sites
from lab.network.access import Actor
from lab.network.models import Account, Milieu, Role, Site, SiteType

ROLES: dict[str, tuple[tuple[str | None, Role], ...]] = {
    "worker": (("north", Role.WORKER),),
    "south_worker": (("south", Role.WORKER),),
    "courier": ((None, Role.COURIER),),
    "chemist": (("laboratory", Role.CHEMIST),),
    "verifier": (("laboratory", Role.VERIFIER),),
    "coordinator": ((None, Role.COORDINATOR),),
    "approver": ((None, Role.ALERT_APPROVER),),
    "second_approver": ((None, Role.ALERT_APPROVER),),
    "admin": ((None, Role.ADMINISTRATOR),),
    "auditor": ((None, Role.AUDITOR),),
}


@dataclass(frozen=True)
class Network:
    """What was made, by short names."""

    sites: dict[str, Site]
    accounts: dict[str, Account]
    actors: dict[str, Actor]
    tokens: dict[str, str]


def make_network(session: Session) -> Network:
    """Make it; passwords are left out, since Argon2 is slow by design: tokens sign in."""
    places = {
        "north": sites.create_site(
            session, name="North field", type=SiteType.FESTIVAL, area="Leuven", milieu=Milieu.FESTIVE
        ),
        "south": sites.create_site(
            session, name="South counter", type=SiteType.NEEDLE_EXCHANGE, area="Brussels", milieu=Milieu.STREET
        ),
        "laboratory": sites.create_site(session, name="Laboratory", type=SiteType.LABORATORY, area="Brussels"),
    }
    people = {
        name: accounts.create_account(
            session, email=f"{name}@test.example", display_name=name.replace("_", " ").title(), language="en"
        )
        for name in ROLES
    }
    for name, grants in ROLES.items():
        for place, role in grants:
            site_id = places[place].id if place else None
            accounts.grant_role(session, account_id=people[name].id, role=role, site_id=site_id)
    return Network(
        sites=places,
        accounts=people,
        actors={name: accounts.actor_of(session, account_id=account.id) for name, account in people.items()},
        tokens={
            name: signin.issue_token(session, account_id=account.id, label="test", lifetime=timedelta(hours=1))
            for name, account in people.items()
        },
    )
