"""The demo's network: two testing points, a laboratory, and an account for every role."""

from dataclasses import dataclass

from sqlmodel import Session

from lab.network import accounts, sites
from lab.network.access import Actor
from lab.network.models import Milieu, Role, Site, SiteType

PASSWORD = "drugcheck demo network"  # noqa: S105 -- printed by the demo; its accounts exist in demo labs alone

FESTIVAL, COUNTER, LABORATORY = "North field", "Canal counter", "Network laboratory"

_ACCOUNTS: dict[str, tuple[str, tuple[tuple[str | None, Role], ...]]] = {
    "worker": ("Demo worker", ((FESTIVAL, Role.WORKER), (COUNTER, Role.WORKER))),
    "courier": ("Demo courier", ((None, Role.COURIER),)),
    "chemist": ("Demo chemist", ((LABORATORY, Role.CHEMIST),)),
    "verifier": ("Demo verifier", ((LABORATORY, Role.VERIFIER),)),
    "coordinator": ("Demo coordinator", ((None, Role.COORDINATOR),)),
    "approver": ("Demo approver", ((None, Role.ALERT_APPROVER),)),
    "admin": ("Demo administrator", ((None, Role.ADMINISTRATOR), (None, Role.AUDITOR))),
}


@dataclass(frozen=True)
class DemoNetwork:
    """Who and where, by short names."""

    sites: dict[str, Site]
    actors: dict[str, Actor]


def make_network(session: Session) -> DemoNetwork:
    """Make the network in an empty database."""
    places = {
        FESTIVAL: sites.create_site(
            session, name=FESTIVAL, type=SiteType.FESTIVAL, area="Leuven", milieu=Milieu.FESTIVE, language="nl"
        ),
        COUNTER: sites.create_site(
            session, name=COUNTER, type=SiteType.FIXED, area="Brussels", milieu=Milieu.STREET, allows_preliminary=True
        ),
        LABORATORY: sites.create_site(session, name=LABORATORY, type=SiteType.LABORATORY, area="Brussels"),
    }
    return DemoNetwork(places, {name: _account(session, name, places) for name in _ACCOUNTS})


def _account(session: Session, name: str, places: dict[str, Site]) -> Actor:
    shown, roles = _ACCOUNTS[name]
    account = accounts.create_account(
        session, email=f"{name}@demo.example", display_name=shown, password=PASSWORD, language="en"
    )
    for place, role in roles:
        accounts.grant_role(session, account_id=account.id, role=role, site_id=places[place].id if place else None)
    return accounts.actor_of(session, account_id=account.id)
