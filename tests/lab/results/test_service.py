"""The life of an answer, step by step."""

import pytest
from sqlmodel import Session, select

from lab.errors import ForbiddenError
from lab.kit.outbox import OutboxEntry
from lab.network.access import Actor
from lab.network.models import Role
from lab.results import service
from lab.results.errors import (
    ActionRefusedError,
    AnalysisNotFoundError,
    AnswerStandsError,
    FindingForeignError,
    OpenVersionError,
    OwnWorkError,
    PreliminaryNotAllowedError,
    ReasonMissingError,
    ReasonTooLongError,
    RestsOnNothingError,
    ResultNotFoundError,
    TextMissingError,
    TextReassuresError,
)
from lab.results.models import Conclusion, Evidence, Outcome, Result, ResultAction, ResultState, Technique
from lab.results.schemas import ColourWord
from lab.samples.models import Sample
from lab.samples.schemas import SampleStatus
from lab.samples.status import status_of
from tests.lab.bench import TEXTS, Bench

T, S = Technique, ResultState


@pytest.fixture
def sample(bench: Bench) -> Sample:
    """A sample sold as MDMA, at the laboratory, that TLC found MDMA in."""
    sample = bench.at_laboratory("MDMA")
    bench.analysis(sample, T.TLC, "MDMA")
    return sample


def facts(session: Session) -> list[str]:
    """What was emitted about results, in order."""
    entries = session.exec(select(OutboxEntry).order_by(OutboxEntry.created_at)).all()  # type: ignore[arg-type]  # a column
    return [entry.topic.value for entry in entries if entry.topic.value.startswith("result_")]


def reported(session: Session, bench: Bench, sample: Sample) -> Result:
    result = bench.submitted(sample)
    service.verify(session, actor=bench.verifier, result_id=result.id)
    return service.report(session, actor=bench.chemist, result_id=result.id, texts=TEXTS)


def test_from_draft_to_reported(session: Session, bench: Bench, sample: Sample) -> None:
    draft = service.draft_result(session, actor=bench.chemist, sample_id=sample.id)
    assert (draft.state, draft.version, draft.conclusion) == (S.DRAFT, 1, Conclusion.AS_EXPECTED)
    assert service.submit(session, actor=bench.chemist, result_id=draft.id).submitted_at
    verified = service.verify(session, actor=bench.verifier, result_id=draft.id)
    assert verified.verified_by == bench.verifier.account_id
    done = service.report(session, actor=bench.chemist, result_id=draft.id, texts=TEXTS)
    assert (done.state, done.texts) == (S.REPORTED, TEXTS)
    assert facts(session) == ["result_submitted", "result_verified"]
    moves = service.transitions_of(session, result_id=draft.id)
    assert [(move.from_state, move.to_state) for move in moves] == [
        (S.DRAFT, S.SUBMITTED),
        (S.SUBMITTED, S.VERIFIED),
        (S.VERIFIED, S.REPORTED),
    ]
    assert service.current_result(session, sample_id=sample.id) == done


def test_nobody_verifies_their_own_work_in_any_role(session: Session, bench: Bench, sample: Sample) -> None:
    both = Actor(bench.chemist.account_id, frozenset({(None, Role.VERIFIER)}))
    result = bench.submitted(sample)
    with pytest.raises(OwnWorkError):
        service.verify(session, actor=both, result_id=result.id)
    assert session.get_one(Result, result.id).state is S.SUBMITTED


