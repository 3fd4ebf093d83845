"""What waits at a laboratory: urgent first, late by its own declaration alone, and gone once an answer stands."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from lab.bench.terms import declare_terms
from lab.bench.worklist import BenchStage, Job, worklist
from lab.errors import ForbiddenError
from lab.kit.clock import now
from lab.results import service
from lab.results.models import Technique
from lab.samples.models import AdverseEvent
from tests.lab.bench import TEXTS, Bench


def jobs(bench: Bench, **more: object) -> list[Job]:
    return list(worklist(bench.session, actor=bench.chemist, site_id=bench.laboratory.id, **more))  # type: ignore[arg-type]  # mixed, by name


def test_a_sample_goes_through_the_stages_and_leaves_when_its_answer_stands(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("MDMA")
    stages = [jobs(bench)[0].stage]
    bench.analysis(sample, Technique.GCMS, "MDMA")
    stages.append(jobs(bench)[0].stage)
    draft = service.draft_result(session, actor=bench.chemist, sample_id=sample.id)
    stages.append(jobs(bench)[0].stage)
    service.submit(session, actor=bench.chemist, result_id=draft.id)
    stages.append(jobs(bench)[0].stage)
    assert stages == list(BenchStage)
    service.verify(session, actor=bench.verifier, result_id=draft.id)
    assert jobs(bench) == []
    service.report(session, actor=bench.chemist, result_id=draft.id, texts=TEXTS)
    assert jobs(bench) == []


def test_serious_events_and_open_calls_come_first(bench: Bench) -> None:
    first, called = bench.at_laboratory("MDMA"), bench.at_laboratory("MDMA")
    serious = bench.at_laboratory("MDMA", adverse_event=AdverseEvent.SERIOUS)
    seen = jobs(bench, calls={called.id})
    assert {job.sample.id for job in seen[:2]} == {called.id, serious.id}
    assert [job.urgent for job in seen] == [True, True, False]
    assert seen[2].sample.id == first.id


def test_nothing_is_late_until_the_laboratory_says_when(session: Session, bench: Bench) -> None:
    routine = bench.at_laboratory("MDMA")
    serious = bench.at_laboratory("MDMA", adverse_event=AdverseEvent.OVERDOSE)
    assert [job.due_at for job in jobs(bench)] == [None, None]
    declare_terms(
        session, actor=bench.verifier, site_id=bench.laboratory.id, turnaround_days=5, urgent_hours=24,
        checklist_required=False,
    )  # fmt: skip
    due = {job.sample.id: job.due_at - job.arrived_at for job in jobs(bench) if job.due_at}
    assert due == {routine.id: timedelta(days=5), serious.id: timedelta(hours=24)}
    (late,) = [job for job in jobs(bench) if job.late_by(now() + timedelta(days=2))]
    assert late.sample.id == serious.id


def test_only_the_bench_sees_it(bench: Bench) -> None:
    with pytest.raises(ForbiddenError):
        worklist(bench.session, actor=bench.worker, site_id=bench.laboratory.id)
