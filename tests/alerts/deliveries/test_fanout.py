"""Who gets what, once, and in order."""

from dataclasses import replace

import pytest
from sqlmodel import select

from alerts.channels.base import TransportError
from alerts.deliveries.claiming import claim_due
from alerts.deliveries.fanout import Recipient, audience_counts, wants
from alerts.deliveries.models import Delivery, DeliveryState
from alerts.deliveries.recording import record_failed, record_sent
from alerts.subscriptions import service as subscriptions
from alerts.subscriptions.models import SubscriptionEndpoint
from alerts.vocabulary import Audience, ChannelKind, Tier
from alerts.warnings import approval, doubts, drafts, editing
from alerts.warnings.models import Alert, AlertVersion, VersionKind
from alerts.warnings.store import proposals_of
from lab.kit.ids import new_id
from lab.results import service as results
from tests.alerts.house import House

LEASES_S = {ChannelKind.EMAIL: 60.0, ChannelKind.WEBHOOK: 25.0}


def recipient(
    audience: Audience, *, tiers: tuple[str, ...] = ("T1", "T2", "T3"), areas: tuple[str, ...] = ()
) -> Recipient:
    return Recipient(new_id(), ChannelKind.EMAIL, audience, "en", tiers, areas)


@pytest.mark.parametrize(
    ("one", "tier", "areas", "expected"),
    [
        (recipient(Audience.NETWORK), Tier.T1, ["Leuven"], True),
        (recipient(Audience.PROFESSIONALS), Tier.T1, ["Leuven"], False),
        (recipient(Audience.PUBLIC), Tier.T2, ["Leuven"], False),
        (recipient(Audience.PUBLIC), Tier.T3, ["Leuven"], True),
        (recipient(Audience.NETWORK, tiers=("T2",)), Tier.T1, ["Leuven"], False),
        (recipient(Audience.NETWORK, areas=("leuven", "Gent")), Tier.T1, ["Leuven"], True),
        (recipient(Audience.NETWORK, areas=("Gent",)), Tier.T1, ["Leuven"], False),
        (recipient(Audience.NETWORK, areas=("Gent",)), Tier.T1, [], True),
    ],
)
def test_audience_tier_and_area_decide(one: Recipient, tier: Tier, areas: list[str], expected: bool) -> None:
    assert wants(one, Alert(tier=tier, areas=areas)) is expected


def deliveries(house: House, version: AlertVersion) -> dict[object, Delivery]:
    rows = house.session.exec(
        select(Delivery).where(Delivery.version_id == version.id).execution_options(populate_existing=True)
    )
    return {row.endpoint_id: row for row in rows}


def issued(house: House) -> AlertVersion:
    house.verified_found("isotonitazene")
    return house.issue(house.draft(Tier.T2))


def withdraw(house: House, first: AlertVersion, kind: VersionKind = VersionKind.CANCEL) -> AlertVersion:
    version = drafts.start_version(
        house.session, actor=house.coordinator, alert_id=first.alert_id, kind=kind, reason="not a nitazene"
    )
    house.render()
    return house.issue(version) if kind is VersionKind.UPDATE else _approved(house, version)


def _approved(house: House, version: AlertVersion) -> AlertVersion:
    return approval.approve(house.session, actor=house.approver, version_id=version.id, edition=version.edition)


def test_every_endpoint_that_asked_gets_one_delivery(house: House) -> None:
    mine = house.subscriber("a@test.example")
    hook = house.subscriber("https://hospital.test.example/hook", channel=ChannelKind.WEBHOOK)
    house.subscriber("public@test.example", audience=Audience.PUBLIC)
    house.subscriber("waiting@test.example", confirmed=False)
    assert set(deliveries(house, issued(house))) == {mine.id, hook.id}


def test_the_approver_sees_how_many_will_get_it_in_each_language(house: House) -> None:
    house.subscriber("a@test.example", language="fr")
    house.subscriber("b@test.example", language="nl", audience=Audience.PROFESSIONALS)
    house.verified_found("isotonitazene")
    counts = audience_counts(house.session, alert=house.alerts()[Tier.T2])
    assert counts == {
        (Audience.NETWORK, "fr", ChannelKind.EMAIL): 1,
        (Audience.PROFESSIONALS, "nl", ChannelKind.EMAIL): 1,
    }


def sent(house: House, version: AlertVersion, endpoint: SubscriptionEndpoint) -> None:
    (claim,) = [
        claim for claim in claim_due(house.session, leases_s=LEASES_S, limit=50)
        if claim.delivery_id == deliveries(house, version)[endpoint.id].id
    ]  # fmt: skip
    record_sent(house.session, claim=claim, status=200)


