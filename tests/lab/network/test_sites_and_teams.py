"""Sites as the network keeps them, protocols by version, and who was trained on which."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from lab.errors import ForbiddenError
from lab.kit.clock import today
from lab.network import accounts, sites, team
from lab.network.errors import (
    LanguagesInvalidError,
    LinkInvalidError,
    ProtocolTakenError,
    SiteHoldsMaterialError,
    SiteNameTakenError,
    SiteNotFoundError,
    TimezoneInvalidError,
    TrainedInFutureError,
    ValidityError,
)
from lab.network.models import Protocol, Role
from lab.network.sites import SiteIn
from lab.network.team import ProtocolIn, TrainingIn
from lab.samples import service as samples
from lab.samples.schemas import SampleIn
from tests.network import Network, make_network


@pytest.fixture
def network(session: Session) -> Network:
    return make_network(session)


def site(**more: object) -> SiteIn:
    return SiteIn.model_validate({"name": "Canal", "type": "caarud", "area": "Brussels", **more})


def protocol(session: Session, network: Network, version: str = "1", **more: object) -> Protocol:
    data = {"title": "Talk", "version": version, "valid_from": today(), "link": "https://example.org/p", **more}
    return team.add_protocol(session, actor=network.actors["coordinator"], data=ProtocolIn.model_validate(data))


def test_a_site_is_opened_changed_closed_and_opened_again(session: Session, network: Network) -> None:
    actor = network.actors["coordinator"]
    made = sites.add_site(session, actor=actor, data=site(languages=["fr", "ar"], hours="Tue 18-22"))
    sites.change_site(session, actor=actor, site_id=made.id, data=site(milieu="street"))
    sites.close_site(session, actor=actor, site_id=made.id)
    assert made not in sites.list_sites(session)
    sites.reopen_site(session, actor=actor, site_id=made.id)
    assert made in sites.list_sites(session)


def test_a_site_with_samples_in_it_is_not_closed(session: Session, network: Network) -> None:
    north = network.sites["north"]
    samples.register(session, actor=network.actors["worker"], data=SampleIn(site_id=north.id, consent_analyse=True))
    with pytest.raises(SiteHoldsMaterialError):
        sites.close_site(session, actor=network.actors["admin"], site_id=north.id)


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"name": "North field"}, SiteNameTakenError), ({"languages": ["français"]}, LanguagesInvalidError),
        ({"timezone": "Moon/Sea"}, TimezoneInvalidError),
    ],
)  # fmt: skip
def test_what_cannot_be_a_site_is_refused(
    session: Session, network: Network, more: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        sites.add_site(session, actor=network.actors["admin"], data=site(**more))


def test_a_coordinator_of_one_site_changes_that_one_alone(session: Session, network: Network) -> None:
    local = accounts.create_account(session, email="local@test.example", display_name="Local")
    accounts.grant_role(session, account_id=local.id, role=Role.COORDINATOR, site_id=network.sites["north"].id)
    actor = accounts.actor_of(session, account_id=local.id)
    assert [one.name for one in sites.all_sites(session, actor=actor)] == ["North field"]
    with pytest.raises(ForbiddenError):
        sites.add_site(session, actor=actor, data=site())
    with pytest.raises(SiteNotFoundError):
        sites.change_site(session, actor=actor, site_id=network.sites["south"].id, data=site())


def test_a_training_says_whether_it_still_holds(session: Session, network: Network) -> None:
    actor, worker = network.actors["coordinator"], network.accounts["worker"]
    old = protocol(session, network, valid_from=today() - timedelta(days=400))
    for trained_on, until in ((today() - timedelta(days=380), today() - timedelta(days=10)), (today(), None)):
        data = TrainingIn(account_id=worker.id, protocol_id=old.id, trained_on=trained_on, valid_until=until,
                          trained_by="Somebody")  # fmt: skip
        team.record_training(session, actor=actor, data=data)
    rows = team.list_training(session, actor=actor, on=today(), site_id=network.sites["north"].id)
    assert [(one.holds, one.superseded) for one in rows] == [(True, False), (False, False)]
    protocol(session, network, "2")
    assert all(one.superseded for one in team.list_training(session, actor=actor, on=today()))
    assert team.list_training(session, actor=actor, on=today(), site_id=network.sites["south"].id) == []


def test_what_cannot_be_a_protocol_or_training_is_refused(session: Session, network: Network) -> None:
    first = protocol(session, network)
    with pytest.raises(ProtocolTakenError):
        protocol(session, network)
    with pytest.raises(LinkInvalidError):
        protocol(session, network, "3", link="javascript:alert(1)")
    with pytest.raises(ValidityError):
        protocol(session, network, "4", valid_until=today() - timedelta(days=1))
    late = TrainingIn(account_id=network.accounts["worker"].id, protocol_id=first.id,
                      trained_on=today() + timedelta(days=1), trained_by="x")  # fmt: skip
    with pytest.raises(TrainedInFutureError):
        team.record_training(session, actor=network.actors["coordinator"], data=late)
