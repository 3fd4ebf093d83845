"""Recording what a technique found on a sample."""

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from lab.kit.clock import today
from lab.kit.outbox import Topic, emit
from lab.library.models import Substance
from lab.network.access import Actor, Permission
from lab.network.models import Site, SiteType
from lab.plates.models import Plate, PlateLane, PlatePicture, Reading
from lab.results import confirmations
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
from lab.results.evidence import evidence_of
from lab.results.models import Analysis, Finding, FindingRole, Outcome, Technique
from lab.results.schemas import AmountUnit, AnalysisIn, AnalysisView, FindingIn
from lab.results.techniques import FACTS
from lab.samples.errors import SampleNotFoundError
from lab.samples.models import Sample
from lab.samples.visibility import sites_of

ON_SITE = frozenset({Technique.STRIP, Technique.REAGENT})
CUTTING_CLASS = "adulterant or cutting agent"
_EXPECTABLE = {FindingRole.ACTIVE_EXPECTED}


def record_analysis(
    session: Session,
    *,
    actor: Actor,
    sample_id: UUID,
    data: AnalysisIn,
    import_key: str | None = None,
    confirm_within_days: int = confirmations.DEFAULT_DAYS,
) -> Analysis:
    """Record one technique run on one sample with its findings, and what follows from it.

    A TLC that leaves something unidentified opens a request for confirmation, due in ``confirm_within_days``; an
    analysis that can tell answers the requests that are open. The same ``client_id`` again returns the analysis that is
    there already, and nothing follows from it a second time. With ``import_key`` it counts as imported; that, and a
    strip or reagent outside a laboratory, raises its warning at once, for no result rests on it yet. Raises
    :class:`~lab.errors.ForbiddenError`,
    :class:`~lab.samples.errors.SampleNotFoundError` and the errors of this feature, one per fact.
    """
    on_site = data.technique in ON_SITE
    actor.require(Permission.ANALYSIS_ONSITE if on_site else Permission.ANALYSIS_RECORD, data.site_id)
    sample = session.get(Sample, sample_id)
    if sample is None:
        raise SampleNotFoundError
    known = _recorded_before(session, actor=actor, sample_id=sample_id, data=data)
    if known is not None:
        return known
    check_analysis(session, sample=sample, data=data)
    analysis = Analysis(
        **data.model_dump(exclude={"findings", "target_class", "data"}),
        data=_delivered(session, data),
        sample_id=sample_id,
        operator_id=actor.account_id,
        import_key=import_key,
    )
    try:
        with session.begin_nested():
            session.add(analysis)
    except IntegrityError:  # the same request was quicker
        known = _recorded_before(session, actor=actor, sample_id=sample_id, data=data)
        if known is None:
            raise
        return known
    for finding in data.findings:
        session.add(_finding(session, actor=actor, sample=sample, analysis=analysis, data=finding))
    session.flush()
    confirmations.follow(session, analysis=analysis, findings=data.findings, within=timedelta(days=confirm_within_days))
    if import_key is not None or (on_site and not _at_laboratory(session, data.site_id)):
        emit(session, Topic.ANALYSIS_IMPORTED, analysis.id, technique=analysis.technique.value)
    return analysis


def _recorded_before(session: Session, *, actor: Actor, sample_id: UUID, data: AnalysisIn) -> Analysis | None:
    """The analysis that was recorded under this key, if it is the same one; raises :class:`AnalysisKeyReusedError`."""
    if data.client_id is None:
        return None
    known = session.exec(select(Analysis).where(Analysis.client_id == data.client_id)).one_or_none()
    if known is None:
        return None
    told = known.sample_id, known.site_id, known.technique, known.performed_on, known.outcome, known.operator_id
    said = sample_id, data.site_id, data.technique, data.performed_on, data.outcome, actor.account_id
    if told != said:
        raise AnalysisKeyReusedError
    return known


def _delivered(session: Session, data: AnalysisIn) -> dict[str, Any]:
    """What is kept of what the technique delivered, with the group looked for: as said, or as found."""
    target = data.target_class
    if target is None and data.technique is Technique.STRIP and "target_class" not in data.data:
        groups = {_class_of(session, one) for one in data.findings if one.substance_id or one.substance_class}
        target = groups.pop() if len(groups) == 1 else None
    return data.data if target is None else data.data | {"target_class": target}


def _at_laboratory(session: Session, site_id: UUID) -> bool:
    return session.get_one(Site, site_id).type is SiteType.LABORATORY


def check_analysis(session: Session, *, sample: Sample, data: AnalysisIn) -> None:
    """Raise the error of the first thing that is wrong with ``data`` for ``sample``."""
    if data.site_id not in sites_of(session, sample=sample):
        raise SampleNotHereError
    if not data.detection_limit_note:
        raise DetectionLimitMissingError
    if not sample.collected_on <= data.performed_on <= today():
        raise PerformedOnError(collected=sample.collected_on.isoformat(), today=today().isoformat())
    _check_target(session, data)
    _check_outcome(data)
    _check_reading(session, sample=sample, data=data)
    seen: set[tuple[UUID | None, str | None]] = set()
    for finding in data.findings:
        key = (finding.substance_id, finding.substance_class)
        if key in seen and key != (None, None):
            raise FindingTwiceError
        seen.add(key)
        check_amount(data.technique, finding)
        role_of(session, sample=sample, data=finding)