def test_a_cancel_reaches_who_got_the_alert_and_nobody_else(house: House) -> None:
    got, never = house.subscriber("got@test.example"), house.subscriber("never@test.example")
    first = issued(house)
    rows = deliveries(house, first)
    rows[never.id].state = DeliveryState.PAUSED
    house.session.add(rows[never.id])
    house.session.flush()
    sent(house, first, got)
    house.subscriber("late@test.example")
    cancel = withdraw(house, first)
    assert set(deliveries(house, cancel)) == {got.id}
    assert deliveries(house, first)[never.id].state is DeliveryState.WITHDRAWN


def test_a_cancel_reaches_who_may_have_got_it_from_a_sender_that_died(house: House) -> None:
    endpoint = house.subscriber("maybe@test.example")
    first = issued(house)
    claim_due(house.session, leases_s=LEASES_S, limit=50)
    assert set(deliveries(house, withdraw(house, first))) == {endpoint.id}


def test_a_cancel_waits_while_its_alert_is_under_way(house: House) -> None:
    house.subscriber("slow@test.example")
    first = issued(house)
    (claim,) = [one for one in claim_due(house.session, leases_s=LEASES_S, limit=50) if one.purpose == "alert"]
    cancel = withdraw(house, first)
    assert claim_due(house.session, leases_s=LEASES_S, limit=50) == []
    record_sent(house.session, claim=claim, status=200)
    (next_claim,) = claim_due(house.session, leases_s=LEASES_S, limit=50)
    assert next_claim.delivery_id in {row.id for row in deliveries(house, cancel).values()}


def test_an_alert_that_failed_is_not_tried_again_once_its_cancel_is_there(house: House) -> None:
    house.subscriber("slow@test.example")
    first = issued(house)
    (claim,) = [one for one in claim_due(house.session, leases_s=LEASES_S, limit=50) if one.purpose == "alert"]
    withdraw(house, first)
    record_failed(house.session, claim=claim, error=TransportError("busy"))
    (row,) = deliveries(house, first).values()
    assert row.state is DeliveryState.WITHDRAWN


def test_an_update_goes_to_who_got_the_alert_and_to_who_asks_now(house: House) -> None:
    got = house.subscriber("got@test.example")
    first = issued(house)
    sent(house, first, got)
    late = house.subscriber("late@test.example")
    update = withdraw(house, first, VersionKind.UPDATE)
    assert set(deliveries(house, update)) == {got.id, late.id}


def test_who_left_gets_nothing_more(house: House) -> None:
    endpoint = house.subscriber("left@test.example")
    first = issued(house)
    sent(house, first, endpoint)
    subscriptions.unsubscribe(house.session, token=house.services.tokens.unsubscribe(endpoint.id))
    assert deliveries(house, withdraw(house, first)) == {}


def test_a_retracted_result_pauses_what_is_unsent(house: House) -> None:
    house.subscriber("a@test.example")
    _, result = house.verified_found("isotonitazene")
    version = house.issue(house.draft(Tier.T2))
    results.retract(house.session, actor=house.verifier, result_id=result.id, reason="wrong vial")
    house.consume()
    (row,) = deliveries(house, version).values()
    assert row.state is DeliveryState.PAUSED
    assert [one for one in claim_due(house.session, leases_s=LEASES_S, limit=50) if one.purpose == "alert"] == []


def test_a_dismissed_doubt_lets_it_go_out_after_all(house: House) -> None:
    house.subscriber("a@test.example")
    _, result = house.verified_found("isotonitazene")
    version = house.issue(house.draft(Tier.T2))
    results.retract(house.session, actor=house.verifier, result_id=result.id, reason="wrong vial")
    house.consume()
    (proposal,) = proposals_of(house.session, alert_id=version.alert_id)
    doubts.dismiss_proposal(
        house.session, actor=house.approver, proposal_id=proposal.id, reason="a second laboratory confirms it"
    )
    (row,) = deliveries(house, version).values()
    assert row.state is DeliveryState.WAITING


def test_an_exercise_says_so_everywhere(house: House) -> None:
    house.services = replace(house.services, exercise=True)
    house.verified_found("isotonitazene")
    text = editing.parts_of(house.draft(Tier.T2), "fr")
    stored = house.draft(Tier.T2).texts["fr"]
    assert text is not None
    assert stored["subject"].startswith("EXERCICE")
    assert stored["body"].startswith("EXERCICE")
    assert stored["line"].startswith("EXERCICE")
