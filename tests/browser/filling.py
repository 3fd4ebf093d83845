"""What the browser's laboratory is filled with."""

from uuid import UUID

from sqlmodel import Session

from lab.library.models import Substance, TlcSystem
from lab.results import service as results
from lab.results.models import Abundance, Outcome, Result, Technique
from lab.results.schemas import AnalysisIn, FindingIn
from lab.samples.models import Sample
from tests.api.pages.conftest import Lab


def fill_system(session: Session) -> TlcSystem:
    """A chromatographic system."""
    system = TlcSystem(
        code="TX", layer="silica gel", mobile_phase="methanol", saturation="", error_window="", source="test",
        source_url="", note="", literature_spread_hrf=5.0, literature_spread_origin="test",
    )  # fmt: skip
    session.add(system)
    session.flush()
    return system


def fentanyl_by_gcms(session: Session, lab: Lab, sample_id: UUID, fentanyl: Substance) -> Result:
    """A draft that rests on a GC-MS with fentanyl in it."""
    chemist = lab.network.actors["chemist"]
    results.record_analysis(
        session, actor=chemist, sample_id=sample_id,
        data=AnalysisIn(
            site_id=lab.network.sites["laboratory"].id, technique=Technique.GCMS, method_version="GC-7",
            performed_on=session.get_one(Sample, sample_id).collected_on, outcome=Outcome.DETECTED,
            detection_limit_note="0.1 %", findings=[FindingIn(substance_id=fentanyl.id, abundance=Abundance.MINOR)],
        ),
    )  # fmt: skip
    return results.draft_result(session, actor=chemist, sample_id=sample_id)
