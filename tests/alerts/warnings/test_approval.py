"""Nobody's text goes out by that person's own hand, by whatever road."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlmodel import Session, select

from alerts.deliveries.models import Delivery
from alerts.errors import (
    AlertError,
    AlreadyApprovedError,
    EditionError,
    ExpiryError,
    OwnTextError,
    ProposalOpenError,
    ReasonMissingError,
    TransitionError,
    UnconfirmedError,
)
from alerts.services import AlertServices
from alerts.vocabulary import Tier
from alerts.warnings import approval, clock, doubts, drafts, editing
from alerts.warnings.models import AlertState, AlertVersion, ProposalKind, VersionKind
from alerts.warnings.schemas import TextParts
from alerts.warnings.store import basis_of, latest_version, proposals_of, transitions_of, versions_of
from lab.errors import ForbiddenError
from lab.kit.clock import frozen, now
from lab.kit.db import Database
from lab.network.access import Actor
from lab.results import service as results
from lab.results.models import Technique
from tests.alerts.house import GRADE, House


def edited(house: House, version: AlertVersion, **changes: str) -> AlertVersion:
    words = editing.parts_of(version, "en")
    assert words is not None
    return editing.edit(
        house.session, actor=house.approver, services=house.services, version_id=version.id,
        edition=version.edition, parts={"en": words.model_copy(update=changes)},
    )  # fmt: skip


def graded(house: House, tier: Tier = Tier.T2) -> AlertVersion:
    house.verified_found("isotonitazene")
    return editing.grade(house.session, actor=house.coordinator, version_id=house.draft(tier).id, judgement=GRADE)


def approve(house: House, version: AlertVersion, actor: Actor | None = None) -> AlertVersion:
    return approval.approve(
        house.session, actor=actor or house.approver, version_id=version.id, edition=version.edition
    )


def test_a_graded_draft_approved_by_a_second_person_is_issued(house: House) -> None:
    version = approve(house, graded(house))
    assert version.state is AlertState.ISSUED
    assert version.issued_at is not None
    assert [step.to_state for step in transitions_of(house.session, version_id=version.id)] == ["graded", "issued"]


def test_whoever_last_edited_it_does_not_approve_it(house: House) -> None:
    version = edited(house, graded(house), headline="Nitazene in heroin, Leuven")
    with pytest.raises(OwnTextError):
        approve(house, version)
    assert approve(house, version, house.second_approver).state is AlertState.ISSUED


def test_a_coordinator_who_may_edit_may_not_approve(house: House) -> None:
    with pytest.raises(ForbiddenError):
        approve(house, graded(house), house.coordinator)


def test_an_edit_voids_what_was_approved_before(house: House) -> None:
    house.verified_found("isotonitazene")
    public = drafts.raise_tier(
        house.session, actor=house.coordinator, alert_id=house.alerts()[Tier.T2].id, tier=Tier.T3
    )
    house.render()
    version = latest_version(house.session, alert_id=public.id)
    editing.grade(house.session, actor=house.coordinator, version_id=version.id, judgement=GRADE)
    approve(house, version)
    read = version.edition
    words = editing.parts_of(version, "fr")
    assert words is not None
    editing.edit(
        house.session, actor=house.coordinator, services=house.services, version_id=version.id, edition=read,
        parts={"fr": words.model_copy(update={"headline": "Autre titre"})},
    )  # fmt: skip
    with pytest.raises(EditionError):
        approval.approve(house.session, actor=house.second_approver, version_id=version.id, edition=read)
    assert approve(house, version, house.second_approver).state is AlertState.GRADED
    assert approve(house, version).state is AlertState.ISSUED


def test_the_same_request_twice_counts_once(house: House) -> None:
    house.verified_found("isotonitazene")
    public = drafts.raise_tier(
        house.session, actor=house.coordinator, alert_id=house.alerts()[Tier.T2].id, tier=Tier.T3
    )
    house.render()
    version = latest_version(house.session, alert_id=public.id)
    editing.grade(house.session, actor=house.coordinator, version_id=version.id, judgement=GRADE)
    approve(house, version)
    with pytest.raises(AlreadyApprovedError):
        approve(house, version)
    assert version.state is AlertState.GRADED


def test_an_issued_version_cannot_be_approved_again(house: House) -> None:
    version = approve(house, graded(house))
    with pytest.raises(TransitionError):
        approve(house, version, house.second_approver)


def test_a_professional_alert_without_a_confirmed_finding_needs_a_written_override(house: House) -> None:
    house.verified_found("isotonitazene", techniques=[Technique.TLC])
    higher = drafts.raise_tier(
        house.session, actor=house.coordinator, alert_id=house.alerts()[Tier.T1].id, tier=Tier.T2
    )
    house.render()
    version = latest_version(house.session, alert_id=higher.id)
    editing.grade(house.session, actor=house.coordinator, version_id=version.id, judgement=GRADE)
    with pytest.raises(UnconfirmedError):
        approve(house, version)
    with pytest.raises(ReasonMissingError):
        editing.override(house.session, actor=house.coordinator, version_id=version.id, reason=" ")
    editing.override(house.session, actor=house.coordinator, version_id=version.id, reason="two deaths tonight")
    assert approve(house, version).state is AlertState.ISSUED


def test_an_alert_in_doubt_is_not_approved_until_a_person_has_decided(house: House) -> None:
    version = graded(house)
    result = results.results_of(house.session, sample_id=_sample_of(house, version))[-1]
    results.retract(house.session, actor=house.verifier, result_id=result.id, reason="wrong vial")
    house.consume()
    with pytest.raises(ProposalOpenError):
        approve(house, version)


def _sample_of(house: House, version: AlertVersion) -> UUID:
    return basis_of(house.session, alert_id=version.alert_id)[0].sample_id


def test_an_alert_that_would_be_over_before_it_is_out_is_not_approved(house: House) -> None:
    version = graded(house)
    with frozen(version.expires_at + timedelta(minutes=1)), pytest.raises(ExpiryError):
        approve(house, version)


def test_a_text_that_promises_safety_is_refused(house: House) -> None:
    version = graded(house)
    words = editing.parts_of(version, "en")
    assert words is not None
    with pytest.raises(ValueError, match="safety"):
        TextParts.model_validate(words.model_dump() | {"risk": "This batch is safe."})


def test_an_emergency_release_goes_out_at_once_and_waits_for_a_second_person(house: House) -> None:
    house.subscriber("night@test.example")
    version = graded(house)
    approval.release(
        house.session, actor=house.approver, version_id=version.id, edition=version.edition, reason="two deaths"
    )
    assert version.state is AlertState.ISSUED
    assert len(house.session.exec(select(Delivery).where(Delivery.version_id == version.id)).all()) == 1
    with pytest.raises(OwnTextError):
        approval.countersign(house.session, actor=house.approver, version_id=version.id)
    approval.countersign(house.session, actor=house.second_approver, version_id=version.id)
    with frozen(now() + timedelta(hours=25)):
        assert clock.uncountersigned_versions(house.session) == []


def test_a_release_that_nobody_countersigned_is_cancelled_by_the_clock(house: House) -> None:
    version = graded(house)
    approval.release(
        house.session, actor=house.approver, version_id=version.id, edition=version.edition, reason="two deaths"
    )
    with frozen(now() + timedelta(hours=24, seconds=1)):
        assert clock.uncountersigned_versions(house.session) == [version.id]
        cancel = clock.cancel_uncountersigned(house.session, services=house.services, version_id=version.id)
        assert cancel is not None
        assert clock.cancel_uncountersigned(house.session, services=house.services, version_id=version.id) is None
    assert (cancel.kind, cancel.state, version.state) == (
        VersionKind.CANCEL, AlertState.ISSUED, AlertState.CANCELLED,
    )  # fmt: skip
    assert cancel.texts["nl"]["headline"].startswith("INGETROKKEN")


def test_an_alert_expires_by_itself(house: House) -> None:
    version = approve(house, graded(house))
    with frozen(version.expires_at):
        assert clock.expired_versions(house.session) == [version.id]
        clock.expire(house.session, version_id=version.id)
        clock.expire(house.session, version_id=version.id)
    assert version.state is AlertState.EXPIRED


def test_an_update_replaces_what_was_issued_and_is_approved_like_anything_else(house: House) -> None:
    first = approve(house, graded(house))
    update = drafts.start_version(
        house.session, actor=house.approver, alert_id=first.alert_id, kind=VersionKind.UPDATE, reason="new area"
    )
    house.render()
    editing.grade(house.session, actor=house.coordinator, version_id=update.id, judgement=GRADE)
    with pytest.raises(OwnTextError):
        approve(house, update)
    approve(house, update, house.second_approver)
    assert [one.state for one in versions_of(house.session, alert_id=first.alert_id)] == ["updated", "issued"]
    assert update.texts["en"]["subject"].startswith("UPDATE")


def test_taking_a_proposal_begins_the_withdrawal_and_discarding_it_opens_the_question_again(house: House) -> None:
    first = approve(house, graded(house))
    result = results.results_of(house.session, sample_id=_sample_of(house, first))[-1]
    results.retract(house.session, actor=house.verifier, result_id=result.id, reason="wrong vial")
    house.consume()
    (proposal,) = proposals_of(house.session, alert_id=first.alert_id)
    cancel = doubts.take_proposal(
        house.session, actor=house.coordinator, proposal_id=proposal.id, reason="not a nitazene"
    )
    assert cancel is not None
    house.render()
    editing.discard(house.session, actor=house.coordinator, version_id=cancel.id, reason="second thoughts")
    assert [one.id for one in proposals_of(house.session, alert_id=first.alert_id)] == [proposal.id]
    again = doubts.take_proposal(house.session, actor=house.coordinator, proposal_id=proposal.id, reason="it is not")
    assert again is not None
    house.render()
    approve(house, again)
    assert [one.state for one in versions_of(house.session, alert_id=first.alert_id)] == [
        "cancelled", "cancelled", "issued",
    ]  # fmt: skip


def test_two_requests_at_once_issue_one_alert_once(database: Database, services: AlertServices) -> None:
    with database.session() as session:
        house = House(session, services)
        house.subscriber("night@test.example")
        version = graded(house)
        version_id, edition = version.id, version.edition
        actors = (house.approver, house.second_approver)
    together, outcomes = Barrier(2), []

    def press(number: int) -> None:
        together.wait()
        try:
            with database.session() as session:
                approval.approve(session, actor=actors[number], version_id=version_id, edition=edition)
            outcomes.append("issued")
        except AlertError as error:
            outcomes.append(type(error).__name__)

    threads = [Thread(target=press, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["TransitionError", "issued"]
    with Session(database.engine) as session:
        assert len(session.exec(select(Delivery).where(Delivery.version_id == version_id)).all()) == 1


def test_a_story_that_goes_on_after_a_withdrawal_is_drafted_anew_even_when_the_withdrawal_has_expired(
    house: House,
) -> None:
    first = approve(house, graded(house))
    cancel = drafts.start_version(
        house.session, actor=house.coordinator, alert_id=first.alert_id, kind=VersionKind.CANCEL, reason="over"
    )
    house.render()
    approve(house, cancel)
    with frozen(now() + timedelta(days=13)):
        cancel.expires_at = now()
        clock.expire(house.session, version_id=cancel.id)
        house.verified_found("isotonitazene")
        assert house.alerts()[Tier.T2].id != first.alert_id


def test_a_draft_that_a_person_threw_away_is_not_drafted_again_by_the_same_story(house: House) -> None:
    version = graded(house)
    editing.discard(house.session, actor=house.coordinator, version_id=version.id, reason="known for weeks")
    house.verified_found("isotonitazene")
    assert house.alerts()[Tier.T2].id == version.alert_id


def test_a_draft_thrown_away_with_its_retracted_result_does_not_silence_the_next(house: House) -> None:
    version = graded(house)
    result = results.results_of(house.session, sample_id=_sample_of(house, version))[-1]
    results.retract(house.session, actor=house.verifier, result_id=result.id, reason="wrong vial")
    house.consume()
    editing.discard(house.session, actor=house.coordinator, version_id=version.id, reason="wrong vial")
    house.verified_found("isotonitazene")
    assert house.alerts()[Tier.T2].id != version.alert_id


def test_an_update_thrown_away_leaves_the_alert_in_force(house: House) -> None:
    first = approve(house, graded(house))
    update = drafts.start_version(
        house.session, actor=house.coordinator, alert_id=first.alert_id, kind=VersionKind.UPDATE, reason="more"
    )
    editing.discard(house.session, actor=house.coordinator, version_id=update.id, reason="not needed")
    house.verified_found("isotonitazene")
    assert house.alerts()[Tier.T2].id == first.alert_id


def test_a_story_that_goes_on_after_its_alert_expired_proposes_an_update_once(house: House) -> None:
    first = approve(house, graded(house))
    with frozen(now() + timedelta(days=13)):
        first.expires_at = now()
        clock.expire(house.session, version_id=first.id)
        for _ in range(2):
            _, result = house.verified_found("isotonitazene")
        (proposal,) = proposals_of(house.session, alert_id=first.alert_id)
        assert proposal.kind is ProposalKind.UPDATE
        for sample_result in (result, house.reload(proposal.result_id)):
            results.retract(house.session, actor=house.verifier, result_id=sample_result.id, reason="wrong vial")
            house.consume()
        assert len(proposals_of(house.session, alert_id=first.alert_id)) == 2


def test_an_old_approval_sent_again_fits_no_later_version(house: House) -> None:
    house.verified_found("isotonitazene")
    first = house.issue(house.draft(Tier.T2))
    later = drafts.start_version(
        house.session, actor=house.coordinator, alert_id=first.alert_id, kind=VersionKind.CANCEL, reason="over"
    )
    house.render()
    with pytest.raises(EditionError):
        approval.approve(house.session, actor=house.approver, version_id=later.id, edition=first.edition)
    approval.approve(house.session, actor=house.approver, version_id=later.id, edition=later.edition)
