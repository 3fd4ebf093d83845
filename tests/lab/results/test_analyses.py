"""Recording an analysis: what it must say, what is derived, and what follows."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from lab.errors import ForbiddenError, LabError
from lab.kit.clock import today
from lab.kit.ids import new_id
from lab.kit.outbox import OutboxEntry, Topic
from lab.library.models import TlcSystem
from lab.network.models import Role
from lab.plates.models import LaneKind, Plate, PlateLane, PlatePicture, Reading
from lab.results.analyses import analyses_of, record_analysis
from lab.results.confirmations import list_open, withdraw
from lab.results.errors import (
    AmountInvalidError,
    AmountNotMeasuredError,
    AnalysisKeyReusedError,
    DetectionLimitMissingError,
    FindingTwiceError,
    GroupUnknownError,
    LaneMismatchError,
    OutcomeContradictsError,
    PerformedOnError,
    ReadingNotTlcError,
    ReadingSupersededError,
    RoleContradictsError,
    RoleMissingError,
    SampleNotHereError,
    SubstanceMissingError,
    TargetNotAskedError,
)
from lab.results.models import (
    Abundance,
    ConfirmationRequest,
    ConfirmationState,
    Evidence,
    FindingRole,
    Outcome,
    Technique,
)
from lab.results.schemas import AmountUnit, FindingIn
from lab.samples.models import Reason, Sample
from tests.lab.bench import Bench
from tests.network import Network

T = Technique
UNKNOWN = FindingIn()


def record(
    session: Session, bench: Bench, sample: Sample, technique: Technique = T.TLC, *names: str, **values: Any
) -> Any:
    data = bench.analysis_in(technique, *names, **values)
    analysis = record_analysis(session, actor=bench.chemist, sample_id=sample.id, data=data)
    (view,) = [view for view in analyses_of(session, sample_id=sample.id) if view.analysis == analysis]
    return view


def test_role_and_evidence_are_derived(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("MDMA")
    tlc = record(session, bench, sample, T.TLC, "MDMA", "ketamine")
    assert [(f.role, f.evidence) for f in tlc.findings] == [
        (FindingRole.ACTIVE_EXPECTED, Evidence.PRESUMPTIVE),
        (FindingRole.ACTIVE_UNEXPECTED, Evidence.PRESUMPTIVE),
    ]
    assert record(session, bench, sample, T.GCMS, "MDMA").findings[0].evidence is Evidence.CONFIRMED
    assert {finding.created_by for finding in tlc.findings} == {bench.chemist.account_id}


def test_the_part_of_a_cutting_agent_is_not_guessed(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("cocaine")
    levamisole = bench.substance("levamisole", "adulterant or cutting agent")
    with pytest.raises(RoleMissingError):
        record(session, bench, sample, T.TLC, "levamisole")
    told = [FindingIn(substance_id=levamisole.id, role=FindingRole.CUT_ACTIVE)]
    view = record(session, bench, sample, findings=told, outcome=Outcome.DETECTED)
    assert view.findings[0].role is FindingRole.CUT_ACTIVE


def test_a_strip_answers_for_a_group(session: Session, bench: Bench) -> None:
    bench.substance("fentanyl", "fentanyl")
    sample = bench.at_laboratory("heroin")
    view = record(
        session, bench, sample, T.STRIP, findings=[FindingIn(substance_class="fentanyl")], outcome=Outcome.DETECTED
    )
    (finding,) = view.findings
    assert (finding.substance_id, finding.substance_class) == (None, "fentanyl")
    assert finding.role is FindingRole.ACTIVE_UNEXPECTED


def refusals(bench: Bench) -> list[tuple[type[LabError], Technique, dict[str, Any]]]:
    mdma = bench.substance("MDMA").id
    detected = {"outcome": Outcome.DETECTED}
    return [
        (DetectionLimitMissingError, T.TLC, {"detection_limit_note": "  "}),
        (PerformedOnError, T.TLC, {"performed_on": today() + timedelta(days=1)}),
        (PerformedOnError, T.TLC, {"performed_on": today() - timedelta(days=1)}),
        (SampleNotHereError, T.TLC, {"site_id": bench.south.id}),
        (OutcomeContradictsError, T.TLC, detected),
        (OutcomeContradictsError, T.TLC, detected | {"findings": [UNKNOWN]}),
        (OutcomeContradictsError, T.TLC, {"findings": [FindingIn(substance_id=mdma)]}),
        (OutcomeContradictsError, T.TLC, {"outcome": Outcome.NOT_TESTED, "findings": [UNKNOWN]}),
        (FindingTwiceError, T.TLC, detected | {"findings": [FindingIn(substance_id=mdma)] * 2}),
        (SubstanceMissingError, T.TLC, detected | {"findings": [FindingIn(substance_id=new_id())]}),
        (GroupUnknownError, T.TLC, detected | {"findings": [FindingIn(substance_class="sweets")]}),
        (GroupUnknownError, T.TLC, detected | {"findings": [FindingIn(substance_id=mdma, substance_class="opioid")]}),
        (RoleContradictsError, T.TLC, detected | {"findings": [FindingIn(substance_id=mdma, role="unknown")]}),
        (
            RoleContradictsError,
            T.TLC,
            detected | {"findings": [FindingIn(substance_id=mdma, role="active_unexpected")]},
        ),
        (
            AmountNotMeasuredError,
            T.TLC,
            detected | {"findings": [FindingIn(substance_id=mdma, amount=80, amount_unit=AmountUnit.MG_PER_UNIT)]},
        ),
        (AmountInvalidError, T.GCMS, detected | {"findings": [FindingIn(substance_id=mdma, amount=80)]}),
        (
            AmountInvalidError,
            T.GCMS,
            detected | {"findings": [FindingIn(substance_id=mdma, amount=101, amount_unit="%")]},
        ),
        (
            AmountInvalidError,
            T.GCMS,
            detected | {"findings": [FindingIn(substance_id=mdma, amount=0, amount_unit="%")]},
        ),
        (
            AmountInvalidError,
            T.GCMS,
            detected | {"findings": [FindingIn(substance_id=mdma, amount=5, amount_unit="%", amount_u=-1)]},
        ),
        (ReadingNotTlcError, T.GCMS, {"reading_id": new_id(), "lane_index": 1}),
        (LaneMismatchError, T.TLC, {"reading_id": new_id(), "lane_index": 1}),
    ]


def test_what_does_not_hold_together_is_refused_and_leaves_nothing(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("MDMA")
    bench.network.actors["both"] = type(bench.chemist)(
        bench.chemist.account_id, frozenset({(bench.laboratory.id, Role.CHEMIST), (bench.south.id, Role.CHEMIST)})
    )
    bench.chemist = bench.network.actors["both"]
    for error, technique, values in refusals(bench):
        with pytest.raises(error):
            record(session, bench, sample, technique, **values)
    assert analyses_of(session, sample_id=sample.id) == []


def test_only_the_bench_records(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("MDMA")
    with pytest.raises(ForbiddenError):
        record_analysis(session, actor=bench.worker, sample_id=sample.id, data=bench.analysis_in(T.TLC, "MDMA"))


def test_a_laboratory_that_never_held_the_sample_has_not_analysed_it(session: Session, bench: Bench) -> None:
    with pytest.raises(SampleNotHereError):
        record(session, bench, bench.sample("MDMA"), T.TLC, "MDMA")


def reading(session: Session, network: Network, sample: Sample) -> Reading:
    """A reading of a plate with ``sample`` on lane 2 and a blank on lane 1."""
    system = TlcSystem(
        code="T", layer="silica", mobile_phase="acetone", saturation="", error_window="", source="test",
        source_url="", note="", literature_spread_hrf=4.0, literature_spread_origin="test",
    )  # fmt: skip
    chemist = network.accounts["chemist"].id
    session.add(system)
    session.flush()
    plate = Plate(
        number="26-1", site_id=network.sites["laboratory"].id, system_id=system.id, layer="silica", created_by=chemist
    )
    session.add(plate)
    session.flush()
    session.add(PlateLane(plate_id=plate.id, index=1, kind=LaneKind.BLANK))
    session.add(PlateLane(plate_id=plate.id, index=2, kind=LaneKind.SAMPLE, sample_id=sample.id))
    picture = PlatePicture(
        plate_id=plate.id, file_key="k", media_type="image/png", sha256="0" * 64, size_bytes=1, uploaded_by=chemist
    )
    session.add(picture)
    session.flush()
    first = Reading(picture_id=picture.id, number=1, method_version="1", document={})
    session.add(first)
    session.flush()
    return first


def test_a_tlc_analysis_stands_on_the_lane_of_its_own_sample(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("MDMA")
    first = reading(session, bench.network, sample)
    view = record(session, bench, sample, T.TLC, "MDMA", reading_id=first.id, lane_index=2)
    assert view.analysis.reading_id == first.id
    with pytest.raises(LaneMismatchError):
        record(session, bench, sample, T.TLC, "MDMA", reading_id=first.id, lane_index=1)
    with pytest.raises(LaneMismatchError):
        record(session, bench, bench.at_laboratory("MDMA"), T.TLC, "MDMA", reading_id=first.id, lane_index=2)


def test_a_superseded_reading_carries_nothing_new(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("MDMA")
    first = reading(session, bench.network, sample)
    session.add(Reading(picture_id=first.picture_id, number=2, supersedes_id=first.id, method_version="1", document={}))
    session.flush()
    with pytest.raises(ReadingSupersededError):
        record(session, bench, sample, T.TLC, "MDMA", reading_id=first.id, lane_index=2)


def requests(session: Session) -> list[ConfirmationRequest]:
    return list(session.exec(select(ConfirmationRequest)).all())


@pytest.mark.parametrize(
    "values", [{"outcome": Outcome.UNABLE_TO_IDENTIFY}, {"findings": [UNKNOWN], "outcome": Outcome.UNABLE_TO_IDENTIFY}]
)
def test_what_tlc_cannot_identify_is_sent_on(session: Session, bench: Bench, values: dict[str, Any]) -> None:
    sample = bench.at_laboratory("MDMA")
    view = record(session, bench, sample, T.TLC, **values)
    record(session, bench, sample, T.TLC, **values)  # a second plate asks nothing new
    (request,) = requests(session)
    assert (request.reason, request.due_on) == (Reason.TLC_UNIDENTIFIED, today() + timedelta(days=14))
    assert (request.analysis_id, request.state) == (view.analysis.id, ConfirmationState.OPEN)
    assert list_open(session, actor=bench.chemist) == [request]
    assert list_open(session, actor=bench.network.actors["south_worker"]) == []


def test_an_unknown_spot_beside_a_known_one_is_sent_on_too(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("MDMA")
    known = FindingIn(substance_id=bench.substance("MDMA").id, abundance=Abundance.MAJOR)
    record(session, bench, sample, T.TLC, findings=[known, UNKNOWN], outcome=Outcome.DETECTED)
    assert len(requests(session)) == 1


def test_a_strip_leaves_the_question_open_and_gcms_answers_it(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("MDMA")
    record(session, bench, sample, T.TLC, outcome=Outcome.UNABLE_TO_IDENTIFY)
    record(session, bench, sample, T.STRIP)
    assert requests(session)[0].state is ConfirmationState.OPEN
    gcms = record(session, bench, sample, T.GCMS, "ketamine")
    (request,) = requests(session)
    assert (request.state, request.answered_by_analysis_id) == (ConfirmationState.ANSWERED, gcms.analysis.id)


def test_a_request_can_be_given_up(session: Session, bench: Bench) -> None:
    record(session, bench, bench.at_laboratory("MDMA"), T.TLC, outcome=Outcome.UNABLE_TO_IDENTIFY)
    (request,) = requests(session)
    with pytest.raises(ForbiddenError):
        withdraw(session, actor=bench.worker, request_id=request.id)
    assert withdraw(session, actor=bench.chemist, request_id=request.id).state is ConfirmationState.WITHDRAWN


def test_an_imported_analysis_is_a_fact_to_act_on(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("MDMA")
    record(session, bench, sample, T.TLC, "MDMA")
    data = bench.analysis_in(T.GCMS, "MDMA")
    imported = record_analysis(session, actor=bench.chemist, sample_id=sample.id, data=data, import_key="k")
    emitted = session.exec(select(OutboxEntry).where(OutboxEntry.topic == Topic.ANALYSIS_IMPORTED)).all()
    assert [entry.subject_id for entry in emitted] == [imported.id]


def test_an_analysis_sent_again_is_kept_once(session: Session, bench: Bench) -> None:
    """A request whose answer was lost is sent again: the same analysis comes back, and no second warning goes out."""
    sample = bench.at_laboratory("ketamine")
    data = bench.analysis_in(T.STRIP, "fentanyl", client_id=new_id(), site_id=bench.laboratory.id)
    first = record_analysis(session, actor=bench.chemist, sample_id=sample.id, data=data)
    emitted = len(session.exec(select(OutboxEntry)).all())
    again = record_analysis(session, actor=bench.chemist, sample_id=sample.id, data=data)
    assert again.id == first.id
    assert len(analyses_of(session, sample_id=sample.id)) == 1
    assert len(session.exec(select(OutboxEntry)).all()) == emitted
    other = data.model_copy(update={"technique": T.REAGENT})
    with pytest.raises(AnalysisKeyReusedError):
        record_analysis(session, actor=bench.chemist, sample_id=sample.id, data=other)
    with pytest.raises(AnalysisKeyReusedError):
        record_analysis(session, actor=bench.verifier, sample_id=sample.id, data=data)


def test_a_strip_keeps_the_group_that_it_looks_for(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("ketamine")
    bench.substance("fentanyl", "fentanyl")
    silent = record(session, bench, sample, T.STRIP, target_class="fentanyl")
    assert silent.analysis.data == {"target_class": "fentanyl"}
    found = record(session, bench, sample, T.STRIP, "fentanyl")
    assert found.analysis.data == {"target_class": "fentanyl"}  # what it found names its group
    with pytest.raises(GroupUnknownError):
        record(session, bench, sample, T.STRIP, target_class="no such group")
    with pytest.raises(TargetNotAskedError):
        record(session, bench, sample, T.GCMS, target_class="fentanyl")
