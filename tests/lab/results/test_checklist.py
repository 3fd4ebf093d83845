"""The verifier's checklist: kept with the version, complete or refused, demanded where a laboratory says so."""

import pytest
from sqlmodel import Session

from lab.bench.errors import NoLaboratoryError, TermsRangeError
from lab.bench.terms import declare_terms, terms_of
from lab.errors import ForbiddenError
from lab.network.access import Actor
from lab.network.models import Role
from lab.results import service
from lab.results.checklist import checklist_of, checks_of
from lab.results.errors import ChecklistMissingError, CheckNotApplicableError, OwnWorkError
from lab.results.models import CheckAnswer, CheckItem, Result, ResultState, Technique
from tests.lab.bench import Bench

OF_GCMS = {CheckItem.SAMPLE, CheckItem.FINDINGS, CheckItem.CONTRADICTIONS, CheckItem.LIMITS}
ALL_YES = dict.fromkeys(CheckItem, CheckAnswer.YES)


def submitted(bench: Bench, technique: Technique = Technique.GCMS) -> Result:
    sample = bench.at_laboratory("MDMA")
    bench.analysis(sample, technique, "MDMA")
    return bench.submitted(sample)


def demand(bench: Bench) -> None:
    declare_terms(
        bench.session, actor=bench.verifier, site_id=bench.laboratory.id, turnaround_days=None, urgent_hours=None,
        checklist_required=True,
    )  # fmt: skip


def test_what_was_answered_is_kept_with_who_answered_it(session: Session, bench: Bench) -> None:
    result = submitted(bench)
    service.verify(session, actor=bench.verifier, result_id=result.id, checks=dict.fromkeys(OF_GCMS, CheckAnswer.YES))
    kept = checks_of(session, result_id=result.id)
    assert [row.item for row in kept] == list(CheckItem)
    assert {row.item for row in kept if row.answer is CheckAnswer.YES} == OF_GCMS
    assert {row.account_id for row in kept} == {bench.verifier.account_id}


def test_plates_bring_lines_of_their_own(session: Session, bench: Bench) -> None:
    assert set(checklist_of(session, result=submitted(bench))) == OF_GCMS
    assert set(checklist_of(session, result=submitted(bench, Technique.TLC))) == set(CheckItem)


@pytest.mark.parametrize("missing", sorted(OF_GCMS))
def test_a_line_left_open_verifies_nothing(session: Session, bench: Bench, missing: CheckItem) -> None:
    result = submitted(bench)
    without = {item: answer for item, answer in ALL_YES.items() if item is not missing}
    with pytest.raises(ChecklistMissingError) as refused:
        service.verify(session, actor=bench.verifier, result_id=result.id, checks=without)
    assert refused.value.field == f"check-{missing.value}"
    passed_over = ALL_YES | {missing: CheckAnswer.NOT_APPLICABLE}
    with pytest.raises(CheckNotApplicableError):
        service.verify(session, actor=bench.verifier, result_id=result.id, checks=passed_over)
    session.refresh(result)
    assert (result.state, checks_of(session, result_id=result.id)) == (ResultState.SUBMITTED, [])


def test_a_laboratory_may_demand_the_checklist_by_every_route(session: Session, bench: Bench) -> None:
    unasked, asked = submitted(bench), submitted(bench)
    service.verify(session, actor=bench.verifier, result_id=unasked.id)
    assert checks_of(session, result_id=unasked.id) == []
    demand(bench)
    with pytest.raises(ChecklistMissingError):
        service.verify(session, actor=bench.verifier, result_id=asked.id)
    assert service.verify(session, actor=bench.verifier, result_id=asked.id, checks=ALL_YES).verified_at is not None


def test_an_author_is_told_so_whatever_they_tick(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("MDMA")
    bench.analysis(sample, Technique.GCMS)
    draft = service.draft_result(session, actor=bench.verifier, sample_id=sample.id)
    service.submit(session, actor=bench.verifier, result_id=draft.id)
    for checks in (None, {}, ALL_YES):
        with pytest.raises(OwnWorkError):
            service.verify(session, actor=bench.verifier, result_id=draft.id, checks=checks)


def test_terms_are_declared_by_those_who_verify_there(session: Session, bench: Bench) -> None:
    def declare(**changes: object) -> None:
        values = {"actor": bench.verifier, "site_id": bench.laboratory.id, "turnaround_days": 5, "urgent_hours": 24}
        declare_terms(session, **(values | {"checklist_required": False} | changes))  # type: ignore[arg-type]  # mixed, by name

    declare()
    declare(turnaround_days=None)
    terms = terms_of(session, site_id=bench.laboratory.id)
    assert terms is not None
    assert (terms.turnaround_days, terms.urgent_hours, terms.changed_by) == (None, 24, bench.verifier.account_id)
    with pytest.raises(ForbiddenError):
        declare(actor=bench.chemist)
    with pytest.raises(ForbiddenError):
        declare(site_id=bench.north.id)
    for wrong in ({"turnaround_days": 0}, {"urgent_hours": 10**9}):
        with pytest.raises(TermsRangeError):
            declare(**wrong)
    everywhere = Actor(bench.verifier.account_id, frozenset({(None, Role.VERIFIER)}))
    with pytest.raises(NoLaboratoryError):
        declare(actor=everywhere, site_id=bench.north.id)