def _check_target(session: Session, data: AnalysisIn) -> None:
    if data.target_class is None:
        return
    if not FACTS[data.technique].targeted:
        raise TargetNotAskedError
    known = select(Substance.id).where(Substance.substance_class == data.target_class)
    if session.exec(known).first() is None:
        raise GroupUnknownError(field="target_class", group=data.target_class)


def _check_outcome(data: AnalysisIn) -> None:
    identified = any(finding.substance_id or finding.substance_class for finding in data.findings)
    allowed = {
        Outcome.DETECTED: identified,
        Outcome.UNABLE_TO_IDENTIFY: not identified,
        Outcome.NONE_OF_INTEREST: not data.findings,
        Outcome.NOT_TESTED: not data.findings,
    }
    if not allowed[data.outcome]:
        raise OutcomeContradictsError


def _check_reading(session: Session, *, sample: Sample, data: AnalysisIn) -> None:
    if data.reading_id is None and data.lane_index is None:
        return
    if data.technique is not Technique.TLC:
        raise ReadingNotTlcError
    lane = session.exec(
        select(PlateLane)
        .join(Plate, col(Plate.id) == col(PlateLane.plate_id))
        .join(PlatePicture, col(PlatePicture.plate_id) == col(Plate.id))
        .join(Reading, col(Reading.picture_id) == col(PlatePicture.id))
        .where(Reading.id == data.reading_id, PlateLane.index == data.lane_index, Plate.site_id == data.site_id)
    ).first()
    if lane is None or lane.sample_id != sample.id:
        raise LaneMismatchError
    if session.exec(select(Reading.id).where(Reading.supersedes_id == data.reading_id)).first() is not None:
        raise ReadingSupersededError


def check_amount(technique: Technique, finding: FindingIn) -> None:
    """Raise :class:`AmountNotMeasuredError` or :class:`AmountInvalidError` for an amount that cannot stand."""
    given = (finding.amount, finding.amount_unit, finding.amount_u, finding.amount_basis)
    if all(part is None for part in given):
        return
    if not FACTS[technique].measures_amounts:
        raise AmountNotMeasuredError
    most = {AmountUnit.PERCENT: 100.0, AmountUnit.MG_PER_G: 1000.0}.get(finding.amount_unit or AmountUnit.PERCENT, 1e6)
    if finding.amount is None or finding.amount_unit is None or not 0 < finding.amount <= most:
        raise AmountInvalidError
    if finding.amount_u is not None and not (math.isfinite(finding.amount_u) and finding.amount_u >= 0):
        raise AmountInvalidError(field="amount_u")


def role_of(session: Session, *, sample: Sample, data: FindingIn) -> FindingRole:
    """The role of a finding: as given, where it can be; derived, where that takes no judgement.

    Raises :class:`RoleContradictsError`, :class:`RoleMissingError`, :class:`SubstanceMissingError`,
    :class:`GroupUnknownError`.
    """
    if data.substance_id is None and data.substance_class is None:
        if data.role not in {None, FindingRole.UNKNOWN}:
            raise RoleContradictsError
        return FindingRole.UNKNOWN
    group = _class_of(session, data)
    expected = data.substance_id is not None and data.substance_id == sample.sold_as_substance_id
    stated = sample.sold_as_substance_id is not None or bool(sample.sold_as_raw)
    if data.role is not None:
        if data.role in _EXPECTABLE and not stated:
            raise RoleContradictsError
        if (expected and data.role is FindingRole.ACTIVE_UNEXPECTED) or data.role is FindingRole.UNKNOWN:
            raise RoleContradictsError
        return data.role
    if expected:
        return FindingRole.ACTIVE_EXPECTED
    if group == CUTTING_CLASS:
        raise RoleMissingError
    return FindingRole.ACTIVE_UNEXPECTED


def _class_of(session: Session, data: FindingIn) -> str:
    if data.substance_id is None:
        known = select(Substance.id).where(Substance.substance_class == data.substance_class)
        if session.exec(known).first() is None:
            raise GroupUnknownError(group=data.substance_class)
        return data.substance_class or ""
    substance = session.get(Substance, data.substance_id)
    if substance is None:
        raise SubstanceMissingError
    if data.substance_class not in {None, substance.substance_class}:
        raise GroupUnknownError(group=data.substance_class)
    return substance.substance_class


def _finding(session: Session, *, actor: Actor, sample: Sample, analysis: Analysis, data: FindingIn) -> Finding:
    return Finding(
        **data.model_dump(exclude={"role", "substance_class", "amount_unit"}),
        amount_unit=data.amount_unit and data.amount_unit.value,
        substance_class=None if data.substance_id else data.substance_class,
        analysis_id=analysis.id,
        role=role_of(session, sample=sample, data=data),
        evidence=evidence_of([(analysis.technique, data.abundance)]),
        created_by=actor.account_id,
    )


def analyses_of(session: Session, *, sample_id: UUID) -> Sequence[AnalysisView]:
    """Every analysis of a sample with its findings, in the order they were recorded."""
    analyses = session.exec(
        select(Analysis).where(Analysis.sample_id == sample_id).order_by(col(Analysis.created_at), col(Analysis.id))
    ).all()
    findings = session.exec(
        select(Finding)
        .where(col(Finding.analysis_id).in_([analysis.id for analysis in analyses]))
        .order_by(col(Finding.created_at), col(Finding.id))
    ).all()
    return [
        AnalysisView(analysis, tuple(one for one in findings if one.analysis_id == analysis.id))
        for analysis in analyses
    ]
