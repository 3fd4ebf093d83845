"""Facts of the laboratory raise what they must: T0 at once, alerts from verified results, doubts from changed ones."""

from datetime import timedelta

import pytest
from sqlmodel import select

from alerts.evaluations.models import Evaluation, Stage
from alerts.evaluations.service import gaps
from alerts.tasks import service as tasks
from alerts.tasks.models import TaskState
from alerts.triggers import close_gaps
from alerts.vocabulary import Tier
from alerts.warnings.models import AlertBasis, AlertState, ProposalKind
from alerts.warnings.store import basis_of, proposals_of
from lab.kit.outbox import OutboxEntry
from lab.results import service as results
from lab.results.analyses import record_analysis
from lab.results.models import ConfirmationRequest, Outcome, Technique
from lab.results.schemas import FindingIn
from lab.samples.models import AdverseEvent, Sample
from tests.alerts.house import House


def test_a_serious_adverse_event_opens_a_task_at_registration(house: House) -> None:
    sample = house.sample("MDMA", adverse_event=AdverseEvent.SERIOUS)
    house.consume()
    task = house.tasks(sample)["serious_adverse_event"]
    assert (task.state, task.verified, task.site_id) == (TaskState.OPEN, False, house.north.id)


def test_a_submitted_result_opens_a_task_that_says_not_verified_and_drafts_nothing(house: House) -> None:
    sample, _ = house.submit_found("isotonitazene", sold_as="heroin")
    house.consume()
    assert not house.tasks(sample)["nitazene_unexpected"].verified
    assert house.alerts() == {}


def test_an_imported_finding_opens_a_task_before_any_result_rests_on_it(house: House) -> None:
    sample = house.sample("MDMA")
    data = house.analysis_in(Technique.GCMS, "para-methoxyamphetamine (PMA)")
    record_analysis(house.session, actor=house.chemist, sample_id=sample.id, data=data, import_key="line 1")
    house.consume()
    assert house.tasks(sample)["pma_pmma"].state is TaskState.OPEN


def test_a_strip_that_knows_only_the_group_opens_a_task(house: House) -> None:
    house.substance("fentanyl")
    sample = house.sample("heroin")
    house.analysis(sample, Technique.STRIP, outcome=Outcome.DETECTED, findings=[FindingIn(substance_class="fentanyl")])
    house.submitted(sample)
    house.consume()
    assert house.tasks(sample)["fentanyl_unexpected"].evidence == "presumptive"


def test_verification_strengthens_the_task_and_drafts_t1_and_t2(house: House) -> None:
    sample, _ = house.verified_found("isotonitazene")
    assert house.tasks(sample)["nitazene_unexpected"].verified
    assert set(house.alerts()) == {Tier.T1, Tier.T2}
    assert house.draft(Tier.T2).state is AlertState.DRAFT


def test_a_presumptive_finding_drafts_t1_only_and_says_so(house: House) -> None:
    house.verified_found("isotonitazene", techniques=[Technique.TLC])
    assert set(house.alerts()) == {Tier.T1}
    assert "NOT CONFIRMED" in house.draft(Tier.T1).texts["en"]["evidence"]


def test_a_second_result_of_the_same_story_joins_the_alert(house: House) -> None:
    house.verified_found("isotonitazene")
    first = house.alerts()[Tier.T1]
    house.verified_found("isotonitazene")
    assert house.alerts()[Tier.T1].id == first.id
    assert len(basis_of(house.session, alert_id=first.id)) == 2
    assert "2 samples" in house.draft(Tier.T1).texts["en"]["what"]


def test_another_found_set_is_another_story(house: House) -> None:
    house.verified_found("isotonitazene")
    first = house.alerts()[Tier.T1]
    house.verified_found("isotonitazene", "caffeine")
    assert house.alerts()[Tier.T1].id != first.id


def test_facts_that_come_twice_change_nothing(house: House) -> None:
    sample, _ = house.verified_found("isotonitazene")
    before = (set(house.alerts()), _events(house, sample))
    for entry in house.session.exec(select(OutboxEntry)).all():
        entry.consumed_at = None
    house.consume()
    assert before == (set(house.alerts()), _events(house, sample))


