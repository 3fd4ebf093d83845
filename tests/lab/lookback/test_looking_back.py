"""When the library learns a substance, old bands that it would fit become tasks: once each, and nothing more."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from lab.kit.clock import frozen, now
from lab.kit.ids import new_id
from lab.library.models import ValueKind
from lab.lookback.errors import HitNotFoundError, HitReasonError
from lab.lookback.models import HitState, LookBackHit
from lab.lookback.service import AT_ONCE, decide, look_back, open_hits, stale
from lab.results.analyses import record_analysis
from lab.results.models import Analysis, Finding, Outcome, Result, Technique
from lab.results.schemas import FindingIn
from tests.lab.plates.plate_bench import PlateBench

LATER = timedelta(hours=1)


def unidentified(bench: PlateBench, *rfs: float) -> Analysis:
    """A lane with these bands that somebody could not name."""
    lane = bench.unknown()
    reading = bench.reading((lane, list(rfs)))
    data = bench.analysis_in(
        Technique.TLC, findings=[FindingIn()], outcome=Outcome.UNABLE_TO_IDENTIFY, reading_id=reading.id, lane_index=1
    )
    return record_analysis(bench.session, actor=bench.chemist, sample_id=lane.sample_id or new_id(), data=data)


def test_a_new_substance_makes_one_task_of_an_old_band(session: Session, bench: PlateBench) -> None:
    old, other = unidentified(bench, 0.47), unidentified(bench, 0.90)
    assert stale(session) == []
    with frozen(now() + LATER):
        bench.own("heroin", 47.0, corrected=False)
        assert set(stale(session)) == {old.id, other.id}
        (hit,) = look_back(session, analysis_id=old.id)
        assert look_back(session, analysis_id=other.id) == []
        assert look_back(session, analysis_id=old.id) == []
        assert stale(session) == []
    assert (hit.substance_id, hit.sample_id, hit.letter) == (bench.substance("heroin").id, old.sample_id, "a")
    assert hit.hrf == pytest.approx(47.0)
    assert hit.expected_hrf == pytest.approx(47.0)
    assert session.exec(select(Finding).where(Finding.substance_id == hit.substance_id)).all() == []
    assert session.exec(select(Result)).all() == []


def test_what_spoke_already_or_cannot_speak_makes_none(session: Session, bench: PlateBench) -> None:
    bench.own("cocaine", 47.0, corrected=False)
    old = unidentified(bench, 0.47)
    with frozen(now() + LATER):
        bench.own("cocaine", 47.2, corrected=False)  # known then
        bench.own("heroin", 47.0, corrected=False, site_id=bench.north.id)  # another laboratory's
        bench.literature("codeine", 47.0, kind=ValueKind.HRF, corrected=False)  # uncorrected print
        assert look_back(session, analysis_id=old.id) == []


def test_what_another_technique_found_already_is_no_news(session: Session, bench: PlateBench) -> None:
    old = unidentified(bench, 0.47)
    data = bench.analysis_in(Technique.GCMS, "heroin")
    record_analysis(session, actor=bench.chemist, sample_id=old.sample_id, data=data)
    with frozen(now() + LATER):
        bench.own("heroin", 47.0, corrected=False)
        assert look_back(session, analysis_id=old.id) == []


def test_a_run_takes_a_few_and_old_plates_rest(session: Session, bench: PlateBench) -> None:
    first = unidentified(bench, 0.47)
    for _ in range(2):
        unidentified(bench, 0.47)
    with frozen(now() + LATER):
        bench.own("heroin", 47.0, corrected=False)
        assert len(stale(session, limit=2)) == 2
        assert first.id not in stale(session, limit=2)  # the newest first
        assert len(stale(session)) == 3 <= AT_ONCE
    with frozen(now() + timedelta(days=800)):
        assert stale(session) == []


def test_a_person_decides_once_and_says_why(session: Session, bench: PlateBench) -> None:
    old = unidentified(bench, 0.47)
    with frozen(now() + LATER):
        bench.own("heroin", 47.0, corrected=False)
        (hit,) = look_back(session, analysis_id=old.id)
    assert [one.hit.id for one in open_hits(session, actor=bench.chemist)] == [hit.id]
    assert open_hits(session, actor=bench.worker) == []
    with pytest.raises(HitReasonError):
        decide(session, actor=bench.chemist, hit_id=hit.id, state=HitState.DISMISSED, reason=" ")
    with pytest.raises(HitNotFoundError):
        decide(session, actor=bench.worker, hit_id=hit.id, state=HitState.DISMISSED, reason="no")
    decide(session, actor=bench.chemist, hit_id=hit.id, state=HitState.FOLLOWED, reason="run again, GC-MS asked")
    with pytest.raises(HitNotFoundError):
        decide(session, actor=bench.verifier, hit_id=hit.id, state=HitState.DISMISSED, reason="no")
    kept = session.exec(select(LookBackHit)).one()
    assert (kept.state, kept.decided_by) == (HitState.FOLLOWED, bench.chemist.account_id)