def test_whoever_found_nothing_is_an_author_too(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("MDMA")
    bench.analysis(sample, T.TLC, actor=bench.verifier)
    draft = service.draft_result(session, actor=bench.chemist, sample_id=sample.id)
    service.submit(session, actor=bench.chemist, result_id=draft.id)
    with pytest.raises(OwnWorkError):
        service.verify(session, actor=bench.verifier, result_id=draft.id)


def test_whoever_submitted_is_an_author_too(session: Session, bench: Bench, sample: Sample) -> None:
    draft = service.draft_result(session, actor=bench.chemist, sample_id=sample.id)
    service.submit(session, actor=bench.verifier, result_id=draft.id)
    with pytest.raises(OwnWorkError):
        service.verify(session, actor=bench.verifier, result_id=draft.id)


def test_whoever_chose_what_it_rests_on_is_an_author_too(session: Session, bench: Bench, sample: Sample) -> None:
    draft = service.draft_result(session, actor=bench.chemist, sample_id=sample.id)
    service.revise_draft(session, actor=bench.verifier, result_id=draft.id, finding_ids=[])
    service.submit(session, actor=bench.chemist, result_id=draft.id)
    with pytest.raises(OwnWorkError):
        service.verify(session, actor=bench.verifier, result_id=draft.id)


def test_a_replayed_request_finds_no_way(session: Session, bench: Bench, sample: Sample) -> None:
    result = bench.submitted(sample)
    service.verify(session, actor=bench.verifier, result_id=result.id)
    with pytest.raises(ActionRefusedError):
        service.verify(session, actor=bench.verifier, result_id=result.id)
    with pytest.raises(ActionRefusedError):
        service.submit(session, actor=bench.chemist, result_id=result.id)
    assert facts(session) == ["result_submitted", "result_verified"]


def test_roles_decide_who_may_do_what(session: Session, bench: Bench, sample: Sample) -> None:
    with pytest.raises(ForbiddenError):
        service.draft_result(session, actor=bench.worker, sample_id=sample.id)
    result = bench.submitted(sample)
    with pytest.raises(ForbiddenError):
        service.verify(session, actor=bench.chemist, result_id=result.id)
    elsewhere = Actor(bench.verifier.account_id, frozenset({(bench.south.id, Role.VERIFIER)}))
    with pytest.raises(ForbiddenError):
        service.verify(session, actor=elsewhere, result_id=result.id)


def test_a_verifier_sends_back_with_a_reason(session: Session, bench: Bench, sample: Sample) -> None:
    result = bench.submitted(sample)
    with pytest.raises(ReasonMissingError):
        service.send_back(session, actor=bench.verifier, result_id=result.id, reason="  ")
    with pytest.raises(ReasonTooLongError):
        service.send_back(session, actor=bench.verifier, result_id=result.id, reason="x" * 501)
    service.send_back(session, actor=bench.verifier, result_id=result.id, reason="front misread")
    assert service.transitions_of(session, result_id=result.id)[-1].reason == "front misread"
    bench.analysis(sample, T.GCMS, "MDMA", "ketamine")
    revised = service.revise_draft(session, actor=bench.chemist, result_id=result.id)
    assert revised.conclusion is Conclusion.EXPECTED_PLUS_OTHER
    service.submit(session, actor=bench.chemist, result_id=result.id)
    with pytest.raises(ActionRefusedError):
        service.revise_draft(session, actor=bench.chemist, result_id=result.id)


def test_one_answer_at_a_time(session: Session, bench: Bench, sample: Sample) -> None:
    bench.submitted(sample)
    with pytest.raises(OpenVersionError):
        service.draft_result(session, actor=bench.chemist, sample_id=sample.id)


def test_an_amendment_supersedes_when_it_is_verified_and_the_older_version_stays(
    session: Session, bench: Bench, sample: Sample
) -> None:
    first = reported(session, bench, sample)
    with pytest.raises(AnswerStandsError):
        service.draft_result(session, actor=bench.chemist, sample_id=sample.id)
    bench.analysis(sample, T.GCMS, "ketamine")
    second = service.amend(session, actor=bench.chemist, result_id=first.id, reason="GC-MS came in")
    assert (second.version, second.supersedes_id, second.state) == (2, first.id, S.DRAFT)
    assert service.current_result(session, sample_id=sample.id) == first
    with pytest.raises(OpenVersionError):
        service.amend(session, actor=bench.chemist, result_id=first.id, reason="again")
    service.submit(session, actor=bench.chemist, result_id=second.id)
    service.verify(session, actor=bench.verifier, result_id=second.id)
    assert (first.state, first.texts) == (S.AMENDED, TEXTS)
    assert service.current_result(session, sample_id=sample.id) == second
    assert facts(session)[-2:] == ["result_verified", "result_amended"]
    assert {entry.subject_id for entry in session.exec(select(OutboxEntry)) if entry.topic == "result_amended"} == {
        second.id
    }
    assert service.transitions_of(session, result_id=first.id)[-1].action is ResultAction.SUPERSEDE


def test_a_retracted_answer_is_readable_and_a_new_one_follows_it(
    session: Session, bench: Bench, sample: Sample
) -> None:
    first = reported(session, bench, sample)
    with pytest.raises(ForbiddenError):
        service.retract(session, actor=bench.chemist, result_id=first.id, reason="mix-up")
    service.retract(session, actor=bench.verifier, result_id=first.id, reason="mix-up")
    assert (first.state, first.texts) == (S.RETRACTED, TEXTS)
    assert facts(session)[-1] == "result_retracted"
    assert service.current_result(session, sample_id=sample.id) is None
    second = service.draft_result(session, actor=bench.chemist, sample_id=sample.id)
    assert (second.version, second.supersedes_id) == (2, first.id)
    service.submit(session, actor=bench.chemist, result_id=second.id)
    service.verify(session, actor=bench.verifier, result_id=second.id)
    assert first.state is S.RETRACTED
    assert "result_amended" not in facts(session)


def test_a_report_is_written_and_clears_nothing(session: Session, bench: Bench, sample: Sample) -> None:
    result = bench.submitted(sample)
    service.verify(session, actor=bench.verifier, result_id=result.id)
    with pytest.raises(TextMissingError):
        service.report(session, actor=bench.chemist, result_id=result.id, texts={"fr": "Réponse."})
    with pytest.raises(TextReassuresError):
        service.report(session, actor=bench.chemist, result_id=result.id, texts=TEXTS | {"en": "This is safe."})
    with pytest.raises(TextReassuresError) as refused:
        service.report(
            session, actor=bench.chemist, result_id=result.id, texts=TEXTS,
            professional_texts=TEXTS | {"fr": "Sans danger."},
        )  # fmt: skip
    assert refused.value.field == "professional_texts"
    assert result.state is S.VERIFIED
    professional = {language: f"{text} GC-MS." for language, text in TEXTS.items()}
    given = service.report(
        session, actor=bench.chemist, result_id=result.id, texts=TEXTS, professional_texts=professional
    )
    assert (given.texts, given.professional_texts) == (TEXTS, professional)


def test_a_preliminary_answer_is_given_once_where_the_site_allows_it(
    session: Session, bench: Bench, sample: Sample
) -> None:
    result = bench.submitted(sample)
    with pytest.raises(PreliminaryNotAllowedError):
        service.release_preliminary(session, actor=bench.chemist, result_id=result.id, texts=TEXTS)
    bench.north.allows_preliminary = True
    session.add(bench.north)
    told = service.release_preliminary(session, actor=bench.chemist, result_id=result.id, texts=TEXTS)
    assert (told.state, told.preliminary) == (S.SUBMITTED, True)
    assert service.answer_of(session, result=told).preliminary
    assert status_of(session, sample=sample) is SampleStatus.PRELIMINARY
    with pytest.raises(PreliminaryNotAllowedError):
        service.release_preliminary(session, actor=bench.chemist, result_id=result.id, texts=TEXTS)
    service.verify(session, actor=bench.verifier, result_id=result.id)
    assert not service.report(session, actor=bench.chemist, result_id=result.id, texts=TEXTS).preliminary


def test_an_answer_rests_on_analyses_and_their_own_findings(session: Session, bench: Bench, sample: Sample) -> None:
    other = bench.at_laboratory("MDMA")
    with pytest.raises(RestsOnNothingError):
        service.draft_result(session, actor=bench.chemist, sample_id=other.id)
    foreign = bench.analysis(other, T.TLC, "MDMA")
    with pytest.raises(AnalysisNotFoundError):
        service.draft_result(session, actor=bench.chemist, sample_id=sample.id, analysis_ids=[foreign.id])
    (view,) = service.analyses_of(session, sample_id=other.id)
    with pytest.raises(FindingForeignError):
        service.draft_result(session, actor=bench.chemist, sample_id=sample.id, finding_ids=[view.findings[0].id])
    with pytest.raises(RestsOnNothingError):
        service.draft_result(session, actor=bench.chemist, sample_id=sample.id, analysis_ids=[])
    draft = service.draft_result(session, actor=bench.chemist, sample_id=sample.id, finding_ids=[])
    assert draft.conclusion is Conclusion.INCONCLUSIVE  # a finding set aside is not "nothing found"


def test_techniques_together_carry_the_evidence_of_the_answer(session: Session, bench: Bench, sample: Sample) -> None:
    bench.substance("fentanyl", "fentanyl")
    bench.analysis(sample, T.FTIR, "MDMA", findings=[
        {"substance_id": bench.substance("MDMA").id, "abundance": "major"}
    ])  # fmt: skip
    bench.analysis(sample, T.STRIP, findings=[{"substance_class": "fentanyl"}], outcome=Outcome.DETECTED)
    answer = service.answer_of(session, result=bench.submitted(sample))
    assert {(one.substance, one.substance_class, one.evidence) for one in answer.found} == {
        ("MDMA", "stimulant", Evidence.CONFIRMED),
        (None, "fentanyl", Evidence.PRESUMPTIVE),
    }
    assert answer.colour is ColourWord.RED


def test_a_strip_supports_the_substance_of_its_group(session: Session, bench: Bench, sample: Sample) -> None:
    fentanyl = bench.substance("fentanyl", "fentanyl")
    bench.analysis(sample, T.STRIP, findings=[{"substance_class": "fentanyl"}], outcome=Outcome.DETECTED)
    bench.analysis(sample, T.DARTMS, findings=[{"substance_id": fentanyl.id}], outcome=Outcome.DETECTED)
    answer = service.answer_of(session, result=bench.submitted(sample))
    (found,) = [one for one in answer.found if one.substance_class == "fentanyl"]
    assert (found.substance, found.evidence) == ("fentanyl", Evidence.CONFIRMED)
    assert found.techniques == (T.DARTMS, T.STRIP)


def test_what_the_person_is_told_follows_material_and_answer(session: Session, bench: Bench) -> None:
    waiting = bench.sample("MDMA")
    assert status_of(session, sample=waiting) is SampleStatus.AT_SITE
    sample = bench.at_laboratory("MDMA")
    told = [status_of(session, sample=sample)]
    bench.analysis(sample, T.TLC, "MDMA")
    told.append(status_of(session, sample=sample))
    result = bench.submitted(sample)
    told.append(status_of(session, sample=sample))
    service.verify(session, actor=bench.verifier, result_id=result.id)
    told.append(status_of(session, sample=sample))
    service.report(session, actor=bench.chemist, result_id=result.id, texts=TEXTS)
    told.append(status_of(session, sample=sample))
    second = service.amend(session, actor=bench.chemist, result_id=result.id, reason="more")
    told.append(status_of(session, sample=sample))
    service.submit(session, actor=bench.chemist, result_id=second.id)
    service.verify(session, actor=bench.verifier, result_id=second.id)
    told.append(status_of(session, sample=sample))
    service.report(session, actor=bench.chemist, result_id=second.id, texts=TEXTS)
    told.append(status_of(session, sample=sample))
    service.retract(session, actor=bench.verifier, result_id=second.id, reason="mix-up")
    told.append(status_of(session, sample=sample))
    is_now = SampleStatus
    assert told == [
        is_now.AT_LABORATORY, is_now.IN_ANALYSIS, is_now.BEING_CHECKED, is_now.BEING_CHECKED, is_now.READY,
        is_now.READY, is_now.BEING_AMENDED, is_now.READY, is_now.RETRACTED,
    ]  # fmt: skip


def test_a_result_is_read_by_whoever_may_see_its_sample(session: Session, bench: Bench, sample: Sample) -> None:
    result = bench.submitted(sample)
    for name in ("worker", "chemist", "coordinator"):
        assert service.get_result(session, actor=bench.network.actors[name], result_id=result.id) == result
    with pytest.raises(ResultNotFoundError):
        service.get_result(session, actor=bench.network.actors["south_worker"], result_id=result.id)
