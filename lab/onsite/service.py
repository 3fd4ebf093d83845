"""Strips and reagents at the counter, recorded as analyses like any other."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from lab.kit.clock import today
from lab.library.models import ReagentColour, Substance
from lab.network.access import Actor
from lab.onsite.errors import (
    ReagentColoursMissingError,
    ReagentContradictsError,
    ReagentMissingError,
    StripLimitMissingError,
    StripLinesMissingError,
    StripNameMissingError,
    StripTargetMissingError,
)
from lab.onsite.schemas import ReagentIn, StripIn, StripLines, Verdict
from lab.onsite.strips import find_strip
from lab.results.analyses import record_analysis
from lab.results.models import Analysis, FindingRole, Outcome, Technique
from lab.results.schemas import AnalysisIn, FindingIn
from lab.samples.models import Sample

REAGENTS = ("Marquis", "Mandelin", "Mecke", "Froehde", "Simon's", "Ehrlich", "Liebermann", "Zimmermann", "Scott")
"""Those offered first; another one can be typed."""
_SPOT = "spot test"
_OUTCOMES = {
    StripLines.CONTROL_AND_TEST: Outcome.NONE_OF_INTEREST,
    StripLines.CONTROL_ONLY: Outcome.DETECTED,
    StripLines.NO_CONTROL: Outcome.NOT_TESTED,
}


def record_strip(session: Session, *, actor: Actor, sample: Sample, site_id: UUID, data: StripIn) -> Analysis:
    """Record one strip. Without its control line it says nothing: "not tested", to be repeated.

    Raises one error per thing that is missing, and as :func:`record_analysis` does.
    """
    if data.lines is None:
        raise StripLinesMissingError
    name, target, limit, details = _strip(data)
    findings = [FindingIn(substance_class=target)] if data.lines is StripLines.CONTROL_ONLY else []
    return record_analysis(
        session,
        actor=actor,
        sample_id=sample.id,
        data=AnalysisIn(
            site_id=site_id,
            technique=Technique.STRIP,
            method_version=f"{name}, {data.lot}"[:80] if data.lot else name,
            performed_on=today(),
            outcome=_OUTCOMES[data.lines],
            detection_limit_note=f"{name}: {target}, {limit}",
            findings=findings,
            data=details | {"lines": data.lines.value, "lot": data.lot, "target_class": target},
        ),
    )


def _strip(data: StripIn) -> tuple[str, str, str, dict[str, Any]]:
    """Name, target group and limit: of the shipped strip, unless the packet in hand says another limit."""
    known = find_strip(data.strip_id) if data.strip_id else None
    packet = f"{data.limit_ng_ml:g} ng/mL" if data.limit_ng_ml is not None else None
    if known is not None:
        source = None if packet else known.source
        return known.name, known.target_class, packet or known.limit, {"strip": known.id, "limit_source": source}
    if not data.name:
        raise StripNameMissingError
    if not data.target_class:
        raise StripTargetMissingError
    if packet is None:
        raise StripLimitMissingError
    return data.name, data.target_class, packet, {"strip": None, "limit_source": None}


def record_reagent(session: Session, *, actor: Actor, sample: Sample, site_id: UUID, data: ReagentIn) -> Analysis:
    """Record one reagent test. A colour that fits names what it was sold as, presumptively, and nothing else ever.

    Raises one error per thing that is missing, and as :func:`record_analysis` does.
    """
    if not data.reagent:
        raise ReagentMissingError
    _check_reagent(sample, data)
    findings = {
        Verdict.FITS: [FindingIn(substance_id=sample.sold_as_substance_id, role=FindingRole.ACTIVE_EXPECTED)],
        Verdict.DIFFERS: [FindingIn()],
    }.get(data.verdict or Verdict.SPOILED, [])
    outcome = {
        Verdict.FITS: Outcome.DETECTED,
        Verdict.DIFFERS: Outcome.UNABLE_TO_IDENTIFY,
        Verdict.NO_REACTION: Outcome.NONE_OF_INTEREST,
    }.get(data.verdict or Verdict.SPOILED, Outcome.NOT_TESTED)
    return record_analysis(
        session,
        actor=actor,
        sample_id=sample.id,
        data=AnalysisIn(
            site_id=site_id,
            technique=Technique.REAGENT,
            method_version=f"{data.reagent}, {data.lot}"[:80] if data.lot else data.reagent,
            performed_on=today(),
            outcome=outcome,
            detection_limit_note=data.reagent,
            findings=findings,
            data={
                "reagent": data.reagent,
                "lot": data.lot,
                "colours": [colour.value for colour in data.reaction_colours],
                "verdict": data.verdict and data.verdict.value,
            },
        ),
    )


def _check_reagent(sample: Sample, data: ReagentIn) -> None:
    if data.verdict is None or (data.verdict is Verdict.FITS and sample.sold_as_substance_id is None):
        raise ReagentContradictsError
    if data.verdict is Verdict.NO_REACTION and data.reaction_colours:
        raise ReagentContradictsError
    if data.verdict in {Verdict.FITS, Verdict.DIFFERS} and not data.reaction_colours:
        raise ReagentColoursMissingError


def reported_colours(session: Session, *, substance_id: UUID | None) -> Sequence[ReagentColour]:
    """What the library reports of this substance's spot tests, with sources, for the eye to compare."""
    if substance_id is None:
        return []
    return session.exec(
        select(ReagentColour)
        .where(
            ReagentColour.substance_id == substance_id,
            ReagentColour.where == _SPOT,
            col(ReagentColour.withdrawn_at).is_(None),
        )
        .order_by(col(ReagentColour.reagent), col(ReagentColour.source))
    ).all()


def target_classes(session: Session) -> Sequence[str]:
    """The groups that a strip may answer for: those of the vocabulary."""
    return session.exec(select(Substance.substance_class).distinct().order_by(col(Substance.substance_class))).all()