def _events(house: House, sample: Sample) -> int:
    (task,) = house.tasks(sample).values()
    return len(tasks.history(house.session, task_id=task.id))


def test_a_retracted_result_proposes_a_cancel_and_tells_the_open_task(house: House) -> None:
    sample, result = house.verified_found("isotonitazene")
    results.retract(house.session, actor=house.verifier, result_id=result.id, reason="wrong vial")
    house.consume()
    (proposal,) = proposals_of(house.session, alert_id=house.alerts()[Tier.T2].id)
    assert proposal.kind is ProposalKind.CANCEL
    events = tasks.history(house.session, task_id=house.tasks(sample)["nitazene_unexpected"].id)
    assert "task.fact.retracted" in {event.message_id for event in events}


def test_a_retracted_result_among_others_proposes_an_update(house: House) -> None:
    house.verified_found("isotonitazene")
    _, second = house.verified_found("isotonitazene")
    results.retract(house.session, actor=house.verifier, result_id=second.id, reason="wrong vial")
    house.consume()
    (proposal,) = proposals_of(house.session, alert_id=house.alerts()[Tier.T2].id)
    assert proposal.kind is ProposalKind.UPDATE


def test_an_amended_result_proposes_and_is_itself_evaluated(house: House) -> None:
    sample, result = house.verified_found("isotonitazene")
    house.analysis(sample, Technique.NMR, "caffeine")
    newer = results.amend(house.session, actor=house.chemist, result_id=result.id, reason="caffeine too")
    results.submit(house.session, actor=house.chemist, result_id=newer.id)
    house.verify(newer)
    house.consume()
    bases = house.session.exec(select(AlertBasis).where(AlertBasis.result_id == result.id)).all()
    assert bases
    assert all(proposals_of(house.session, alert_id=basis.alert_id) for basis in bases)
    stages = {(row.subject_id, row.stage) for row in house.session.exec(select(Evaluation))}
    assert {(result.id, Stage.AMENDED), (newer.id, Stage.VERIFIED)} <= stages


def test_who_was_called_back_is_called_again_when_the_result_is_retracted(house: House) -> None:
    sample, result = house.verified_found("isotonitazene")
    task = house.tasks(sample)["nitazene_unexpected"]
    tasks.confirm_called_back(house.session, actor=house.worker, task_id=task.id, said="told, thrown away")
    results.retract(house.session, actor=house.verifier, result_id=result.id, reason="wrong vial")
    house.consume()
    assert house.tasks(sample)["result_retracted"].state is TaskState.OPEN


def test_who_was_told_before_verification_is_not_called_twice(house: House) -> None:
    sample, result = house.submit_found("isotonitazene")
    house.consume()
    task = house.tasks(sample)["nitazene_unexpected"]
    tasks.confirm_called_back(house.session, actor=house.worker, task_id=task.id, said="told, not verified yet")
    house.verify(result)
    house.consume()
    assert house.tasks(sample)["nitazene_unexpected"].id == task.id
    assert tasks.list_open(house.session, actor=house.worker) == []


def test_what_tlc_cannot_identify_has_one_confirmation_request(house: House) -> None:
    sample = house.sample("MDMA")
    house.analysis(sample, Technique.TLC, outcome=Outcome.UNABLE_TO_IDENTIFY)
    house.submitted(sample)
    house.consume()
    requests = house.session.exec(select(ConfirmationRequest).where(ConfirmationRequest.sample_id == sample.id)).all()
    assert len(requests) == 1


def test_the_sweep_reports_and_mends_a_result_that_no_trigger_brought(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    sample, result = house.submit_found("isotonitazene")
    house.verify(result)
    assert [gap.stage for gap in gaps(house.session, grace=timedelta(0))] == [Stage.VERIFIED]
    close_gaps(house.session, grace=timedelta(0))
    assert str(result.id) in caplog.text
    assert gaps(house.session, grace=timedelta(0)) == []
    assert "nitazene_unexpected" in house.tasks(sample)
    assert Tier.T2 in house.alerts()


def test_a_result_that_was_looked_at_is_no_gap(house: House) -> None:
    _, result = house.verified_found("isotonitazene")
    results.retract(house.session, actor=house.verifier, result_id=result.id, reason="wrong vial")
    house.consume()
    assert gaps(house.session, grace=timedelta(0)) == []
