"""Strips and reagents at a counter: what is seen is recorded, and what it means follows from it."""

import pytest
from sqlmodel import Session, select

from alerts.tasks.models import CallbackTask
from alerts.triggers import HANDLERS
from lab.errors import ForbiddenError
from lab.kit.outbox import OutboxEntry, Topic
from lab.onsite import errors, service
from lab.onsite.schemas import ReagentIn, StripIn
from lab.onsite.strips import known_strips
from lab.results.models import Outcome, Technique
from lab.results.service import analyses_of, record_analysis
from tests.lab.bench import Bench


def _strip(bench: Bench, sample: object, **values: object) -> object:
    data = StripIn.model_validate({"strip_id": "btnx-fentanyl", "lines": "control_only"} | values)
    return service.record_strip(bench.session, actor=bench.worker, sample=sample, site_id=bench.north.id, data=data)


def test_every_shipped_strip_names_its_source_and_its_limit() -> None:
    for strip in known_strips():
        assert strip.source_url.startswith("https://")
        assert strip.source
        assert 0 < strip.limit_low_ng_ml <= strip.limit_high_ng_ml


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ("control_and_test", Outcome.NONE_OF_INTEREST),
        ("control_only", Outcome.DETECTED),
        ("no_control", Outcome.NOT_TESTED),
    ],
)
def test_the_lines_decide_and_a_strip_without_control_line_says_nothing(
    bench: Bench, lines: str, outcome: Outcome
) -> None:
    bench.substance("fentanyl", "fentanyl")
    sample = bench.sample("heroin")
    analysis = _strip(bench, sample, lines=lines)
    (view,) = analyses_of(bench.session, sample_id=sample.id)
    assert view.analysis.id == analysis.id
    assert view.analysis.outcome is outcome
    assert [one.substance_class for one in view.findings] == (["fentanyl"] if outcome is Outcome.DETECTED else [])
    assert "200 ng/mL" in view.analysis.detection_limit_note


def test_the_limit_on_the_packet_stands_before_ours(bench: Bench) -> None:
    sample = bench.sample()
    analysis = _strip(bench, sample, lines="control_and_test", limit_ng_ml=100, lot="L7")
    assert analysis.detection_limit_note.endswith("100 ng/mL")
    assert analysis.data["limit_source"] is None
    assert analysis.method_version.endswith("L7")


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"lines": None}, errors.StripLinesMissingError),
        ({"strip_id": None}, errors.StripNameMissingError),
        ({"strip_id": None, "name": "Acme"}, errors.StripTargetMissingError),
        ({"strip_id": None, "name": "Acme", "target_class": "nitazene"}, errors.StripLimitMissingError),
    ],
)
def test_what_is_missing_of_a_strip_is_said(bench: Bench, given: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        _strip(bench, bench.sample(), **given)


def test_a_fentanyl_strip_at_the_counter_opens_the_call_back_at_once(session: Session, bench: Bench) -> None:
    bench.substance("fentanyl", "fentanyl")
    sample = bench.sample("heroin")
    analysis = _strip(bench, sample)
    entry = session.exec(
        select(OutboxEntry).where(OutboxEntry.topic == Topic.ANALYSIS_IMPORTED, OutboxEntry.subject_id == analysis.id)
    ).one()
    for handle in HANDLERS[entry.topic]:
        handle(session, entry)
    task = session.exec(select(CallbackTask).where(CallbackTask.sample_id == sample.id)).one()
    assert task.cause == "fentanyl_unexpected"
    assert not task.verified


def test_a_counter_records_no_other_technique(bench: Bench) -> None:
    sample = bench.sample("heroin")
    data = bench.analysis_in(Technique.FTIR, "heroin", site_id=bench.north.id)
    with pytest.raises(ForbiddenError):
        record_analysis(bench.session, actor=bench.worker, sample_id=sample.id, data=data)


def _reagent(bench: Bench, sample: object, **values: object) -> object:
    data = ReagentIn.model_validate({"reagent": "Marquis", "reaction_colours": ["purple", "black"]} | values)
    return service.record_reagent(bench.session, actor=bench.worker, sample=sample, site_id=bench.north.id, data=data)


def test_a_colour_that_fits_is_a_presumptive_finding_of_what_it_was_sold_as(bench: Bench) -> None:
    sample = bench.sample("MDMA")
    analysis = _reagent(bench, sample, verdict="fits")
    (view,) = analyses_of(bench.session, sample_id=sample.id)
    assert [(one.substance_id, one.evidence.value) for one in view.findings] == [
        (sample.sold_as_substance_id, "presumptive")
    ]
    assert analysis.data["colours"] == ["purple", "black"]


def test_another_colour_names_nothing(bench: Bench) -> None:
    sample = bench.sample("MDMA")
    assert _reagent(bench, sample, verdict="differs").outcome is Outcome.UNABLE_TO_IDENTIFY
    (view,) = analyses_of(bench.session, sample_id=sample.id)
    assert [(one.substance_id, one.substance_class) for one in view.findings] == [(None, None)]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"reagent": None, "verdict": "fits"}, errors.ReagentMissingError),
        ({"verdict": None}, errors.ReagentContradictsError),
        ({"verdict": "no_reaction"}, errors.ReagentContradictsError),
        ({"verdict": "fits", "reaction_colours": []}, errors.ReagentColoursMissingError),
    ],
)
def test_what_contradicts_itself_is_refused(bench: Bench, given: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        _reagent(bench, bench.sample("MDMA"), **given)


def test_nothing_fits_what_nobody_knows(bench: Bench) -> None:
    with pytest.raises(errors.ReagentContradictsError):
        _reagent(bench, bench.sample(sold_as_raw="blue stuff"), verdict="fits")
